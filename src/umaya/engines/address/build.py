"""Building the index: tables of public reference data become the flat arrays of `index`.

Takes tables that `umaya.places.addresses` has read and checked; knows no files. What always holds: a town of several
sources is one row (names are compared folded, without 大字 and 字); each chome and koaza has its oaza as parent, which
is made where no source has it; names of the registry win over those of other sources.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.engines.address import tables
from umaya.engines.address.index import (
    CHOME,
    LISTED,
    NONE,
    RESIDENCE,
    WHOLE,
    AddressIndex,
    Blocks,
    Cities,
    Formers,
    Parcels,
    Points,
    Postcodes,
    Prefectures,
    Symbols,
    Texts,
    Towns,
    Trie,
    leaves,
    strings,
)
from umaya.engines.address.spelling import NUMBER, folded

CITIES = pa.schema([("lg_code", pa.int32()), ("prefecture", pa.string()), ("county", pa.string()),
                    ("city", pa.string()), ("ward", pa.string())])  # fmt: skip
TOWNS = pa.schema([("lg_code", pa.int32()), ("machiaza", pa.int32()), ("oaza", pa.string()), ("chome", pa.string()),
                   ("koaza", pa.string()), ("residence", pa.bool_()), ("has_chome", pa.bool_()),
                   ("postcode", pa.int32()), ("lon", pa.float64()), ("lat", pa.float64())])  # fmt: skip
POINTS = pa.schema([("lg_code", pa.int32()), ("machiaza", pa.int32()), ("block", pa.int32()), ("residence", pa.int32()),
                    ("residence2", pa.int32()), ("block_label", pa.string()), ("label", pa.string()),
                    ("lon", pa.float64()), ("lat", pa.float64())])  # fmt: skip
PARCELS = pa.schema([("lg_code", pa.int32()), ("machiaza", pa.int32()), ("parcel", pa.int64()), ("label", pa.string()),
                     ("lon", pa.float64()), ("lat", pa.float64())])  # fmt: skip
POSTCODES = pa.schema([("postcode", pa.int32()), ("lg_code", pa.int32()), ("oaza", pa.string())])
FORMERS = pa.schema([("lg_code", pa.int32()), ("prefecture", pa.string()), ("county", pa.string()),
                     ("city", pa.string()), ("ended", pa.date32())])  # fmt: skip


class Sources(NamedTuple):
    """What an index is made from, each a table of the schema of its name; `machiaza` NONE where a source has no id."""

    cities: pa.Table
    towns: pa.Table
    points: pa.Table
    parcels: pa.Table
    postcodes: pa.Table
    formers: pa.Table


def build(sources: Sources, progress: Callable[[str], None] = lambda _step: None) -> AddressIndex:
    """Return the index of `sources`.

    Args:
        sources: tables of the schemas above; numbers may only stand in towns that `towns` has.
        progress: is told the name of each step as it begins.

    Raises:
        ValueError: when a table speaks of a municipality or town that the others have not.
    """
    progress("municipalities")
    prefectures, cities, rows = _municipalities(sources.cities)
    progress("towns")
    towns = _Towns(rows)
    towns.take(sources.towns)
    town_table = towns.table()
    row_of_id = towns.row_of_id
    progress("address points")
    blocks, points = _points(sources.points, row_of_id, rows)
    progress("parcels")
    parcels = _parcels(sources.parcels, row_of_id, rows)
    progress("names")
    formers = _formers(sources.formers, rows)
    names = _names(prefectures, cities, towns, sources.formers, rows)
    progress("numbers")
    none = texts_of([])
    numbers = tables.hashes_of(
        tables.digests_of(tables.BLOCK, blocks.town, blocks.label, np.arange(len(blocks.town), dtype=np.int32), none),
        tables.digests_of(tables.POINT, points.town, blocks.label, points.block, points.label),
        tables.digests_of(
            tables.PARCEL, parcels.town, parcels.label, np.arange(len(parcels.town), dtype=np.int32), none
        ),
    )
    town_table = _centred(town_table, points)
    postcodes = _postcodes(sources.postcodes, towns)
    index = AddressIndex(prefectures, cities, town_table, blocks, points, parcels, postcodes, formers, names, numbers)
    for _name, array in leaves(index):
        array.setflags(write=False)
    return index


def texts_of(items: Iterable[str]) -> Texts:
    """Return strings as `Texts`."""
    parts = [item.encode() for item in items]
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return Texts(np.frombuffer(b"".join(parts), np.uint8).copy(), offsets)


def texts_of_arrow(column: pa.ChunkedArray | pa.Array) -> Texts:
    """Return an Arrow column of strings without nulls as `Texts`."""
    array = (
        pa.concat_arrays([part.cast(pa.large_string()) for part in column.chunks])
        if column.num_chunks
        else pa.array([], pa.large_string())
    )
    offsets = (
        np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1].copy()
        if len(array)
        else np.zeros(1, np.int64)
    )
    data = (
        np.frombuffer(array.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].copy()
        if len(array) and offsets[-1]
        else np.zeros(0, np.uint8)
    )
    return Texts(data, offsets - offsets[0])


def kanji_number(value: int) -> str:
    """Return a number from 1 to 99 as chome are officially written: 三十七."""
    digits = " 一二三四五六七八九"
    tens, ones = divmod(value, 10)
    return f"{digits[tens] if tens > 1 else ''}{'十' if tens else ''}{digits[ones]}".replace(" ", "")


class Rows(NamedTuple):
    """Where a municipality stands: row by lg_code, the rows of a designated city's wards, its name by parts."""

    of_code: dict[int, int]
    wards: dict[int, list[int]]
    parts: list[tuple[int, str, str, str]]  # row of the prefecture, county, city, ward


