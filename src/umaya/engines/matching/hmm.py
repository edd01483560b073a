"""Emission and transition of the hidden Markov model, in natural logarithms (nats).

After Newson and Krumm (2009), Hidden Markov Map Matching Through Noise and Sparseness, ACM SIGSPATIAL,
doi:10.1145/1653771.1653818. A state is a candidate: a directed edge and an offset along it in metres; two
states are added to the paper: a vehicle may be off the network, and it may turn on the road at a cost.
Constant terms that are the same for all candidates are left out.
"""

from __future__ import annotations

import numpy as np

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import inlined, inner
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable, lookup

DETOUR_M = 10.0
"""Metres that a route must be longer than the straight line before a U-turn on the spot is thought of."""

DEAD_END_TURN = 0.3
"""Share of the cost of a U-turn that one in a dead end costs."""

NO_ROUTE = 0
AHEAD = 1
STAY = 2
TURN = 3
VIA = 4
BACK = 5
"""How one candidate is reached from another: along the edge, not at all (it only seems to have slipped back), by a
U-turn on the edge, through junctions, or by a U-turn on the spot and then through junctions."""


@inlined
def emission_log(distance: float, sigma: float) -> float:
    """Log-probability of seeing a position `distance` metres from the road, sigma in metres (eq. 1)."""
    ratio = distance / sigma
    return -0.5 * ratio * ratio


@inner
def heading_log(heading: float, edge: int, offset: float, net: Roads, sigma: float) -> float:
    """Log-probability of a reported heading on an edge: normal in the angle between, degrees; 0 where unknown."""
    if np.isnan(heading):
        return 0.0
    low, high = net.first[edge], net.first[edge + 1] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if net.measure[middle] <= offset:
            low = middle
        else:
            high = middle
    kx, ky = metres_per_degree(net.lat[low])
    bearing = np.degrees(np.arctan2((net.lon[high] - net.lon[low]) * kx, (net.lat[high] - net.lat[low]) * ky))
    angle = abs((heading - bearing + 180.0) % 360.0 - 180.0)
    return float(-0.5 * (angle / sigma) ** 2)


@inlined
def turn_weight(node: int, net: Roads) -> float:
    """Weight of a U-turn at a node or on the way to it: whoever entered a dead end must turn there."""
    return DEAD_END_TURN if net.dead_end[node] else 1.0


@inner
def route(
    edge_a: int,
    offset_a: float,
    edge_b: int,
    offset_b: float,
    straight: float,
    net: Roads,
    table: PathTable,
    backward: float,
) -> tuple[int, float, float, int]:
    """Find how candidate b is reached from candidate a; `straight` is the distance of the positions in metres.

    Returns:
        (kind, metres, U-turns, entry of the path table or -1). A turn on the edge is driven directly from
        a to b; a vehicle that only seems to have slipped back by at most `backward` metres has driven 0 metres.
    """
    if edge_a == edge_b:
        if offset_b >= offset_a:
            return AHEAD, offset_b - offset_a, 0.0, -1
        if offset_a - offset_b <= backward:
            return STAY, 0.0, 0.0, -1
    elif net.reverse[edge_a] == edge_b:
        return TURN, abs(net.length[edge_b] - offset_b - offset_a), turn_weight(net.target[edge_a], net), -1
    entry = lookup(table, net.target[edge_a], net.source[edge_b])
    kind, metres, turns = NO_ROUTE, np.inf, 0.0
    if entry >= 0:
        if table.first[entry] >= 0:
            if net.reverse[edge_a] == table.first[entry]:
                turns += turn_weight(net.target[edge_a], net)
            if net.reverse[edge_b] == table.last[entry]:
                turns += turn_weight(net.source[edge_b], net)
        kind, metres = VIA, net.length[edge_a] - offset_a + table.length[entry] + offset_b
    if net.reverse[edge_a] >= 0 and metres > straight + DETOUR_M:
        entry_back = lookup(table, net.source[edge_a], net.source[edge_b])
        if entry_back >= 0 and table.first[entry_back] != edge_a:
            metres_back = offset_a + table.length[entry_back] + offset_b
            if metres_back + DETOUR_M < metres:
                turns_back = turn_weight(net.target[edge_a], net)
                if table.last[entry_back] >= 0 and net.reverse[edge_b] == table.last[entry_back]:
                    turns_back += turn_weight(net.source[edge_b], net)
                return BACK, metres_back, turns_back, entry_back
    return kind, metres, turns, entry


@inlined
def transition_log(straight: float, metres: float, turns: float, s: Settings) -> float:
    """Log-probability of a route: exponential in |route - straight line| with scale beta, metres (eq. 2)."""
    return -abs(straight - metres) / s.beta - turns * s.u_turn
