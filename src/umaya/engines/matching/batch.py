"""All steps of the matching for many vehicles in one kernel: observe, decode, drive, turn, progress, lay out.

Takes and gives flat arrays, holds no lock (`nogil`), so that batches run in threads; a vehicle's result depends on
nothing but its own positions and the network.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree, place_on_edge
from umaya.engines.matching.drift import without_drift
from umaya.engines.matching.ends import stretch_ends, stretch_turns, trim_ends
from umaya.engines.matching.observations import Track, observe
from umaya.engines.matching.params import Settings
from umaya.engines.matching.progress import progress
from umaya.engines.matching.routes import SHORTEST_M, Drive, drive, longer_float, longer_int, piece_starts, pieces_at
from umaya.engines.matching.routing import PathTable
from umaya.engines.matching.viterbi import decode
from umaya.engines.spatial import Grid


class Points(NamedTuple):
    """The place of each position; edge -1 where it is on no road.

    Attributes:
        edge: int32[n].
        offset: float64[n], metres along the edge.
        distance: float64[n], metres from the position.
        lon: float64[n], degrees, the place on the road.
        lat: float64[n], degrees.
    """

    edge: NDArray[np.int32]
    offset: NDArray[np.float64]
    distance: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


class Pieces(NamedTuple):
    """What was driven, by vehicle, trip and order; pieces of no length are left out.

    Attributes:
        vehicle: int32[p], number of the vehicle in the batch.
        trip: int32[p], number of the trip, from 0 for each vehicle.
        edge: int32[p].
        begin: float64[p], metres along the edge.
        end: float64[p].
        entered: float64[p], seconds.
        left: float64[p], seconds.
    """

    vehicle: NDArray[np.int32]
    trip: NDArray[np.int32]
    edge: NDArray[np.int32]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    entered: NDArray[np.float64]
    left: NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def match_many(
    bounds: NDArray[np.int64], track: Track, net: Roads, index: Grid, table: PathTable, s: Settings
) -> tuple[Points, Pieces]:
    """Match the vehicles whose positions are the rows `bounds[v]` to `bounds[v + 1]` of `track`."""
    n = len(track.lon)
    points = Points(np.full(n, -1, np.int32), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n))
    room = 1024
    vehicle, trip, edge = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    begin, end, entered, left = np.empty(room), np.empty(room), np.empty(room), np.empty(room)
    used = 0
    for v in range(len(bounds) - 1):
        a, b = bounds[v], bounds[v + 1]
        one = Track(
            track.lon[a:b], track.lat[a:b], track.t[a:b], track.accuracy[a:b], track.speed[a:b], track.heading[a:b]
        )
        o = observe(one, s)
        states, offsets = decode(o, net, index, table, s)
        d = drive(o, states, offsets, net, table, s)
        stretch_turns(d, one, o, net, s)
        longer = stretch_ends(d, net, s)
        along = progress(d, one, o, net, s)
        start = piece_starts(d)
        drifts, still = without_drift(d, start, along, pieces_at(d, start, along, o.of), one, net, o.jitter)
        if drifts:
            along = progress(d, still, o, net, s)
        trim_ends(d, o, along, longer, s)
        start = piece_starts(d)
        times = _crossings(d, start, along, o.of, one.t)
        _place(a, d, start, along, pieces_at(d, start, along, o.of), one, net, s.radius, points)
        if used + len(d.edge) > room:
            room = 2 * (used + len(d.edge))
            vehicle, trip, edge = longer_int(vehicle, room), longer_int(trip, room), longer_int(edge, room)
            begin, end = longer_float(begin, room), longer_float(end, room)
            entered, left = longer_float(entered, room), longer_float(left, room)
        for p in range(len(d.edge)):
            if d.end[p] - d.begin[p] < SHORTEST_M:
                continue
            vehicle[used], trip[used], edge[used], begin[used], end[used] = (
                v,
                d.trip[p],
                d.edge[p],
                d.begin[p],
                d.end[p],
            )
            entered[used], left[used] = times[p, 0], times[p, 1]
            used += 1
    pieces = Pieces(
        vehicle[:used].copy(),
        trip[:used].copy(),
        edge[:used].copy(),
        begin[:used].copy(),
        end[:used].copy(),
        entered[:used].copy(),
        left[:used].copy(),
    )
    return points, pieces


@numba.njit(cache=True, nogil=True)
def _crossings(
    d: Drive, start: NDArray[np.float64], along: NDArray[np.float64], of: NDArray[np.int32], t: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Seconds at which each piece was entered and left, interpolated between positions; a stop counts before it."""
    times = np.zeros((len(d.edge), 2))
    p, before, moment, trip = -1, 0.0, 0.0, -1
    for i in range(len(along) + 1):
        if i < len(along) and np.isnan(along[i]):
            continue
        now = d.trip[d.at_piece[of[i]]] if i < len(along) else -1
        if now != trip:
            while 0 <= p < len(d.edge) and d.trip[p] == trip:
                times[p, 1] = moment
                p += 1
                if p < len(d.edge) and d.trip[p] == trip:
                    times[p, 0] = moment
            if now < 0:
                break
            p, trip = max(p, 0), now
            while d.trip[p] < trip:
                p += 1
            before, moment = along[i], t[i]
            times[p, 0] = t[i]
        while p + 1 < len(d.edge) and d.trip[p + 1] == trip and along[i] > start[p + 1]:
            share = (start[p + 1] - before) / (along[i] - before) if along[i] > before else 0.0
            crossed = moment + max(share, 0.0) * (t[i] - moment)
            times[p, 1] = times[p + 1, 0] = crossed
            p += 1
        before, moment = along[i], t[i]
    return times


