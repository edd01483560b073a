"""How far back of a moment a vehicle may still bring a whole road: what is held, and what is asked, in time.

A vehicle that stands behind a junction may stand before it; it passes the junction, for the engine, when it drives on,
and at the time when it came. Looked at are the ways that are within `sure` of the likeliest: what is less likely is
what the engine itself decides against. Of a vehicle whose trip goes on, positions may still come that lie behind its
newest. Not responsible for roads that are told in part, nor for what comes of a vehicle whose trip was ended.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads
from umaya.engines.kernels import inner
from umaya.engines.live.driven import PAUSE_S
from umaya.engines.live.state import EPOCH_US, OFF, RING, Records
from umaya.engines.matching.routes import END_M

SLACK_S = 0.1
"""Seconds by which a moment may lie earlier, because places in columns are single-precision numbers."""


@inner
def oldest_undecided(
    until: float,
    least: float,
    vehicles: Records,
    columns: Records,
    ended: NDArray[np.bool_],
    known: int,
    sure: float,
    net: Roads,
) -> float:
    """Return the moment before which no vehicle will leave a whole road, `until` at the latest; seconds from 2020.

    What has not arrived of a vehicle whose trip goes on lies behind its newest position. One whose clock or sender is
    behind `least` holds nothing up: nobody waits so long.
    """
    for v in range(known):
        one = vehicles[v]
        newest = (one.newest - EPOCH_US) / 1e6
        if ended[v] or newest < least:
            continue
        until = min(until, newest)
        if _decided(one) < until:
            until = min(until, _undecided(one, v, columns, sure, net))
    return until


@inner
def _decided(one) -> float:  # type: ignore[no-untyped-def] # a numba record
    """Seconds before which surely nothing is open; minus infinity where only the columns can tell."""
    if one.on < 0:
        return -np.inf
    decided = _leave(one.at_begin, one.at_end)
    if not np.isnan(one.gone):
        decided = max(decided, one.gone)
    return float(decided if one.held < 0 else min(decided, one.held_left))


@inner
def _undecided(one, v: int, columns: Records, sure: float, net: Roads) -> float:  # type: ignore[no-untyped-def] # a numba record
    """Seconds before which a vehicle will have left no whole road that was not given out."""
    held = np.inf
    if one.held >= 0 and one.held_begin <= END_M and one.held_end >= net.length[one.held] - END_M:
        held = one.held_left
    if one.on >= 0 and one.edge == OFF:
        return float(min(held, _leave(one.at_begin, one.at_end)))
    last = one.closed if one.tried > 0 else one.closed - 1
    until = _leave(one.begin, one.end) if one.count > 0 else _leave_of(one, v, columns, last)
    if last < 0:
        return float(min(held, until))
    tip = columns[v * RING + (one.first + last) % RING]
    best = -np.inf
    for b in range(tip.states):
        best = max(best, tip.score[b])
    for b in range(tip.states):
        if tip.score[b] < best - sure:
            continue
        at, edge = tip.back[b], tip.edge[b]
        for k in range(last - 1, -2, -1):
            before = one.on
            if k >= 0:
                column = columns[v * RING + (one.first + k) % RING]
                before = column.edge[at]
                at = column.back[at]
            if k < 0 and not np.isnan(one.gone):
                if edge >= 0 and net.target[before] != net.source[edge]:
                    until = min(until, max(one.gone, _leave_of(one, v, columns, k)))
            elif _leaves(before, edge, net):
                until = min(until, _leave_of(one, v, columns, k))
            edge = before
    return float(min(held, until))


@inner
def _leaves(before: int, now: int, net: Roads) -> bool:
    """Tell whether a vehicle between two states may have come to the end of the road of the first.

    Who turns on the way does not come there, but in a dead end nobody turns before it for sure.
    """
    if before < 0 or before == now:
        return False
    return bool(net.reverse[before] != now or net.dead_end[net.target[before]])


@inner
def _leave_of(one, v: int, columns: Records, k: int) -> float:  # type: ignore[no-untyped-def] # a numba record
    """When a vehicle left the place of column `k` at the earliest; for -1 that of what was decided last, if any was."""
    if k >= 0:
        column = columns[v * RING + (one.first + k) % RING]
        return float(_leave(column.begin, column.end))
    if one.on >= 0:
        return float(_leave(one.at_begin, one.at_end))
    return float((one.wait_t[0] - EPOCH_US) / 1e6) if one.waiting > 0 else np.inf


@inner
def _leave(begin: float, end: float) -> float:
    """When a vehicle left an observation at the earliest, as the pieces have it."""
    return float(end - min(PAUSE_S, (end - begin) / 2.0) - SLACK_S)
