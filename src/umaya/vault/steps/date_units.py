"""`generalise-dates`: a day or a time becomes the first day of its month or year, in Japan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import ColumnStep, FieldNames, Parameters, need_day

ZONE = "Asia/Tokyo"


class DateUnitsParameters(Parameters):
    """Of `generalise-dates`."""

    fields: FieldNames
    """Days or times."""
    to: Literal["month", "year"]
    """What is left."""


@dataclass(frozen=True)
class DateUnits(ColumnStep):
    """A table with some days as months or years, written as their first day (date32)."""

    parameters: DateUnitsParameters
    name: ClassVar[str] = "generalise-dates"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    def check(self, field: pa.Field) -> None:
        need_day(field)

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the first days."""
        del context
        return pc.floor_temporal(days_in_japan(column), unit=self.parameters.to).cast(pa.date32())


def days_in_japan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of days, or of times, as days in Japan (date32); times without a zone keep their day."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = pc.local_timestamp(column.cast(pa.timestamp("us", ZONE), safe=False))
    return column.cast(pa.date32(), safe=False)
