"""The most probable sequence of states (Viterbi 1967) for the observations of one vehicle.

Fixed arrays for at most `2 * max_candidates + 1` states an observation, the last of them "off the network"; nothing
is allocated within the loop over observations. Ties go to the nearer candidate, then to the lower edge.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.matching.hmm import NO_ROUTE, emission_log, heading_log, route, transition_log
from umaya.engines.matching.observations import Observations
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable
from umaya.engines.spatial import Grid, nearest

OFF = -1
"""The edge of a state off the network."""


@numba.njit(cache=True, nogil=True)
def _candidates(
    o: Observations,
    k: int,
    net: Roads,
    index: Grid,
    s: Settings,
    near_edge: NDArray[np.int32],
    near_offset: NDArray[np.float64],
    near_distance: NDArray[np.float64],
    edge: NDArray[np.int32],
    offset: NDArray[np.float64],
    emission: NDArray[np.float64],
) -> int:
    """Fill the states of observation `k`; returns how many, the last being off the network."""
    found = nearest(o.lon[k], o.lat[k], s.radius, net, index, near_edge, near_offset, near_distance)
    count = 0
    for i in range(found):
        base = emission_log(near_distance[i], o.sigma[k])
        e = near_edge[i]
        edge[count], offset[count] = e, near_offset[i]
        emission[count] = base + heading_log(o.heading[k], e, near_offset[i], net, s.sigma_heading)
        count += 1
        r = net.reverse[e]
        if r >= 0:
            edge[count], offset[count] = r, net.length[r] - near_offset[i]
            emission[count] = base + heading_log(o.heading[k], r, net.length[r] - near_offset[i], net, s.sigma_heading)
            count += 1
    edge[count], offset[count], emission[count] = OFF, 0.0, emission_log(s.off_road, o.sigma[k])
    return count + 1


@numba.njit(cache=True, nogil=True)
def _step_log(
    edge_a: int,
    offset_a: float,
    edge_b: int,
    offset_b: float,
    straight: float,
    seconds: float,
    net: Roads,
    table: PathTable,
    s: Settings,
) -> float:
    """Log-probability of going from one state to another, on or off the network."""
    if OFF in (edge_a, edge_b):
        return 0.0 if edge_a == edge_b else -s.off_cost
    kind, metres, turns, _ = route(edge_a, offset_a, edge_b, offset_b, straight, net, table, s.backward)
    if kind == NO_ROUTE or metres > straight + s.max_speed * max(seconds, 1.0):
        return -s.break_cost
    return float(max(transition_log(straight, metres, turns, s), -s.break_cost))


@numba.njit(cache=True, nogil=True)
def decode(
    o: Observations, net: Roads, index: Grid, table: PathTable, s: Settings
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Find the most probable states.

    Returns:
        (edge, offset) for each observation; edge -1 where the vehicle is off the network.
    """
    steps = len(o.lon)
    width = 2 * s.candidates + 1
    edge, offset = np.empty((steps, width), np.int32), np.empty((steps, width))
    back = np.zeros((steps, width), np.int8)
    count = np.zeros(steps, np.int32)
    emission, score, last = np.empty(width), np.empty(width), np.empty(width)
    near_edge = np.empty(s.candidates, np.int32)
    near_offset, near_distance = np.empty(s.candidates), np.empty(s.candidates)
    best_edge, best_offset = np.full(steps, OFF, np.int32), np.zeros(steps)
    order = np.empty(width, np.int32)
    begin = 0
    for k in range(steps):
        count[k] = _candidates(o, k, net, index, s, near_edge, near_offset, near_distance, edge[k], offset[k], emission)
        if k == 0 or o.fresh[k]:
            if k > 0:
                _trace(begin, k, count, last, back, edge, offset, best_edge, best_offset)
            begin = k
            for b in range(count[k]):
                score[b] = emission[b]
            score[count[k] - 1] -= s.off_cost
        else:
            kx, ky = metres_per_degree(o.lat[k])
            straight = np.hypot((o.lon[k] - o.lon[k - 1]) * kx, (o.lat[k] - o.lat[k - 1]) * ky)
            seconds = (o.begin[k] + o.end[k] - o.begin[k - 1] - o.end[k - 1]) / 2.0
            _best_first(last, count[k - 1], order)
            for b in range(count[k]):
                best, origin = -np.inf, 0
                for a in order[: count[k - 1]]:
                    value = last[a]
                    if value <= best:  # no step has a log-probability above 0
                        break
                    value += _step_log(
                        edge[k - 1, a], offset[k - 1, a], edge[k, b], offset[k, b], straight, seconds, net, table, s
                    )
                    if value > best:
                        best, origin = value, a
                score[b], back[k, b] = best + emission[b], origin
        for b in range(count[k]):
            last[b] = score[b]
    if steps:
        _trace(begin, steps, count, last, back, edge, offset, best_edge, best_offset)
    return best_edge, best_offset


@numba.njit(cache=True, nogil=True)
def _best_first(score: NDArray[np.float64], count: int, order: NDArray[np.int32]) -> None:
    """Fill `order` with the states from the greatest score down, equal ones by their number."""
    for i in range(count):
        at = i
        while at > 0 and score[order[at - 1]] < score[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i


@numba.njit(cache=True, nogil=True)
def _trace(
    begin: int,
    stop: int,
    count: NDArray[np.int32],
    last: NDArray[np.float64],
    back: NDArray[np.int8],
    edge: NDArray[np.int32],
    offset: NDArray[np.float64],
    best_edge: NDArray[np.int32],
    best_offset: NDArray[np.float64],
) -> None:
    """Follow the back pointers from the best last state of the observations `begin` to `stop`."""
    at = 0
    for b in range(1, count[stop - 1]):
        if last[b] > last[at]:
            at = b
    for k in range(stop - 1, begin - 1, -1):
        best_edge[k], best_offset[k] = edge[k, at], offset[k, at]
        at = back[k, at]
