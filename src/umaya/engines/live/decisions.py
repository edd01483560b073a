"""When a part of the trellis is decided.

Decided is what all states have in common that are nearly as likely as the best (after Goh, Dauwels, Mitrovic, Asif,
Oran and Jaillet 2012, Online map-matching based on hidden Markov model for real-time traffic sensing applications,
IEEE ITSC: convergence of survivor paths); how near falls with the age of the question, so that it is decided at the
latest when it is `lag` seconds old. Whatever does not descend from what was decided is given up, so nothing decided
is ever contradicted. What every way has in common without sharing a state, the road that was driven to its end, is told
before (reached).
"""

from __future__ import annotations

import numpy as np

from umaya.engines.geometry import Roads
from umaya.engines.kernels import inner
from umaya.engines.live.driven import WIGGLE, advance, finish
from umaya.engines.live.gather import slower
from umaya.engines.live.params import Settings as LiveSettings
from umaya.engines.live.reached import tell_reached
from umaya.engines.live.state import OFF, RING, UNKNOWN, Records
from umaya.engines.live.trellis import Work, describe, row_of
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable

START = 4.0
"""Times the lag that the first road of a trip may take: nothing but its own points tells it."""


CLEAR = 0.6
"""Least distance behind a junction, in times the noise, at which a vehicle is clear of it, however long it stands."""


