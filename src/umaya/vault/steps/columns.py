"""What steps share that change some columns, each value by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, ClassVar, Final

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from umaya.types.classes import SecrecyClass
from umaya.types.effects import BELOW, ClassEffect
from umaya.vault.obligations import ObligationContext

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=64)]
FieldNames = Annotated[list[FieldName], Field(min_length=1, max_length=256)]
MinPeople = Annotated[int, Field(ge=3, le=1_000_000)]
"""Least number of people of a group: of two, each would know what is told of the other."""

TO_NON_PERSONAL: Final = {
    before: SecrecyClass.NON_PERSONAL for before in SecrecyClass if SecrecyClass.NON_PERSONAL in BELOW[before]
}
NOTHING: Final[Mapping[str, SecrecyClass]] = MappingProxyType({})
"""Of a step that makes no personal field."""
GONE: Final[dict[SecrecyClass, SecrecyClass | None]] = dict.fromkeys(SecrecyClass)


class Parameters(BaseModel):
    """Parameters of a step: nothing unknown, nothing of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RowStep(ABC):
    """A step that makes each row from one row alone and does not see whom it is about."""

    name: ClassVar[str]
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = True
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """None, unless a step says otherwise: what is told less of somebody is still told of them."""
        return ()

    @property
    @abstractmethod
    def fields(self) -> Sequence[str]:
        """The columns it works on."""

    def check(self, field: pa.Field) -> None:  # noqa: B027 # a step may take any type
        """Raise ValueError when it cannot work on a column of this type."""

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return the schema of what is left; raises ValueError where a column is not there or of another type."""
        for name in self.fields:
            self.check(needed(schema, name))
        return self.apply(schema.empty_table(), context).schema

    @abstractmethod
    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return what may go on. A column that was not asked for is not there, and nothing is owed for it."""


class ColumnStep(RowStep):
    """A row step that puts other values in the place of those of some columns."""

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the table with the changed columns in their places."""
        for at, field in enumerate(data.schema):
            if field.name in self.fields:
                made = self.change(data.column(at), context)
                data = data.set_column(at, pa.field(field.name, made.type, metadata=field.metadata), made)
        return data

    @abstractmethod
    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the values that take the place of a column's."""


def needed(schema: pa.Schema, name: str) -> pa.Field:
    """Return a field, or raise ValueError where the table has none of this name."""
    if name not in schema.names:
        raise ValueError(f"it needs the field `{name}`, which is not there")
    return schema.field(name)


def need_text(field: pa.Field) -> None:
    """Raise ValueError when a field holds no text."""
    if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
        raise ValueError(f"it needs text in the field `{field.name}`")


def need_number(field: pa.Field) -> None:
    """Raise ValueError when a field holds no whole or floating number."""
    if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
        raise ValueError(f"it needs numbers in the field `{field.name}`")


def need_day(field: pa.Field) -> None:
    """Raise ValueError when a field holds neither days nor times."""
    if not (pa.types.is_date(field.type) or pa.types.is_timestamp(field.type)):
        raise ValueError(f"it needs days or times in the field `{field.name}`")
