"""Address points and letterboxes from CSV (plain or gzip) and Parquet: the columns that are needed, no others.

Columns about occupants stay in the file: only columns of the schema are read.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from umaya.engines.buildings.schemas import ADDRESS, LETTERBOXES, POINTS
from umaya.places.buildings.outlines import LAT, LON
from umaya.types.errors import InputError, Place

OTHER_NAMES = {"lon": ("rep_lon", "longitude"), "lat": ("rep_lat", "latitude")}
"""Names that a column may have instead; `rep_` in position files of the Address Base Registry."""
OPTIONAL = {"rsdt2_id", "building", "room", "real_estate_id"}


def read_points(path: Path) -> pa.Table:
    """Return address points, schema POINTS.

    Raises:
        InputError: when the file cannot be read, lacks a column, or a row has no place in Japan.
    """
    return _read(path, POINTS, OPTIONAL)


def read_letterboxes(path: Path) -> pa.Table:
    """Return letterboxes, schema LETTERBOXES; `letterbox_id` must be there and differ from row to row.

    Raises:
        InputError: when the file cannot be read, lacks a column, or a row has a place outside Japan or an id twice.
    """
    table = _read(path, LETTERBOXES, OPTIONAL | {"lon", "lat"})
    ids = table.column("letterbox_id")
    if pc.count_distinct(ids).as_py() < table.num_rows:
        seen: set[str] = set()
        for row, each in enumerate(ids.to_pylist(), start=1):
            if each in seen:
                raise InputError(Place(str(path), row, "letterbox_id"), "another row has this id", "give each its own")
            seen.add(each)
    return table


def _read(path: Path, schema: pa.Schema, optional: set[str]) -> pa.Table:
    table = _opened(path, [*schema.names, *(other for others in OTHER_NAMES.values() for other in others)])
    columns = []
    for field in schema:
        name = next(
            (each for each in (field.name, *OTHER_NAMES.get(field.name, ())) if each in table.column_names), None
        )
        if name is None and field.name not in optional:
            raise InputError(Place(str(path), field=field.name), "the column is missing", "add it")
        columns.append(_column(path, field, None if name is None else table.column(name), table.num_rows))
    return pa.table(columns, schema=schema)


def _opened(path: Path, names: list[str]) -> pa.Table:
    """Return those of the columns that the file has, texts as they stand."""
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path, columns=[name for name in pq.read_schema(path).names if name in names])
        texts = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
        )
        with pyarrow.input_stream(str(path), compression="gzip" if path.suffix == ".gz" else None) as source:
            table = pyarrow.csv.read_csv(source, convert_options=texts)
        return table.select([name for name in table.column_names if name in names])
    except (OSError, UnicodeDecodeError, KeyError, pa.ArrowException) as error:
        advice = "give CSV in UTF-8 with a header that names each column once, or Parquet"
        raise InputError(Place(str(path)), "cannot be read as a table", advice) from error


def _column(path: Path, field: pa.Field, given: pa.ChunkedArray | None, rows: int) -> pa.ChunkedArray:
    if given is None:
        return pa.chunked_array(
            [pa.array([""] * rows, pa.string()) if not field.nullable else pa.nulls(rows, field.type)]
        )
    if field.name in ADDRESS and pa.types.is_integer(given.type):
        raise InputError(
            Place(str(path), field=field.name), "holds numbers", "give ids as texts, zeros before them kept"
        )
    if field.type == pa.string():
        text = given.cast(pa.string())
        if field.name == "letterbox_id" and (text.null_count or pc.any(pc.equal(text, "")).as_py()):
            raise InputError(Place(str(path), field=field.name), "a row has none", "give each letterbox an id")
        return text if field.nullable else pc.fill_null(text, "")
    numbers = _numbers(path, field, given)
    low, high = LON if field.name == "lon" else LAT
    bad = pc.fill_null(pc.or_(pc.less(numbers, low), pc.greater(numbers, high)), not field.nullable)
    bad = pc.or_(bad, pc.fill_null(pc.is_nan(numbers), False))
    if pc.any(bad).as_py():
        row = bad.to_pylist().index(True) + 1
        raise InputError(Place(str(path), row, field.name), "is missing or outside Japan", "give degrees, WGS 84")
    return numbers


def _cast(path: Path, field: pa.Field, given: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return given.cast(pa.float64())
    except pa.ArrowException as error:
        raise InputError(Place(str(path), field=field.name), "does not hold numbers", "give degrees") from error


def _numbers(path: Path, field: pa.Field, given: pa.ChunkedArray) -> pa.ChunkedArray:
    if given.type != pa.string():
        return _cast(path, field, given)
    text = pc.utf8_trim_whitespace(given)
    text = pc.if_else(pc.equal(text, ""), None, text)
    try:
        return text.cast(pa.float64())
    except pa.ArrowException as error:
        for row, each in enumerate(text.to_pylist(), start=1):
            try:
                float(each or 0)
            except ValueError:
                raise InputError(Place(str(path), row, field.name), "is not a number", "give degrees") from error
        raise InputError(Place(str(path), field=field.name), "is not a number", "give degrees") from error
