"""From decided states, one after the other, to final pieces of what was driven.

Joins a decided state to the one before as matching.routes does, and writes every piece that is behind the vehicle.
The piece under the vehicle stays open. Pieces of a trip join; a first or last piece that is shorter than the noise
is no evidence of a road and is left out. Not responsible for which states are decided (decisions).
"""

from __future__ import annotations

import numpy as np

from umaya.engines.geometry import Roads, metres_per_degree, nearest_on_edge
from umaya.engines.kernels import inner
from umaya.engines.live.state import OFF, UNKNOWN, Records
from umaya.engines.matching.hmm import AHEAD, BACK, NO_ROUTE, STAY, TURN, route, transition_log
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routes import END_M, SHORTEST_M
from umaya.engines.matching.routing import PathTable, lookup

WIGGLE = 2.0
"""Times the noise that a vehicle must have come back for a U-turn to be borne out."""
BETWEEN_S = 1.0
"""Seconds of driving by which a turn that no position shows may lie beyond those that are seen."""
PAUSE_S = 1.5
"""Seconds from its middle at which an observation that took longer is taken to have been come to and left."""


@inner
def _write(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    edge: int,
    begin: float,
    end: float,
    entered: float,
    left: float,
    turned: bool,
    noise: float,
    net: Roads,
    out: Records,
    told: Records,
) -> None:
    """Write a piece as final, unless it is the first or last of a trip and no longer than the noise."""
    length = end - begin
    if length < (noise if one.part == 0 else SHORTEST_M):
        return
    at = told[0].used
    if at >= len(out):
        raise IndexError("no room for pieces")
    piece = out[at]
    piece.vehicle, piece.trip, piece.part, piece.edge = v, one.trip, one.part, edge
    piece.begin, piece.end, piece.entered, piece.left = begin, end, entered, max(entered, left)
    piece.complete = begin <= END_M and end >= net.length[edge] - END_M
    piece.turned = turned
    told[0].used = at + 1
    one.part += 1


@inner
def _let_go(one, v: int, noise: float, net: Roads, out: Records, told: Records) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Write the piece that was left by a U-turn, which is borne out now."""
    if one.held >= 0:
        _write(
            one, v, one.held, one.held_begin, one.held_end, one.held_entered, one.held_left, True, noise, net, out, told
        )
        one.held = -1


@inner
def _turn(one, v: int, end: float, moment: float, noise: float, net: Roads, out: Records, told: Records) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Turn on the open piece at `end` metres and `moment`: it is held until the vehicle has come away from there.

    Where the vehicle turned twice within the noise it did not turn at all.
    """
    back = net.reverse[one.on]
    if not np.isnan(one.gone):
        one.on, one.piece_begin, one.entered, one.gone = back, net.length[back] - end, one.gone, np.nan
        one.piece_end = one.piece_begin
        return
    if one.held == back and end - one.piece_begin < WIGGLE * noise:
        one.on, one.piece_begin, one.piece_end, one.entered = back, one.held_begin, one.held_end, one.held_entered
        one.held = -1
        return
    _let_go(one, v, noise, net, out, told)
    if one.part > 0 or end - one.piece_begin >= noise:
        one.held, one.held_begin, one.held_end = one.on, one.piece_begin, end
    one.held_entered, one.held_left = one.entered, max(one.entered, moment)
    one.on, one.piece_begin, one.entered = back, _seen_from(one, net.length[back] - end), one.held_left
    one.piece_end = one.piece_begin


@inner
def _drive_to(one, v: int, offset: float, noise: float, net: Roads, out: Records, told: Records) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Drive on along the open piece; far enough from where the vehicle turned, the turn is borne out."""
    one.piece_end = max(one.piece_end, offset)
    if one.held >= 0 and one.piece_end - one.piece_begin >= WIGGLE * noise:
        _let_go(one, v, noise, net, out, told)


@inner
def _pass_on(  # type: ignore[no-untyped-def] # a numba record
    one, v: int, moment: float, edge: int, noise: float, net: Roads, out: Records, told: Records
) -> None:
    """End the open piece at its edge's end at `moment`, and open the next at the start of `edge`.

    A way into an edge and back out of it that is shorter than the noise is left out: no position bears it out.
    """
    if not np.isnan(one.gone):
        moment, one.entered, one.gone = one.gone, one.gone, np.nan
    elif one.held >= 0 and one.held_begin <= END_M and one.held_end < noise:
        one.held = -1
    else:
        _let_go(one, v, noise, net, out, told)
        end = net.length[one.on]
        _write(one, v, one.on, one.piece_begin, end, one.entered, moment, False, noise, net, out, told)
    one.on, one.piece_begin, one.near = edge, _seen_from(one, 0.0), np.nan
    one.piece_end = one.piece_begin
    one.entered = max(moment, one.entered)


@inner
def tell_end(one, v: int, moment: float, noise: float, net: Roads, out: Records, told: Records) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Write the open piece to its edge's end, where the vehicle came at `moment`, before it is known to be beyond.

    Whatever is decided later, the vehicle goes on or back from there.
    """
    end = net.length[one.on]
    _write(one, v, one.on, one.piece_begin, end, one.entered, moment, False, noise, net, out, told)
    one.piece_end, one.gone = end, max(one.entered, moment)


