"""Tours: the first and the last stretch of a ride, where somebody lives, works or keeps the vehicle, is not told.

Responsible for cutting the ends of tours off traversals, before anything is counted. A tour ends where a vehicle rests
for `rest_s` or its positions stop for so long; the next begins after it.

What always holds: of the roads that a vehicle drove, counted back from the end of a tour, none within `metres` is left,
nor from its beginning on. The end of the data is an end too: whether the vehicle goes on is not known yet, so the last
stretch before a window closes is not told with that window. Who counts by windows alone never tells it. Where a later
window looks back over it (`tell-swept` does over its whole frame) and the tour went on, it is no end there, and may be
told with that one. The beginning of the data is none where the vehicle was under way already (`since`): the tour began
before, and its beginning was cut there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.types.schemas import TRAVERSALS

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_US = 1_000_000
UNDER_WAY_S = 60
"""A vehicle whose first traversal was entered so soon after the data begins was under way before."""


def trim_tours(traversals: pa.Table, metres: float, rest_s: int, since: datetime | None = None) -> pa.Table:
    """Drop what lies within `metres` of the beginning or the end of a tour, along the roads driven.

    Args:
        traversals: schema `TRAVERSALS`, in any order.
        metres: 0 or more; 0 keeps everything.
        rest_s: seconds on one road, or between two, that end a tour; 1 or more.
        since: aware; where the data begins. None: every first traversal begins a tour.

    Returns:
        Schema `TRAVERSALS`, the rows that are left in their order; `trip` and `seq` as they were.

    Raises:
        ValueError: when a number is out of range, `since` is naive, or the traversals have another schema.
    """
    if not traversals.schema.equals(TRAVERSALS):
        raise ValueError("traversals do not have the schema of umaya.types.schemas")
    if not (0 <= metres < np.inf and rest_s >= 1):
        raise ValueError("expected metres of 0 or more and rest_s of 1 or more")
    if not traversals.num_rows or metres == 0:
        return traversals
    vehicle = pc.dictionary_encode(traversals.column("vehicle_id")).unify_dictionaries().combine_chunks().indices
    code = vehicle.to_numpy().astype(np.int64)
    entered, left = (traversals.column(name).cast(pa.int64()).to_numpy() for name in ("entered", "left"))
    order = np.lexsort((traversals.column("seq").to_numpy(), traversals.column("trip").to_numpy(), entered, code))
    length = np.abs(traversals.column("to_m").to_numpy() - traversals.column("from_m").to_numpy()).astype(np.float64)
    begins = np.concatenate(([True], code[order][1:] != code[order][:-1]))
    under_way = begins & (entered[order] <= _under_way_until(since))
    near = _near_an_end(entered[order], left[order], length[order], begins, under_way, metres, rest_s * _US)
    drop = np.zeros(len(order), np.bool_)
    drop[order[near]] = True
    return traversals.filter(pa.array(~drop))


def _under_way_until(since: datetime | None) -> int:
    if since is None:
        return int(np.iinfo(np.int64).min)
    if since.tzinfo is None:
        raise ValueError("`since` needs a zone")
    return (since - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(
        microseconds=1
    ) + UNDER_WAY_S * _US


def _near_an_end(
    entered: Ints, left: Ints, length: Floats, begins: Bools, under_way: Bools, metres: float, rest: int
) -> Bools:
    """Rows of which a part lies within `metres` of an end of their tour; rows are in the order driven.

    A row on which the vehicle rested is the last of its tour.
    """
    resting = left - entered >= rest
    apart = np.concatenate(([True], entered[1:] - left[:-1] >= rest)) | begins
    first = apart | np.concatenate(([True], resting[:-1]))
    tour = np.cumsum(first) - 1
    done = np.cumsum(length)
    start = (done - length)[np.flatnonzero(first)][tour]
    known = ~under_way[np.flatnonzero(first)][tour]
    end = np.maximum.reduceat(done, np.flatnonzero(first))[tour]
    near = known & (done - length - start < metres)
    result: Bools = near | (end - done < metres)
    return result
