"""How many minutes it takes from places to sites on a road network.

Responsible for shortest times between points beside roads, by Dijkstra's algorithm from every site against the
direction of travel. Not for who lives at a place. What holds: a point joins the road nearest to it and walks there in a
straight line; no time is less than along the straight line at the highest speed of the pace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from umaya.engines.geometry import Roads, roads
from umaya.engines.kernels import kernel
from umaya.engines.spatial import Grid, grid, nearest
from umaya.types.roads import RoadNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIMIT_MIN: Final = 240.0
"""Whoever has farther by road reaches none: nobody asks by how much."""
ISLAND: Final = 0.01
"""Roads that hang together and are fewer than this share of the largest such group are joined by nothing."""
REACH_M: Final = 1000.0
"""A point farther from every road than this reaches none."""
CORNER_M: Final = 10.0
"""A point so near to a junction takes any road of it, also where its own is a one-way that leads away."""
_TRIED: Final = 8
"""Roads near a point that are looked at for one on which one may move."""
_LEAST_MIN: Final = 1e-9
_WALK: Final = 80.0


@dataclass(frozen=True)
class Pace:
    """How fast one moves.

    Attributes:
        off_road: metres a minute between a point and its road.
        usual: metres a minute on roads of a class that `by_class` does not name; 0 where it may not go there.
        by_class: metres a minute by the value of OpenStreetMap's `highway`.
        both_ways: whether one-way roads are open in both directions.
    """

    off_road: float
    usual: float
    by_class: Mapping[str, float]
    both_ways: bool


_NO_WALKING: Final = MappingProxyType({"motorway": 0.0, "motorway_link": 0.0})
WALK: Final = Pace(_WALK, _WALK, _NO_WALKING, both_ways=True)
"""80 m a minute, as the code of fair competition for real estate (不動産の表示に関する公正競争規約) has it."""
SLOW_WALK: Final = Pace(50.0, 50.0, _NO_WALKING, both_ways=True)
"""50 m a minute (3 km/h): an assumption for people who walk with a stick or a trolley."""
CAR: Final = Pace(
    _WALK,
    20_000 / 60,
    MappingProxyType(
        {
            "motorway": 70_000 / 60,
            "motorway_link": 40_000 / 60,
            "trunk": 40_000 / 60,
            "primary": 35_000 / 60,
            "secondary": 30_000 / 60,
            "tertiary": 27_000 / 60,
            "footway": 0.0,
            "path": 0.0,
            "pedestrian": 0.0,
            "steps": 0.0,
            "service": 10_000 / 60,
        }
    ),
    both_ways=False,
)
"""Mean speeds with crossings and lights, an assumption: 20 km/h in residential streets, 27 to 40 on main roads."""


@dataclass(frozen=True)
class _Joined:
    """Where points join the road: edge (-1 for none), metres along it, metres to it."""

    edge: Ints
    offset: Floats
    away: Floats


def travel_minutes(network: RoadNetwork, places: Floats, sites: Floats, pace: Pace) -> NDArray[np.float32]:
    """Return the minutes from each place to each site.

    Args:
        network: the roads.
        places: (n, 2) longitude, latitude in degrees.
        sites: (m, 2) likewise.
        pace: how one moves.

    Returns:
        (m, n) minutes; infinite where no road leads within `LIMIT_MIN`.
    """
    minutes = np.full((len(sites), len(places)), np.inf, np.float32)
    if not len(places) or not len(sites) or not network.edges.num_rows:
        return minutes
    net = roads(network)
    speed = _speeds(network, pace)
    speed[_on_islands(net, speed, network.nodes.num_rows)] = 0.0
    index = grid(net)
    from_place, to_site = (_join(points, REACH_M, net, index, speed) for points in (places, sites))
    open_back = (net.reverse >= 0) | pace.both_ways
    graph = _against_travel(net, speed, open_back, to_site, network.nodes.num_rows)
    before = from_place.away / pace.off_road
    for site in np.flatnonzero(to_site.edge >= 0).tolist():
        until = dijkstra(graph, indices=network.nodes.num_rows + site, limit=LIMIT_MIN)
        on_road = _from_edges(until, site, net, speed, open_back, from_place, to_site)
        minutes[site] = before + on_road + to_site.away[site] / pace.off_road
    return minutes


def _speeds(network: RoadNetwork, pace: Pace) -> Floats:
    """Return metres a minute on each edge."""
    highway = network.edges["highway"].combine_chunks().dictionary_encode()
    by_class = [pace.by_class.get(value, pace.usual) for value in highway.dictionary.to_pylist()]
    speeds: Floats = np.array(by_class, np.float64)[highway.indices.to_numpy()]
    return speeds


def _on_islands(net: Roads, speed: Floats, nodes: int) -> NDArray[np.bool_]:
    """Return which edges belong to a small group of roads that nothing leads away from."""
    used = speed > 0
    ends = (net.source[used], net.target[used])
    _, group = connected_components(csr_array((np.ones(len(ends[0])), ends), shape=(nodes, nodes)), directed=False)
    size = np.bincount(group[ends[0]], minlength=1)
    islands: NDArray[np.bool_] = size[group[net.source]] < ISLAND * size.max()
    return islands


def _join(points: Floats, reach: float, net: Roads, index: Grid, speed: Floats) -> _Joined:
    """Join points to the nearest of the roads on which one may move."""
    lon, lat = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    return _Joined(*_nearest_usable(lon, lat, reach, net, index, speed))


@kernel
def _nearest_usable(
    lon: Floats, lat: Floats, reach: float, net: Roads, index: Grid, speed: Floats
) -> tuple[Ints, Floats, Floats]:
    """Return edge (-1 for none), offset and distance of each point."""
    edge, offset, away = np.full(len(lon), -1, np.int64), np.zeros(len(lon)), np.zeros(len(lon))
    edges, offsets, distances = np.empty(_TRIED, np.int32), np.empty(_TRIED), np.empty(_TRIED)
    for point in range(len(lon)):
        found = nearest(lon[point], lat[point], reach, net, index, edges, offsets, distances)
        for k in range(found):
            if speed[edges[k]] > 0:
                edge[point], offset[point], away[point] = edges[k], offsets[k], distances[k]
                break
    return edge, offset, away


def _against_travel(net: Roads, speed: Floats, open_back: NDArray[np.bool_], to_site: _Joined, nodes: int) -> csr_array:
    """Return the graph of nodes, then sites, whose arcs lead from where one arrives to where one comes from."""
    used = np.flatnonzero(speed > 0)
    back = used[open_back[used] & (net.reverse[used] < 0)]  # a one-way that is open both ways has no edge of its own
    joined = np.flatnonzero(to_site.edge >= 0)
    edge, site = to_site.edge[joined], nodes + joined
    ahead = open_back[edge] | (net.length[edge] - to_site.offset[joined] <= CORNER_M)
    arcs = [
        (net.target[used], net.source[used], net.length[used] / speed[used]),
        (net.source[back], net.target[back], net.length[back] / speed[back]),
        (site, net.source[edge], to_site.offset[joined] / speed[edge]),
        (site[ahead], net.target[edge][ahead], ((net.length[edge] - to_site.offset[joined]) / speed[edge])[ahead]),
    ]
    row, column, weight = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
    order = np.lexsort((weight, column, row))
    row, column, weight = row[order], column[order], weight[order]
    shortest = np.ones(len(row), np.bool_)  # of parallel roads
    shortest[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    size = nodes + len(to_site.edge)
    least = np.maximum(weight[shortest], _LEAST_MIN)  # an arc of no weight would be none
    return csr_array((least, (row[shortest], column[shortest])), shape=(size, size))


def _from_edges(
    until: Floats,
    site: int,
    net: Roads,
    speed: Floats,
    open_back: NDArray[np.bool_],
    from_place: _Joined,
    to_site: _Joined,
) -> Floats:
    """Return the minutes on roads to one site from where each place joins them, given those from every node."""
    known = from_place.edge >= 0
    edge = np.where(known, from_place.edge, 0)
    offset, pace = from_place.offset, speed[edge]
    on = until[net.target[edge]] + (net.length[edge] - offset) / np.where(known, pace, 1.0)
    back = until[net.source[edge]] + offset / np.where(known, pace, 1.0)
    best = np.minimum(on, np.where(open_back[edge] | (offset <= CORNER_M), back, np.inf))
    ahead = to_site.offset[site] - offset
    same = known & (edge == to_site.edge[site]) & ((ahead >= 0) | open_back[edge])
    best[same] = np.minimum(best, np.abs(ahead) / np.where(known, pace, 1.0))[same]
    return np.where(known, best, np.inf)
