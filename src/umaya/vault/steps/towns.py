"""`generalise-addresses`: of an address in words only what stands before its first number is left: the town.

Cut at the first digit and at a number of 丁目, 番 or 号 in kanji; a postcode at the beginning is taken off first. An
address without a number might name a house in words, so nothing of it is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import ColumnStep, FieldNames, Parameters, need_text

_POSTCODE: Final = r"^\s*〒?\s*\p{Nd}{3}[-‐−ー－]?\p{Nd}{4}\s*"
_NUMBER: Final = r"(?:\p{Nd}|[一二三四五六七八九十百〇]+(?:丁目|番|号))(?s:.)*$"


class TownsParameters(Parameters):
    """Of `generalise-addresses`."""

    fields: FieldNames
    """Addresses in words."""


@dataclass(frozen=True)
class Towns(ColumnStep):
    """A table with some addresses as towns; null where no number tells where the town ends."""

    parameters: TownsParameters
    name: ClassVar[str] = "generalise-addresses"

    @property
    def fields(self) -> Sequence[str]:
        return self.parameters.fields

    def check(self, field: pa.Field) -> None:
        need_text(field)

    def change(self, column: pa.ChunkedArray, context: ObligationContext) -> pa.ChunkedArray:
        """Return the towns."""
        del context
        address = pc.replace_substring_regex(column, _POSTCODE, "")
        town = pc.utf8_trim_whitespace(pc.replace_substring_regex(address, _NUMBER, ""))
        known = pc.and_(pc.match_substring_regex(address, _NUMBER), pc.not_equal(town, ""))
        return pc.if_else(known, town, pa.scalar(None, column.type))
