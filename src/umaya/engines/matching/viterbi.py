"""The most probable sequence of states (Viterbi 1967) for the observations of one vehicle.

Fixed arrays for at most `2 * max_candidates + 1` states an observation, the last of them "off the network"; nothing
is allocated within the loop over observations. Ties go to the nearer candidate, then to the lower edge.

Most pairs of states are never looked at: no step has a log-probability above 0, so a state that cannot come within
`BEAM` of the best one of its observation is not even scored, and one that lies below is not gone on from. Path table
entries between junctions are remembered in a small table of their own, since the same few come again at every
observation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, length_of, metres_per_degree
from umaya.engines.kernels import fused, inner, kernel
from umaya.engines.matching.hmm import DEAD_END_TURN, DETOUR_M, turn_weight
from umaya.engines.matching.observations import Observations
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable
from umaya.engines.matching.states import OFF, Paths, States, candidates, no_paths, remembered, states_of
from umaya.engines.spatial import Grid, Near, near_room

BEAM = 14.0
"""Nats below the best state of an observation at which others are given up: one in a million. No step is less probable
than a break, so a beam as wide as `break_cost` would lose nothing for sure; this one changed no figure of any set of
tracks, and no hard case with thirty noises."""


class Trellis(NamedTuple):
    """The states of all `k` observations.

    Attributes:
        edge: int32[k, w].
        offset: float64[k, w].
        back: int8[k, w], the state of the observation before on the best sequence to each.
    """

    edge: NDArray[np.int32]
    offset: NDArray[np.float64]
    back: NDArray[np.int8]


@fused
def step_log(
    a: int,
    b: int,
    before: States,
    now: States,
    straight: float,
    most: float,
    least: float,
    net: Roads,
    table: PathTable,
    paths: Paths,
    s: Settings,
) -> float:
    """Log-probability of going from state `a` of `before` to state `b` of `now`, on or off the network.

    The same as `hmm.route` and `hmm.transition_log` say, without telling how. `straight` is the metres between the
    observations, `most` the metres that the vehicle can have driven. A value that cannot exceed `least` may come
    out as minus infinity: no route is shorter than its parts on both edges, so most need not be looked up.
    """
    edge_a, edge_b = before.edge[a], now.edge[b]
    if OFF in (edge_a, edge_b):
        return 0.0 if edge_a == edge_b else -s.off_cost
    offset_a, offset_b = before.offset[a], now.offset[b]
    if edge_a == edge_b and offset_b >= offset_a - s.backward:
        return float(_valued(max(offset_b - offset_a, 0.0), 0.0, straight, most, s))
    if before.reverse[a] == edge_b:
        metres = abs(now.length[b] - offset_b - offset_a)
        return float(_valued(metres, turn_weight(before.target[a], net), straight, most, s))
    parts = before.length[a] - offset_a + offset_b
    parts_back = max(offset_a + offset_b, straight) + DEAD_END_TURN * s.u_turn * s.beta
    if least >= -s.break_cost and straight - min(max(parts, straight), parts_back) <= least * s.beta:
        return -np.inf
    slot = remembered(paths, before.target[a], now.source[b], table)
    metres, turns = parts + paths.length[slot], 0.0
    if paths.first[slot] >= 0:
        if before.reverse[a] == paths.first[slot]:
            turns += turn_weight(before.target[a], net)
        if now.reverse[b] == paths.last[slot]:
            turns += turn_weight(now.source[b], net)
    if before.reverse[a] >= 0 and metres > straight + DETOUR_M:
        slot = remembered(paths, before.source[a], now.source[b], table)
        metres_back = offset_a + paths.length[slot] + offset_b
        if metres_back + DETOUR_M < metres and paths.first[slot] != edge_a:
            metres, turns = metres_back, turn_weight(before.target[a], net)
            if paths.last[slot] >= 0 and now.reverse[b] == paths.last[slot]:
                turns += turn_weight(now.source[b], net)
    return float(_valued(metres, turns, straight, most, s))


@fused
def _valued(metres: float, turns: float, straight: float, most: float, s: Settings) -> float:
    """Log-probability of a route of `metres`; never less than that of a break."""
    if metres > most:
        return -s.break_cost
    return float(max(-abs(straight - metres) / s.beta - turns * s.u_turn, -s.break_cost))


@kernel
def decode(
    o: Observations, net: Roads, index: Grid, table: PathTable, s: Settings
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Find the most probable states.

    Returns:
        (edge, offset) for each observation; edge -1 where the vehicle is off the network.
    """
    steps, width = len(o.lon), 2 * s.candidates + 1
    trellis = Trellis(np.empty((steps, width), np.int32), np.empty((steps, width)), np.zeros((steps, width), np.int8))
    order = np.empty(width, np.int32)
    edge, offset = np.full(steps, OFF, np.int32), np.zeros(steps)
    before, now, paths = states_of(width), states_of(width), no_paths()
    _forward(
        o,
        net,
        index,
        table,
        s,
        trellis,
        before,
        now,
        paths,
        near_room(s.candidates),
        order,
        edge,
        offset,
    )
    return edge, offset


