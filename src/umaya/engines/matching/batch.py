"""All steps of the matching for many vehicles in one kernel: observe, decode, drive, turn, progress, lay out.

Takes and gives flat arrays, holds no lock (`nogil`), so that batches run in threads; a vehicle's result depends on
nothing but its own positions and the network.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import WKB_HEAD, Roads, length_of, metres_per_degree, place_on_edge
from umaya.engines.kernels import inner, kernel
from umaya.engines.matching.drift import without_drift
from umaya.engines.matching.ends import drop_stubs, drop_swings, stretch_ends, stretch_turns, trim_ends
from umaya.engines.matching.line import Line, between, line_of, vertex_before
from umaya.engines.matching.observations import Track, observe
from umaya.engines.matching.params import Settings
from umaya.engines.matching.progress import progress
from umaya.engines.matching.routes import SHORTEST_M, Drive, drive, piece_starts, pieces_at
from umaya.engines.matching.routing import PathTable
from umaya.engines.matching.viterbi import decode
from umaya.engines.spatial import Grid

SWING = 7.0
"""Standard deviations of a receiver's drift: a shorter way back between two ways forth is drift."""


class Points(NamedTuple):
    """The place of each position, typed as in the schema MATCHES; edge -1 where it is on no road.

    Attributes:
        edge: int64[n].
        way: int64[n].
        forward: bool[n].
        offset: float32[n], metres along the edge.
        distance: float32[n], metres from the position.
        lon: float64[n], degrees, the place on the road.
        lat: float64[n], degrees.
    """

    edge: NDArray[np.int64]
    way: NDArray[np.int64]
    forward: NDArray[np.bool_]
    offset: NDArray[np.float32]
    distance: NDArray[np.float32]
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


@kernel
def points_of(n: int) -> Points:
    """Return room for the places of `n` positions."""
    edge, way, forward = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_)
    return Points(edge, way, forward, np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n), np.empty(n))


@kernel
def match_many(
    bounds: NDArray[np.int64], track: Track, net: Roads, index: Grid, table: PathTable, s: Settings
) -> tuple[Points, Pieces]:
    """Match the vehicles whose positions are the rows `bounds[v]` to `bounds[v + 1]` of `track`."""
    points = points_of(len(track.lon))
    pieces, used = _pieces_of(1024), 0
    for v in range(len(bounds) - 1):
        a, b = bounds[v], bounds[v + 1]
        one = Track(
            track.lon[a:b], track.lat[a:b], track.t[a:b], track.accuracy[a:b], track.speed[a:b], track.heading[a:b]
        )
        o = observe(one, s)
        states, offsets = decode(o, net, index, table, s)
        d = drive(o, states, offsets, net, table, s)
        stretch_turns(d, one, o, net, s)
        drop_stubs(d, net, s)
        longer = stretch_ends(d, net, s)
        start = piece_starts(d)
        line = line_of(d, start, net)
        along = progress(d, one, o, start, line, s)
        drift, still = without_drift(line, along, pieces_at(d, start, along, o.of), one, o.jitter)
        if drift > 0.0:
            if drop_swings(d, net, SWING * drift):
                start = piece_starts(d)
                line = line_of(d, start, net)
            along = progress(d, still, o, start, line, s)
        trim_ends(d, o, along, longer, s)
        start = piece_starts(d)
        times = _crossings(d, start, along, o.of, one.t)
        _place(a, d, along, pieces_at(d, start, along, o.of), line_of(d, start, net), start, one, net, s.radius, points)
        if used + len(d.edge) > len(pieces.edge):
            pieces = _longer(pieces, 2 * (used + len(d.edge)))
        used = _keep(d, v, times, pieces, used)
    return points, _longer(pieces, used)


@inner
def _keep(d: Drive, vehicle: int, times: NDArray[np.float64], pieces: Pieces, used: int) -> int:
    """Write the pieces of one vehicle after the `used` ones; returns how many there are then.

    Pieces of one edge that join (`drop_swings`) are one.
    """
    last = -1
    for p in range(len(d.edge)):
        if d.end[p] - d.begin[p] < SHORTEST_M:
            continue
        if last >= 0 and d.trip[p] == d.trip[last] and d.edge[p] == d.edge[last] and d.begin[p] == d.end[last]:
            pieces.end[used - 1], pieces.left[used - 1] = d.end[p], times[p, 1]
        else:
            pieces.vehicle[used], pieces.trip[used], pieces.edge[used] = vehicle, d.trip[p], d.edge[p]
            pieces.begin[used], pieces.end[used] = d.begin[p], d.end[p]
            pieces.entered[used], pieces.left[used] = times[p, 0], times[p, 1]
            used += 1
        last = p
    return used