@numba.njit(cache=True, nogil=True)
def _place(
    base: int,
    d: Drive,
    start: NDArray[np.float64],
    along: NDArray[np.float64],
    piece: NDArray[np.int32],
    track: Track,
    net: Roads,
    radius: float,
    points: Points,
) -> None:
    """Write edge, offset and place of each position; what is farther than `radius` from its place is on no road."""
    for i in range(len(along)):
        p = piece[i]
        if p < 0:
            continue
        e = d.edge[p]
        offset = min(d.begin[p] + along[i] - start[p], d.end[p])
        lon, lat = place_on_edge(e, offset, net)
        kx, ky = metres_per_degree(track.lat[i])
        distance = np.hypot((lon - track.lon[i]) * kx, (lat - track.lat[i]) * ky)
        if distance > radius:
            continue
        row = base + i
        points.edge[row], points.offset[row], points.distance[row] = e, offset, distance
        points.lon[row], points.lat[row] = lon, lat


@numba.njit(cache=True, nogil=True)
def outlines(pieces: Pieces, net: Roads) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Lay out the line of each trip.

    Returns:
        Coordinates (m, 2) in degrees, and for each the number of its trip, counted over the whole batch.
    """
    total = 0
    for p in range(len(pieces.edge)):
        e = pieces.edge[p]
        total += net.first[e + 1] - net.first[e] + 2
    xy, line = np.empty((total, 2)), np.empty(total, np.int64)
    used, number = 0, -1
    for p in range(len(pieces.edge)):
        e = pieces.edge[p]
        if p == 0 or pieces.vehicle[p] != pieces.vehicle[p - 1] or pieces.trip[p] != pieces.trip[p - 1]:
            number += 1
            xy[used, 0], xy[used, 1] = place_on_edge(e, pieces.begin[p], net)
            line[used] = number
            used += 1
        for v in range(net.first[e], net.first[e + 1]):
            if pieces.begin[p] < net.measure[v] < pieces.end[p]:
                xy[used, 0], xy[used, 1], line[used] = net.lon[v], net.lat[v], number
                used += 1
        xy[used, 0], xy[used, 1] = place_on_edge(e, pieces.end[p], net)
        line[used] = number
        used += 1
    return xy[:used].copy(), line[:used].copy()
