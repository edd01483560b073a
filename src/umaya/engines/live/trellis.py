"""The part of the trellis that is not decided yet.

Each vehicle has a few complete columns and a tentative one for the observation that is still being gathered. A state
is given up when it is far less likely than the best (beam). Not responsible for what is decided, nor when (decisions).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import inlined, inner
from umaya.engines.live.state import OFF, RING, STATES, UNKNOWN, Records
from umaya.engines.matching.hmm import NO_ROUTE, emission_log, heading_log, route, transition_log
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable
from umaya.engines.spatial import Grid, Near, near_room, search


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
def row_of(one, v: int, k: int) -> int:  # type: ignore[no-untyped-def] # a numba record
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
    column = columns[row_of(one, v, one.closed - 1)]
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
    sigma = np.sqrt(s.sigma_z**2 + one.variance)
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
    column = columns[row_of(one, v, one.closed)]
    top = w.score[0]
    column.states = 0
    for b in range(states):
        if w.score[b] < top - beam:
            break
        column.edge[b], column.offset[b], column.back[b] = w.edge[b], w.offset[b], w.back[b]
        column.score[b] = w.score[b] - top
        column.states = b + 1
    one.tried, one.tried_lon, one.tried_lat = one.count, one.mean_lon, one.mean_lat
    describe(one, column)


@inner
def describe(one, column) -> None:  # type: ignore[no-untyped-def] # numba records
    """Write the observation as it stands into its column."""
    column.lon, column.lat, column.begin, column.end = one.mean_lon, one.mean_lat, one.begin, one.end
    column.from_lon, column.from_lat = one.from_lon, one.from_lat
    column.far_lon, column.far_lat, column.points = one.far_lon, one.far_lat, one.count
