"""Reading a partition of positions: whole vehicles, in order, checked, in memory that does not grow with the partition.

The files of a partition are each sorted by vehicle and time; they are merged vehicle by vehicle, so that a vehicle
whose day came in several files is whole. What is bad is refused with file, row and field, never with a value.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from umaya.stores.positions import RANGES, REQUIRED, WORDS, Fault
from umaya.stores.probe_lake import Partition, span_of
from umaya.types.errors import InputError, Place
from umaya.types.schemas import POSITIONS

CHUNK_ROWS: Final = 500_000
"""Positions handed out at a time, about; one vehicle is never split."""
_BATCH_ROWS: Final = 1 << 17
_US: Final = 1_000_000


def chunks(part: Partition, rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
    """Yield the positions of a partition, sorted by vehicle and time, as tables of about so many rows.

    Args:
        part: of the table `positions`.
        rows: of a table, about; more where one vehicle has more.

    Raises:
        InputError: at the first fault: a file that is no Parquet file or has other columns, a value that is missing or
            out of range, a row out of order, a time outside the day, a vehicle twice at one time.
    """
    held: list[pa.Table] = []
    count = 0
    for whole in _vehicles(part):
        if held and count + whole.num_rows > rows:
            yield pa.concat_tables(held).combine_chunks()
            held, count = [], 0
        held.append(whole)
        count += whole.num_rows
    if held:
        yield pa.concat_tables(held).combine_chunks()


def vehicles(part: Partition) -> list[str]:
    """Return the vehicles of a partition, from that column alone."""
    seen: set[str] = set()
    for file in part.files:
        for batch in _batches(file, ["vehicle_id"]):
            seen.update(batch.column(0).dictionary_decode().unique().to_pylist())
    return sorted(seen)


class _Run(NamedTuple):
    """The rows that a file has of a vehicle; `before` rows of the file precede them."""

    vehicle: str
    file: Path
    before: int
    rows: pa.Table


def _vehicles(part: Partition) -> Iterator[pa.Table]:
    """Yield the rows of each vehicle, from all files."""
    merged = heapq.merge(*(_runs(file, part.day) for file in part.files), key=lambda run: (run.vehicle, run.file))
    for _, runs in groupby(merged, key=lambda run: run.vehicle):
        yield _together(list(runs))


def _together(runs: list[_Run]) -> pa.Table:
    """Join what several files have of one vehicle, by time."""
    if len(runs) == 1:
        return runs[0].rows
    rows = pa.concat_tables([run.rows for run in runs])
    t = rows["t"].cast(pa.int64()).to_numpy()
    order = np.argsort(t, kind="stable")
    twice = np.flatnonzero(np.diff(t[order]) == 0)
    if len(twice):
        place = int(order[twice[0] + 1])
        for run in runs:
            if place < run.rows.num_rows:
                _refuse(run.file, run.before + place, "t", *WORDS[Fault.DUPLICATE])
            place -= run.rows.num_rows
    return rows.take(pa.array(order))


def _runs(file: Path, day: str) -> Iterator[_Run]:
    """Yield the rows of each vehicle of a file."""
    first, last = (round(moment.timestamp()) * _US for moment in span_of(day))
    held: list[pa.Table] = []
    vehicle, began, at, moment = "", 0, 0, 0
    for batch in _batches(file, POSITIONS.names):
        table = _checked(file, batch, at, first, last)
        t = table["t"].cast(pa.int64()).to_numpy()
        codes = batch.column(0).indices.to_numpy()
        starts = np.r_[0, np.flatnonzero(np.diff(codes)) + 1, len(codes)]
        _check_ascending(file, at, t, starts)
        names = batch.column(0).dictionary.take(pa.array(codes[starts[:-1]])).to_pylist()
        for name, begin, end in zip(names, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            if held and name == vehicle and t[begin] <= moment:
                _refuse(file, at + begin, "t", *WORDS[Fault.DUPLICATE if t[begin] == moment else Fault.UNSORTED])
            if held and name < vehicle:
                _refuse(file, at + begin, "vehicle_id", "is not in order", "sort the file by vehicle_id and t")
            if held and name != vehicle:
                yield _Run(vehicle, file, began, pa.concat_tables(held))
                held = []
            if not held:
                vehicle, began = name, at + begin
            held.append(table.slice(begin, end - begin))
            moment = t[end - 1]
        at += batch.num_rows
    if held:
        yield _Run(vehicle, file, began, pa.concat_tables(held))


def _check_ascending(file: Path, before: int, t: NDArray[np.int64], starts: NDArray[np.int64]) -> None:
    """Raise where a time is not later than the one before it of the same vehicle."""
    late = np.diff(t) <= 0
    late[starts[1:-1] - 1] = False
    if late.any():
        row = int(np.flatnonzero(late)[0]) + 1
        _refuse(file, before + row, "t", *WORDS[Fault.DUPLICATE if t[row] == t[row - 1] else Fault.UNSORTED])


def _batches(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield columns of a file of positions in batches; the vehicle as a dictionary."""
    try:
        with pq.ParquetFile(file, read_dictionary=["vehicle_id"]) as opened:
            _check_columns(file, opened.schema_arrow)
            yield from opened.iter_batches(batch_size=_BATCH_ROWS, columns=columns, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        problem = "is not a whole Parquet file (cut short, damaged or of another format)"
        raise InputError(Place(str(file)), problem, "write it again or remove it") from error


def _check_columns(file: Path, schema: pa.Schema) -> None:
    """Raise unless a file has exactly the columns of POSITIONS, in any order."""
    advice = "take the file in: umaya probe add"
    for field in POSITIONS:
        if field.name not in schema.names:
            raise InputError(Place(str(file), field=field.name), "is missing", advice)
        there = schema.field(field.name).type
        if (there.value_type if pa.types.is_dictionary(there) else there) != field.type:
            raise InputError(Place(str(file), field=field.name), "is of another type than positions have", advice)
    for name in schema.names:
        if name not in POSITIONS.names:
            raise InputError(Place(str(file), field=name), "is not a column of positions", advice)


def _checked(file: Path, batch: pa.RecordBatch, before: int, first: int, last: int) -> pa.Table:
    """Return a batch as a table of POSITIONS; raise with its row where a value is bad."""
    for name in REQUIRED:
        if batch.column(name).null_count:
            row = int(np.flatnonzero(batch.column(name).is_null().to_numpy(zero_copy_only=False))[0])
            _refuse(file, before + row, name, *WORDS[Fault.MISSING])
    for name, (low, high) in RANGES.items():
        column = batch.column(name)
        if column.null_count == len(column):
            continue
        values = column.to_numpy(zero_copy_only=False)
        bad = ~((values >= low) & (values <= high))
        if column.null_count:
            bad &= column.is_valid().to_numpy(zero_copy_only=False)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            fault = Fault.OUT_OF_RANGE if np.isfinite(values[row]) else Fault.NOT_A_NUMBER
            _refuse(file, before + row, name, *WORDS[fault])
    t = batch.column("t").cast(pa.int64()).to_numpy()
    outside = (t < first) | (t >= last)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        _refuse(file, before + row, "t", "lies outside the day of its folder", "take the rows in: umaya probe add")
    columns = [pc.cast(batch.column(field.name), field.type) for field in POSITIONS]
    return pa.table(columns, schema=POSITIONS)


def _refuse(file: Path, row: int, field: str, problem: str, advice: str) -> NoReturn:
    """Raise with the 1-based row."""
    raise InputError(Place(str(file), row + 1, field), problem, advice)
