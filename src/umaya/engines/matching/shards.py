"""Areas, and the roads in reach of each: what a matcher needs that never holds the whole network.

An area is a mesh of 5 minutes of latitude by 7.5 of longitude, about 10 km (the second mesh of JIS X 0410). Its shard
holds every road that a position in it may be matched to, and every road of every route that the matcher may look
up from there. Shards keep the order of the whole network, so that ties are settled alike.
Responsible for areas and for cutting and joining shards; not for where they are kept, nor for who is matched on which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from umaya.engines.geometry import metres_per_degree
from umaya.engines.matching.params import MatchParams
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import ACCESSES, EDGES, NODES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

AREA_ROWS, AREA_COLUMNS = 12, 8
"""Areas to a degree of latitude and of longitude."""
ROW = 1_000_000
"""An area's number is its row from the equator, times this, plus its column from Greenwich."""


@dataclass(frozen=True)
class Shard:
    """The roads in reach of some areas, numbered for themselves.

    Attributes:
        network: the roads; edge and node numbers count within the shard, in the order of the whole network.
        edge: int64, the whole network's number of each edge, ascending.
        node: int64, the whole network's number of each node, ascending.
    """

    network: RoadNetwork
    edge: Ints
    node: Ints


class Shards(Protocol):
    """Where shards come from: memory, a folder, a server."""

    def load(self, area: int) -> Shard | None:
        """Return the roads in reach of an area, None where there are none."""
        ...


def area_of(lon: Floats, lat: Floats) -> Ints:
    """Return the number of the area that each place (degrees) lies in."""
    row = np.floor(np.asarray(lat) * AREA_ROWS).astype(np.int64)
    column = np.floor(np.asarray(lon) * AREA_COLUMNS).astype(np.int64)
    return row * ROW + column


def area_box(area: int) -> tuple[float, float, float, float]:
    """Return west, south, east and north of an area, degrees."""
    row = (area + ROW // 2) // ROW
    column = area - row * ROW
    return column / AREA_COLUMNS, row / AREA_ROWS, (column + 1) / AREA_COLUMNS, (row + 1) / AREA_ROWS


class CutShards:
    """The shards of a network that fits into memory, cut when asked for.

    Args:
        network: the whole.
        params: of the matcher that will use them: they tell how far it looks.
    """

    def __init__(self, network: RoadNetwork, params: MatchParams | None = None) -> None:
        self._whole = Shard(network, np.arange(network.edges.num_rows), np.arange(network.nodes.num_rows))
        self._params = params or MatchParams()
        self._boxes = _boxes(network)

    def areas(self) -> list[int]:
        """Return the areas that hold roads, ascending."""
        west, south, east, north = self._boxes.T
        found: set[int] = set()
        low, high = np.floor(south * AREA_ROWS).astype(int), np.floor(north * AREA_ROWS).astype(int)
        left, right = np.floor(west * AREA_COLUMNS).astype(int), np.floor(east * AREA_COLUMNS).astype(int)
        for a, b, c, d in np.unique(np.column_stack([low, high, left, right]), axis=0).tolist():
            found.update(row * ROW + column for row in range(a, b + 1) for column in range(c, d + 1))
        return sorted(found)

    def load(self, area: int) -> Shard | None:
        """Cut one area; see `Shards`."""
        shard = cut(self._whole, np.array([area_box(area)]), self._params, self._boxes)
        return shard if shard.network.edges.num_rows else None


def cut(shard: Shard, near: Floats, params: MatchParams, boxes: Floats | None = None) -> Shard:
    """Keep the roads that the matcher may look at for positions within some rectangles.

    These are the roads that come within `radius_m` of a rectangle, and the roads at every node that a route of at
    most `max_route_m` reaches from an end of one of them.

    Args:
        shard: the roads to choose from.
        near: float64[k, 4], rectangles as west, south, east, north in degrees.
        params: of the matcher.
        boxes: rectangles about the edges of the shard, where they are known.
    """
    edges = shard.network.edges
    if not edges.num_rows:
        return shard
    boxes = _boxes(shard.network) if boxes is None else boxes
    within = _touched(boxes, _grown(near, params.radius_m))
    reached = _reached(shard.network, boxes, within, params.max_route_m)
    keep = reached[edges["source"].to_numpy()] | reached[edges["target"].to_numpy()]
    return _part(shard, keep)


def merge(shards: list[Shard]) -> Shard:
    """Join shards of one network into one; what several of them hold is there once."""
    if len(shards) == 1:
        return shards[0]
    if not shards:
        empty = RoadNetwork(EDGES.empty_table(), NODES.empty_table(), ACCESSES.empty_table())
        return Shard(empty, np.empty(0, np.int64), np.empty(0, np.int64))
    edge, first = np.unique(np.concatenate([s.edge for s in shards]), return_index=True)
    node, first_node = np.unique(np.concatenate([s.node for s in shards]), return_index=True)
    tables = []
    for s in shards:
        numbered = {name: s.node[s.network.edges[name].to_numpy()] for name in ("source", "target")} | {
            name: _told(s.network.edges[name], s.edge) for name in ("reverse", "segment_id")
        }
        tables.append((s.network.edges, numbered))
    rows = pa.concat_tables([table for table, _ in tables]).take(pa.array(first))
    joined = {
        name: pa.concat_arrays([pa.array(numbered[name]) for _, numbered in tables]).take(pa.array(first))
        for name in ("source", "target", "reverse", "segment_id")
    }
    nodes = pa.concat_tables([s.network.nodes for s in shards]).take(pa.array(first_node))
    return Shard(_renumbered(rows, nodes, joined, edge, node), edge, node)


def _boxes(network: RoadNetwork) -> Floats:
    lines = shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False))
    return np.asarray(shapely.bounds(lines), dtype=np.float64).reshape(-1, 4)


