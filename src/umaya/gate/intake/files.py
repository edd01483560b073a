"""Files that rows come in: Parquet, Arrow, CSV. What a value cannot be read as is a fault of its row, not of the file.

CSV is read as text (UTF-8, or cp932 as many Japanese systems write it) and its values converted column by column; an
empty value is none. Times carry a zone: `2026-04-01T09:00:00+09:00`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from umaya.gate.catalogue import Dataset
from umaya.gate.intake.faults import FAULTS
from umaya.types.errors import InputError, Place

_WHOLE: Final = r"^\s*[+-]?[0-9]+\s*$"
"""The database would round 1.5 to a whole number."""
_FORM: Final = {"TIMESTAMPTZ": r"T?[0-9:.]+\s*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)\s*$"}
"""A time without a zone could be any of two moments."""
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BOOLEAN": "true or false",
        "FLOAT": "number",
        "DOUBLE": "number",
        "DATE": "day like 2026-04-01",
        "TIMESTAMPTZ": "time with a zone",
    }
)
"""What a value should have been, in words; every other kind is a whole number."""
_SQL: Final = (
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_int8, "TINYINT"),
    (pa.types.is_int16, "SMALLINT"),
    (pa.types.is_int32, "INTEGER"),
    (pa.types.is_int64, "BIGINT"),
    (pa.types.is_uint8, "UTINYINT"),
    (pa.types.is_uint16, "USMALLINT"),
    (pa.types.is_uint32, "UINTEGER"),
    (pa.types.is_uint64, "UBIGINT"),
    (pa.types.is_float32, "FLOAT"),
    (pa.types.is_float64, "DOUBLE"),
    (pa.types.is_date32, "DATE"),
    (pa.types.is_timestamp, "TIMESTAMPTZ"),
)


@dataclass(frozen=True)
class Read:
    """A file's rows, and the faults of values that could not be read (schema `FAULTS`); those are null."""

    table: pa.Table
    faults: pa.Table


def read(content: bytes, name: str, dataset: Dataset) -> Read:
    """Read a file by the ending of its name.

    Raises:
        InputError: when its form is unknown, or it is damaged or not of that form.
    """
    form = FORMS.get(PurePath(name).suffix.lower())
    if form is None:
        raise InputError(Place(name), "the form of the file is unknown", f"choose among {', '.join(FORMS)}")
    return form(content, name, dataset)


def _parquet(content: bytes, name: str, dataset: Dataset) -> Read:
    del dataset
    try:
        return Read(pq.read_table(BytesIO(content)), FAULTS.empty_table())
    except (pa.ArrowException, OSError):
        raise InputError(Place(name), "the file is no Parquet file, or damaged", "write it anew") from None


def _arrow(content: bytes, name: str, dataset: Dataset) -> Read:
    del dataset
    try:
        with pa.ipc.open_stream(content) as stream:
            return Read(stream.read_all(), FAULTS.empty_table())
    except (pa.ArrowException, OSError, EOFError):
        raise InputError(Place(name), "the file is no Arrow stream, or damaged", "write it anew") from None


def _csv(content: bytes, name: str, dataset: Dataset) -> Read:
    text = _as_utf8(content, name)
    if not text.strip():
        raise InputError(Place(name), "the file is empty", "give a heading and rows")
    heading = text.split(b"\n", 1)[0].decode().lstrip("\ufeff").strip("\r").split(",")
    columns = [column.strip().strip('"') for column in heading]
    options = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    try:
        table = pyarrow.csv.read_csv(
            BytesIO(text), parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True), convert_options=options
        )
    except pa.ArrowException:
        # without its cause, whose text holds a row
        problem = "the rows do not fit the heading, or a quote is not closed"
        raise InputError(Place(name), problem, "give every row as many values as the heading") from None
    faults = [FAULTS.empty_table()]
    for at, column in enumerate(table.column_names):
        if column in dataset.schema.names:
            read_as, unread = typed(table.column(at), dataset.schema.field(column))
            table = table.set_column(at, pa.field(column, read_as.type), read_as)
            faults.append(unread)
    return Read(table, pa.concat_tables(faults))


def _as_utf8(content: bytes, name: str) -> bytes:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    raise InputError(Place(name), "the text is neither UTF-8 nor cp932", "save it as UTF-8")


def typed(texts: pa.ChunkedArray, field: pa.Field) -> tuple[pa.ChunkedArray, pa.Table]:
    """Return texts in a field's type, null where one cannot be read as it, and the faults of those rows."""
    kind = next((sql for matches, sql in _SQL if matches(field.type)), None)
    if kind is None:
        return texts, FAULTS.empty_table()
    given = pa.table({"value": texts})
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("given", given)
        read_as = f"TRY_CAST(trim(value) AS {kind})"
        form = _WHOLE if pa.types.is_integer(field.type) else _FORM.get(kind, "")
        read_as = f"CASE WHEN regexp_matches(value, '{form}') THEN {read_as} END"
        typed = connection.sql(f"SELECT {read_as} AS value FROM given").to_arrow_table().column("value")  # noqa: S608 - of our own words alone
    wrong = pc.and_(pc.is_null(typed), pc.is_valid(texts))
    rows = pc.add(pc.indices_nonzero(wrong).cast(pa.int64()), 1)
    advice = (
        "write it with a zone: 2026-04-01T09:00:00+09:00" if kind == "TIMESTAMPTZ" else "correct it or drop the row"
    )
    said = [
        pa.repeat(text, len(rows))
        for text in (field.name, f"the value is no {_WORDS.get(kind, 'whole number in range')}", advice)
    ]
    return typed.cast(field.type), pa.table([rows, *said], schema=FAULTS)


FORMS: Final[Mapping[str, Callable[[bytes, str, Dataset], Read]]] = MappingProxyType(
    {".parquet": _parquet, ".arrow": _arrow, ".arrows": _arrow, ".csv": _csv}
)
"""Ending of a file's name to what reads it."""
