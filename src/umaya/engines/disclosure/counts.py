"""Link counts: from who drove where and when to how many passed each road in each window.

Responsible for the last step before probe statistics leave; not for choosing the thresholds (they are in the scheme)
and not for finding dead ends (`dead_ends`, applied before).

What always holds:

- Only complete traversals count as passes: from the first node of an edge to its last. A stop or a turn at a home
  along a through road leaves the edge incomplete and therefore no trace in the passes.
- A number below its minimum is not told at all, not even as "some": `passes` and `vehicles` become 0 and
  `turn_backs` null, and a row with neither is left out.
- Windows are disjoint and nothing is counted across them, so no number told is part of another: sums and differences
  of what is told have no part below its minimum.
- No time is finer than the window: `last_passed` is its start, so a road never seems passed more lately than it was.
  Where single vehicles may show (`min_vehicles` 1, a disaster), finer times would tell how long one took from road to
  road, and so where it stopped to deliver.

Source: DOMAIN knowledge of probe releases: hourly counts per link with a minimum of distinct vehicles.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.types.clock import microseconds
from umaya.types.schemas import PASSAGES, TRAVERSALS

JST_S = 9 * 3600
"""Japan Standard Time is UTC+9 all year."""

DAY_S = 86_400

_US = 1_000_000
_ROW = ["edge_id", "way_id", "forward", "window"]


def link_counts(
    traversals: pa.Table,
    window_start: datetime,
    window_end: datetime,
    window_s: int,
    min_vehicles: int,
    min_turn_backs: int,
    fold_days: bool,
    *,
    fold_weeks: bool = False,
    min_days: int = 1,
    least: bool = False,
) -> pa.Table:
    """Count passes and turn-backs of each directed edge in each window.

    A traversal belongs to the window in which it was `left`; those outside [`window_start`, `window_end`) are context
    and do not count.

    Args:
        traversals: schema `TRAVERSALS`, in any order.
        window_start: aware; the windows are aligned to it.
        window_end: aware; a whole number of windows later.
        window_s: length of a window in seconds, 1 or more; with `fold_days` it must divide a day.
        min_vehicles: least number of distinct vehicles among the passes of a row, 1 or more.
        min_turn_backs: least number of distinct vehicles that turned back, 1 or more.
        fold_days: fold the same hour of day (Japan time) of all days into one window. Windows are then aligned to
            midnight in Japan, `window_start` of a row lies on the first Japanese day, `days` is the number of
            distinct Japanese days with a pass, and `last_passed` is null.
        fold_weeks: with `fold_days`, tell weekdays apart: the same hour of the same weekday of all weeks is one
            window, and `window_start` of a row lies within the first seven Japanese days.
        min_days: with `fold_days`, least number of distinct days with a pass for a row to be told, 1 or more: what
            was passed on few days was passed for somebody.
        least: tell of passes, vehicles and turn-backs only that they are no less than their minimum: `passes` and
            `vehicles` are `min_vehicles`, `turn_backs` is `min_turn_backs`.

    Returns:
        Schema `PASSAGES`, sorted by window_start, edge_id. `passes` 0 with `turn_backs` means that fewer than
        `min_vehicles` passed; `turn_backs` null that fewer than `min_turn_backs` turned back.

    Raises:
        ValueError: when a time is naive, the span is not a whole number of windows, a number is out of range, or the
            traversals have another schema.
    """
    start, end = microseconds(window_start), microseconds(window_end)
    _check(traversals, end - start, window_s, min_vehicles, min_turn_backs, fold_days)
    if fold_weeks and not fold_days:
        raise ValueError("fold_weeks needs fold_days")
    if min_days < 1 or (min_days > 1 and not fold_days):
        raise ValueError("expected min_days of 1, or more where days are folded")
    origin = _midnight_in_japan(start) if fold_days else start
    fold_s = DAY_S * (7 if fold_weeks else 1) if fold_days else None
    rows = _rows(traversals, start, end, origin, window_s, fold_s)
    turned = rows.filter(pc.field("turned_back"))
    counts = _joined(_passes(rows, min_vehicles, min_days), _turn_backs(turned, min_turn_backs))
    if least:
        counts = _least(counts, {"passes": min_vehicles, "vehicles": min_vehicles, "turn_backs": min_turn_backs})
    return _passages(counts, origin, window_s, fold_days)


def _rows(traversals: pa.Table, start: int, end: int, origin: int, window_s: int, fold_s: int | None) -> pa.Table:
    """Traversals left in [start, end), with window and day counted from `origin`."""
    left = traversals.column("left").cast(pa.int64()).to_numpy()
    inside = (left >= start) & (left < end)
    left = left[inside]
    day, since = np.zeros_like(left), left - origin
    if fold_s is not None:
        day, since = since // (DAY_S * _US), since % (fold_s * _US)
    rows = traversals.filter(pa.array(inside)).select([*_ROW[:3], "vehicle_id", "complete", "turned_back"])
    for name, values in (("window", since // (window_s * _US)), ("day", day)):
        rows = rows.append_column(name, pa.array(values))
    return rows


def _midnight_in_japan(moment: int) -> int:
    return moment - (moment + JST_S * _US) % (DAY_S * _US)


def _check(traversals: pa.Table, span: int, window_s: int, min_vehicles: int, min_turn_backs: int, fold: bool) -> None:
    if not traversals.schema.equals(TRAVERSALS):
        raise ValueError("traversals do not have the schema of umaya.types.schemas")
    numbers = {"window_s": window_s, "min_vehicles": min_vehicles, "min_turn_backs": min_turn_backs}
    for name, value in numbers.items():
        if value < 1:
            raise ValueError(f"expected {name} of 1 or more, got {value}")
    if span < 0 or span % (window_s * _US):
        raise ValueError("the span from window_start to window_end must be a whole number of windows")
    if fold and DAY_S % window_s:
        raise ValueError("to fold days, window_s must divide a day")


def _passes(rows: pa.Table, min_vehicles: int, min_days: int) -> pa.Table:
    counts = (
        rows.filter(pc.field("complete"))
        .group_by(_ROW)
        .aggregate([("day", "count"), ("vehicle_id", "count_distinct"), ("day", "count_distinct")])
        .rename_columns([*_ROW, "passes", "vehicles", "days"])
    )
    return counts.filter((pc.field("vehicles") >= min_vehicles) & (pc.field("days") >= min_days))


def _turn_backs(turned: pa.Table, min_turn_backs: int) -> pa.Table:
    counts = turned.group_by(_ROW).aggregate([("vehicle_id", "count_distinct")]).rename_columns([*_ROW, "turn_backs"])
    return counts.filter(pc.field("turn_backs") >= min_turn_backs)


def _joined(passes: pa.Table, turn_backs: pa.Table) -> pa.Table:
    both = passes.join(turn_backs, _ROW, join_type="full outer")
    return both.sort_by([("window", "ascending"), ("edge_id", "ascending")])


def _least(counts: pa.Table, minimum: dict[str, int]) -> pa.Table:
    """Put the least number in the place of every number that is told."""
    for name, number in minimum.items():
        told = pc.if_else(pc.is_valid(counts.column(name)), number, None)
        counts = counts.set_column(counts.column_names.index(name), name, told.cast(pa.int64()))
    return counts


def _passages(counts: pa.Table, origin: int, window_s: int, fold_days: bool) -> pa.Table:
    """Bring counts into the schema."""
    begins: npt.NDArray[np.int64] = origin + counts.column("window").to_numpy() * (window_s * _US)
    passed = pc.is_valid(counts.column("passes"))
    nothing = pa.nulls(counts.num_rows, pa.int64())
    last = nothing if fold_days else pc.if_else(passed, pa.array(begins), nothing)
    days = counts.column("days") if fold_days else nothing
    columns = {
        "edge_id": counts.column("edge_id"),
        "way_id": counts.column("way_id"),
        "forward": counts.column("forward"),
        "window_start": pa.array(begins),
        "window_s": pa.array(np.full(counts.num_rows, window_s, np.int32)),
        "passes": pc.fill_null(counts.column("passes"), 0),
        "vehicles": pc.fill_null(counts.column("vehicles"), 0),
        "last_passed": last,
        "turn_backs": counts.column("turn_backs"),
        "days": days,
    }
    return pa.table({name: column.cast(PASSAGES.field(name).type) for name, column in columns.items()}).cast(PASSAGES)