@kernel
def _pieces_of(n: int) -> Pieces:
    vehicle, trip, edge = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    return Pieces(vehicle, trip, edge, np.empty(n), np.empty(n), np.empty(n), np.empty(n))


@kernel
def _longer(pieces: Pieces, room: int) -> Pieces:
    """Return the same pieces with room for `room` of them, or the first `room`."""
    new = _pieces_of(room)
    n = min(room, len(pieces.edge))
    new.vehicle[:n], new.trip[:n], new.edge[:n] = pieces.vehicle[:n], pieces.trip[:n], pieces.edge[:n]
    new.begin[:n], new.end[:n] = pieces.begin[:n], pieces.end[:n]
    new.entered[:n], new.left[:n] = pieces.entered[:n], pieces.left[:n]
    return new  # type: ignore[no-any-return] # numba


@kernel
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


@inner
def _place(
    base: int,
    d: Drive,
    along: NDArray[np.float64],
    piece: NDArray[np.int32],
    line: Line,
    start: NDArray[np.float64],
    track: Track,
    net: Roads,
    radius: float,
    points: Points,
) -> None:
    """Write edge, offset and place of each position; what is farther than `radius` from its place is on no road."""
    v = 0
    for i in range(len(along)):
        row, p = base + i, piece[i]
        points.edge[row] = -1
        points.way[row], points.forward[row], points.offset[row], points.distance[row] = 0, False, 0.0, 0.0
        points.lon[row], points.lat[row] = 0.0, 0.0
        if p < 0:
            continue
        v = vertex_before(line, p, v, along[i])
        lon, lat = between(line, v, along[i])
        kx, ky = metres_per_degree(track.lat[i])
        distance = length_of((lon - track.lon[i]) * kx, (lat - track.lat[i]) * ky)
        if distance > radius:
            continue
        e = d.edge[p]
        points.edge[row], points.way[row], points.forward[row] = e, net.way[e], net.forward[e]
        points.offset[row], points.distance[row] = min(d.begin[p] + along[i] - start[p], d.end[p]), distance
        points.lon[row], points.lat[row] = lon, lat


@kernel
def outlines(pieces: Pieces, first: NDArray[np.int64], net: Roads) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Lay out the line of each trip as well-known binary (OGC 06-103r4, section 8.2: LineString, little-endian).

    Args:
        pieces: what was driven.
        first: the first piece of each trip, and the number of pieces.
        net: the roads.

    Returns:
        Where the line of each trip begins, and the number of bytes; the bytes.
    """
    total = 0
    for e in pieces.edge:
        total += net.first[e + 1] - net.first[e]
    trips = len(first) - 1
    at, xy = np.zeros(trips + 1, np.int32), np.empty(2 * total + 2 * trips)
    data = np.empty(WKB_HEAD * trips + 8 * len(xy), np.uint8)
    _write_lines(pieces, first, net, xy, xy.view(np.uint8), at, data)
    return at, data[: at[trips]].copy()


@inner
def _write_lines(
    pieces: Pieces,
    first: NDArray[np.int64],
    net: Roads,
    xy: NDArray[np.float64],
    raw: NDArray[np.uint8],
    at: NDArray[np.int32],
    data: NDArray[np.uint8],
) -> None:
    for trip in range(len(at) - 1):
        used = _line(pieces, first[trip], first[trip + 1], net, xy)
        head = at[trip]
        data[head], data[head + 1] = 1, 2
        data[head + 2], data[head + 3], data[head + 4] = 0, 0, 0
        for byte in range(4):
            data[head + 5 + byte] = (used >> (8 * byte)) & 255
        size = 16 * used
        for byte in range(size):
            data[head + WKB_HEAD + byte] = raw[byte]
        at[trip + 1] = head + WKB_HEAD + size


@inner
def _line(pieces: Pieces, begin: int, stop: int, net: Roads, xy: NDArray[np.float64]) -> int:
    """Fill `xy` with longitude and latitude of each vertex of the pieces of a trip; returns how many vertices."""
    xy[0], xy[1] = place_on_edge(pieces.edge[begin], pieces.begin[begin], net)
    used = 1
    for p in range(begin, stop):
        e = pieces.edge[p]
        for v in range(net.first[e], net.first[e + 1]):
            if pieces.begin[p] < net.measure[v] < pieces.end[p]:
                xy[2 * used], xy[2 * used + 1] = net.lon[v], net.lat[v]
                used += 1
        xy[2 * used], xy[2 * used + 1] = place_on_edge(e, pieces.end[p], net)
        used += 1
    return used
