"""The real-estate id (不動産ID): 13 digits of the registry, a hyphen, a specific code of four.

Rules of the guideline of the Ministry of Land, Infrastructure, Transport and Tourism, 2022 (不動産IDルール):
half-width letters, capitals only. The specific code is `0000` for land, a detached house or a unit of a condominium;
`000B` for a condominium building as a whole; `G0`, `GM` (above ground, mezzanine), `B0`, `BM` (basement) and two digits
for a floor of a commercial building; else the number of a rented room, set to the right and filled with zeros.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

DIGITS = 13
"""Of the registry number (不動産番号)."""
WHOLE, BUILDING = "0000", "000B"
_FLOOR = re.compile(r"[GB][0M][0-9]{2}")
_ROOM = re.compile(r"0*[0-9A-Z]*[0-9][0-9A-Z]*")


class Part(StrEnum):
    """What of a property an id names."""

    WHOLE = "whole"
    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"


@dataclass(frozen=True)
class RealEstateId:
    """An id whose rules hold.

    Attributes:
        registry: 13 digits.
        specific: four letters or digits.

    Raises:
        ValueError: when a rule does not hold; the message says which, without the value.
    """

    registry: str
    specific: str = WHOLE

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{13}", self.registry):
            raise ValueError(f"the registry number has {DIGITS} half-width digits")
        if not re.fullmatch(r"[0-9A-Z]{4}", self.specific):
            raise ValueError("the specific code has four half-width digits or capital letters")
        if _FLOOR.fullmatch(self.specific):
            if self.specific.endswith("00"):
                raise ValueError("floors are counted from 01")
        elif self.specific != BUILDING and not _ROOM.fullmatch(self.specific):
            raise ValueError("a room's number has a digit")

    @staticmethod
    def parse(text: str) -> RealEstateId:
        """Return the id of a text: `1234567890123-0101`, or the 17 characters without the hyphen.

        Raises:
            ValueError: when it is none; the message says what is wrong, without the value.
        """
        if unicodedata.normalize("NFKC", text) != text:
            raise ValueError("a real-estate id is written in half-width letters")
        if text != text.upper():
            raise ValueError("letters of a real-estate id are capitals")
        registry, hyphen, specific = text.partition("-")
        if not hyphen:
            registry, specific = text[:DIGITS], text[DIGITS:]
        if len(registry) != DIGITS or len(specific) != len(WHOLE):
            raise ValueError("a real-estate id has 13 digits, a hyphen and four more letters or digits")
        return RealEstateId(registry, specific)

    @staticmethod
    def of_room(registry: str, room: str) -> RealEstateId:
        """Return the id of a rented room, e.g. `101`.

        Raises:
            ValueError: when the number does not fit four places, or would read as a floor or a whole.
        """
        specific = room.rjust(len(WHOLE), "0")
        if not room or len(specific) != len(WHOLE):
            raise ValueError("a room's number has one to four letters or digits")
        made = RealEstateId(registry, specific)
        if made.part is not Part.ROOM:
            raise ValueError("such a room's number reads as something else")
        return made

    @staticmethod
    def of_floor(registry: str, floor: int, *, mezzanine: bool = False) -> RealEstateId:
        """Return the id of a floor: 1, 2, ... above ground, -1, -2, ... below."""
        if floor == 0 or abs(floor) > 99:
            raise ValueError("a floor is 1 to 99, or -1 to -99")
        return RealEstateId(registry, f"{'G' if floor > 0 else 'B'}{'M' if mezzanine else '0'}{abs(floor):02}")

    @property
    def part(self) -> Part:
        """What the specific code names."""
        if self.specific == WHOLE:
            return Part.WHOLE
        if self.specific == BUILDING:
            return Part.BUILDING
        return Part.FLOOR if _FLOOR.fullmatch(self.specific) else Part.ROOM

    @property
    def room(self) -> str | None:
        """The room's number without the zeros before it; None where no room is named."""
        return self.specific.lstrip("0") if self.part is Part.ROOM else None

    def __str__(self) -> str:
        return f"{self.registry}-{self.specific}"