@inner
def _likeliest(one, v: int, columns: Records, last: int, w: Work) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Follow the likeliest way back from column `last`: a state for each column from 0 on."""
    column = columns[row_of(one, v, last)]
    at = 0
    for b in range(1, column.states):
        if column.score[b] > column.score[at]:
            at = b
    for k in range(last, -1, -1):
        w.path[k] = at
        at = columns[row_of(one, v, k)].back[at]


@inner
def _commit(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    columns: Records,
    last: int,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    w: Work,
    out: Records,
    told: Records,
) -> None:
    """Decide the columns up to `last` as the likeliest way has them, and give up what does not descend from it."""
    for tip in range(max(one.closed - 1, last + 1), one.closed + (one.tried > 0)):
        column = columns[row_of(one, v, tip)]
        for b in range(column.states):
            at = b
            for k in range(tip, last, -1):
                at = columns[row_of(one, v, k)].back[at]
            if at != w.path[last]:
                column.score[b] = -np.inf
    for k in range(last + 1):
        advance(one, v, columns[row_of(one, v, k)], w.path[k], noise, net, table, s, out, told)
    one.first = (one.first + last + 1) % RING
    one.closed -= last + 1
    one.asked = np.nan


@inner
def decide(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    columns: Records,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    live: LiveSettings,
    w: Work,
    out: Records,
    told: Records,
) -> None:
    """Decide what all states of the tentative column have in common that are nearly as likely as the best of it.

    When that is the tentative state itself and it lies on another road, its observation ends here, so that the road
    that was left is final. Not so after a U-turn on the way: the rest of the observation tells where it was.
    Off the roads for longer than what is bridged the trip is ended, and not only when the vehicle comes back.
    """
    n = one.closed
    _likeliest(one, v, columns, n, w)
    tell_reached(one, v, columns, w.path[n], noise, net, table, s, live, out, told)
    if not _left(one, v, columns, noise, net, w):
        one.asked = np.nan
    elif np.isnan(one.asked):
        one.asked = one.end
    lag = live.lag * (START if one.edge == UNKNOWN else 1.0) * slower(noise)
    age = 0.0 if np.isnan(one.asked) else one.end - one.asked
    level = _common(one, v, columns, live.sure * max(0.0, 1.0 - age / lag), w)
    if level < n:
        if level >= 0:
            _commit(one, v, columns, level, noise, net, table, s, w, out, told)
        return
    state, column = w.path[n], columns[row_of(one, v, n)]
    if n:
        _commit(one, v, columns, n - 1, noise, net, table, s, w, out, told)
    edge = column.edge[state]
    if edge == OFF and one.on >= 0 and column.end - one.at_end > s.bridge:
        finish(one, v, noise, net, out, told)
        one.edge = OFF
    if edge == one.edge or edge < 0:
        return
    if _beyond(one.edge, edge, column.offset[state], net) >= _clear(one.edge, edge, noise, one.count, net):
        advance(one, v, column, state, noise, net, table, s, out, told)
        one.first = (one.first + 1) % RING
        one.back_lon, one.back_lat = one.mean_lon, one.mean_lat
        one.count, one.tried, one.asked = 0, 0, np.nan


@inner
def _common(one, v: int, columns: Records, ask: float, w: Work) -> int:  # type: ignore[no-untyped-def] # a numba record
    """Return the newest column in which all ways within `ask` nats of the likeliest have one state; -1 for none."""
    column = columns[row_of(one, v, one.closed)]
    best = w.path[one.closed]
    near = 0
    for b in range(column.states):
        if b == best or (ask > 0.0 and column.score[b] >= column.score[best] - ask):
            w.at[near] = b
            near += 1
    for level in range(one.closed, -1, -1):
        same = True
        for a in range(1, near):
            same = same and w.at[a] == w.at[0]
        if same:
            return level
        here = columns[row_of(one, v, level)]
        for a in range(near):
            w.at[a] = here.back[w.at[a]]
    return -1


@inner
def _beyond(edge: int, now: int, offset: float, net: Roads) -> float:
    """Metres that are surely driven beyond the end of `edge` when the vehicle is at `offset` of the edge `now`."""
    if edge < 0 or net.target[edge] == net.source[now] or net.reverse[edge] == now:
        return offset
    return offset + np.inf


@inner
def _clear(edge: int, now: int, noise: float, points: int, net: Roads) -> float:
    """Metres behind the end of `edge` at which the mean of so many positions, on `now`, is clear of it.

    After a U-turn in a dead end twice the noise, after any other no distance is enough.
    """
    if edge >= 0 and net.reverse[edge] == now:
        return WIGGLE * noise if net.dead_end[net.target[edge]] else np.inf
    return float(noise * max(CLEAR, 1.0 / np.sqrt(points)))


@inner
def _left(one, v: int, columns: Records, noise: float, net: Roads, w: Work) -> bool:  # type: ignore[no-untyped-def] # a numba record
    """Tell whether the likeliest way has left the edge that was decided last, by more than the noise.

    A vehicle nearer to a junction may stand before it, and a U-turn on the way is no question of time: both wait.
    """
    n = one.closed
    tip = columns[row_of(one, v, n)]
    edge, offset = tip.edge[w.path[n]], tip.offset[w.path[n]]
    base = one.edge
    for k in range(n + 1):
        now = columns[row_of(one, v, k)].edge[w.path[k]]
        if now != base and base >= 0 and now >= 0 and _clear(base, now, noise, tip.points, net) < np.inf:
            return bool(edge >= 0 and _beyond(base, edge, offset, net) >= _clear(base, edge, noise, tip.points, net))
        base = now
    return False


@inner
def close(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    columns: Records,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    w: Work,
    out: Records,
    told: Records,
) -> None:
    """Take the tentative column as complete; when the ring is full the older half of it is decided."""
    describe(one, columns[row_of(one, v, one.closed)])
    one.closed += 1
    one.back_lon, one.back_lat = one.mean_lon, one.mean_lat
    one.count, one.tried = 0, 0
    if one.closed == RING - 1:
        _likeliest(one, v, columns, one.closed - 1, w)
        _commit(one, v, columns, one.closed // 2, noise, net, table, s, w, out, told)


@inner
def decide_all(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    columns: Records,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    w: Work,
    out: Records,
    told: Records,
) -> None:
    """Decide everything for the likeliest way, the tentative column too."""
    if one.count > 0:
        close(one, v, columns, noise, net, table, s, w, out, told)
    if one.closed > 0:
        _likeliest(one, v, columns, one.closed - 1, w)
        _commit(one, v, columns, one.closed - 1, noise, net, table, s, w, out, told)
