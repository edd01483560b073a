"""From the most probable states to what was driven: pieces of edges, in order, by trip.

A piece is a stretch of one directed edge. Responsible for joining states by routes, for ending trips, for how far
a vehicle went before it turned, and for taking out spurs that no position supports. Not responsible for the place
of single positions (progress). Pieces of a trip always join: each begins where the one before ended.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, length_of, metres_per_degree
from umaya.engines.kernels import inner, kernel
from umaya.engines.matching.hmm import AHEAD, BACK, NO_ROUTE, STAY, TURN, VIA, route, transition_log
from umaya.engines.matching.observations import Observations
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable, lookup
from umaya.engines.matching.states import OFF

MOST_HOPS = 4096
"""Edges that one route between observations may have."""

SHORTEST_M = 0.01
"""Metres; a shorter piece counts as none."""
END_M = 0.01
"""Metres from an edge's end that count as the end."""


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


@inner
def _join(
    o: Observations,
    a: int,
    b: int,
    edge: NDArray[np.int32],
    offset: NDArray[np.float64],
    net: Roads,
    table: PathTable,
    s: Settings,
) -> int:
    """Tell how observation b is reached on the trip of observation a; NO_ROUTE when it begins another trip."""
    if b > a + 1 and o.begin[b] - o.end[a] > s.bridge:
        return NO_ROUTE
    for k in range(a + 1, b + 1):
        if o.fresh[k]:
            return NO_ROUTE
    kx, ky = metres_per_degree(o.lat[b])
    straight = length_of((o.lon[b] - o.lon[a]) * kx, (o.lat[b] - o.lat[a]) * ky)
    if edge[a] == edge[b] and offset[b] >= offset[a]:
        kind, metres, turns = AHEAD, offset[b] - offset[a], 0.0
    else:
        kind, metres, turns, _ = route(edge[a], offset[a], edge[b], offset[b], straight, net, table, s.backward)
    seconds = (o.begin[b] + o.end[b] - o.begin[a] - o.end[a]) / 2.0
    if metres > straight + s.max_speed * max(seconds, 1.0):
        return NO_ROUTE
    return int(kind) if transition_log(straight, metres, turns, s) > -s.break_cost else NO_ROUTE


@kernel
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
    room = 64 + steps
    pieces, metres = np.empty(room, np.int32), np.empty(room)
    d = Drive(pieces, metres, metres.copy(), pieces.copy(), np.full(steps, -1, np.int32), np.zeros(steps))
    p, trip, last = -1, -1, -1
    for k in range(steps):
        if edge[k] == OFF:
            continue
        e, x = edge[k], offset[k]
        kind = _join(o, last, k, edge, offset, net, table, s) if last >= 0 else NO_ROUTE
        if kind in (VIA, BACK, NO_ROUTE, TURN) and p + MOST_HOPS + 4 > room:
            room = 2 * room + MOST_HOPS
            d = _longer(d, room)
        if kind == NO_ROUTE:
            p, trip = p + 1, trip + 1
            _write(d, p, e, x, x, trip)
        elif kind in (AHEAD, STAY):
            d.end[p] = max(d.end[p], x)
        elif kind == TURN:
            d.end[p] = max(d.end[p], net.length[e] - x)
            _write(d, p + 1, e, net.length[e] - d.end[p], x, trip)
            p += 1
        else:
            node = net.target[d.edge[p]]
            if kind == BACK:
                node, turned = net.source[d.edge[p]], net.reverse[d.edge[p]]
                _write(d, p + 1, turned, net.length[turned] - d.end[p], 0.0, trip)
                p += 1
            d.end[p] = net.length[d.edge[p]]
            p = _follow(p, node, net.source[e], trip, net, table, d) + 1
            _write(d, p, e, 0.0, x, trip)
        d.at_piece[k], d.at_offset[k] = p, d.end[p]
        last = k
    n = p + 1
    return Drive(d.edge[:n].copy(), d.begin[:n].copy(), d.end[:n].copy(), d.trip[:n].copy(), d.at_piece, d.at_offset)


@inner
def _write(d: Drive, p: int, edge: int, begin: float, end: float, trip: int) -> None:
    d.edge[p], d.begin[p], d.end[p], d.trip[p] = edge, begin, end, trip


@inner
def _follow(p: int, source: int, target: int, trip: int, net: Roads, table: PathTable, d: Drive) -> int:
    """Write the whole edges of the shortest path after piece `p`; returns the last piece written."""
    hops, node = 0, target
    while node != source:
        via = table.last[lookup(table, source, node)]
        hops += 1
        d.edge[p + hops] = via
        node = net.source[via]
    for hop in range(hops // 2):
        low, high = p + 1 + hop, p + hops - hop
        d.edge[low], d.edge[high] = d.edge[high], d.edge[low]
    for hop in range(p + 1, p + hops + 1):
        d.begin[hop], d.end[hop], d.trip[hop] = 0.0, net.length[d.edge[hop]], trip
    return p + hops


@kernel
def _longer(d: Drive, room: int) -> Drive:
    """Return the same drive with room for `room` pieces."""
    edge, trip = longer_int(d.edge, room), longer_int(d.trip, room)
    return Drive(edge, longer_float(d.begin, room), longer_float(d.end, room), trip, d.at_piece, d.at_offset)


@kernel
def longer_int(values: NDArray[np.int32], room: int) -> NDArray[np.int32]:
    """Return a copy with room for `room` values."""
    larger = np.empty(room, np.int32)
    larger[: len(values)] = values
    return larger


@kernel
def longer_float(values: NDArray[np.float64], room: int) -> NDArray[np.float64]:
    """Return a copy with room for `room` values."""
    larger = np.empty(room, np.float64)
    larger[: len(values)] = values
    return larger


@kernel
def piece_starts(d: Drive) -> NDArray[np.float64]:
    """Metres from the start of its trip at which each piece begins."""
    start = np.zeros(len(d.edge))
    for p in range(1, len(d.edge)):
        if d.trip[p] == d.trip[p - 1]:
            start[p] = start[p - 1] + d.end[p - 1] - d.begin[p - 1]
    return start


@kernel
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
