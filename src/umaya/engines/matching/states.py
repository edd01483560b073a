"""The states of an observation: candidates on roads, in both directions, and one off the network.

Beside them a small memory of paths between junctions: the same few come again at every observation. Not responsible
for which states are the most probable (viterbi).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads
from umaya.engines.kernels import fused, kernel
from umaya.engines.matching.hmm import emission_log, heading_log
from umaya.engines.matching.observations import Observations
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable, lookup
from umaya.engines.spatial import Grid, Near, search

OFF = -1
"""The edge of a state off the network."""
MEMORY = 1024
"""Pairs of junctions whose paths are remembered; a power of two."""


class States(NamedTuple):
    """The states of one observation, `w` at most; the last is off the network.

    Attributes:
        edge: int32[w], directed edge, `OFF` off the network.
        offset: float64[w], metres along the edge.
        length: float64[w], metres of the edge.
        reverse: int32[w], the opposite edge, -1 on a one-way.
        source: int32[w], node at the start of the edge.
        target: int32[w], node at its end.
        emission: float64[w], nats.
        score: float64[w], nats, of the best sequence that ends here.
    """

    edge: NDArray[np.int32]
    offset: NDArray[np.float64]
    length: NDArray[np.float64]
    reverse: NDArray[np.int32]
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    emission: NDArray[np.float64]
    score: NDArray[np.float64]


class Paths(NamedTuple):
    """What the path table says about pairs of junctions that were asked for lately.

    Attributes:
        pair: int64[MEMORY], `source << 32 | target`, -1 where nothing is remembered.
        length: float64[MEMORY], metres, infinite where there is no path within the bound.
        first: int32[MEMORY], first edge of the path, -1 where source and target are one.
        last: int32[MEMORY], last edge of the path, likewise.
    """

    pair: NDArray[np.int64]
    length: NDArray[np.float64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


@kernel
def states_of(width: int) -> States:
    """Return room for the states of one observation."""
    return States(
        np.empty(width, np.int32),
        np.empty(width),
        np.empty(width),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width),
        np.empty(width),
    )


@kernel
def no_paths() -> Paths:
    """Return an empty memory of paths."""
    return Paths(
        np.full(MEMORY, -1, np.int64), np.empty(MEMORY), np.empty(MEMORY, np.int32), np.empty(MEMORY, np.int32)
    )


@fused
def remembered(paths: Paths, source: int, target: int, table: PathTable) -> int:
    """Return where the path between two junctions stands in the memory, after looking it up when it is not there."""
    pair = (np.int64(source) << 32) | np.int64(target)
    slot = ((pair * 0x9E3779B1 + (pair >> 32) * 0x85EBCA77) >> 15) & (MEMORY - 1)
    if paths.pair[slot] != pair:
        entry = lookup(table, source, target)
        paths.pair[slot] = pair
        paths.length[slot] = table.length[entry] if entry >= 0 else np.inf
        paths.first[slot] = table.first[entry] if entry >= 0 else -1
        paths.last[slot] = table.last[entry] if entry >= 0 else -1
    return int(slot)


@fused
def candidates(
    o: Observations,
    k: int,
    net: Roads,
    index: Grid,
    s: Settings,
    near: Near,
    to: States,
) -> int:
    """Fill the states of observation `k` but for their score; returns how many, the last being off the network.

    A road so far away that leaving the network for this observation and returning costs less is on no best sequence.
    """
    useful = math.sqrt(s.off_road * s.off_road + 4.0 * s.off_cost * o.sigma[k] * o.sigma[k])
    found = search(o.lon[k], o.lat[k], min(s.radius, useful), net, index, near)
    count = 0
    headed = not np.isnan(o.heading[k])
    for i in range(found):
        base = emission_log(near.distance[i], o.sigma[k])
        edge, offset = near.edge[i], near.offset[i]
        for _ in range(2):
            to.edge[count], to.offset[count], to.length[count] = edge, offset, net.length[edge]
            to.reverse[count], to.source[count], to.target[count] = (
                net.reverse[edge],
                net.source[edge],
                net.target[edge],
            )
            to.emission[count] = base
            if headed:
                to.emission[count] += heading_log(o.heading[k], edge, offset, net, s.sigma_heading)
            edge = net.reverse[edge]
            count += 1
            if edge < 0:
                break
            offset = net.length[edge] - offset
    to.edge[count], to.offset[count] = OFF, 0.0
    to.emission[count] = emission_log(s.off_road, o.sigma[k])
    return count + 1
