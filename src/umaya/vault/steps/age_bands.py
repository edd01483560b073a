"""`generalise-birth-dates`: a day of birth becomes the band of the age on the day of the release, in Japan.

A year of age is completed with the day before the birthday (年齢計算ニ関スル法律), so it is reached on the birthday;
for a 29 February on 1 March where the year has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import ColumnStep, FieldNames, Parameters, need_day
from umaya.vault.steps.date_units import days_in_japan


class AgeBandsParameters(Parameters):
    """Of `generalise-birth-dates`."""

    fields: FieldNames
    """Days of birth."""
    width: int = Field(default=10, ge=5, le=50)
    """Years in a band; bands begin at its multiples."""
    oldest: int = Field(default=90, ge=50, le=100)
    """Everybody of this age or older is in one band."""


@dataclass(frozen=True)
class AgeBands(ColumnStep):
    """A table with some days of birth as the lowest age of their band (int32); null for who is not born yet."""

    parameters: AgeBandsParameters
    name: ClassVar[str] = "generalise-birth-dates"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    def check(self, field: pa.Field) -> None:
        need_day(field)

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the lowest ages."""
        born = days_in_japan(column)
        year, month, day = (
            pc.fill_null(part(born).cast(pa.int64()), 1).to_numpy() for part in (pc.year, pc.month, pc.day)
        )
        today = context.day
        before = (month > today.month) | ((month == today.month) & (day > today.day))
        age = today.year - year - before
        band = np.minimum(age, self.parameters.oldest) // self.parameters.width * self.parameters.width
        unknown = pc.is_null(born).to_numpy() | (age < 0)
        return pa.chunked_array([pa.array(band.astype(np.int32), mask=unknown)])
