"""Neighbourhoods: a network's segments gathered in compact groups, from the map alone, the same for good."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from umaya.types.roads import RoadNetwork

Ints = npt.NDArray[np.int64]


def neighbourhoods(network: RoadNetwork, roads: int) -> Ints:
    """Cut a network's segments into compact neighbourhoods of at most so many, for good.

    Segments are halved by their middles, each time across the longer side, until none has more; all have at least half.

    Args:
        network: the roads.
        roads: most segments of a neighbourhood, 2 or more.

    Returns:
        For each edge (both directions alike) the number of its neighbourhood.
    """
    if roads < 2:
        raise ValueError(f"expected roads of 2 or more, got {roads}")
    segment = network.edges.column("segment_id").to_numpy()
    ids = np.flatnonzero(segment == np.arange(len(segment)))
    lon, lat = (network.nodes.column(name).to_numpy() for name in ("lon", "lat"))
    ends = [network.edges.column(name).to_numpy()[ids] for name in ("source", "target")]
    middle = np.column_stack([(at[ends[0]] + at[ends[1]]) / 2 for at in (lon * np.cos(np.radians(lat.mean())), lat)])
    number = np.zeros(len(segment), np.int64)
    waiting, done = [np.arange(len(ids))], 0
    while waiting:
        part = waiting.pop()
        if len(part) <= roads:
            number[ids[part]], done = done, done + 1
            continue
        axis = int(np.argmax(np.ptp(middle[part], axis=0)))
        part = part[np.argsort(middle[part, axis], kind="stable")]
        waiting += [part[: len(part) // 2], part[len(part) // 2 :]]
    of_edge: Ints = number[segment]
    return of_edge
