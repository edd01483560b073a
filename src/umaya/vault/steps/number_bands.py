"""`generalise-numbers`: a number becomes the lower end of its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import ColumnStep, FieldNames, Parameters, need_number


class NumberBandsParameters(Parameters):
    """Of `generalise-numbers`."""

    fields: FieldNames
    """Numbers."""
    width: int = Field(ge=2, le=10**12)
    """Of a band; bands begin at its multiples."""


@dataclass(frozen=True)
class NumberBands(ColumnStep):
    """A table with some numbers in bands: 1,234,567 in bands of a million is 1,000,000."""

    parameters: NumberBandsParameters
    name: ClassVar[str] = "generalise-numbers"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    def check(self, field: pa.Field) -> None:
        need_number(field)
        if pa.types.is_uint64(field.type):
            raise ValueError(f"it needs numbers below 2^63 in the field `{field.name}`")

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the lower ends: int64, of floating numbers float64."""
        del context
        width = self.parameters.width
        floating = pa.types.is_floating(column.type)
        kind = pa.float64() if floating else pa.int64()
        missing = pc.is_null(column).to_numpy()
        values = pc.fill_null(column.cast(kind), 0).to_numpy()
        lower = np.floor_divide(values, width) * width if floating else values - np.mod(values, width)
        return pa.chunked_array([pa.array(lower, kind, mask=missing)])
