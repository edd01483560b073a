"""Released rows as a file, batch by batch: CSV, Parquet, an Arrow stream or GeoJSON.

Nothing of the rows stays on the hub. Must hold: the use is closed with the response, even where the browser went away;
no text of a CSV can begin a formula in a spreadsheet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from anyio import CancelScope
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from umaya.gate import Stream

BOM: Final = "\ufeff".encode()
FORMATS: Final = {
    "csv": ("text/csv; charset=utf-8", ".csv"),
    "csv-excel": ("text/csv; charset=utf-8", ".csv"),
    "parquet": ("application/vnd.apache.parquet", ".parquet"),
    "arrow": ("application/vnd.apache.arrow.stream", ".arrows"),
}
"""What a browser may ask for: media type and ending of the file. `csv-excel` begins with the mark that Excel needs."""

_FORMULA: Final = r"^[\s\x00]*[=+\-@＝＋－＠]|^[\t\r\n]"
"""How a text begins that a spreadsheet may take for a formula, in letters of full width too (OWASP, CSV Injection)."""


class RowsResponse(StreamingResponse):
    """Rows on their way out; the use is closed with the response, even where the client left before it began.

    Args:
        rows: the opened use.
        content: the bytes made of them.
        media_type: of the content.
        headers: besides it.
    """

    def __init__(self, rows: Stream, content: Iterator[bytes], media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._rows = rows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._rows.close)


class Download(RowsResponse):
    """Rows on their way to a browser, as a file.

    Args:
        rows: the opened use.
        form: one of `FORMATS`.
        name: of the file, without its ending; ASCII.
    """

    def __init__(self, rows: Stream, form: str, name: str) -> None:
        media, ending = FORMATS[form]
        headers = {"Content-Disposition": f'attachment; filename="{name}{ending}"', "Umaya-Use": rows.use}
        super().__init__(rows, written(rows, form), media, headers)


def written(rows: Stream, form: str) -> Generator[bytes, None, None]:
    """Yield the bytes of a file; whoever stops reading leaves the use interrupted."""
    sink = _Sink()
    target = pa.PythonFile(sink, "w")
    with rows:
        if form == "csv-excel":
            yield BOM
        with _WRITERS[form](target, _plain_schema(rows.schema) if form.startswith("csv") else rows.schema) as writer:
            for batch in rows:
                writer.write_batch(guarded(batch) if form.startswith("csv") else batch)
                yield sink.taken()
        yield sink.taken()


def geojson(rows: Stream, lon: str, lat: str) -> Generator[bytes, None, None]:
    """Yield a GeoJSON FeatureCollection of points (RFC 7946), at the columns of longitude and latitude."""
    yield b'{"type":"FeatureCollection","features":['
    first = True
    with rows:
        for batch in rows:
            lines = (_feature(row, lon, lat) for row in batch.to_pylist())
            yield (b"" if first else b",\n") + ",\n".join(lines).encode()
            first = False
    yield b"]}\n"


def guarded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch for a CSV: what is nested as JSON text, and an apostrophe before what could begin a formula."""
    columns = [_guarded(_plain(column)) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=_plain_schema(batch.schema))


def _feature(row: dict[str, Any], lon: str, lat: str) -> str:
    at = [row.pop(lon), row.pop(lat)]
    geometry = None if None in at else {"type": "Point", "coordinates": at}
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": row}, ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _guarded(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    dangerous = pc.fill_null(pc.match_substring_regex(column, _FORMULA), False)
    return pc.if_else(dangerous, pc.binary_join_element_wise("'", column, ""), column)


def _plain(column: pa.Array) -> pa.Array:
    if _is_text(column.type):
        return column.cast(pa.string())
    if _is_nested(column.type):
        return pa.array(
            [None if it is None else json.dumps(it, ensure_ascii=False, default=str) for it in column.to_pylist()],
            pa.string(),
        )
    return column


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [
            pa.field(f.name, pa.string()) if _is_text(f.type) or _is_nested(f.type) else pa.field(f.name, f.type)
            for f in schema
        ]
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


_WRITERS: Mapping[str, Callable[[Any, pa.Schema], Any]] = {
    "csv": pa.csv.CSVWriter,
    "csv-excel": pa.csv.CSVWriter,
    "parquet": lambda target, schema: pa.parquet.ParquetWriter(target, schema, compression="zstd"),
    "arrow": pa.ipc.new_stream,
}


class _Sink:
    """Takes what a writer writes and gives it up piece by piece."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.closed = False
        self._length = 0

    def write(self, data: Any) -> int:
        """Keep what is written; return how much it is."""
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        """Return how much was written in all."""
        return self._length

    def taken(self) -> bytes:
        """Return what was written since the last time and forget it."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def close(self) -> None:
        """Keep what was written until it is taken."""
        self.closed = True

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True
