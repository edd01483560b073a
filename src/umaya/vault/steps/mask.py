"""`mask`: of a text only its first and last characters are left, and never more than half of it.

The middle becomes `***` whatever its length. A text with fewer than twice the characters that are to be left becomes
`***` as a whole. Where nothing is to be left, every row says `***`, so that not even a missing value shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from umaya.types.effects import ClassEffect
from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import TO_NON_PERSONAL, ColumnStep, FieldNames, Parameters, need_text

MASK: Final = "***"


class MaskParameters(Parameters):
    """Of `mask`."""

    fields: FieldNames
    """Texts."""
    first: int = Field(default=0, ge=0, le=8)
    """Characters left at the beginning."""
    last: int = Field(default=0, ge=0, le=8)
    """Characters left at the end."""


@dataclass(frozen=True)
class Mask(ColumnStep):
    """A table with some texts masked."""

    parameters: MaskParameters
    name: ClassVar[str] = "mask"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """Nothing is lowered where characters are left: they may still tell somebody."""
        if self.parameters.first or self.parameters.last:
            return ()
        return (ClassEffect(frozenset(self.fields), TO_NON_PERSONAL),)

    def check(self, field: pa.Field) -> None:
        need_text(field)

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the masked texts."""
        del context
        first, last = self.parameters.first, self.parameters.last
        whole = pa.scalar(MASK, column.type)
        if not first and not last:
            return pa.chunked_array([pa.repeat(whole, len(column))])
        left = pc.utf8_slice_codeunits(column, 0, first)
        right = pc.utf8_slice_codeunits(column, -last) if last else pa.scalar("", column.type)
        masked = pc.binary_join_element_wise(left, whole, right, pa.scalar("", column.type))
        long = pc.greater_equal(pc.utf8_length(column), 2 * (first + last))
        return pc.if_else(long, masked, whole)
