"""The part of the trellis that is not decided yet, and when a part of it is.

Each vehicle has a few complete columns and a tentative one for the observation that is still being gathered. A state
is given up when it is far less likely than the best (beam). Decided is what all states have in common that are
nearly as likely as the best (after Goh, Dauwels, Mitrovic, Asif, Oran and Jaillet 2012, Online map-matching
based on hidden Markov model for real-time traffic sensing applications, IEEE ITSC: convergence of survivor paths); how
near falls with the age of the question, so that it is decided at the latest when it is `lag` seconds old.
Whatever does not descend from what was decided is given up, so nothing decided is ever contradicted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import inlined, inner
from umaya.engines.live.driven import WIGGLE, advance, finish
from umaya.engines.live.params import Settings as LiveSettings
from umaya.engines.live.state import OFF, RING, STATES, UNKNOWN, Records
from umaya.engines.matching.hmm import NO_ROUTE, emission_log, heading_log, route, transition_log
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable
from umaya.engines.spatial import Grid, Near, near_room, search

START = 4.0
"""Times the lag that the first road of a trip may take: nothing but its own points tells it."""


CLEAR = 0.6
"""Least distance behind a junction, in times the noise, at which a vehicle is clear of it, however long it stands."""
USUAL_M = 5.0
"""Noise up to which the lag is as it is set; beyond, it grows with the positions that a mean of that noise needs."""


class Work(NamedTuple):
    """Room for one column: what is near, the states it is reached from, the states it gets, the likeliest way."""

    near: Near
    from_edge: NDArray[np.int32]
    from_offset: NDArray[np.float64]
    from_score: NDArray[np.float64]
    edge: NDArray[np.int32]
    offset: NDArray[np.float64]
    score: NDArray[np.float64]
    back: NDArray[np.int8]
    path: NDArray[np.int64]
    at: NDArray[np.int64]


def work(candidates: int) -> Work:
    """Make room for columns of at most so many road segments."""
    return Work(
        near_room(candidates),
        np.empty(STATES, np.int32),
        np.empty(STATES),
        np.empty(STATES),
        np.empty(STATES, np.int32),
        np.empty(STATES),
        np.empty(STATES),
        np.empty(STATES, np.int8),
        np.empty(RING, np.int64),
        np.empty(STATES, np.int64),
    )


@inlined
def _row(one, v: int, k: int) -> int:  # type: ignore[no-untyped-def] # a numba record
    """Row of the vehicle's column `k`, counted from the oldest undecided one."""
    return int(v * RING + (one.first + k) % RING)


@inner
def _step_log(
    edge_a: int,
    offset_a: float,
    edge_b: int,
    offset_b: float,
    straight: float,
    reach: float,
    net: Roads,
    table: PathTable,
    s: Settings,
) -> float:
    """Log-probability of going from one state to another, on or off the network; routes beyond `reach` are none."""
    if edge_a < 0 or edge_b < 0:
        return 0.0 if edge_a == edge_b else -s.off_cost
    kind, metres, turns, _ = route(edge_a, offset_a, edge_b, offset_b, straight, net, table, s.backward)
    if kind == NO_ROUTE or metres > reach:
        return -s.break_cost
    return float(max(transition_log(straight, metres, turns, s), -s.break_cost))


@inner
def _origins(one, v: int, columns: Records, w: Work) -> tuple[int, float, float]:  # type: ignore[no-untyped-def] # a numba record
    """Lay out the states that the tentative column is reached from, the likeliest first.

    Returns:
        (how many, metres from their observation to the one being gathered, middle of their time in seconds).
    """
    kx, ky = metres_per_degree(one.mean_lat)
    if one.closed == 0:
        if one.edge == UNKNOWN:
            return 0, 0.0, 0.0
        w.from_edge[0], w.from_offset[0], w.from_score[0] = one.edge, one.offset, 0.0
        straight = np.hypot((one.mean_lon - one.at_lon) * kx, (one.mean_lat - one.at_lat) * ky)
        return 1, straight, (one.at_begin + one.at_end) / 2.0
    column = columns[_row(one, v, one.closed - 1)]
    for a in range(column.states):
        w.from_edge[a], w.from_offset[a], w.from_score[a] = column.edge[a], column.offset[a], column.score[a]
    straight = np.hypot((one.mean_lon - column.lon) * kx, (one.mean_lat - column.lat) * ky)
    return int(column.states), straight, (column.begin + column.end) / 2.0


@inner
def _keep(states: int, edge: int, offset: float, score: float, back: int, w: Work) -> int:
    """Put a state in its place among those of the column; returns how many there are."""
    if states == STATES:
        if w.score[STATES - 1] >= score:
            return states
        states -= 1
    at = states
    while at > 0 and w.score[at - 1] < score:
        w.edge[at], w.offset[at], w.score[at], w.back[at] = (
            w.edge[at - 1],
            w.offset[at - 1],
            w.score[at - 1],
            w.back[at - 1],
        )
        at -= 1
    w.edge[at], w.offset[at], w.score[at], w.back[at] = edge, offset, score, back
    return states + 1


