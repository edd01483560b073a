"""Predicates: what a row must meet to be read, in a closed vocabulary that the columnar scan itself can test.

Part of the use, sealed in the grant. Must hold: a predicate means the same on every store; a value that is missing in
a row meets no predicate but `is_null`; a predicate that does not fit the dataset's schema is refused, never ignored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from typing import Any, Final, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from umaya.types.errors import InputError, Place

Plain = bool | int | float | Decimal | str | date | datetime
"""A value to compare with. A date or a time may be text in ISO 8601, a time with its zone."""


class Op(StrEnum):
    """How a field is compared. `between` has both ends; `is_null` takes whether the value must be missing."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    BETWEEN = "between"
    IS_NULL = "is_null"


_ORDER: Final = frozenset({Op.LT, Op.LE, Op.GT, Op.GE, Op.BETWEEN})


@dataclass(frozen=True)
class Predicate:
    """What one field of a row must meet.

    Attributes:
        field: of the dataset.
        op: an `Op`, or its text.
        value: what it is compared with: one value; for `in` a tuple of at least one; for `between` a tuple of two, the
            lower first; for `is_null` a bool. A list is taken as a tuple.

    Raises:
        InputError: when there is no such op, or the value has not the shape that it takes.
    """

    field: str
    op: Op | str
    value: Plain | tuple[Plain, ...] | list[Plain]

    def __post_init__(self) -> None:
        if self.op not in set(Op):
            advice = "choose among " + ", ".join(f"`{op}`" for op in Op)
            raise InputError(self._place, "there is no such comparison", advice)
        object.__setattr__(self, "op", Op(self.op))
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))
        several = isinstance(self.value, tuple)
        match self.op:
            case Op.IN if not several or not self.values:
                self._refuse("`in` takes a list", "give at least one value")
            case Op.BETWEEN if not several or len(self.values) != 2:
                self._refuse("`between` takes two values", "give the lower and the upper end")
            case Op.IS_NULL if not isinstance(self.value, bool):
                self._refuse("`is_null` takes a truth value", "give true or false")
            case Op.IN | Op.BETWEEN | Op.IS_NULL:
                pass
            case _ if several:
                self._refuse(f"`{self.op}` takes one value", "give one, or use `in`")

    @property
    def values(self) -> tuple[Plain, ...]:
        """What it is compared with, always as a tuple."""
        return tuple(self.value) if isinstance(self.value, (tuple, list)) else (self.value,)

    def check(self, schema: pa.Schema) -> None:
        """Return when the predicate fits the dataset's schema.

        Raises:
            InputError: when the schema has no such field, or the values are not of its type; names the field.
        """
        self.expression(schema)

    def expression(self, schema: pa.Schema) -> ds.Expression:
        """Return the predicate as a filter of a scan; raises as `check`."""
        if self.field not in schema.names:
            self._refuse("the dataset has no such field", "choose among " + ", ".join(schema.names))
        field = ds.field(self.field)
        if self.op is Op.IS_NULL:
            return field.is_null() if self.value else field.is_valid()
        kind = schema.field(self.field).type
        if self.op in _ORDER and pa.types.is_boolean(kind):
            self._refuse("truth values have no order", "use `eq` or `ne`")
        values = [self._scalar(value, kind) for value in self.values]
        match self.op:
            case Op.EQ:
                return field == values[0]
            case Op.NE:
                return field != values[0]
            case Op.LT:
                return field < values[0]
            case Op.LE:
                return field <= values[0]
            case Op.GT:
                return field > values[0]
            case Op.GE:
                return field >= values[0]
            case Op.IN:
                return field.isin(pa.array([value.as_py() for value in values], kind))
        if pc.less(values[1], values[0]).as_py():
            self._refuse("the ends are in the wrong order", "give the lower end first")
        return (field >= values[0]) & (field <= values[1])

    def sealed(self) -> list[Any]:
        """Return what a grant's seal covers."""
        return [self.field, str(self.op), [[type(value).__name__, repr(value)] for value in self.values]]

    def _scalar(self, value: Plain, kind: pa.DataType) -> pa.Scalar:
        if not _suits(value, kind):
            self._refuse(f"a value does not suit the type {kind}", _advice(kind))
        try:
            return pa.scalar(value).cast(kind) if isinstance(value, str) else pa.scalar(value, kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError):
            # without its cause, whose text holds the value
            problem = f"a value does not fit the type {kind}"
            raise InputError(self._place, problem, _advice(kind)) from None

    @property
    def _place(self) -> Place:
        return Place("condition", field=self.field)

    def _refuse(self, problem: str, advice: str) -> NoReturn:
        raise InputError(self._place, problem, advice)


def all_of(predicates: Sequence[Predicate], schema: pa.Schema) -> ds.Expression | None:
    """Return the filter of rows that meet every predicate, or None where there is none; raises as `Predicate.check`."""
    terms = [predicate.expression(schema) for predicate in predicates]
    return reduce(lambda left, right: left & right, terms) if terms else None


def _suits(value: Plain, kind: pa.DataType) -> bool:
    if pa.types.is_boolean(kind):
        return isinstance(value, bool)
    if pa.types.is_integer(kind):
        return isinstance(value, int) and not isinstance(value, bool)
    if pa.types.is_floating(kind):
        return math.isfinite(value) if isinstance(value, float) else isinstance(value, int) and type(value) is not bool
    if pa.types.is_decimal(kind):
        return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return isinstance(value, str)
    if pa.types.is_date(kind):
        return isinstance(value, str) or (isinstance(value, date) and not isinstance(value, datetime))
    if pa.types.is_timestamp(kind):
        zoned = isinstance(value, datetime) and value.tzinfo is not None
        return isinstance(value, str) or (isinstance(value, datetime) and zoned == (kind.tz is not None))
    return False


def _advice(kind: pa.DataType) -> str:
    if pa.types.is_date(kind):
        return "give a day as 2026-04-01"
    if pa.types.is_timestamp(kind):
        return "give a time as 2026-04-01T09:00:00+09:00"
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return "such a field can only be asked for `is_null`"
    return "give a value of this type"
