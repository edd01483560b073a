"""Sweeps: a neighbourhood's passes are told only in windows in which most of its roads were passed.

A rider with parcels rides to some homes; which roads were passed then tells which. A rider who sweeps a neighbourhood
(the mail of a whole round, the ride of safety checks after an earthquake) passes nearly every road whoever gets
something. So roads are gathered in fixed neighbourhoods, and of a neighbourhood either nearly all is told in a window
or nothing.

What always holds: neighbourhoods follow from the map alone, and which roads count from the map and the homes, so they
are the same on every day and for every window; a neighbourhood that is not told looks like one where nobody rode.
Within a neighbourhood that is told, a road that is missing was not passed, is a dead end with few homes, or its pass
was cut off: with the share near 1 such roads are few.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.types.clock import microseconds
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import TRAVERSALS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_US = 1_000_000


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


def tell_swept(
    traversals: pa.Table,
    network: RoadNetwork,
    of_edge: Ints,
    suppressed: Ints,
    window_start: datetime,
    window_s: int,
    percent: int,
) -> pa.Table:
    """Let no traversal pass for complete that was left in a window in which too few roads around it were passed.

    That a vehicle turned back stays: it is told from several vehicles on, whatever else was ridden.

    Args:
        traversals: schema `TRAVERSALS`; complete ones count as passes. Rows left before `window_start` belong to the
            windows before.
        network: the roads that the traversals were matched to.
        of_edge: neighbourhood of each edge, from `neighbourhoods`.
        suppressed: segments that are never told; they count neither as passed nor as roads.
        window_start: aware; windows are aligned to it.
        window_s: length of a window in seconds, 1 or more.
        percent: least share of the roads, 1 to 100.

    Returns:
        Schema `TRAVERSALS`, the same rows in their order; `complete` false where passes are not told.

    Raises:
        ValueError: when a number is out of range, a time is naive, or the traversals have another schema.
    """
    if not traversals.schema.equals(TRAVERSALS):
        raise ValueError("traversals do not have the schema of umaya.types.schemas")
    if window_s < 1 or not 1 <= percent <= 100 or window_start.tzinfo is None:
        raise ValueError("expected an aware window_start, window_s of 1 or more and percent of 1 to 100")
    segment = network.edges.column("segment_id").to_numpy()
    counts = segment == np.arange(len(segment))
    counts[suppressed] = False
    roads = np.bincount(of_edge[counts], minlength=int(of_edge.max(initial=-1)) + 1)
    start = microseconds(window_start)
    window = (traversals.column("left").cast(pa.int64()).to_numpy() - start) // (window_s * _US)
    driven = segment[traversals.column("edge_id").to_numpy()]
    complete = traversals.column("complete").to_numpy(zero_copy_only=False)
    told = complete & _swept(window, driven, complete & counts[driven], of_edge, roads, percent)
    field = TRAVERSALS.field("complete")
    return traversals.set_column(TRAVERSALS.get_field_index("complete"), field, pa.array(told))


def _swept(window: Ints, driven: Ints, passes: Bools, of_edge: Ints, roads: Ints, percent: int) -> Bools:
    if not len(window):
        return np.zeros(0, np.bool_)
    windows, number = np.unique(window, return_inverse=True)
    passed = np.unique(number[passes] * len(of_edge) + driven[passes])
    key = (passed // len(of_edge)) * len(roads) + of_edge[passed % len(of_edge)]
    seen = np.bincount(key, minlength=len(windows) * len(roads))
    enough = (seen * 100 >= np.tile(roads, len(windows)) * percent) & (seen > 0)
    swept: Bools = enough[number * len(roads) + of_edge[driven]]
    return swept
