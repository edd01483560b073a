"""Columns of handed-in files as numbers and times, telling missing and unreadable values by mask.

Whole columns at a time; a value that cannot be read never raises and is never repeated. What a value must be
for its purpose (ranges, order) is for the reader of the table, such as `umaya.stores.positions`.
Times: ISO 8601 with an offset or `Z` (RFC 3339 with a blank allowed for the T, seconds optional), or epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
NOT_A_NUMBER = r"^[+-]?[nN][aA][nN]$"
ISO_8601 = (
    r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})[Tt ](?P<hour>\d{2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<zone_hour>\d{2}):?(?P<zone_minute>\d{2})?)?$"
)
MICROSECONDS = 1_000_000
MAX_EPOCH_S = 4_102_444_800.0
"""2100-01-01: epoch numbers beyond it are milliseconds or nonsense."""


@dataclass(frozen=True)
class Numbers:
    """A numeric column: float64 with NaN where `missing` (null or NaN) or `bad` (not a finite number)."""

    values: NDArray[np.float64]
    missing: Mask
    bad: Mask


@dataclass(frozen=True)
class Times:
    """A column of times: UTC microseconds, 0 where `missing`, `bad` (not a time) or `naive` (no time zone)."""

    values: NDArray[np.int64]
    missing: Mask
    bad: Mask
    naive: Mask


def is_numeric(kind: pa.DataType) -> bool:
    """Tell whether a column type can be read by `numbers` without text."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column type holds text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def numbers(column: pa.Array) -> Numbers:
    """Read a numeric or text column as numbers. NaN, empty and null are missing; infinite is bad."""
    missing = _is_null(column)
    unreadable = np.zeros(len(column), dtype=bool)
    if is_text(column.type):
        column = pc.if_else(pc.match_substring_regex(column, NOT_A_NUMBER), None, column)
        missing = _is_null(column)
        readable = _true(pc.match_substring_regex(column, NUMBER))
        unreadable = ~readable & ~missing
        if unreadable.any():
            column = pc.if_else(pa.array(readable), column, None)
    values = _floats(pc.cast(column, pa.float64(), safe=False))
    missing |= np.isnan(values) & ~unreadable
    bad = unreadable | np.isinf(values)
    return Numbers(np.where(bad, np.nan, values), missing, bad)


def times(column: pa.Array) -> Times:
    """Read a timestamp, numeric (epoch seconds) or text column as UTC microseconds."""
    missing = _is_null(column)
    none = np.zeros(len(column), dtype=bool)
    if pa.types.is_timestamp(column.type):
        values = _whole(pc.cast(pc.cast(column, pa.timestamp("us", tz="UTC"), safe=False), pa.int64()))
        return Times(values, missing, none, none)
    if is_numeric(column.type):
        return _epoch(numbers(column))
    try:
        utc = pc.cast(column, pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid:
        return _mixed_times(column)
    return Times(_whole(pc.cast(utc, pa.int64())), missing, none, none)


def _epoch(seconds: Numbers) -> Times:
    bad = seconds.bad | ~((seconds.values >= 0) & (seconds.values <= MAX_EPOCH_S) | seconds.missing | seconds.bad)
    good = ~(bad | seconds.missing)
    values = np.rint(np.where(good, seconds.values, 0.0) * MICROSECONDS).astype(np.int64)
    return Times(values, seconds.missing, bad, np.zeros(len(bad), dtype=bool))


def _mixed_times(column: pa.Array) -> Times:
    """Read text row by row form: each value is epoch seconds, ISO 8601, or neither."""
    iso = pc.extract_regex(column, ISO_8601)
    shaped = _true(pc.is_valid(iso))
    epoch = _epoch(numbers(column))
    parts = {name: pc.struct_field(iso, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    year, month, day, hour, minute, second = (_digits(part) for part in parts.values())
    fraction = _digits(pc.utf8_rpad(pc.struct_field(iso, "fraction"), 9, "0")) // 1000
    naive = _true(pc.equal(pc.struct_field(iso, "zone"), "")) & shaped
    zone = _digits(pc.struct_field(iso, "zone_hour")) * 60 + _digits(pc.struct_field(iso, "zone_minute"))
    zone *= np.where(_true(pc.equal(pc.struct_field(iso, "sign"), "-")), -1, 1)
    first_of_month = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    in_month = ((first_of_month + 1).astype("datetime64[D]") - first_of_month.astype("datetime64[D]")).astype(np.int64)
    real = shaped & (month >= 1) & (month <= 12) & (day >= 1) & (day <= in_month)
    real &= (hour < 24) & (minute < 60) & (second < 60) & (abs(zone) <= 18 * 60)
    days = first_of_month.astype("datetime64[D]").astype(np.int64) + day - 1
    moment = ((days * 24 + hour) * 60 + minute - zone) * 60 + second
    values = np.where(real & ~naive, moment * MICROSECONDS + fraction, epoch.values)
    missing = _is_null(column) | (epoch.missing & ~shaped)
    return Times(np.where(naive, 0, values), missing, ~missing & np.where(shaped, ~real, epoch.bad), naive & real)


def _digits(column: pa.Array) -> NDArray[np.int64]:
    """Read a text column of digits, 0 where empty or null."""
    filled = pc.if_else(pc.equal(pc.fill_null(column, ""), ""), "0", column)
    return _whole(pc.cast(filled, pa.int64()))


def _is_null(column: pa.Array) -> Mask:
    return _true(pc.is_null(column))


def _true(column: pa.Array) -> Mask:
    filled: Mask = pc.fill_null(column, False).to_numpy(zero_copy_only=False).astype(bool)
    return filled


def _floats(column: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = pc.fill_null(column, float("nan")).to_numpy(zero_copy_only=False)
    return values


def _whole(column: pa.Array) -> NDArray[np.int64]:
    values: NDArray[np.int64] = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    return values