def _grown(rectangles: Floats, metres: float) -> Floats:
    """Widen rectangles by metres, and by a hundredth for what a degree is elsewhere in them."""
    grown = rectangles.copy()
    for r in range(len(grown)):
        kx, ky = metres_per_degree(float(np.abs(grown[r, [1, 3]]).max()))
        step = 1.01 * metres / np.array([kx, ky])
        grown[r] += np.concatenate([-step, step])
    return grown


def _touched(boxes: Floats, rectangles: Floats) -> Mask:
    """Tell which boxes meet one of the rectangles."""
    if len(rectangles) == 1:
        west, south, east, north = rectangles[0]
        return np.asarray(
            (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        )
    tree = shapely.STRtree(shapely.box(*rectangles.T))
    hit, _ = tree.query(shapely.box(*boxes.T))
    mask = np.zeros(len(boxes), np.bool_)
    mask[hit] = True
    return mask


def _reached(network: RoadNetwork, boxes: Floats, within: Mask, bound: float) -> Mask:
    """Tell which nodes lie on the edges `within`, or at most `bound` metres along the roads from an end of one."""
    edges = network.edges
    source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
    length = edges["length_m"].to_numpy()
    best = np.full(network.nodes.num_rows, np.inf)
    best[source[within]] = best[target[within]] = 0.0
    if within.any():
        about = np.concatenate([boxes[within, :2].min(axis=0), boxes[within, 2:].max(axis=0)])
        near = _touched(boxes, _grown(about.reshape(1, 4), bound))
        source, target, length = source[near], target[near], length[near]
    while True:
        before = best.copy()
        reach = best[source] + length
        good = reach <= bound
        np.minimum.at(best, target[good], reach[good])
        if (best == before).all():
            return np.isfinite(best)


def _part(shard: Shard, keep: Mask) -> Shard:
    """Return a shard of some of its edges; both directions of a road are kept or dropped together."""
    edges = shard.network.edges
    source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
    used = np.zeros(shard.network.nodes.num_rows, np.bool_)
    used[source[keep]] = used[target[keep]] = True
    local = np.arange(edges.num_rows)
    numbered = {name: pa.array(edges[name].to_numpy()[keep]) for name in ("source", "target")} | {
        name: _told(edges[name].filter(pa.array(keep)), local) for name in ("reverse", "segment_id")
    }
    network = _renumbered(
        edges.filter(pa.array(keep)),
        shard.network.nodes.filter(pa.array(used)),
        numbered,
        np.flatnonzero(keep),
        np.flatnonzero(used),
    )
    return Shard(network, shard.edge[keep], shard.node[used])


def _told(column: pa.ChunkedArray, number: Ints) -> pa.Array:
    """Look numbers up, keeping nulls."""
    return pa.array(number).take(column.combine_chunks())


def _renumbered(rows: pa.Table, nodes: pa.Table, numbered: dict[str, pa.Array], edge: Ints, node: Ints) -> RoadNetwork:
    """Number edges and nodes from 0; `numbered` names them by the ascending numbers `edge` and `node`."""
    columns = {name: rows[name] for name in EDGES.names}
    columns["edge_id"] = pa.array(np.arange(rows.num_rows))
    for name in ("source", "target"):
        columns[name] = pa.array(np.searchsorted(node, numbered[name].to_numpy()).astype(np.int32))
    for name in ("reverse", "segment_id"):
        missing = numbered[name].is_null().to_numpy(zero_copy_only=False)
        at = np.searchsorted(edge, numbered[name].fill_null(0).to_numpy())
        columns[name] = pa.array(at.astype(np.int64), mask=missing)
    return RoadNetwork(pa.table(columns, schema=EDGES).combine_chunks(), nodes.combine_chunks(), ACCESSES.empty_table())
