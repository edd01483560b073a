"""The usual pattern: how surely each road segment is passed in each hour of an ordinary day.

Responsible for turning folded link counts of ordinary days into shares and rates; weekdays are not told apart yet
(hand in the counts of like days only). Both directions of a road are joined: a rider who passes either way shows that
the road is open.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.types.roads import RoadNetwork
from umaya.types.schemas import PASSAGES

USUAL = pa.schema(
    [
        pa.field("segment_id", pa.int64(), nullable=False),
        pa.field("hour", pa.int8(), nullable=False),
        pa.field("p", pa.float64(), nullable=False),
        pa.field("rate", pa.float64(), nullable=False),
        pa.field("turn_backs", pa.int32(), nullable=False),
        pa.field("days", pa.int32(), nullable=False),
    ]
)
"""One row for each segment and hour with anything to tell.

`hour` of the day in Japan, 0 to 23; `p` share of days with at least one pass; `rate` passes per day; `turn_backs`
most vehicles that turned back there in one window of that hour, 0 where none was told; `days` that were observed.
"""

JST_S = 9 * 3600
"""Japan Standard Time is UTC+9 all year."""

HOUR_S = 3600

_US = 1_000_000


def usual_pattern(passages: pa.Table, network: RoadNetwork, days: int) -> pa.Table:
    """Learn the usual pattern from link counts of ordinary days.

    Args:
        passages: schema `PASSAGES`, days folded (`link_counts` with `fold_days`), windows of an hour or a whole
            fraction of one. Of several windows and two directions the surest one gives `p`, which is a lower bound of
            the true share: a road is rather thought less usual than more.
        network: the roads they were counted on.
        days: number of days folded, those without any pass included; 1 or more.

    Returns:
        Schema `USUAL`, sorted by segment_id, hour.

    Raises:
        ValueError: when the passages have another schema, were not folded, have windows that do not fit into an hour,
            or saw a pass on more days than `days`.
    """
    if not passages.schema.equals(PASSAGES):
        raise ValueError("passages do not have the schema of umaya.types.schemas")
    if days < 1:
        raise ValueError(f"expected days of 1 or more, got {days}")
    window_s, passes = passages.column("window_s").to_numpy(), passages.column("passes").to_numpy()
    seen = passages.column("days").fill_null(0).to_numpy()
    if (HOUR_S % window_s).any():
        raise ValueError("windows must be an hour or a whole fraction of one")
    if ((passes > 0) & (seen == 0)).any() or (seen > days).any():
        raise ValueError("passages must be folded over the given number of days")
    segment = network.edges.column("segment_id").to_numpy()[passages.column("edge_id").to_numpy()]
    local_s = passages.column("window_start").cast(pa.int64()).to_numpy() // _US + JST_S
    key, row = np.unique(segment * 24 + local_s // HOUR_S % 24, return_inverse=True)
    columns = {
        "segment_id": key // 24,
        "hour": (key % 24).astype(np.int8),
        "p": _largest(seen, row, len(key)) / days,
        "rate": np.bincount(row, weights=passes, minlength=len(key)) / days,
        "turn_backs": _largest(passages.column("turn_backs").fill_null(0).to_numpy(), row, len(key)),
        "days": np.full(len(key), days, np.int32),
    }
    return pa.table(columns, schema=USUAL)


def _largest(values: npt.NDArray[np.int32], row: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    largest = np.zeros(count, np.int32)
    np.maximum.at(largest, row, values)
    return largest
