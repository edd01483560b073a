"""From the most probable states to what was driven: pieces of edges, in order, by trip.

A piece is a stretch of one directed edge. Responsible for joining states by routes, for ending trips, for how far
a vehicle went before it turned, and for taking out spurs that no position supports. Not responsible for the place
of single positions (progress). Pieces of a trip always join: each begins where the one before ended.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.matching.hmm import AHEAD, BACK, NO_ROUTE, STAY, TURN, route, transition_log
from umaya.engines.matching.observations import Observations
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable, lookup
from umaya.engines.matching.viterbi import OFF

MOST_HOPS = 4096
"""Edges that one route between observations may have."""

SHORTEST_M = 0.01
"""Metres; a shorter piece counts as none."""


class Drive(NamedTuple):
    """What one vehicle drove.

    Attributes:
        edge: int32[p], directed edge of each piece.
        begin: float64[p], metres along the edge where the piece begins.
        end: float64[p], metres along the edge where it ends.
        trip: int32[p], number of the trip, from 0.
        at_piece: int32[k], the piece on which each observation lies, -1 off the network.
        at_offset: float64[k], metres along that piece's edge.
    """

    edge: NDArray[np.int32]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    trip: NDArray[np.int32]
    at_piece: NDArray[np.int32]
    at_offset: NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def _straight(o: Observations, a: int, b: int) -> float:
    """Metres between two observations."""
    kx, ky = metres_per_degree(o.lat[b])
    return float(np.hypot((o.lon[b] - o.lon[a]) * kx, (o.lat[b] - o.lat[a]) * ky))


@numba.njit(cache=True, nogil=True)
def _joins(
    o: Observations,
    a: int,
    b: int,
    edge: NDArray[np.int32],
    offset: NDArray[np.float64],
    net: Roads,
    table: PathTable,
    s: Settings,
) -> bool:
    """Tell whether observation b goes on the trip of observation a."""
    if b > a + 1 and o.begin[b] - o.end[a] > s.bridge:
        return False
    for k in range(a + 1, b + 1):
        if o.fresh[k]:
            return False
    straight = _straight(o, a, b)
    kind, metres, turns, _ = route(edge[a], offset[a], edge[b], offset[b], straight, net, table, s.backward)
    if kind == NO_ROUTE:
        return False
    seconds = (o.begin[b] + o.end[b] - o.begin[a] - o.end[a]) / 2.0
    likely = transition_log(straight, metres, turns, s) > -s.break_cost
    return bool(likely and metres <= straight + s.max_speed * max(seconds, 1.0))


@numba.njit(cache=True, nogil=True)
def drive(
    o: Observations,
    edge: NDArray[np.int32],
    offset: NDArray[np.float64],
    net: Roads,
    table: PathTable,
    s: Settings,
) -> Drive:
    """Join the states of a vehicle by the routes that the model chose."""
    steps = len(edge)
    room = 64 + 8 * steps
    p_edge, p_trip = np.empty(room, np.int32), np.empty(room, np.int32)
    p_begin, p_end = np.empty(room), np.empty(room)
    at_piece, at_offset = np.full(steps, -1, np.int32), np.zeros(steps)
    p, trip, last = -1, -1, -1
    for k in range(steps):
        if edge[k] == OFF:
            continue
        e, x = edge[k], offset[k]
        if p + 2 * steps + 64 > room - MOST_HOPS:
            room = 2 * room + MOST_HOPS
            p_edge, p_trip = longer_int(p_edge, room), longer_int(p_trip, room)
            p_begin, p_end = longer_float(p_begin, room), longer_float(p_end, room)
        if last < 0 or not _joins(o, last, k, edge, offset, net, table, s):
            p, trip = p + 1, trip + 1
            p_edge[p], p_begin[p], p_end[p], p_trip[p] = e, x, x, trip
        else:
            kind, _, _, _ = route(edge[last], offset[last], e, x, _straight(o, last, k), net, table, s.backward)
            if kind in (AHEAD, STAY):
                p_end[p] = max(p_end[p], x)
            elif kind == TURN:
                p_end[p] = max(p_end[p], net.length[e] - x)
                p += 1
                p_edge[p], p_begin[p], p_end[p], p_trip[p] = e, net.length[e] - p_end[p - 1], x, trip
            else:
                at = p_edge[p]
                node = net.target[at]
                if kind == BACK:
                    turned = net.reverse[at]
                    node = net.source[at]
                    p += 1
                    p_edge[p], p_begin[p], p_trip[p] = turned, net.length[turned] - p_end[p - 1], trip
                p_end[p] = net.length[p_edge[p]]
                p = _follow(p, node, net.source[e], trip, net, table, p_edge, p_begin, p_end, p_trip) + 1
                p_edge[p], p_begin[p], p_end[p], p_trip[p] = e, 0.0, x, trip
        at_piece[k], at_offset[k] = p, p_end[p]
        last = k
    n = p + 1
    return Drive(p_edge[:n].copy(), p_begin[:n].copy(), p_end[:n].copy(), p_trip[:n].copy(), at_piece, at_offset)


@numba.njit(cache=True, nogil=True)
def _follow(
    p: int,
    source: int,
    target: int,
    trip: int,
    net: Roads,
    table: PathTable,
    p_edge: NDArray[np.int32],
    p_begin: NDArray[np.float64],
    p_end: NDArray[np.float64],
    p_trip: NDArray[np.int32],
) -> int:
    """Write the whole edges of the shortest path after piece `p`; returns the last piece written."""
    hops = 0
    node = target
    while node != source:
        node = net.source[table.last[lookup(table, source, node)]]
        hops += 1
    node = target
    for hop in range(hops, 0, -1):
        via = table.last[lookup(table, source, node)]
        p_edge[p + hop], p_begin[p + hop], p_end[p + hop], p_trip[p + hop] = via, 0.0, net.length[via], trip
        node = net.source[via]
    return p + hops


@numba.njit(cache=True, nogil=True)
def longer_int(values: NDArray[np.int32], room: int) -> NDArray[np.int32]:
    """Return a copy with room for `room` values."""
    larger = np.empty(room, np.int32)
    larger[: len(values)] = values
    return larger


@numba.njit(cache=True, nogil=True)
def longer_float(values: NDArray[np.float64], room: int) -> NDArray[np.float64]:
    """Return a copy with room for `room` values."""
    larger = np.empty(room, np.float64)
    larger[: len(values)] = values
    return larger


@numba.njit(cache=True, nogil=True)
def piece_starts(d: Drive) -> NDArray[np.float64]:
    """Metres from the start of its trip at which each piece begins."""
    start = np.zeros(len(d.edge))
    for p in range(1, len(d.edge)):
        if d.trip[p] == d.trip[p - 1]:
            start[p] = start[p - 1] + d.end[p - 1] - d.begin[p - 1]
    return start


@numba.njit(cache=True, nogil=True)
def pieces_at(
    d: Drive, start: NDArray[np.float64], along: NDArray[np.float64], of: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the piece on which each position lies, -1 for none; one at a junction is on the piece that ends there.

    Args:
        d: what was driven.
        start: metres from the start of its trip at which each piece begins.
        along: metres from the start of its trip of each position, never decreasing within a trip, NaN for none.
        of: the observation of each position.
    """
    piece = np.full(len(along), -1, np.int32)
    p = 0
    for i in range(len(along)):
        if np.isnan(along[i]):
            continue
        trip = d.trip[d.at_piece[of[i]]]
        while d.trip[p] < trip:
            p += 1
        while (
            p + 1 < len(d.edge)
            and d.trip[p + 1] == trip
            and (start[p + 1] < along[i] or d.end[p] - d.begin[p] < SHORTEST_M)
        ):
            p += 1
        piece[i] = p
    return piece