def _municipalities(table: pa.Table) -> tuple[Prefectures, Cities, Rows]:
    listed = sorted(zip(*(table[name].to_pylist() for name in CITIES.names), strict=True))
    codes = sorted({row[0] // 10000: row[1] for row in listed}.items())
    prefecture_row = {name: row for row, (_code, name) in enumerate(codes)}
    parts = [
        (prefecture_row[prefecture], county or "", city, ward or "") for _, prefecture, county, city, ward in listed
    ]
    whole = {(prefecture, city): row for row, (prefecture, _, city, ward) in enumerate(parts) if not ward}
    wards: dict[int, list[int]] = defaultdict(list)
    for row, (prefecture, _, city, ward) in enumerate(parts):
        if ward and (prefecture, city) in whole:
            wards[whole[prefecture, city]].append(row)
    nowhere = np.full(len(listed), np.nan)
    cities = Cities(
        np.array([part[0] for part in parts], np.int32),
        np.array([row[0] for row in listed], np.int32),
        nowhere,
        nowhere.copy(),
        texts_of("".join(part[1:]) for part in parts),
    )
    prefectures = Prefectures(np.array([code for code, _ in codes], np.int32), texts_of(name for _, name in codes))
    return prefectures, cities, Rows({row[0]: i for i, row in enumerate(listed)}, wards, parts)


def without_prefix(name: str) -> str:
    """Return the name of a town without 大字 or 字 before it."""
    for prefix in ("大字", "小字", "字"):
        if name.startswith(prefix) and len(name) > len(prefix):
            return name[len(prefix) :]
    return name


Key = tuple[int, bytes, bytes, bytes, int]
"""Municipality, folded oaza, chome and koaza; the id where another town of the municipality has the same name."""


@dataclass
class _Town:
    city: int
    parts: tuple[str, str, str]
    machiaza: int = NONE
    flags: int = 0
    postcode: int = NONE
    lon: float = np.nan
    lat: float = np.nan


class _Towns:
    """The towns of all sources, one row for each name in a municipality."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.of: dict[Key, _Town] = {}
        self.row: dict[Key, int] = {}
        self.symbols: dict[str, bytes] = {"": b""}

    @property
    def row_of_id(self) -> dict[tuple[int, int], int]:
        """Return the row of each town of the registry by row of the municipality and machiaza_id."""
        return {(self.of[key].city, self.of[key].machiaza): row for key, row in self.row.items()}

    def take(self, table: pa.Table) -> None:
        """Take the rows of TOWNS in; those with an id first, so that the registry's spelling is kept."""
        columns = {name: table[name].to_pylist() for name in TOWNS.names}
        self.fold({name for column in ("oaza", "chome", "koaza") for name in columns[column]})
        order = sorted(range(table.num_rows), key=lambda row: columns["machiaza"][row] == NONE)
        for row in order:
            self._put({name: column[row] for name, column in columns.items()})
        for key in [key for key in self.of if key[1] and (key[2] or key[3])]:
            self._parent(key)
        by_place = sorted(self.of, key=lambda key: (key[0], "".join(self.of[key].parts)))
        self.row = {key: row for row, key in enumerate(by_place)}
        chome = {(key[0], key[1]) for key in self.of if key[2]}
        for key, town in self.of.items():
            if (key[0], key[1]) in chome:
                town.flags = town.flags & ~CHOME | WHOLE

    def fold(self, names: set[str]) -> None:
        """Fold names that are not folded yet."""
        fresh = sorted(name for name in names if name not in self.symbols)
        if not fresh:
            return
        symbols = folded(texts_of(without_prefix(name) for name in fresh))
        for i, name in enumerate(fresh):
            self.symbols[name] = symbols.data[symbols.offsets[i] : symbols.offsets[i + 1]].tobytes()

    def key(self, city: int, parts: tuple[str, str, str]) -> Key:
        """Return under what a town is known."""
        oaza, chome, koaza = (self.symbols[part] for part in parts)
        return (city, oaza or koaza, chome, koaza if oaza else b"", 0)

    def _put(self, row: dict[str, Any]) -> None:
        if row["lg_code"] not in self.rows.of_code:
            raise ValueError(f"no municipality has the lg_code {row['lg_code']:06}")
        city = self.rows.of_code[row["lg_code"]]
        parts = (row["oaza"], _chome(row["chome"]), row["koaza"])
        self.fold(set(parts))
        key = self.key(city, parts)
        if NONE != self.of.get(key, _Town(city, parts)).machiaza != row["machiaza"] != NONE:
            key = (*key[:4], row["machiaza"])
        town = self.of.setdefault(key, _Town(city, parts))
        if row["machiaza"] != NONE:
            town.machiaza = row["machiaza"]
            town.flags |= LISTED
        town.flags |= (RESIDENCE if row["residence"] else 0) | (CHOME if row["has_chome"] else 0)
        town.postcode = row["postcode"] if town.postcode == NONE else town.postcode
        if np.isnan(town.lon) and row["lon"] is not None:
            town.lon, town.lat = row["lon"], row["lat"]

    def _parent(self, key: Key) -> None:
        town = self.of[key]
        above: Key = (key[0], key[1], b"", b"", 0)
        if above not in self.of:
            self.of[above] = _Town(town.city, (town.parts[0], "", ""))

    def table(self) -> Towns:
        """Return the arrays, in order of municipality and name."""
        ordered = sorted(self.row, key=self.row.__getitem__)
        towns = [self.of[key] for key in ordered]
        parents = [self.row.get((key[0], key[1], b"", b"", 0), NONE) if key[2] or key[3] else NONE for key in ordered]
        names = texts_of("".join(town.parts) for town in towns)
        symbols = [b"".join(key[1:4]) for key in ordered]
        offsets = np.zeros(len(symbols) + 1, np.int64)
        np.cumsum([len(one) // 4 for one in symbols], out=offsets[1:])
        return Towns(
            np.array([town.city for town in towns], np.int32),
            np.array([town.machiaza for town in towns], np.int32),
            np.array(parents, np.int32),
            np.array([town.flags for town in towns], np.int32),
            np.array([town.postcode for town in towns], np.int32),
            np.array([town.lon for town in towns]),
            np.array([town.lat for town in towns]),
            names,
            Symbols(np.frombuffer(b"".join(symbols), np.int32).copy(), offsets),
        )


def _chome(name: str) -> str:
    number = re.fullmatch(r"([0-9０-９]{1,2})丁目", name)
    return f"{kanji_number(int(number[1]))}丁目" if number else name


def _town_rows(table: pa.Table, row_of_id: dict[tuple[int, int], int], rows: Rows) -> npt.NDArray[np.int32]:
    """Return the town of each row of POINTS or PARCELS."""
    ids = table["lg_code"].to_numpy().astype(np.int64) << 32 | table["machiaza"].to_numpy()
    known, place = np.unique(ids, return_inverse=True)
    found = [row_of_id.get((rows.of_code.get(int(one >> 32), NONE), int(one & 0xFFFFFFFF)), NONE) for one in known]
    if NONE in found:
        one = int(known[found.index(NONE)])
        raise ValueError(f"no town has the lg_code {one >> 32:06} and machiaza_id {one & 0xFFFFFFFF:07}")
    return np.array(found, np.int32)[place] if found else np.zeros(0, np.int32)


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = column.fill_null(float("nan")).to_numpy()
    return values


def _means(of: npt.NDArray[np.int32], values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Return the mean of the known values of each group, NaN where there is none."""
    known = ~np.isnan(values)
    sums = np.bincount(of[known], values[known], count)
    numbers = np.bincount(of[known], minlength=count)
    return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


def _points(table: pa.Table, row_of_id: dict[tuple[int, int], int], rows: Rows) -> tuple[Blocks, Points]:
    town = _town_rows(table, row_of_id, rows)
    block, residence, residence2 = (table[name].to_numpy() for name in ("block", "residence", "residence2"))
    order = np.lexsort((residence2, residence, block, town))
    table = table.take(order)
    town, block = town[order], block[order]
    first = np.ones(len(town), np.bool_)
    first[1:] = (np.diff(town) != 0) | (np.diff(block) != 0)
    of_block = (np.cumsum(first) - 1).astype(np.int32)
    heads = np.flatnonzero(first)
    lon, lat = _floats(table["lon"]), _floats(table["lat"])
    blocks = Blocks(
        town[heads],
        block[heads],
        _means(of_block, lon, len(heads)),
        _means(of_block, lat, len(heads)),
        texts_of_arrow(table["block_label"].take(heads)),
    )
    points = Points(town, of_block, residence[order], residence2[order], lon, lat, texts_of_arrow(table["label"]))
    return blocks, points


def _parcels(table: pa.Table, row_of_id: dict[tuple[int, int], int], rows: Rows) -> Parcels:
    town = _town_rows(table, row_of_id, rows)
    parcel = table["parcel"].to_numpy()
    order = np.lexsort((parcel, town))
    table = table.take(order)
    return Parcels(
        town[order], parcel[order], _floats(table["lon"]), _floats(table["lat"]), texts_of_arrow(table["label"])
    )


def _centred(towns: Towns, points: Points) -> Towns:
    """Give towns without a position of their own the centre of their address points."""
    lon, lat = (_means(points.town, values, len(towns.city)) for values in (points.lon, points.lat))
    unknown = np.isnan(towns.lon)
    return towns._replace(lon=np.where(unknown, lon, towns.lon), lat=np.where(unknown, lat, towns.lat))


def _formers(table: pa.Table, rows: Rows) -> Formers:
    cities = [_city_of(code, rows) for code in table["lg_code"].to_pylist()]
    names = [
        f"{county or ''}{city}"
        for county, city in zip(*(table[c].to_pylist() for c in ("county", "city")), strict=True)
    ]
    ended = table["ended"].cast(pa.int32()).to_numpy()
    return Formers(np.array(cities, np.int32), np.asarray(ended, np.int32), texts_of(names))


def _city_of(code: int, rows: Rows) -> int:
    if code not in rows.of_code:
        raise ValueError(f"no municipality has the lg_code {code:06}")
    return rows.of_code[code]


def _postcodes(table: pa.Table, towns: _Towns) -> Postcodes:
    towns.fold(set(table["oaza"].to_pylist()))
    found = set()
    for code, lg_code, oaza in zip(*(table[name].to_pylist() for name in POSTCODES.names), strict=True):
        city = _city_of(lg_code, towns.rows)
        row = towns.row.get(towns.key(city, (oaza, "", "")), NONE) if oaza else NONE
        found.add((code, row, city))
    columns = np.array(sorted(found), np.int32).reshape(-1, 3)
    return Postcodes(*(np.ascontiguousarray(columns[:, i]) for i in range(3)))


class _Keys:
    """Names under their roots, gathered for the trie."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.names: list[bytes] = []
        self.entries: list[int] = []

    def add(self, root: int, name: bytes, entry: int) -> None:
        self.roots.append(root)
        self.names.append(name)
        self.entries.append(entry)

    def trie(self, first: int) -> Trie:
        offsets = np.zeros(len(self.names) + 1, np.int64)
        np.cumsum([len(name) // 4 for name in self.names], out=offsets[1:])
        symbols = Symbols(np.frombuffer(b"".join(self.names), np.int32), offsets)
        return tables.trie_of(np.array(self.roots, np.int32), symbols, np.array(self.entries, np.int32), first)


def _names(prefectures: Prefectures, cities: Cities, towns: _Towns, formers: pa.Table, rows: Rows) -> Trie:
    keys = _Keys()
    prefecture_count, city_count = len(prefectures.code), len(cities.code)
    city_roots, town_roots = tables.SHARED, tables.SHARED + prefecture_count
    _prefecture_names(keys, prefectures)
    for row, (prefecture, county, city, ward) in enumerate(rows.parts):
        for name in {county + city + ward, city + ward, ward or city}:
            for root in (tables.ANY_CITY, city_roots + prefecture):
                keys.add(root, _folded(name), row)
    former_names = _former_names(keys, formers, prefectures, city_roots, city_count)
    _town_names(keys, towns, town_roots, former_names, city_count)
    return keys.trie(town_roots + city_count + formers.num_rows)


def _folded(name: str) -> bytes:
    return folded(texts_of([name])).data.tobytes()


def _prefecture_names(keys: _Keys, prefectures: Prefectures) -> None:
    for row, name in enumerate(strings(prefectures.name)):
        keys.add(tables.PREFECTURES, _folded(name), row)
        if name != "北海道":
            keys.add(tables.PREFECTURES, _folded(name[:-1]), row | tables.IMPLICIT)


def _former_names(
    keys: _Keys, formers: pa.Table, prefectures: Prefectures, city_roots: int, city_count: int
) -> dict[int, list[tuple[int, bytes]]]:
    """Add the names of former municipalities; return for each successor their numbers and folded names."""
    row_of = {name: row for row, name in enumerate(strings(prefectures.name))}
    for number, row in enumerate(formers.to_pylist()):
        if row["prefecture"] not in row_of:
            continue
        prefecture = row_of[row["prefecture"]]
        for name in {(row["county"] or "") + row["city"], row["city"]}:
            for root in (tables.ANY_CITY, city_roots + prefecture):
                keys.add(root, _folded(name), city_count + number)
    found: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for number, row in enumerate(formers.to_pylist()):
        found[row["lg_code"]].append((number, _folded(row["city"])))
    return found


_LITTLE = np.array([ord("が"), ord("の")], np.int32)


def _town_names(
    keys: _Keys, towns: _Towns, town_roots: int, formers: dict[int, list[tuple[int, bytes]]], city_count: int
) -> None:
    whole = {ward: city for city, wards in towns.rows.wards.items() for ward in wards}
    merged = {towns.rows.of_code[code]: names for code, names in formers.items()}
    for key, row in towns.row.items():
        city, oaza, chome, koaza, _ = key
        roots = [town_roots + city] + ([town_roots + whole[city]] if city in whole else [])
        for name, entry in _spellings(oaza, chome, koaza, row):
            for root in roots:
                keys.add(root, name, entry)
            for number, former in merged.get(city, ()):
                keys.add(town_roots + city_count + number, name, entry)
                if name.startswith(former) and len(name) > len(former):
                    keys.add(town_roots + city_count + number, name[len(former) :], entry)
        if not chome and not koaza and len(oaza) > 4:
            keys.add(tables.ANY_TOWN, oaza, row)


def _spellings(oaza: bytes, chome: bytes, koaza: bytes, row: int) -> Iterable[tuple[bytes, int]]:
    """Return the ways in which a town's name is found."""
    below = np.int32(tables.KOAZA).tobytes() + koaza if koaza else b""
    yield oaza + chome + below, row
    if chome and not koaza and int.from_bytes(chome[:4], "little") >= NUMBER:
        yield oaza + chome[:4], row | tables.IMPLICIT
    symbols = np.frombuffer(oaza, np.int32)
    inner = np.zeros(len(symbols), np.bool_)
    inner[1:-1] = np.isin(symbols[1:-1], _LITTLE)
    if inner.any() and len(symbols) - inner.sum() >= 2:
        yield symbols[~inner].tobytes() + chome + below, row | tables.LOOSE
