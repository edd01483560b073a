"""The usual pattern: how surely each directed edge is passed in each hour of an ordinary weekday.

Responsible for turning folded link counts of ordinary days into shares and rates; how they are put together for a
road and an hour is told in `pattern`.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.types.roads import RoadNetwork
from umaya.types.schemas import PASSAGES

USUAL = pa.schema(
    [
        pa.field("edge_id", pa.int64(), nullable=False),
        pa.field("weekday", pa.int8()),
        pa.field("hour", pa.int8(), nullable=False),
        pa.field("p", pa.float64(), nullable=False),
        pa.field("rate", pa.float64(), nullable=False),
        pa.field("turn_backs", pa.int32(), nullable=False),
        pa.field("days", pa.int32(), nullable=False),
    ]
)
"""One row for each directed edge, weekday and hour with anything to tell.

`weekday` in Japan, 0 Monday to 6 Sunday, null where weekdays are not told apart; `hour` of the day in Japan, 0 to 23;
`p` share of those days with at least one pass; `rate` passes per day, at least; `turn_backs` most vehicles that turned
back there in one window of that hour, 0 where none was told; `days` that were observed.
"""

JST_S = 9 * 3600
"""Japan Standard Time is UTC+9 all year."""

HOUR_S = 3600
DAY_S = 86_400
WEEK = 7

_US = 1_000_000
_THURSDAY = 3
"""Weekday of 1 January 1970."""


def usual_pattern(passages: pa.Table, network: RoadNetwork, days: int, first_day: date | None = None) -> pa.Table:
    """Learn the usual pattern from link counts of ordinary days.

    Args:
        passages: schema `PASSAGES`, days folded (`link_counts` with `fold_days`), windows of an hour or a whole
            fraction of one. Of several windows in an hour the surest one gives `p`, which is a lower bound of the true
            share: a road is rather thought less usual than more.
        network: the roads they were counted on.
        days: number of days folded, those without any pass included; 1 or more.
        first_day: the first of these days in Japan where weekdays were told apart (`fold_weeks`); None where not.

    Returns:
        Schema `USUAL`, sorted by edge_id, weekday, hour.

    Raises:
        ValueError: when the passages have another schema, were not folded, have windows that do not fit into an hour,
            know an edge that the network does not, or saw a pass on more days than there were.
    """
    if not passages.schema.equals(PASSAGES):
        raise ValueError("passages do not have the schema of umaya.types.schemas")
    if days < 1:
        raise ValueError(f"expected days of 1 or more, got {days}")
    window_s, passes = passages.column("window_s").to_numpy(), passages.column("passes").to_numpy()
    seen = passages.column("days").fill_null(0).to_numpy()
    edge = passages.column("edge_id").to_numpy()
    if (HOUR_S % window_s).any():
        raise ValueError("windows must be an hour or a whole fraction of one")
    if (edge < 0).any() or (edge >= network.edges.num_rows).any():
        raise ValueError("passages know an edge that the network does not have")
    local_s = passages.column("window_start").cast(pa.int64()).to_numpy() // _US + JST_S
    weekday = (local_s // DAY_S + _THURSDAY) % WEEK if first_day else np.zeros_like(local_s)
    observed = _observed(days, first_day)[weekday]
    if ((passes > 0) & (seen == 0)).any() or (seen > observed).any():
        raise ValueError("passages must be folded over the given number of days")
    key, row = np.unique((edge * WEEK + weekday) * 24 + local_s // HOUR_S % 24, return_inverse=True)
    of_key = _largest(observed, row, len(key))
    columns = {
        "edge_id": key // (24 * WEEK),
        "weekday": pa.array((key // 24 % WEEK).astype(np.int8), mask=np.full(len(key), first_day is None)),
        "hour": (key % 24).astype(np.int8),
        "p": _largest(seen, row, len(key)) / np.maximum(of_key, 1),
        "rate": np.bincount(row, weights=np.maximum(passes, seen), minlength=len(key)) / np.maximum(of_key, 1),
        "turn_backs": _largest(passages.column("turn_backs").fill_null(0).to_numpy(), row, len(key)),
        "days": of_key,
    }
    return pa.table(columns, schema=USUAL)


def _observed(days: int, first_day: date | None) -> npt.NDArray[np.int32]:
    """How many of the days fall on each weekday; all on the first where weekdays are not told apart."""
    if first_day is None:
        return np.array([days] + [0] * (WEEK - 1), np.int32)
    return np.bincount((first_day.weekday() + np.arange(days)) % WEEK, minlength=WEEK).astype(np.int32)


def _largest(values: npt.NDArray[np.int32], row: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    largest = np.zeros(count, np.int32)
    np.maximum.at(largest, row, values)
    return largest
