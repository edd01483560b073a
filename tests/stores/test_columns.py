"""Numbers and times out of columns of every type: what is read, what is missing, what is bad."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.stores.columns import numbers, times

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("1", 1.0),
        ("-1.5", -1.5),
        ("+.5", 0.5),
        ("1e2", 100.0),
        ("", "missing"),
        (None, "missing"),
        ("NaN", "missing"),
        ("-nan", "missing"),
        ("inf", "bad"),
        ("1e999", "bad"),
        ("one", "bad"),
        ("0x10", "bad"),
        ("1,5", "bad"),
        (" 1", "bad"),
        ("１", "bad"),
    ],
)
def test_numbers_as_text(text: str | None, state: float | str) -> None:
    """Alone in a column and beside a good one the same."""
    for column in (pa.array([text], pa.string()), pa.array([text, "1"], pa.string())):
        read = numbers(column)
        if text == "":
            assert bool(read.missing[0] or read.bad[0])
        else:
            assert (bool(read.missing[0]), bool(read.bad[0])) == (state == "missing", state == "bad")
        assert read.values[0] == state or np.isnan(read.values[0])


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.float32(), pa.float64(), pa.decimal128(21, 1)])
def test_numbers_of_any_type(kind: pa.DataType) -> None:
    read = numbers(pa.array([1, None], pa.int64()).cast(kind))
    assert read.values[0] == 1
    assert read.missing.tolist() == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01T12:00:00Z",
        "2026-04-01 12:00:00z",
        "2026-04-01T12:00Z",
        "2026-04-01T21:00:00+09:00",
        "2026-04-01T21:00:00+0900",
        "2026-04-01T21:00+09",
        "2026-04-01T08:30:00.000-03:30",
        "2026-04-01T12:00:00.000000000Z",
        "2026-04-01T12:00:00,0Z",
        "1775044800",
        "1775044800.0",
        "1.7750448e9",
    ],
)
def test_forms_of_noon(text: str) -> None:
    for column in ([text], [text, "2026-04-01T12:00:00Z", "1775044800", None]):
        read = times(pa.array(column, pa.string()))
        assert read.values[0] == micros(NOON)
        assert not any(mask[0] for mask in (read.missing, read.bad, read.naive))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("2026-04-01T12:00:00", "naive"),
        ("2026-04-01 12:00", "naive"),
        ("2026-02-29T12:00:00Z", "bad"),
        ("2026-13-01T12:00:00Z", "bad"),
        ("2026-04-01T24:00:00Z", "bad"),
        ("2026-04-01T12:60:00Z", "bad"),
        ("2026-04-01T12:00:00+99:00", "bad"),
        ("2026-04-01", "bad"),
        ("1 April", "bad"),
        ("-1", "bad"),
        ("1775044800000", "bad"),
        ("inf", "bad"),
        ("nan", "missing"),
        (None, "missing"),
    ],
)
def test_what_is_no_time(text: str | None, state: str) -> None:
    for column in ([text], [text, "2026-04-01T12:00:00Z"], ["1775044800", text]):
        read = times(pa.array(column, pa.string()))
        at = column.index(text)
        found = {"naive": read.naive[at], "bad": read.bad[at], "missing": read.missing[at]}
        assert [name for name, true in found.items() if true] == [state]


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2099, 12, 30)),  # noqa: DTZ001 # strategies take naive limits
    st.integers(-14 * 60, 14 * 60),
)
def test_any_moment_in_any_zone(naive: datetime, zone: int) -> None:
    """The quick reading and the one for mixed columns agree with Python's."""
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=zone)))
    text = moment.isoformat()
    assert times(pa.array([text])).values[0] == micros(moment)
    assert times(pa.array([text, "0"])).values.tolist() == [micros(moment), 0]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_and_epochs(unit: str) -> None:
    column = pa.array([NOON, None], pa.timestamp(unit, tz="Asia/Tokyo"))
    assert times(column).values.tolist() == [micros(NOON), 0]
    assert times(column).missing.tolist() == [False, True]
    for kind in (pa.int64(), pa.float64()):
        assert times(pa.array([1775044800], kind)).values.tolist() == [micros(NOON)]
