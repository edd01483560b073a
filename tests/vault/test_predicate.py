"""A predicate filters as a plain comparison would, and one that does not fit is refused in words."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.types.errors import InputError
from umaya.vault import Op, Predicate
from umaya.vault.predicate import all_of

SCHEMA = pa.schema(
    [
        ("n", pa.int8()),
        ("x", pa.float64()),
        ("text", pa.string()),
        ("day", pa.date32()),
        ("t", pa.timestamp("us", "UTC")),
        ("flag", pa.bool_()),
        ("money", pa.decimal128(10, 2)),
        ("bytes", pa.binary()),
    ]
)
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
PLAIN: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.IN: lambda value, among: value in among,
    Op.BETWEEN: lambda value, ends: ends[0] <= value <= ends[1],
}
NUMBERS = st.integers(-128, 127)


@st.composite
def predicates(draw: st.DrawFn) -> Predicate:
    op = draw(st.sampled_from(Op))
    if op is Op.IS_NULL:
        return Predicate("n", op, draw(st.booleans()))
    if op is Op.IN:
        return Predicate("n", op, tuple(draw(st.lists(NUMBERS, min_size=1, max_size=4))))
    if op is Op.BETWEEN:
        return Predicate("n", op, tuple(sorted(draw(st.tuples(NUMBERS, NUMBERS)))))
    return Predicate("n", op, draw(NUMBERS))


def meets(value: int | None, predicate: Predicate) -> bool:
    if predicate.op is Op.IS_NULL:
        return (value is None) is predicate.value
    return value is not None and PLAIN[Op(predicate.op)](value, predicate.value)


@settings(deadline=None)
@given(st.lists(st.none() | NUMBERS, max_size=20), st.lists(predicates(), min_size=1, max_size=3))
def test_rows_meet_all_predicates_or_are_not_read(values: list[int | None], stated: list[Predicate]) -> None:
    table = pa.table({"n": pa.array(values, pa.int8())})
    left = ds.dataset(table).scanner(filter=all_of(stated, table.schema)).to_table()
    expected = [value for value in values if all(meets(value, predicate) for predicate in stated)]
    assert left.column("n").to_pylist() == expected


FITTING: list[tuple[str, Any, Any]] = [
    ("x", 1, 1.0),
    ("text", "さくら", "さくら"),
    ("day", date(2026, 4, 1), date(2026, 4, 1)),
    ("day", "2026-04-01", date(2026, 4, 1)),
    ("t", NOON.astimezone(timezone(timedelta(hours=9))), NOON),
    ("t", "2026-04-01T21:00:00+09:00", NOON),
    ("flag", True, True),
    ("money", Decimal("1.50"), Decimal("1.50")),
]


@pytest.mark.parametrize(("field", "value", "stored"), FITTING)
def test_each_type_is_compared_with_its_own_values(field: str, value: Any, stored: Any) -> None:
    table = pa.table({field: pa.array([stored, None], SCHEMA.field(field).type)})
    chosen = Predicate(field, "eq", value).expression(table.schema)
    assert ds.dataset(table).scanner(filter=chosen).count_rows() == 1


UNFIT: list[tuple[str, str, Any, str]] = [
    ("nothing", "eq", 1, "no such field"),
    ("n", "eq", "1", "does not suit the type int8"),
    ("n", "eq", True, "does not suit"),
    ("n", "eq", 1.5, "does not suit"),
    ("n", "in", (1, 300), "does not fit the type int8"),
    ("n", "between", (2, 1), "wrong order"),
    ("x", "lt", float("nan"), "does not suit"),
    ("x", "lt", 10**400, "does not fit"),
    ("text", "eq", 1, "does not suit"),
    ("day", "eq", NOON, "does not suit"),
    ("day", "eq", "tomorrow", "does not fit"),
    ("t", "ge", datetime(2026, 4, 1), "does not suit"),  # noqa: DTZ001 # naive is meant
    ("t", "ge", "2026-04-01 09:00", "does not fit"),
    ("flag", "lt", True, "no order"),
    ("bytes", "eq", "x", "only be asked for `is_null`"),
]


@pytest.mark.parametrize(("field", "op", "value", "problem"), UNFIT)
def test_what_does_not_fit_the_schema_is_refused_naming_the_field(
    field: str, op: str, value: Any, problem: str
) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        Predicate(field, op, value).check(SCHEMA)
    assert caught.value.place.field == field
    assert caught.value.__cause__ is None
    assert "300" not in str(caught.value)
    assert "tomorrow" not in str(caught.value)


SHAPELESS: list[tuple[str, Any, str]] = [
    ("like", "a%", "no such comparison"),
    ("in", (), "at least one"),
    ("in", 3, "takes a list"),
    ("between", (1, 2, 3), "two values"),
    ("eq", (1, 2), "takes one value"),
    ("is_null", 1, "truth value"),
]


@pytest.mark.parametrize(("op", "value", "problem"), SHAPELESS)
def test_a_predicate_without_its_shape_cannot_be_made(op: str, value: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Predicate("n", op, value)


def test_a_list_is_taken_as_a_tuple() -> None:
    assert Predicate("n", "in", [1, 2]) == Predicate("n", Op.IN, (1, 2))
    assert hash(Predicate("n", "in", [1, 2])) == hash(Predicate("n", "in", (1, 2)))


@settings(deadline=None)
@given(predicates(), predicates())
def test_predicates_are_sealed_alike_only_when_they_are(one: Predicate, other: Predicate) -> None:
    assert (one.sealed() == other.sealed()) == (one == other)
