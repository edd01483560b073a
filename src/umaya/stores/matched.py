"""Parquet files of positions and of matches as they stream by: read and written at the speed of the matcher.

Reading takes only what is surely in order: a Parquet file with the types of POSITIONS, no nulls, values in range and
times that ascend strictly. For anything else `quick_positions` gives up (`NeedsCareError`), and the careful reader of
`umaya.stores.positions` says what is wrong with which row. Written are the schemas MATCHES and ROUTES (GeoParquet 1.1),
encoded by what each column holds: repeated values by dictionary, times as differences, places by bytes of one weight
beside each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from umaya.stores.positions import RANGES, REQUIRED
from umaya.types.schemas import MATCHES, POSITIONS, ROUTES

ROWS = 1 << 17
"""Positions that are read in one go."""
REPEATED = ["vehicle_id", "edge_id", "way_id"]
"""Columns whose values repeat from row to row."""
PLACES = ["offset_m", "distance_m", "lon", "lat"]
"""Columns whose values hardly ever repeat; statistics of them help nobody."""
IDS = pa.dictionary(pa.int32(), pa.string())


class NeedsCareError(ValueError):
    """A file must be read by the careful reader."""


def quick_positions(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the positions of a Parquet file, schema POSITIONS with dictionary-encoded vehicle ids.

    Raises:
        NeedsCareError: when the file is not surely in order; also between batches.
    """
    try:
        with pq.ParquetFile(path, read_dictionary=["vehicle_id"]) as file:
            columns, before = _columns(file), None
            for batch in file.iter_batches(batch_size=ROWS, columns=columns, use_threads=False):
                checked = _checked(batch)
                if checked.num_rows:
                    before = _goes_on(before, checked)
                yield checked
    except (pa.ArrowException, OSError) as error:
        raise NeedsCareError("is not a whole Parquet file") from error


def _columns(file: pq.ParquetFile) -> list[str]:
    """Return the columns to read; those that hold nothing are left out."""
    names = file.schema_arrow.names
    if len(set(names)) < len(names) or set(names) - set(POSITIONS.names) or set(REQUIRED) - set(names):
        raise NeedsCareError("has other columns")
    metadata, kept = file.metadata, []
    for at, name in enumerate(names):
        groups = [metadata.row_group(group).column(at) for group in range(metadata.num_row_groups)]
        empty = all(g.is_stats_set and g.statistics.null_count == g.num_values for g in groups)
        if name in REQUIRED or not empty:
            kept.append(name)
    return kept


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Bring a batch into shape when all its values are in order."""
    columns = []
    for field in POSITIONS:
        at = batch.schema.get_field_index(field.name)
        wanted = IDS if field.name == "vehicle_id" else field.type
        column = pa.nulls(batch.num_rows, wanted) if at < 0 else batch.column(at)
        if column.type != wanted:
            raise NeedsCareError("has other types")
        if field.name in REQUIRED and column.null_count:
            raise NeedsCareError("lacks values")
        if field.name in RANGES and column.null_count < len(column):
            low, high = RANGES[field.name]
            values = column.drop_null().to_numpy()
            if not (values.min() >= low and values.max() <= high):  # NaN is neither
                raise NeedsCareError("has values out of range")
        columns.append(column)
    ids, t = columns[0], columns[1].cast(pa.int64()).to_numpy()
    if not pc.all(pc.not_equal(pc.utf8_trim_whitespace(ids.dictionary), "")).as_py():
        raise NeedsCareError("lacks values")
    code = ids.indices.to_numpy()
    if np.any((t[1:] <= t[:-1]) & (code[1:] == code[:-1])):
        raise NeedsCareError("is not sorted, or holds a time twice")
    schema = POSITIONS.set(0, POSITIONS.field(0).with_type(IDS))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _goes_on(before: tuple[str, int] | None, batch: pa.RecordBatch) -> tuple[str, int]:
    """Return vehicle and time of the last row of a batch, which must go on later than the row before it."""
    first, last = ((batch.column(0)[row].as_py(), batch.column(1)[row].value) for row in (0, batch.num_rows - 1))
    if before is not None and first[0] == before[0] and first[1] <= before[1]:
        raise NeedsCareError("is not sorted, or holds a time twice")
    return last


class MatchesFile:
    """A Parquet file of matches that grows; readers see schema MATCHES.

    Compression and encodings are those that took the least time of all that were no larger than Parquet's defaults.
    """

    def __init__(self, sink: IO[bytes]) -> None:
        self._writer = pq.ParquetWriter(
            sink,
            MATCHES.set(0, MATCHES.field(0).with_type(IDS)),
            compression={name: "lz4" if name in PLACES else "zstd" for name in MATCHES.names},
            use_dictionary=REPEATED,
            column_encoding={"t": "DELTA_BINARY_PACKED"} | dict.fromkeys(PLACES, "BYTE_STREAM_SPLIT"),
            write_statistics=[name for name in MATCHES.names if name not in PLACES],
            store_schema=False,  # the dictionary is a way of writing, not part of the schema
        )

    def write(self, matches: pa.Table) -> None:
        """Append matches; vehicle ids as text or dictionary-encoded."""
        ids: Any = matches.column("vehicle_id")
        if not pa.types.is_dictionary(ids.type):
            ids = ids.dictionary_encode()
        columns = [ids.cast(IDS), *matches.columns[1:]]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._writer.schema))

    def close(self) -> None:
        """Write what ends the file; the sink stays open."""
        self._writer.close()


class RoutesFile:
    """A GeoParquet file of routes that grows; schema ROUTES (https://geoparquet.org/releases/v1.1.0/)."""

    def __init__(self, sink: IO[bytes]) -> None:
        column = {"encoding": "WKB", "geometry_types": ["LineString"]}  # no crs means OGC:CRS84, longitude first
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        self._schema = ROUTES.with_metadata({"geo": json.dumps(geo)})
        self._writer = pq.ParquetWriter(sink, self._schema, compression="zstd", use_dictionary=["vehicle_id"])

    def write(self, routes: pa.Table) -> None:
        """Append routes."""
        self._writer.write_table(routes.cast(self._schema))

    def close(self) -> None:
        """Write what ends the file; the sink stays open."""
        self._writer.close()
