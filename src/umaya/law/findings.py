"""What a check of a record found: a code and the item meant. Words for every code are in `umaya.law.words`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: of the check that found it; stored, so values never change.
        item: id of the item, person-free, or None where the whole is meant.
    """

    code: StrEnum
    item: str | None = None
