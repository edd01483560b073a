"""From ways to directed junction-to-junction edges.

Columnar: a network of millions of nodes is a handful of arrays. A street is the undirected stretch between two
neighbouring junctions of one way; it gives one directed edge, or two that are each other's reverse. Parallel
streets are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from umaya.places.roads.geodesy import step_lengths
from umaya.types.schemas import EDGES, NODES

Ints = NDArray[np.int64]
LAYER_LIMIT = 100
"""Larger numbers in the tag `layer` are mistakes and read as 0."""


@dataclass
class Ways:
    """What the tags of the kept ways say, one entry for each way in the order of the file."""

    way_id: list[int] = field(default_factory=list)
    public: list[bool] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    direction: list[int] = field(default_factory=list)
    highway: list[str] = field(default_factory=list)
    name: list[str | None] = field(default_factory=list)
    name_en: list[str | None] = field(default_factory=list)
    bridge: list[bool] = field(default_factory=list)
    tunnel: list[bool] = field(default_factory=list)
    layer: list[int] = field(default_factory=list)

    def add(self, way_id: int, tags: Mapping[str, str], *, public: bool, kind: str, direction: int) -> int:
        """Take one way and return its row. The Japanese name goes before the local one."""
        self.way_id.append(way_id)
        self.public.append(public)
        self.kind.append(kind)
        self.direction.append(direction)
        self.highway.append(tags.get("highway", ""))
        self.name.append(tags.get("name:ja") or tags.get("name"))
        self.name_en.append(tags.get("name:en"))
        self.bridge.append(tags.get("bridge", "no") != "no")
        self.tunnel.append(tags.get("tunnel", "no") != "no")
        self.layer.append(_layer(tags.get("layer", "0")))
        return len(self.way_id) - 1


def _layer(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        return 0
    return number if abs(number) <= LAYER_LIMIT else 0


@dataclass(frozen=True)
class Lines:
    """Polylines as columns, one entry for each vertex.

    Attributes:
        line: number of the line, ascending.
        way: row of `Ways`.
        ref: OpenStreetMap node id.
        x: longitude in 1e-7 degree.
        y: latitude in 1e-7 degree.
    """

    line: Ints
    way: Ints
    ref: Ints
    x: NDArray[np.int32]
    y: NDArray[np.int32]

    def of_ways(self, chosen: NDArray[np.bool_]) -> Lines:
        """Return the lines of the ways whose row is true in `chosen`."""
        keep = chosen[self.way] if len(self.way) else np.zeros(0, dtype=bool)
        return Lines(self.line[keep], self.way[keep], self.ref[keep], self.x[keep], self.y[keep])

    def degrees(self) -> NDArray[np.float64]:
        """Return the vertices as (n, 2) longitude, latitude."""
        return np.column_stack([self.x, self.y]) / 1e7

    def continues(self) -> NDArray[np.bool_]:
        """Tell for each pair of neighbouring vertices whether a step of a line joins them."""
        joined: NDArray[np.bool_] = np.diff(self.line) == 0
        return joined


@dataclass(frozen=True)
class Streets:
    """Undirected stretches between junctions, and the public vertices they lie on.

    Attributes:
        lines: the public lines.
        degrees: their vertices as (n, 2) longitude, latitude.
        along: metres from a fixed place to each vertex; differences within a line are lengths.
        start: first vertex of each street, a row of `lines`.
        end: last vertex, `end > start`.
        way: row of `Ways`.
        direction: 1, -1 or 0 as `Profile.direction` tells.
        first_edge: the smaller `edge_id` of the street's edges.
        node_id: ids of the junctions, ascending.
        node_vertex: for each junction a vertex at its place.
    """

    lines: Lines
    degrees: NDArray[np.float64]
    along: NDArray[np.float64]
    start: Ints
    end: Ints
    way: Ints
    direction: Ints
    first_edge: Ints
    node_id: Ints
    node_vertex: Ints

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each street in metres."""
        return self.along[self.end] - self.along[self.start]

    def geometries(self) -> NDArray[np.object_]:
        """Return a LineString for each street, in the direction of its way."""
        count = self.end - self.start + 1
        return linestrings(self.degrees, self.start, count)


