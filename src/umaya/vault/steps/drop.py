"""`drop`: fields are read, for a condition or another step, and do not leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from umaya.types.effects import ClassEffect
from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import GONE, FieldNames, Parameters, RowStep


class DropParameters(Parameters):
    """Of `drop`."""

    fields: FieldNames
    """What does not leave."""


@dataclass(frozen=True)
class Drop(RowStep):
    """A table without some columns."""

    parameters: DropParameters
    name: ClassVar[str] = "drop"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        return (ClassEffect(frozenset(self.fields), GONE),)

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        left = super().fit(schema, context)
        if not len(left):
            raise ValueError("it leaves no field")
        return left

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the other columns."""
        del context
        return data.drop_columns([name for name in data.column_names if name in self.fields])
