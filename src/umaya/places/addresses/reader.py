"""Addresses one at a time, as pages and the API tell them: how one was read, what is near a place, what is around.

The columns of `normalise` and the rows of `reverse` become plain values. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from umaya.engines.address.index import NONE, AddressIndex, text
from umaya.engines.address.reverse import Nearest, label
from umaya.places.addresses.lookup import Lookup

AROUND_M = 250.0
"""How far the neighbours that a map shows are away, metres of latitude."""
MOST_AROUND = 150
_METRES_PER_DEGREE = 111_000.0
_TEXTS = ("prefecture", "city", "town", "block", "number", "building", "rest", "postcode")
_IDS = ("lg_code", "machiaza_id", "blk_id", "rsdt_id", "prc_id")


@dataclass(frozen=True)
class AddressPart:
    """A stretch of what was written, and what it was read as: one of `engines.address.parts.PARTS`."""

    part: str
    text: str


@dataclass(frozen=True)
class ReadAddress:
    """How an address was read: see `engines.address.normalise.RESULT`; empty where a part or id is not there.

    Attributes:
        parts: end to end they are what was written.
    """

    prefecture: str
    city: str
    town: str
    block: str
    number: str
    building: str
    rest: str
    postcode: str
    lg_code: str
    machiaza_id: str
    blk_id: str
    rsdt_id: str
    prc_id: str
    lon: float | None
    lat: float | None
    level: str
    confidence: float
    parts: tuple[AddressPart, ...]

    def written(self, part: str) -> str:
        """Return what was read as `part`, as it was written; several stretches are parted by a blank."""
        return " ".join(one.text.strip() for one in self.parts if one.part == part)


@dataclass(frozen=True)
class NearAddress:
    """An entry of the index near a place; ids are empty where it has none."""

    text: str
    level: str
    lg_code: str
    machiaza_id: str
    lon: float
    lat: float
    distance_m: float


def read(lookup: Lookup, addresses: Sequence[str]) -> list[ReadAddress]:
    """Return how each address was read, in their order."""
    written = [address.encode("utf-8", "replace").decode() for address in addresses]  # no lone surrogates
    columns = (*_TEXTS, *_IDS, "lon", "lat", "level", "confidence", "spans")
    rows = lookup.normalise(pa.array(written, pa.string()), columns).to_pylist()
    return [_read(address, row) for address, row in zip(written, rows, strict=True)]


def _read(address: str, row: dict[str, Any]) -> ReadAddress:
    parts = tuple(AddressPart(span["part"], address[span["start"] : span["end"]]) for span in row.pop("spans"))
    plain: dict[str, Any] = {name: row.pop(name) or "" for name in (*_TEXTS, *_IDS)}
    return ReadAddress(**plain, **row, parts=parts)


def near(lookup: Lookup, lon: float, lat: float) -> list[NearAddress]:
    """Return what is near a place in degrees, the best answer first."""
    return [_near(lookup.addresses, one) for one in lookup.near(lon, lat)]


def _near(index: AddressIndex, one: Nearest) -> NearAddress:
    city, machiaza = int(index.towns.city[one.town]), int(index.towns.machiaza[one.town])
    names = (
        text(index.prefectures.name, int(index.cities.prefecture[city])),
        text(index.cities.name, city),
        text(index.towns.name, one.town),
        label(index, one),
    )
    return NearAddress(
        "".join(names),
        one.level,
        f"{int(index.cities.code[city]):06d}",
        "" if machiaza == NONE else f"{machiaza:07d}",
        one.lon,
        one.lat,
        round(one.distance_m, 1),
    )


def around(lookup: Lookup, read: ReadAddress) -> list[tuple[float, float, str]]:
    """Return longitude, latitude and number of what is near an address that was found to its block or parcel."""
    index = lookup.addresses
    if read.lon is None or read.lat is None or read.level not in {"number", "block", "parcel"}:
        return []
    nearest = [one for one in lookup.near(read.lon, read.lat) if one.level != "town"]
    if not nearest:
        return []
    table = index.points if nearest[0].level == "number" else index.parcels
    first, last = np.searchsorted(table.town, [nearest[0].town, nearest[0].town + 1])
    rows = np.arange(first, last)
    apart = np.hypot((table.lon[rows] - read.lon) * np.cos(np.radians(read.lat)), table.lat[rows] - read.lat)
    known = np.flatnonzero(apart * _METRES_PER_DEGREE <= AROUND_M)
    rows = rows[known[np.argsort(apart[known], kind="stable")][:MOST_AROUND]]
    return [
        (float(table.lon[row]), float(table.lat[row]), label(index, nearest[0]._replace(row=int(row)))) for row in rows
    ]