def linestrings(degrees: NDArray[np.float64], start: Ints, count: Ints) -> NDArray[np.object_]:
    """Return one LineString for each run of `count` vertices from `start`."""
    lines: NDArray[np.object_] = shapely.linestrings(
        degrees[ranges(start, count)], indices=np.repeat(np.arange(len(start)), count)
    )
    return lines


def ranges(start: Ints, count: Ints) -> Ints:
    """Return start[0], start[0] + 1, ... (count[0] of them), start[1], ... as one array."""
    before = np.cumsum(count) - count
    return np.repeat(start - before, count) + np.arange(int(count.sum()))


def build_streets(ways: Ways, lines: Lines) -> Streets:
    """Cut public lines at their junctions: shared nodes, ends, and nodes that a line passes twice.

    A street that would return to its own junction is cut once more at its middle vertex, so that source and
    target of an edge always differ.
    """
    _, inverse, uses = np.unique(lines.ref, return_inverse=True, return_counts=True)
    step = lines.continues()
    junction = uses > 1
    junction[inverse[_line_ends(step, len(lines.ref))]] = True
    start, end = _between(lines, junction[inverse])
    loop = inverse[start] == inverse[end]
    junction[inverse[(start[loop] + end[loop] + 1) // 2]] = True
    start, end = _between(lines, junction[inverse])
    degrees = lines.degrees()
    steps = np.where(step, step_lengths(degrees[:, 0], degrees[:, 1]), 0.0)
    way = lines.way[start]
    direction = np.array(ways.direction, dtype=np.int64)[way]
    edges = np.where(direction == 0, 2, 1)
    vertex = np.flatnonzero(junction[inverse])
    node_id, first = np.unique(lines.ref[vertex], return_index=True)
    return Streets(
        lines=lines,
        degrees=degrees,
        along=np.concatenate([[0.0], np.cumsum(steps)]),
        start=start,
        end=end,
        way=way,
        direction=direction,
        first_edge=np.cumsum(edges) - edges,
        node_id=node_id,
        node_vertex=vertex[first],
    )


def _line_ends(step: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Tell for each of `count` vertices whether it is the first or the last of its line."""
    ends = np.zeros(count, dtype=bool)
    ends[:1] = ends[-1:] = True
    ends[1:] |= ~step
    ends[:-1] |= ~step
    return ends


def _between(lines: Lines, cut: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return first and last vertex of the stretches between neighbouring cuts of one line."""
    at = np.flatnonzero(cut)
    whole = lines.line[at[1:]] == lines.line[at[:-1]]
    return at[:-1][whole], at[1:][whole]


def edge_table(ways: Ways, streets: Streets) -> pa.Table:
    """Return the directed edges of all streets, schema EDGES; a two-way street gives two rows in sequence."""
    both = streets.direction == 0
    street = np.repeat(np.arange(len(both)), np.where(both, 2, 1))
    edge_id = np.arange(len(street))
    second = edge_id > streets.first_edge[street]
    forward = (streets.direction[street] >= 0) & ~second
    lines = streets.geometries()[street]
    lines[~forward] = shapely.reverse(lines[~forward])
    node = np.searchsorted(streets.node_id, streets.lines.ref)
    first, last = node[streets.start][street], node[streets.end][street]
    reverse = np.where(second, edge_id - 1, edge_id + 1)
    way = streets.way[street]
    columns = {
        "edge_id": edge_id,
        "way_id": pa.array(ways.way_id, pa.int64()).take(pa.array(way)),
        "forward": forward,
        "source": np.where(forward, first, last).astype(np.int32),
        "target": np.where(forward, last, first).astype(np.int32),
        "reverse": pa.array(reverse, mask=~both[street]),
        "segment_id": streets.first_edge[street],
        "length_m": streets.length_m[street],
        "geometry": shapely.to_wkb(lines),
    }
    for name in ("highway", "name", "name_en", "bridge", "tunnel", "layer"):
        columns[name] = pa.array(getattr(ways, name), EDGES.field(name).type).take(pa.array(way))
    return pa.table({name: columns[name] for name in EDGES.names}, schema=EDGES)


def node_table(streets: Streets) -> pa.Table:
    """Return the junctions, schema NODES, ascending by OpenStreetMap id."""
    places = streets.degrees[streets.node_vertex]
    return pa.table({"node_id": streets.node_id, "lon": places[:, 0], "lat": places[:, 1]}, schema=NODES)