@inner
def _forward(
    o: Observations,
    net: Roads,
    index: Grid,
    table: PathTable,
    s: Settings,
    trellis: Trellis,
    before: States,
    now: States,
    paths: Paths,
    near: Near,
    order: NDArray[np.int32],
    best_edge: NDArray[np.int32],
    best_offset: NDArray[np.float64],
) -> None:
    """Go through the observations; at the end of each trip trace back and fill `best_edge` and `best_offset`."""
    begin, known = 0, 0
    for k in range(len(o.lon)):
        count = candidates(o, k, net, index, s, near, now)
        if k == 0 or o.fresh[k]:
            _trace(begin, k, known, before.score, trellis, best_edge, best_offset)
            begin = k
            for b in range(count):
                now.score[b] = now.emission[b]
            now.score[count - 1] -= s.off_cost
        else:
            kx, ky = metres_per_degree(o.lat[k])
            straight = length_of((o.lon[k] - o.lon[k - 1]) * kx, (o.lat[k] - o.lat[k - 1]) * ky)
            seconds = (o.begin[k] + o.end[k] - o.begin[k - 1] - o.end[k - 1]) / 2.0
            alive = best_first(before.score, known, BEAM, order)
            advance(before, alive, order, now, count, straight, seconds, net, table, paths, s, trellis.back[k])
        for b in range(count):
            trellis.edge[k, b], trellis.offset[k, b] = now.edge[b], now.offset[b]
        before, now, known = now, before, count
    _trace(begin, len(o.lon), known, before.score, trellis, best_edge, best_offset)


@fused
def advance(
    before: States,
    alive: int,
    order: NDArray[np.int32],
    now: States,
    count: int,
    straight: float,
    seconds: float,
    net: Roads,
    table: PathTable,
    paths: Paths,
    s: Settings,
    back: NDArray[np.int8],
) -> None:
    """Score the states of an observation and point each back to the best one before it.

    `order` names the `alive` states of the observation `before`, best first; `now` are the `count` states of
    this one, `straight` metres and `seconds` later; `back`, int8[w], is filled.
    """
    most = straight + s.max_speed * max(seconds, 1.0)
    limit = -np.inf
    for b in range(count):
        least = limit - now.emission[b]
        best, origin = least, -1
        for i in range(alive):
            a = order[i]
            value = before.score[a]
            if value <= best:  # no step has a log-probability above 0
                break
            value += step_log(a, b, before, now, straight, most, best - value, net, table, paths, s)
            if value > best:
                best, origin = value, a
        now.score[b], back[b] = best + now.emission[b] if origin >= 0 else -np.inf, max(origin, 0)
        limit = max(limit, now.score[b] - BEAM)


@fused
def best_first(score: NDArray[np.float64], count: int, floor: float, order: NDArray[np.int32]) -> int:
    """Fill `order` with states from the greatest score down, equal ones by number; those `floor` below are left out.

    Returns:
        How many there are.
    """
    top = score[0]
    for i in range(1, count):
        top = max(top, score[i])
    kept = 0
    for i in range(count):
        if score[i] < top - floor:
            continue
        at = kept
        while at > 0 and score[order[at - 1]] < score[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
        kept += 1
    return kept


@inner
def _trace(
    begin: int,
    stop: int,
    count: int,
    last: NDArray[np.float64],
    trellis: Trellis,
    best_edge: NDArray[np.int32],
    best_offset: NDArray[np.float64],
) -> None:
    """Follow the back pointers from the best last state of the observations `begin` to `stop`."""
    at = 0
    for b in range(1, count):
        if last[b] > last[at]:
            at = b
    for k in range(stop - 1, begin - 1, -1):
        best_edge[k], best_offset[k] = trellis.edge[k, at], trellis.offset[k, at]
        at = trellis.back[k, at]
