"""`generalise-postcodes`: of a postcode of seven digits the first are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import ColumnStep, FieldNames, Parameters, need_text


class PostcodesParameters(Parameters):
    """Of `generalise-postcodes`."""

    fields: FieldNames
    """Postcodes as text, with or without hyphen."""
    digits: int = Field(default=3, ge=1, le=5)
    """How many digits are left; three are a region of collection and delivery."""


@dataclass(frozen=True)
class Postcodes(ColumnStep):
    """A table with some postcodes shortened; null for what is no postcode."""

    parameters: PostcodesParameters
    name: ClassVar[str] = "generalise-postcodes"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    def check(self, field: pa.Field) -> None:
        need_text(field)

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the first digits."""
        del context
        plain = pc.replace_substring_regex(column, r"^〒?([0-9]{3})-?([0-9]{4})$", r"\1\2")
        known = pc.match_substring_regex(plain, r"^[0-9]{7}$")
        digits = pc.utf8_slice_codeunits(plain, 0, self.parameters.digits)
        return pc.if_else(known, digits, pa.scalar(None, column.type))
