"""The Address Base Registry (アドレス・ベース・レジストリ, Digital Agency, PDL 1.0): its CSV files become tables.

Files are known by their names as they are published, plain or gzipped: `mt_pref_all`, `mt_city_all`, `mt_town_*` and
`mt_town_pos_*`, `mt_rsdtdsp_rsdt_*` and `mt_rsdtdsp_rsdt_pos_*` (residence numbers), `mt_parcel_*` and
`mt_parcel_pos_*`. Abolished rows (`ablt_date`) are left out. Only municipalities are needed; every further file adds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.address.build import CITIES, PARCELS, POINTS, TOWNS
from umaya.engines.address.index import NONE
from umaya.places.addresses.tables import Progress, coordinates, filled, read_csv, whole_numbers
from umaya.types.errors import InputError, Place

LICENCE = "Address Base Registry, Digital Agency (デジタル庁), Public Data License 1.0"
_LON, _LAT = (122.0, 154.0), (20.0, 46.0)
_KINDS = {
    "city": r"mt_city_all",
    "town": r"mt_town_(?!pos_)\w+",
    "town_pos": r"mt_town_pos_\w+",
    "residence": r"mt_rsdtdsp_rsdt_(?!pos_)\w+",
    "residence_pos": r"mt_rsdtdsp_rsdt_pos_\w+",
    "parcel": r"mt_parcel_(?!pos_)\w+",
    "parcel_pos": r"mt_parcel_pos_\w+",
}


class Registry:
    """The files of a folder, by kind; raises InputError when the folder has no list of municipalities."""

    def __init__(self, directory: Path, progress: Progress = lambda _step: None) -> None:
        self._progress = progress
        try:
            files = sorted(directory.iterdir())
        except OSError as error:
            raise InputError(Place(str(directory)), "the folder cannot be read", "check its path") from error
        self.files = {
            kind: [file for file in files if re.fullmatch(rf"{pattern}\.csv(\.gz)?", file.name)]
            for kind, pattern in _KINDS.items()
        }
        if not self.files["city"]:
            raise InputError(Place(str(directory)), "there is no mt_city_all.csv", "put the registry's files there")

    def used(self) -> list[Path]:
        """Return all files that are read."""
        return [file for files in self.files.values() for file in files]

    def cities(self) -> pa.Table:
        """Return the municipalities (CITIES)."""
        found = []
        for path, table in self._read("city", ("lg_code", "pref", "county", "city", "ward", "ablt_date")):
            columns = [whole_numbers(path, table, "lg_code", pa.int32()), filled(path, table, "pref"), table["county"],
                       filled(path, table, "city"), table["ward"]]  # fmt: skip
            found.append(_living(pa.table(columns, schema=CITIES), table))
        return pa.concat_tables(found)

    def towns(self) -> pa.Table:
        """Return the towns (TOWNS), those of the files of numbers too."""
        fields = ("lg_code", "machiaza_id", "oaza_cho", "chome", "koaza", "rsdt_addr_flg", "ablt_date")
        found = [_towns(path, table, "post_code") for path, table in self._read("town", (*fields, "post_code"))]
        for kind in ("residence", "parcel"):
            found += [_towns(path, table, None) for path, table in self._read(kind, fields)]
        towns = pa.concat_tables([TOWNS.empty_table(), *found])
        places = [
            _positions(path, table, ("lg_code", "machiaza_id"))
            for path, table in self._read("town_pos", ("lg_code", "machiaza_id", "rep_lon", "rep_lat"))
        ]
        return _placed(towns, places, ("lg_code", "machiaza")).select(TOWNS.names).cast(TOWNS)

    def points(self) -> pa.Table:
        """Return the residence numbers (POINTS)."""
        ids = ("lg_code", "machiaza_id", "blk_id", "rsdt_id", "rsdt2_id")
        fields = (*ids, "blk_num", "rsdt_num", "rsdt_num2", "ablt_date")
        found = []
        for path, table in self._read("residence", fields):
            numbers = [
                whole_numbers(path, table, name, pa.int32(), empty=NONE if name not in ids[:2] else None)
                for name in ids
            ]
            second = table["rsdt_num2"]
            label = pc.if_else(
                pc.equal(second, ""), table["rsdt_num"], pc.binary_join_element_wise(table["rsdt_num"], second, "-")
            )
            found.append(_living(pa.table([*numbers, table["blk_num"], label], names=POINTS.names[:7]), table))
        points = pa.concat_tables([pa.schema(list(POINTS)[:7]).empty_table(), *found])
        places = [
            _positions(path, table, ids) for path, table in self._read("residence_pos", (*ids, "rep_lon", "rep_lat"))
        ]
        return _placed(points, places, POINTS.names[:5]).select(POINTS.names).cast(POINTS)

    def parcels(self) -> pa.Table:
        """Return the lots (PARCELS)."""
        fields = ("lg_code", "machiaza_id", "prc_id", "prc_num1", "prc_num2", "prc_num3", "ablt_date")
        found = []
        for path, table in self._read("parcel", fields):
            kinds = {"lg_code": pa.int32(), "machiaza_id": pa.int32(), "prc_id": pa.int64()}
            columns = [whole_numbers(path, table, name, kind) for name, kind in kinds.items()]
            parts = [
                pc.if_else(pc.equal(table[name], ""), None, table[name])
                for name in ("prc_num1", "prc_num2", "prc_num3")
            ]
            label = pc.binary_join_element_wise(*parts, "-", null_handling="skip")
            found.append(_living(pa.table([*columns, label], names=PARCELS.names[:4]), table))
        parcels = pa.concat_tables([pa.schema(list(PARCELS)[:4]).empty_table(), *found])
        ids = ("lg_code", "machiaza_id", "prc_id")
        places = [
            _positions(path, table, ids) for path, table in self._read("parcel_pos", (*ids, "rep_lon", "rep_lat"))
        ]
        return _placed(parcels, places, PARCELS.names[:3]).select(PARCELS.names).cast(PARCELS)

    def _read(self, kind: str, fields: tuple[str, ...]) -> Iterator[tuple[Path, pa.Table]]:
        for path in self.files[kind]:
            self._progress(path.name)
            table = read_csv(path, fields)
            yield path, table


def _living(rows: pa.Table, source: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(source["ablt_date"], ""))


def _towns(path: Path, table: pa.Table, postcode: str | None) -> pa.Table:
    count = table.num_rows
    codes = (
        whole_numbers(path, table, postcode, pa.int32(), empty=NONE)
        if postcode
        else pa.array(np.full(count, NONE, np.int32))
    )
    nowhere = pa.nulls(count, pa.float64())
    columns = [
        whole_numbers(path, table, "lg_code", pa.int32()), whole_numbers(path, table, "machiaza_id", pa.int32()),
        table["oaza_cho"], table["chome"], table["koaza"], pc.equal(table["rsdt_addr_flg"], "1"),
        pa.array(np.zeros(count, np.bool_)), codes, nowhere, nowhere,
    ]  # fmt: skip
    towns = _living(pa.table(columns, schema=TOWNS), table)
    towns = towns.group_by(towns.column_names, use_threads=False).aggregate([])
    named = pc.greater(
        pc.utf8_length(pc.binary_join_element_wise(towns["oaza"], towns["chome"], towns["koaza"], "")), 0
    )
    return towns.filter(named)


def _positions(path: Path, table: pa.Table, ids: tuple[str, ...]) -> pa.Table:
    keys = [
        whole_numbers(path, table, name, pa.int64(), empty=NONE if name.startswith(("blk", "rsdt")) else None)
        for name in ids
    ]
    lon = coordinates(path, table, "rep_lon", *_LON)
    lat = coordinates(path, table, "rep_lat", *_LAT)
    places = pa.table([*keys, lon, lat], names=[*ids, "lon", "lat"])
    return places.group_by(list(ids), use_threads=False).aggregate([("lon", "first"), ("lat", "first")])


def _placed(rows: pa.Table, places: list[pa.Table], keys: tuple[str, ...] | list[str]) -> pa.Table:
    """Return `rows` with the positions that have the same ids."""
    rows = rows.drop_columns([name for name in ("lon", "lat") if name in rows.column_names])
    if not places:
        nowhere = pa.nulls(rows.num_rows, pa.float64())
        return rows.append_column("lon", nowhere).append_column("lat", nowhere)
    found = pa.concat_tables(places)
    found = found.rename_columns([*keys, "lon", "lat"])
    for i, name in enumerate(keys):
        found = found.set_column(i, name, found[name].cast(rows.schema.field(name).type))
    return rows.join(found, list(keys), join_type="left outer", use_threads=False)