@inner
def _reach_state(
    edge: int,
    offset: float,
    emission: float,
    many: int,
    straight: float,
    reach: float,
    states: int,
    net: Roads,
    table: PathTable,
    s: Settings,
    beam: float,
    w: Work,
) -> int:
    """Find the likeliest way to a state and keep it, unless it falls below the beam; returns how many are kept."""
    if many == 0:
        score = emission - s.off_cost if edge == OFF else emission
        return int(_keep(states, edge, offset, score, -1, w))
    floor = w.score[0] - beam - emission if states else -np.inf
    best, origin = floor, -1
    for a in range(many):
        if w.from_score[a] == -np.inf:
            continue
        if w.from_score[a] <= best:  # no step has a log-probability above 0
            break
        value = w.from_score[a] + _step_log(
            w.from_edge[a], w.from_offset[a], edge, offset, straight, reach, net, table, s
        )
        if value > best:
            best, origin = value, a
    return states if origin < 0 else int(_keep(states, edge, offset, best + emission, origin, w))


@inner
def try_column(  # type: ignore[no-untyped-def] # a numba record
    one, v: int, columns: Records, net: Roads, index: Grid, table: PathTable, s: Settings, beam: float, w: Work
) -> None:
    """Work the tentative column out from the observation as it stands."""
    sigma = np.sqrt(s.sigma_z**2 + one.variance / one.count**2)
    heading = np.nan
    if np.hypot(one.head_x, one.head_y) > 0.5 * one.count:
        heading = np.degrees(np.arctan2(one.head_x, one.head_y)) % 360.0
    found = search(one.mean_lon, one.mean_lat, s.radius, net, index, w.near)
    many, straight, middle = _origins(one, v, columns, w)
    reach = straight + s.max_speed * max((one.begin + one.end) / 2.0 - middle, 1.0)
    states = 0
    for i in range(found):
        base = emission_log(w.near.distance[i], sigma)
        e, x = w.near.edge[i], w.near.offset[i]
        emission = base + heading_log(heading, e, x, net, s.sigma_heading)
        states = _reach_state(e, x, emission, many, straight, reach, states, net, table, s, beam, w)
        r = net.reverse[e]
        if r >= 0:
            x = net.length[r] - x
            emission = base + heading_log(heading, r, x, net, s.sigma_heading)
            states = _reach_state(r, x, emission, many, straight, reach, states, net, table, s, beam, w)
    emission = emission_log(s.off_road, sigma)
    states = _reach_state(OFF, 0.0, emission, many, straight, reach, states, net, table, s, beam, w)
    column = columns[_row(one, v, one.closed)]
    top = w.score[0]
    column.states = 0
    for b in range(states):
        if w.score[b] < top - beam:
            break
        column.edge[b], column.offset[b], column.back[b] = w.edge[b], w.offset[b], w.back[b]
        column.score[b] = w.score[b] - top
        column.states = b + 1
    one.tried, one.tried_lon, one.tried_lat = one.count, one.mean_lon, one.mean_lat
    _describe(one, column)


@inner
def _describe(one, column) -> None:  # type: ignore[no-untyped-def] # numba records
    """Write the observation as it stands into its column."""
    column.lon, column.lat, column.begin, column.end = one.mean_lon, one.mean_lat, one.begin, one.end
    column.from_lon, column.from_lat = one.from_lon, one.from_lat
    column.far_lon, column.far_lat, column.points = one.far_lon, one.far_lat, one.count


@inner
def _likeliest(one, v: int, columns: Records, last: int, w: Work) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Follow the likeliest way back from column `last`: a state for each column from 0 on."""
    column = columns[_row(one, v, last)]
    at = 0
    for b in range(1, column.states):
        if column.score[b] > column.score[at]:
            at = b
    for k in range(last, -1, -1):
        w.path[k] = at
        at = columns[_row(one, v, k)].back[at]


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
        column = columns[_row(one, v, tip)]
        for b in range(column.states):
            at = b
            for k in range(tip, last, -1):
                at = columns[_row(one, v, k)].back[at]
            if at != w.path[last]:
                column.score[b] = -np.inf
    for k in range(last + 1):
        advance(one, v, columns[_row(one, v, k)], w.path[k], noise, net, table, s, out, told)
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
    if not _left(one, v, columns, noise, net, w):
        one.asked = np.nan
    elif np.isnan(one.asked):
        one.asked = one.end
    lag = live.lag * (START if one.edge == UNKNOWN else 1.0) * max(1.0, (noise / USUAL_M) ** 2)
    age = 0.0 if np.isnan(one.asked) else one.end - one.asked
    level = _common(one, v, columns, live.sure * max(0.0, 1.0 - age / lag), w)
    if level < n:
        if level >= 0:
            _commit(one, v, columns, level, noise, net, table, s, w, out, told)
        return
    state, column = w.path[n], columns[_row(one, v, n)]
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
    column = columns[_row(one, v, one.closed)]
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
        here = columns[_row(one, v, level)]
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
    tip = columns[_row(one, v, n)]
    edge, offset = tip.edge[w.path[n]], tip.offset[w.path[n]]
    base = one.edge
    for k in range(n + 1):
        now = columns[_row(one, v, k)].edge[w.path[k]]
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
    _describe(one, columns[_row(one, v, one.closed)])
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
