"""Import of OpenStreetMap extracts (`.osm.pbf`, `.osm`, `.osm.gz`) as a road network.

Reads the ways that a profile keeps, joins nodes at one and the same place, and hands public ways to
`umaya.places.roads.graph` and private ones to `umaya.places.roads.accesses`. A road ends where a node is missing
from the extract. Either the whole file is imported or an InputError is raised and nothing is.
Roads: https://wiki.openstreetmap.org/wiki/Key:highway; file formats by libosmium.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from umaya.places.roads import extract
from umaya.places.roads.accesses import hang
from umaya.places.roads.graph import Lines, Ways, build_streets, edge_table, node_table
from umaya.places.roads.profile import Profile, Use
from umaya.types.errors import InputError, Place
from umaya.types.roads import RoadNetwork

DEFAULT_PROFILE = "postal-bike"
UNITS_PER_DEGREE = 10_000_000
"""OpenStreetMap keeps coordinates as whole multiples of 1e-7 degree."""
UNDEFINED = 2**31 - 1
"""libosmium's coordinate of a node that was not in the file."""
PROGRESS_STEP = 1000


def import_osm(
    path: str | Path, profile: Profile | None = None, progress: Callable[[int], None] | None = None
) -> RoadNetwork:
    """Import the roads of an OpenStreetMap extract.

    Args:
        path: file whose name ends in `.osm.pbf`, `.osm` or `.osm.gz`, sorted nodes before ways as extracts are.
        profile: which ways to keep; None for `postal-bike`.
        progress: called now and then with the number of ways with a `highway` tag read so far.

    Returns:
        The network. Junctions are nodes shared by two public ways, ends of ways and nodes that a way passes twice.
        Lengths are geodesic on WGS 84 (`umaya.places.roads.geodesy`).

    Raises:
        InputError: when the file cannot be read to its end, holds no roads, or a road has coordinates out of range.
    """
    path = Path(path)
    profile = profile or Profile.load(DEFAULT_PROFILE)
    ways, lines = _read(path, profile, progress)
    _check_range(path, ways, lines)
    lines = _join_same_place(_leave_out_missing(lines))
    public = np.array(ways.public, dtype=bool)
    streets = build_streets(ways, lines.of_ways(public))
    if len(streets.start) == 0:
        raise InputError(
            Place(str(path)),
            f"holds no roads of the profile {profile.name}",
            "give an extract with roads and their nodes, nodes sorted before ways",
        )
    accesses = hang(ways, lines.of_ways(~public), streets, profile.max_access_m)
    return RoadNetwork(edges=edge_table(ways, streets), nodes=node_table(streets), accesses=accesses)


@dataclass
class _Points:
    """Nodes of ways, one after the other, as the file gives them."""

    way: array[int] = field(default_factory=lambda: array("q"))
    ref: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("i"))
    y: array[int] = field(default_factory=lambda: array("i"))


def _read(path: Path, profile: Profile, progress: Callable[[int], None] | None) -> tuple[Ways, Lines]:
    ways = Ways()
    points = _Points()
    seen = 0
    for seen, way in enumerate(extract.ways(path, "highway"), start=1):
        if progress and seen % PROGRESS_STEP == 0:
            progress(seen)
        tags = dict(way.tags)
        use, kind = profile.judge(tags)
        if use is Use.EXCLUDED:
            continue
        row = ways.add(way.id, tags, public=use is Use.PUBLIC, kind=kind, direction=profile.direction(tags))
        for node in way.nodes:
            points.way.append(row)
            points.ref.append(node.ref)
            points.x.append(node.x)
            points.y.append(node.y)
    if progress:
        progress(seen)
    way_rows = np.frombuffer(points.way, dtype=np.int64) if points.way else np.empty(0, dtype=np.int64)
    return ways, Lines(
        line=way_rows,
        way=way_rows,
        ref=np.array(points.ref, dtype=np.int64),
        x=np.array(points.x, dtype=np.int32),
        y=np.array(points.y, dtype=np.int32),
    )


def _check_range(path: Path, ways: Ways, lines: Lines) -> None:
    there = lines.x != UNDEFINED
    outside = there & ((abs(lines.x) > 180 * UNITS_PER_DEGREE) | (abs(lines.y) > 90 * UNITS_PER_DEGREE))
    if outside.any():
        way = ways.way_id[int(lines.way[np.argmax(outside)])]
        raise InputError(
            Place(str(path), field=f"way {way}"),
            "has a node with coordinates out of range",
            "latitudes lie between -90 and 90, longitudes between -180 and 180",
        )


def _leave_out_missing(lines: Lines) -> Lines:
    """Cut lines where a node is missing from the extract."""
    there = np.flatnonzero(lines.x != UNDEFINED)
    starts = np.ones(len(there), dtype=bool)
    starts[1:] = (np.diff(there) != 1) | (np.diff(lines.line[there]) != 0)
    return Lines(np.cumsum(starts) - 1, lines.way[there], lines.ref[there], lines.x[there], lines.y[there])


def _join_same_place(lines: Lines) -> Lines:
    """Make one node of neighbours at the same place, so that no edge has length zero and no road is cut."""
    same_line = np.diff(lines.line) == 0
    together = same_line & (np.diff(lines.x) == 0) & (np.diff(lines.y) == 0)
    ref = _joined(lines.ref, np.flatnonzero(together))
    keep = np.ones(len(ref), dtype=bool)
    keep[1:] = ~(same_line & (np.diff(ref) == 0))
    keep &= np.bincount(lines.line[keep], minlength=_count(lines.line))[lines.line] > 1
    return Lines(lines.line[keep], lines.way[keep], ref[keep], lines.x[keep], lines.y[keep])


def _joined(ref: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give `ref[i]` and `ref[i + 1]` the same id for every i of `at`: the smallest of all that are joined so."""
    if len(at) == 0:
        return ref
    ids, where = np.unique(np.concatenate([ref[at], ref[at + 1]]), return_inverse=True)
    left, right = where[: len(at)], where[len(at) :]
    pairs = coo_array((np.ones(len(at), dtype=np.int8), (left, right)), shape=(len(ids), len(ids)))
    _, group = connected_components(pairs, directed=False)
    smallest = np.full(int(group.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, group, ids)
    joined = ref.copy()
    position = np.searchsorted(ids, ref).clip(max=len(ids) - 1)
    among = ids[position] == ref
    joined[among] = smallest[group[position[among]]]
    return joined


def _count(line: NDArray[np.int64]) -> int:
    return int(line[-1]) + 1 if len(line) else 0
