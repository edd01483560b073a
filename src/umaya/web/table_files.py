"""Released rows on their way to a browser, batch by batch: Arrow stream, CSV or GeoJSON. Nothing is kept."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv

from umaya.gate import Stream


def arrow(stream: Stream) -> Iterator[bytes]:
    """Yield an Arrow IPC stream."""
    sink = io.BytesIO()
    with stream, pa.ipc.new_stream(sink, stream.schema) as writer:
        for batch in stream:
            writer.write_batch(batch)
            yield _taken(sink)
    yield _taken(sink)


def csv(stream: Stream) -> Iterator[bytes]:
    """Yield CSV in UTF-8 with a byte order mark, so that spreadsheets read Japanese."""
    sink = io.BytesIO(b"\xef\xbb\xbf")
    sink.seek(0, io.SEEK_END)
    with stream, pa.csv.CSVWriter(sink, stream.schema) as writer:
        for batch in stream:
            writer.write_batch(batch)
            yield _taken(sink)
    yield _taken(sink)


def geojson(stream: Stream, lon: str, lat: str) -> Iterator[bytes]:
    """Yield a GeoJSON FeatureCollection of points (RFC 7946)."""
    yield b'{"type":"FeatureCollection","features":['
    first = True
    with stream:
        for batch in stream:
            lines = (_feature(row, lon, lat) for row in batch.to_pylist())
            yield (b"" if first else b",\n") + ",\n".join(lines).encode()
            first = False
    yield b"]}\n"


KINDS: Final[dict[str, tuple[str, Callable[[Stream, str, str], Iterator[bytes]]]]] = {
    "arrows": ("application/vnd.apache.arrow.stream", lambda stream, *_: arrow(stream)),
    "csv": ("text/csv; charset=utf-8", lambda stream, *_: csv(stream)),
    "geojson": ("application/geo+json", geojson),
}
"""Ending to media type and writer; the writer is told the columns of longitude and latitude."""


def _feature(row: dict[str, Any], lon: str, lat: str) -> str:
    at = [row.pop(lon), row.pop(lat)]
    geometry = None if None in at else {"type": "Point", "coordinates": at}
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": row}, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _taken(sink: io.BytesIO) -> bytes:
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data
