"""Former municipalities: a small dated table of public facts (official gazette), and more in the same form on demand.

Columns `pref, county, city, ended, successor_pref, successor`: the name until the day `ended`, and the municipality,
or ward, of today; where the area was divided among wards, the designated city as a whole.
"""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.address.build import FORMERS
from umaya.places.addresses.tables import filled, read_csv
from umaya.types.errors import InputError, Place


def read_formers(cities: pa.Table, more: Path | None = None) -> pa.Table:
    """Return the former municipalities (FORMERS) of the shipped table, and of a file of one's own.

    Args:
        cities: the municipalities (CITIES) of the registry; rows whose successor it has not are left out of the shipped
            table.
        more: a further file of the same columns.

    Raises:
        InputError: when the file or a field is wrong, or its successor is not in the registry.
    """
    with as_file(files("umaya.places.addresses") / "former_municipalities.csv") as shipped:
        tables = [_read(shipped, cities, strict=False)]
    if more is not None:
        tables.append(_read(more, cities, strict=True))
    return pa.concat_tables(tables)


def _read(path: Path, cities: pa.Table, *, strict: bool) -> pa.Table:
    table = read_csv(path, ("pref", "county", "city", "ended", "successor_pref", "successor"))
    parts = (pc.fill_null(cities[part], "") for part in ("prefecture", "county", "city", "ward"))
    names = pc.binary_join_element_wise(*parts, "").to_pylist()
    code_of = dict(zip(names, cities["lg_code"].to_pylist(), strict=True))
    successors = pc.binary_join_element_wise(
        filled(path, table, "successor_pref"), filled(path, table, "successor"), ""
    )
    rows = []
    for row, (name, day) in enumerate(zip(successors.to_pylist(), table["ended"].to_pylist(), strict=True), 1):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            raise InputError(Place(str(path), row, "ended"), "this is not a day", "write it as 2006-02-20")
        if strict and name not in code_of:
            raise InputError(
                Place(str(path), row, "successor"), "the registry has no such municipality", "write its whole name"
            )
        rows.append(code_of.get(name))
    columns = [pa.array(rows, pa.int32()), filled(path, table, "pref"), table["county"].combine_chunks(),
               filled(path, table, "city"), table["ended"].combine_chunks().cast(pa.date32())]  # fmt: skip
    found: pa.Table = pa.table(columns, schema=FORMERS)
    return found.filter(pc.is_valid(found["lg_code"]))
