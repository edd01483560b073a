"""`letterboxes-to-buildings`: rows of letterboxes become rows of buildings; nothing smaller than a building is left.

What leaves is made anew, field by field, of values that have the form of what they are called: a lasting building id
whose check letter fits, ids of the registry in digits, a real-estate id of a whole building, a place that all rows of
the building share. So no name, no room and no letterbox's id can leave through it, whatever stands in the columns.
Homes and rooms are counts, told from a least number on. Second residence numbers (住居番号2) are left out: in housing
estates they are rooms.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Final

import pyarrow as pa

from umaya.engines.buildings.identity import parse
from umaya.engines.buildings.letterboxes import room
from umaya.gate import Factory, ObligationContext
from umaya.places.parameters import LetterboxesToBuildingsParameters
from umaya.types.classes import SecrecyClass
from umaya.types.effects import BELOW, ClassEffect
from umaya.types.errors import ConflictError
from umaya.types.real_estate import Part, RealEstateId

BUILDING_ROWS: Final = pa.schema(
    [
        pa.field("building_id", pa.string(), nullable=False),
        pa.field("addresses", pa.string(), nullable=False),
        pa.field("real_estate_id", pa.string()),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("confidence", pa.float64(), nullable=False),
        pa.field("homes", pa.int64()),
        pa.field("rooms", pa.int64()),
    ]
)
"""A building: its addresses as `lg_code/machiaza_id/blk_id/rsdt_id` parted by blanks, a place within it, the least
confidence of its letterboxes, and counts that are null below the least number."""
ADDRESS: Final = ("lg_code", "machiaza_id", "blk_id", "rsdt_id")
NEEDED: Final = ("building_id", *ADDRESS, "letterbox_id", "building_lon", "building_lat", "confidence")
"""Columns without which nothing is made; `room` and `real_estate_id` may be there."""
_NUMBERS: Final = frozenset({"building_lon", "building_lat", "confidence"})
_FORMS: Final = (re.compile(r"[0-9]{6}"), re.compile(r"[0-9]{7}"), *[re.compile(r"[0-9]{0,3}")] * 2)
_PERSONAL: Final = {before: SecrecyClass.NON_PERSONAL for before, below in BELOW.items() if below}


@dataclass(frozen=True)
class LetterboxesToBuildings:
    """Rows of letterboxes in buildings to rows of buildings, schema `BUILDING_ROWS`, in the order of ids.

    A row without a lasting id of a building, or without a place, counts nowhere.
    """

    parameters: LetterboxesToBuildingsParameters
    name: ClassVar[str] = "letterboxes-to-buildings"
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = MappingProxyType({})

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """What is told of a building is about nobody; other fields are gone."""
        told = ClassEffect(frozenset([*NEEDED, "room", "real_estate_id"]) - {"letterbox_id"}, _PERSONAL)
        return (told, ClassEffect(None, dict.fromkeys(_PERSONAL)))

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `BUILDING_ROWS`; raises ValueError unless the columns of `NEEDED` are there, of their types."""
        del context
        for name in (*NEEDED, *({"room", "real_estate_id"} & set(schema.names))):
            if name not in schema.names:
                raise ValueError(f"it needs the column `{name}`")
            kind = schema.field(name).type
            if not (pa.types.is_floating(kind) if name in _NUMBERS else pa.types.is_string(kind)):
                raise ValueError(f"it needs {'numbers' if name in _NUMBERS else 'text'} in the column `{name}`")
        return BUILDING_ROWS

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the buildings.

        Raises:
            ConflictError: when rows of one building have different places: then one is a letterbox's own.
        """
        self.fit(data.schema, context)
        columns = [name for name in (*NEEDED, "room", "real_estate_id") if name in data.column_names]
        of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in data.select(columns).to_pylist():
            building = _building(row["building_id"])
            if building is not None and _placed(row):
                of[building].append(row)
        return pa.Table.from_pylist([self._told(each, of[each]) for each in sorted(of)], BUILDING_ROWS)

    def _told(self, building: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        places = {(row["building_lon"], row["building_lat"]) for row in rows}
        if len(places) > 1:
            raise ConflictError(f"`{self.name}` needs one place for each building")
        ((lon, lat),) = places
        rooms = {room(row.get("room")) for row in rows} - {""}
        homes = len(rooms) + len({row["letterbox_id"] for row in rows if not room(row.get("room"))})
        return {
            "building_id": building,
            "addresses": " ".join(sorted({text for row in rows if (text := _address(row))})),
            "real_estate_id": _real_estate((row.get("real_estate_id") for row in rows), divided=bool(rooms)),
            "lon": lon,
            "lat": lat,
            "confidence": min(_share(row["confidence"]) for row in rows),
            "homes": self._counted(homes),
            "rooms": self._counted(len(rooms)),
        }

    def _counted(self, number: int) -> int | None:
        return number if number >= self.parameters.min_homes else None


def factories() -> Mapping[str, Factory]:
    """Return what the hub hands to the gate."""
    return {
        LetterboxesToBuildings.name: lambda given: LetterboxesToBuildings(
            LetterboxesToBuildingsParameters.model_validate(given)
        )
    }


def _building(text: str | None) -> str | None:
    """Return a lasting id as it is shown; None for what is none."""
    try:
        return parse(text or "")
    except ValueError:
        return None


def _placed(row: Mapping[str, Any]) -> bool:
    return all(row[name] is not None and math.isfinite(row[name]) for name in ("building_lon", "building_lat"))


def _address(row: Mapping[str, Any]) -> str:
    """Return the ids of an address; empty where one has not the form of an id."""
    ids = [row[name] or "" for name in ADDRESS]
    return "/".join(ids) if all(form.fullmatch(each) for form, each in zip(_FORMS, ids, strict=True)) else ""


def _share(number: float | None) -> float:
    """Return a confidence; 0 for what is none."""
    return number if number is not None and 0.0 <= number <= 1.0 else 0.0


def _real_estate(texts: Iterable[str | None], *, divided: bool) -> str | None:
    """Return the id of the building as a whole, where exactly one is known.

    `000B` names a whole condominium. `0000` names a detached house, but also one unit of a condominium, so it is not
    told of a building that has rooms.
    """
    found = set()
    for text in texts:
        try:
            one = RealEstateId.parse(text or "")
        except ValueError:
            continue
        if one.part is Part.BUILDING or (one.part is Part.WHOLE and not divided):
            found.add(str(one))
    return found.pop() if len(found) == 1 else None
