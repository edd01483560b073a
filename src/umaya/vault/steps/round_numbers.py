"""`round`: numbers are rounded, half to even."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import ColumnStep, FieldNames, Parameters, need_number


class RoundParameters(Parameters):
    """Of `round`."""

    fields: FieldNames
    """Numbers."""
    digits: int = Field(ge=-12, le=6)
    """Digits left behind the point; -3 rounds to thousands."""


@dataclass(frozen=True)
class Round(ColumnStep):
    """A table with some numbers rounded."""

    parameters: RoundParameters
    name: ClassVar[str] = "round"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    def check(self, field: pa.Field) -> None:
        need_number(field)

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the rounded numbers: whole ones as int64, others as float64."""
        del context
        if pa.types.is_floating(column.type):
            return pc.round(column.cast(pa.float64()), self.parameters.digits, "half_to_even")
        whole = column.cast(pa.int64(), safe=False)
        if self.parameters.digits >= 0:
            return whole
        return pc.round(whole, self.parameters.digits, "half_to_even").cast(pa.int64())
