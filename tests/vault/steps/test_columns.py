"""Steps that change values: each against a plain reading of what it says."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vault.steps.cases import CONTEXT, chain, column, run
from umaya.stores import mesh

TEXTS = st.lists(st.none() | st.text(alphabet="abcみなせ０1-", max_size=12), max_size=12)
DAYS = st.lists(st.none() | st.dates(date(1900, 1, 1), date(2030, 12, 31)), max_size=12)
WHOLE = st.lists(st.none() | st.integers(-(10**14), 10**14), max_size=12)


@pytest.mark.parametrize(
    ("text", "first", "last", "left"),
    [
        ("1234567", 0, 3, "***567"),
        ("山田太郎", 1, 0, "山***"),
        ("山田", 1, 1, "***"),  # would show the whole
        ("山", 1, 0, "***"),
        ("山田", 1, 0, "山***"),
        ("", 1, 0, "***"),
    ],
)
def test_a_mask_leaves_ends_and_never_more_than_half(text: str, first: int, last: int, left: str) -> None:
    assert column([text], pa.string(), "mask", first=first, last=last) == [left]


@settings(deadline=None)
@given(TEXTS, st.integers(0, 3), st.integers(0, 3))
def test_a_mask_is_what_it_says(texts: list[str | None], first: int, last: int) -> None:
    def plain(text: str | None) -> str | None:
        if first + last == 0:
            return "***"
        if text is None:
            return None
        return text[:first] + "***" + (text[-last:] if last else "") if len(text) >= 2 * (first + last) else "***"

    assert column(texts, pa.string(), "mask", first=first, last=last) == [plain(text) for text in texts]


def test_a_whole_mask_hides_even_whether_there_was_a_value() -> None:
    assert column(["要介護3", None], pa.large_string(), "mask") == ["***", "***"]


@settings(deadline=None)
@given(WHOLE, st.integers(-12, 6))
def test_whole_numbers_are_rounded_half_to_even(numbers: list[int | None], digits: int) -> None:
    def plain(number: int | None) -> int | None:
        if number is None or digits >= 0:
            return number
        return int(Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))

    assert column(numbers, pa.int64(), "round", digits=digits) == [plain(number) for number in numbers]


def test_floating_numbers_are_rounded_too() -> None:
    assert column([1.25, 1250.0, None, -2.5], pa.float32(), "round", digits=0) == [1.0, 1250.0, None, -2.0]
    assert column([1250.0, 1750.0], pa.float64(), "round", digits=-3) == [1000.0, 2000.0]


@settings(deadline=None)
@given(WHOLE, st.integers(2, 10**6))
def test_a_number_becomes_the_lower_end_of_its_band(numbers: list[int | None], width: int) -> None:
    plain = [None if number is None else number // width * width for number in numbers]
    assert column(numbers, pa.int64(), "generalise-numbers", width=width) == plain


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), max_size=9), st.integers(2, 1000))
def test_a_floating_number_lies_in_its_band(numbers: list[float], width: int) -> None:
    for number, lower in zip(numbers, column(numbers, pa.float64(), "generalise-numbers", width=width), strict=True):
        assert lower % width == 0
        assert lower <= number < lower + width


@settings(deadline=None)
@given(DAYS)
def test_days_become_months_and_years(days: list[date | None]) -> None:
    months = [None if day is None else day.replace(day=1) for day in days]
    years = [None if day is None else day.replace(month=1, day=1) for day in days]
    assert column(days, pa.date32(), "generalise-dates", to="month") == months
    assert column(days, pa.date32(), "generalise-dates", to="year") == years


def test_a_time_belongs_to_its_month_in_japan() -> None:
    """Half past midnight on 1 May in Japan is still April in UTC."""
    times = [datetime(2026, 4, 30, 15, 30, tzinfo=UTC), datetime(2026, 4, 30, 14, 59, tzinfo=UTC), None]
    kind = pa.timestamp("us", "UTC")
    assert column(times, kind, "generalise-dates", to="month") == [date(2026, 5, 1), date(2026, 4, 1), None]


@settings(deadline=None)
@given(DAYS, st.integers(5, 50), st.integers(50, 100))
def test_a_birthday_becomes_the_band_of_the_age(days: list[date | None], width: int, oldest: int) -> None:
    def plain(born: date | None) -> int | None:
        if born is None or born > CONTEXT.day:
            return None
        age = CONTEXT.day.year - born.year - ((CONTEXT.day.month, CONTEXT.day.day) < (born.month, born.day))
        return min(age, oldest) // width * width

    made = column(days, pa.date32(), "generalise-birth-dates", width=width, oldest=oldest)
    assert made == [plain(day) for day in days]


def test_a_year_of_age_is_reached_on_the_birthday() -> None:
    birthdays = [CONTEXT.day.replace(year=2006), CONTEXT.day.replace(year=2006) + timedelta(days=1)]
    assert column(birthdays, pa.date32(), "generalise-birth-dates", width=10) == [20, 10]


@pytest.mark.parametrize(
    ("address", "town"),
    [
        ("みなせ市桜町3-5-1 メゾン桜101", "みなせ市桜町"),
        ("みなせ市桜町３－５", "みなせ市桜町"),
        ("〒123-4567 みなせ市桜町3-5", "みなせ市桜町"),
        ("1234567みなせ市桜町3-5", "みなせ市桜町"),
        ("三田市八王子町二丁目五番", "三田市八王子町"),
        ("みなせ市桜町十三番地 山田方", "みなせ市桜町"),
        ("みなせ市桜町 山田太郎方", None),  # no number tells where the town ends
        ("3-5", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_becomes_its_town(address: str | None, town: str | None) -> None:
    assert column([address], pa.string(), "generalise-addresses") == [town]


@settings(deadline=None)
@given(TEXTS)
def test_no_number_is_left_of_an_address(texts: list[str | None]) -> None:
    for town in column(texts, pa.string(), "generalise-addresses"):
        assert town is None or not re.search(r"\d", town)


@pytest.mark.parametrize(
    ("postcode", "left"),
    [("529-1234", "529"), ("5291234", "529"), ("〒529-1234", "529"), ("529", None), ("abc-defg", None), (None, None)],
)
def test_of_a_postcode_the_first_digits_are_left(postcode: str | None, left: str | None) -> None:
    assert column([postcode], pa.string(), "generalise-postcodes", digits=3) == [left]


@settings(deadline=None)
@given(st.lists(st.tuples(st.none() | st.floats(123, 153), st.none() | st.floats(20, 46)), max_size=9))
def test_coordinates_become_their_cell(points: list[tuple[float | None, float | None]]) -> None:
    lon, lat = (pa.array([point[axis] for point in points], pa.float64()) for axis in (0, 1))
    left = run(pa.table({"lon": lon, "lat": lat}), ("generalise-places", {"lon": "lon", "lat": "lat"})).data
    plain = [None if x is None or y is None else mesh.code(mesh.cells([x], [y])[0]) for x, y in points]
    assert left.to_pydict() == {"mesh": plain}


def test_one_coordinate_alone_does_not_leave() -> None:
    """Where only one of the two was asked for."""
    left = run(pa.table({"lon": [136.8], "n": [1]}), ("generalise-places", {"lon": "lon", "lat": "lat"})).data
    assert left.column_names == ["n"]


def test_dropped_fields_are_gone() -> None:
    assert run(pa.table({"a": [1], "b": [2], "c": [3]}), ("drop", {"fields": ["a", "c"]})).data.column_names == ["b"]


def test_the_recipient_is_told_the_last_day() -> None:
    left = run(pa.table({"a": [1]}), ("delete-by", {"days": 30}), ("round", {"fields": ["a"], "digits": -1})).data
    assert left.schema.metadata == {b"umaya:delete-by": b"2026-05-01"}
    assert left.to_pydict() == {"a": [0]}


@settings(deadline=None)
@given(st.integers(0, 5))
def test_a_column_step_leaves_as_many_rows_as_it_was_given(rows: int) -> None:
    table = pa.table({"x": pa.array([1.5] * rows, pa.float64()), "y": pa.array(["a1"] * rows, pa.string())})
    steps = chain(
        ("round", {"fields": ["x"], "digits": 0}),
        ("mask", {"fields": ["y"], "first": 1}),
        ("generalise-numbers", {"fields": ["x"], "width": 2}),
    )
    left = steps.run(table, None, CONTEXT)
    assert (left.data.num_rows, left.of_rows) == (rows, False)
    assert all(math.isfinite(value) for value in left.data.column("x").to_pylist())
