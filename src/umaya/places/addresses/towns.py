"""Lists of towns in the form of Geolonia's open data (CC BY 4.0): prefecture, municipality, town, koaza, coordinate.

Columns `pref, city, town, koaza, lat, lng`. A municipality is found by its whole name, county and ward included; a
trailing chome is parted from its town.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.address.build import TOWNS
from umaya.engines.address.index import NONE
from umaya.places.addresses.tables import coordinates, filled, read_csv
from umaya.types.errors import InputError, Place

LICENCE = "Geolonia (japanese-addresses), CC BY 4.0"
_CHOME = re.compile(r"(.+?)([一二三四五六七八九十]+丁目)")


def read_towns(path: Path, cities: pa.Table) -> pa.Table:
    """Return the towns of a list (TOWNS).

    Args:
        path: the file, plain or gzipped.
        cities: the municipalities (CITIES) of the registry.

    Raises:
        InputError: when the file or a field is wrong, or a municipality is not in the registry.
    """
    table = read_csv(path, ("pref", "city", "town", "koaza", "lat", "lng"))
    names = pc.binary_join_element_wise(
        *(pc.fill_null(cities[part], "") for part in ("prefecture", "county", "city", "ward")), ""
    )
    code_of = dict(zip(names.to_pylist(), cities["lg_code"].to_pylist(), strict=True))
    whole = pc.binary_join_element_wise(filled(path, table, "pref"), filled(path, table, "city"), "").to_pylist()
    codes = [code_of.get(name, NONE) for name in whole]
    if NONE in codes:
        place = Place(str(path), codes.index(NONE) + 1, "city")
        raise InputError(
            place, "the registry has no such municipality", "use lists and a registry of about the same day"
        )
    parted = [_CHOME.fullmatch(name) for name in filled(path, table, "town").to_pylist()]
    towns = table["town"].to_pylist()
    count = table.num_rows
    columns = [
        codes, np.full(count, NONE), [found[1] if found else name for found, name in zip(parted, towns, strict=True)],
        [found[2] if found else "" for found in parted], table["koaza"],
        np.zeros(count, np.bool_), np.zeros(count, np.bool_),
        np.full(count, NONE), coordinates(path, table, "lng", 122, 154), coordinates(path, table, "lat", 20, 46),
    ]  # fmt: skip
    return pa.table(
        [
            pa.chunked_array(c.chunks, f.type) if isinstance(c, pa.ChunkedArray) else pa.array(c, f.type)
            for c, f in zip(columns, TOWNS, strict=True)
        ],
        schema=TOWNS,
    )
