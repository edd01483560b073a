"""Batches as they are written: an Arrow IPC stream, or JSON. What a value cannot be read as is a fault of its row.

Source and number of a batch stand beside it (query, topic, header), or in it: `source` and `sequence` in the metadata
of the Arrow schema, or in the JSON object beside `positions`. What stands beside it counts.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from umaya.gate import Dataset
from umaya.gate.intake import FAULTS, Batch, check_key, typed
from umaya.types.errors import InputError, Place

ARROW: Final = "application/vnd.apache.arrow.stream"
JSON: Final = "application/json"
UNPACKED: Final = 8
"""Columns may unpack to so many times what arrived, and to `LEAST` at any rate."""
LEAST: Final = 1_000_000
_ROW: Final = 8
"""Bytes that a row is counted with at least, whatever its columns: it has a time."""
_KEYS: Final = ("positions", "sequence", "source")


def read_batch(content: bytes, form: str, dataset: Dataset, source: str | None, sequence: int | None) -> Batch:
    """Read a batch.

    Args:
        content: whole.
        form: `ARROW` or `JSON`.
        dataset: whose rows they are to be.
        source: that stands beside it, or None.
        sequence: that stands beside it, or None.

    Raises:
        InputError: when it is damaged, of another form, names no source, or has a name or number that is not kept.
    """
    place = source or "batch"
    said: Mapping[str, Any]
    if form == ARROW:
        table, unread = _arrow(content, place)
        told = table.schema.metadata or {}
        said = {name: told[name.encode()].decode("utf-8", "replace") for name in _KEYS if name.encode() in told}
        table = table.replace_schema_metadata(None)
    elif form == JSON:
        table, unread, said = _json(content, place, dataset)
    else:
        raise InputError(Place(place), "the form of the batch is unknown", f"send `{ARROW}` or `{JSON}`")
    name = source if source is not None else said.get("source")
    number = sequence if sequence is not None else said.get("sequence")
    if not isinstance(name, str) or not name:
        raise InputError(Place(place, field="source"), "the batch says not from which source it is", "name its source")
    check_key(name, None)
    whole = _number(number, name)
    check_key(name, whole)
    return Batch(name, whole, table, unread)


def _number(given: Any, source: str) -> int | None:
    if isinstance(given, str) and given.isascii() and given.isdecimal():
        given = int(given[:20])
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        return given
    raise InputError(Place(source, field="sequence"), "the number of the batch is no whole number", "count from 0")


def _arrow(content: bytes, place: str) -> tuple[pa.Table, pa.Table]:
    most = max(len(content) * UNPACKED, LEAST)
    batches: list[pa.RecordBatch] = []
    try:
        with pa.ipc.open_stream(io.BytesIO(content)) as stream:
            for batch in stream:
                batches.append(batch)
                most -= _unpacked(batch)
                if most < 0:
                    raise InputError(Place(place), "the batch unpacks to more than may be", "send it in parts")
            table = pa.Table.from_batches(batches, stream.schema)
        table.validate(full=True)
    except (pa.ArrowException, OSError, EOFError, ValueError, OverflowError, MemoryError):
        advice = "write it with an Arrow library's stream writer"
        raise InputError(Place(place), "the batch is no Arrow IPC stream, or damaged", advice) from None
    return table, FAULTS.empty_table()


def _unpacked(batch: pa.RecordBatch) -> int:
    """Return how many bytes a batch takes when every row has its own value."""
    plain = sum(int(column.nbytes) for column in batch.columns)
    return max(plain, _ROW * int(batch.num_rows)) + sum(_decoded(column) for column in batch.columns)


def _decoded(column: pa.Array) -> int:
    """Return how many bytes the values take that a column names by a dictionary or leaves out altogether."""
    if pa.types.is_null(column.type):
        return _ROW * len(column)
    if not pa.types.is_dictionary(column.type):
        return 0
    column.validate(full=True)
    words = column.dictionary
    if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)):
        return _ROW * len(column)
    lengths = pc.take(pc.binary_length(words), column.indices).cast(pa.int64())
    return _ROW * len(column) + int(pc.sum(lengths).as_py() or 0)


def _json(content: bytes, place: str, dataset: Dataset) -> tuple[pa.Table, pa.Table, Mapping[str, Any]]:
    advice = 'write {"source": ..., "sequence": ..., "positions": [{...}, ...]}'
    try:
        said = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InputError(Place(place), "the batch is no JSON in UTF-8", advice) from None
    if not isinstance(said, dict) or not isinstance(said.get("positions"), list):
        raise InputError(Place(place, field="positions"), "the batch has no list of positions", advice)
    if not said.keys() <= set(_KEYS):
        raise InputError(Place(place), "the batch has a key that nobody knows", advice)
    rows = said["positions"]
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise InputError(Place(place, row=at), "the position is no object", advice)
        if not row.keys() <= set(dataset.schema.names):
            known = ", ".join(dataset.schema.names)
            raise InputError(Place(place, row=at), "the position has a field that nobody knows", f"fields are {known}")
    columns, faults = [], [FAULTS.empty_table()]
    for field in dataset.schema:
        try:
            column, unread = _column([row.get(field.name) for row in rows], field)
        except (ValueError, pa.ArrowException, OverflowError):  # without its text, which may hold a value
            raise InputError(Place(place, field=field.name), "the values cannot be read", advice) from None
        columns.append(column)
        faults.append(unread)
    table = pa.table(columns, names=dataset.schema.names)
    return table, pa.concat_tables(faults), {key: said[key] for key in said if key != "positions"}


def _column(values: Sequence[Any], field: pa.Field) -> tuple[pa.ChunkedArray, pa.Table]:
    """Return values as a column, null where one is of another kind, and the faults of those rows."""
    numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    kinds: tuple[type, ...] = (int, float) if numeric else (bool,) if pa.types.is_boolean(field.type) else (str,)
    wrong = [
        at
        for at, value in enumerate(values, 1)
        if value is not None
        and (not isinstance(value, kinds) or (numeric and isinstance(value, bool)) or not _is_unicode(value))
    ]
    problem = f"the value is no {'number' if numeric else 'text in Unicode' if str in kinds else 'true or false'}"
    unread = [pa.repeat(text, len(wrong)) for text in (field.name, problem, "write it as the documentation says")]
    faults = pa.table([pa.array(wrong, pa.int64()), *unread], schema=FAULTS)
    bad = set(wrong)
    good = [None if at in bad else value for at, value in enumerate(values, 1)]
    if numeric or pa.types.is_boolean(field.type):
        return pa.chunked_array([_numbers(good, field.type)]), faults
    texts = pa.chunked_array([pa.array(good, pa.string())])
    if pa.types.is_string(field.type):
        return texts, faults
    column, more = typed(texts, field)
    return column, pa.concat_tables([faults, more])


def _is_unicode(value: Any) -> bool:
    """Return whether a text can be kept: JSON may write half of a pair of surrogates."""
    return not isinstance(value, str) or value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value)


def _numbers(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return numbers as they are written; what does not fit the field is found when the batch is checked."""
    if pa.types.is_boolean(kind):
        return pa.array(values, pa.bool_())
    return pa.array([None if value is None else _float(value) for value in values], pa.float64())


def _float(value: float) -> float:
    """Return a number as it is; one that is beyond all measure becomes infinite, which no field takes."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _no_number(constant: str) -> NoReturn:
    del constant
    raise ValueError("NaN and Infinity are no JSON")