@inner
def _seen_from(one, begin: float) -> float:  # type: ignore[no-untyped-def] # a numba record
    """Where a piece begins: while nothing of the trip is borne out, not at its edge's start, so that it is no whole."""
    return float(begin if one.part > 0 or one.held >= 0 else max(begin, 2.0 * END_M))


@inner
def finish(one, v: int, noise: float, net: Roads, out: Records, told: Records) -> None:  # type: ignore[no-untyped-def] # a numba record
    """End the trip where the vehicle was seen last."""
    if one.on >= 0 and np.isnan(one.gone):
        _let_go(one, v, noise, net, out, told)
        if one.piece_end - one.piece_begin >= noise:
            _write(
                one, v, one.on, one.piece_begin, one.piece_end, one.entered, one.at_end, False, noise, net, out, told
            )
    one.on, one.part, one.gone, one.near = -1, 0, np.nan, np.nan
    one.edge = UNKNOWN


@inner
def advance(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    column,
    state: int,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    out: Records,
    told: Records,
) -> None:
    """Take the next decided state: one of the states of the column after the one decided last."""
    edge, offset = column.edge[state], np.float64(column.offset[state])
    if edge == OFF:
        one.edge = OFF
        told[0].off_road += column.points
        return
    joined = False
    if one.on >= 0 and (one.edge != OFF or column.begin - one.at_end <= s.bridge):
        kx, ky = metres_per_degree(column.lat)
        straight = np.hypot((column.lon - one.at_lon) * kx, (column.lat - one.at_lat) * ky)
        kind, metres, turns, entry = route(one.on, one.offset, edge, offset, straight, net, table, s.backward)
        seconds = (column.begin + column.end - one.at_begin - one.at_end) / 2.0
        joined = (
            kind != NO_ROUTE
            and transition_log(straight, metres, turns, s) > -s.break_cost
            and metres <= straight + s.max_speed * max(seconds, 1.0)
        )
        if joined:
            _go(one, v, column, kind, entry, edge, offset, noise, net, table, s, out, told)
    if not joined:
        finish(one, v, noise, net, out, told)
        one.on, one.piece_begin, one.entered = edge, _seen_from(one, offset), column.begin
        one.piece_end = one.piece_begin
        one.trip = max(one.trip + 1, np.int32(column.begin))
    one.edge, one.offset = edge, offset
    one.at_lon, one.at_lat, one.at_begin, one.at_end = column.lon, column.lat, column.begin, column.end
    one.tip_lon, one.tip_lat = column.far_lon, column.far_lat


@inner
def _go(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    column,
    kind: int,
    entry: int,
    edge: int,
    offset: float,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    out: Records,
    told: Records,
) -> None:
    """Drive from the state decided last to the next one; junctions are passed at times in proportion to the way."""
    if kind in (AHEAD, STAY):
        _drive_to(one, v, offset, noise, net, out, told)
        return
    leave = one.at_end - min(PAUSE_S, (one.at_end - one.at_begin) / 2.0)
    come = max(leave, column.begin + min(PAUSE_S, (column.end - column.begin) / 2.0))
    if kind == TURN:
        apex = _apex(one, column, offset, noise, net, s)
        out_m, back_m = apex - one.piece_end, offset - (net.length[edge] - apex)
        moment = leave + (come - leave) * out_m / max(out_m + back_m, END_M)
        _turn(one, v, apex, moment, noise, net, out, told)
        _drive_to(one, v, offset, noise, net, out, told)
        return
    node, goal = net.target[one.on], net.source[edge]
    if kind == BACK:
        node = net.source[one.on]
        _turn(one, v, one.piece_end, leave, noise, net, out, told)
    gone = net.length[one.on] - one.piece_end
    whole = gone + table.length[entry] + offset
    while True:
        moment = leave + (come - leave) * gone / max(whole, END_M)
        following = edge if node == goal else table.first[lookup(table, node, goal)]
        _pass_on(one, v, moment, following, noise, net, out, told)
        if node == goal:
            break
        gone += net.length[following]
        node = net.target[following]
    one.piece_end = offset


@inner
def _apex(one, column, offset: float, noise: float, net: Roads, s: Settings) -> float:  # type: ignore[no-untyped-def] # a numba record
    """How far along the open piece's edge the vehicle went before it turned.

    As far as an observation says; where the single positions came close to the end of a dead end, to its end.
    """
    length = net.length[one.on]
    apex = max(one.piece_end, length - offset)
    if net.dead_end[net.target[one.on]]:
        before, _ = nearest_on_edge(one.on, 0.0, length, one.tip_lon, one.tip_lat, net)
        between, _ = nearest_on_edge(one.on, 0.0, length, column.from_lon, column.from_lat, net)
        after, _ = nearest_on_edge(one.on, 0.0, length, column.far_lon, column.far_lat, net)
        apex = max(apex, before, between, after)
        seconds = (column.begin + column.end - one.at_begin - one.at_end) / 2.0
        speed = (2.0 * apex - one.offset - (length - offset)) / max(seconds, 1.0)
        if length - apex <= max(s.turn_snap, 1.5 * noise) + speed * BETWEEN_S:
            apex = length
    return float(min(apex, length))
