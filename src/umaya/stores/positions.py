"""Reader of position files: CSV or Parquet in, a checked table of schema POSITIONS out.

The rules a file must keep: the columns of POSITIONS and no others, the optional ones may be absent; longitude,
latitude in degrees WGS 84; times as `umaya.stores.columns` reads them, never without a time zone; within a vehicle
the times ascend in the order of the file and no two are equal (vehicles may alternate). The result is sorted by
vehicle and time. Streams batches: what is bad is counted, never kept, so a file of faults fills no memory.
No message carries a value of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from umaya.stores.columns import Mask, Numbers, is_numeric, is_text, numbers, times
from umaya.types.errors import InputError, Place
from umaya.types.schemas import POSITIONS

MAX_NAMED_FAULTS = 20
"""So many faults are named in one error; the rest is counted."""
BATCH_ROWS = 1 << 17
REQUIRED = ("vehicle_id", "t", "lon", "lat")
RANGES: Mapping[str, tuple[float, float]] = {
    "lon": (-180.0, 180.0),
    "lat": (-90.0, 90.0),
    "accuracy_m": (0.0, np.inf),
    "speed_mps": (0.0, np.inf),
    "heading_deg": (0.0, np.nextafter(360.0, 0.0)),
}


class Fault(StrEnum):
    """What can be wrong with a row."""

    MALFORMED = "malformed-row"
    MISSING = "missing-value"
    NOT_A_NUMBER = "not-a-number"
    NOT_A_TIME = "not-a-time"
    NO_TIME_ZONE = "no-time-zone"
    OUT_OF_RANGE = "out-of-range"
    SWAPPED = "swapped-coordinates"
    UNSORTED = "unsorted-time"
    DUPLICATE = "duplicate-time"


WORDS: Mapping[Fault, tuple[str, str]] = {
    Fault.MALFORMED: ("has another number of columns than the header", "write one value for each column"),
    Fault.MISSING: ("is missing", "fill it in or leave the row out"),
    Fault.NOT_A_NUMBER: ("is not a finite number", "write a decimal number with a point"),
    Fault.NOT_A_TIME: ("is not a time", "write ISO 8601 with an offset, or epoch seconds (not milliseconds)"),
    Fault.NO_TIME_ZONE: ("is a time without a time zone", "add Z or an offset such as +09:00"),
    Fault.OUT_OF_RANGE: ("is out of range", "write degrees WGS 84, metres, metres per second; empty where unknown"),
    Fault.SWAPPED: ("is out of range for a latitude but not for a longitude", "check whether lon and lat are swapped"),
    Fault.UNSORTED: ("is earlier than the row before it of the same vehicle", "sort the file by vehicle_id and t"),
    Fault.DUPLICATE: ("is the same as in another row of the same vehicle", "keep one row for each vehicle and time"),
}


@dataclass(frozen=True)
class Positions:
    """What a file held.

    Attributes:
        table: schema POSITIONS, sorted by vehicle_id and t, no vehicle twice at one time.
        faults: rows by what was wrong with them; empty unless bad rows were to be skipped. Rows with an unsorted
            time are put in their place and kept, all others are left out.
    """

    table: pa.Table
    faults: Mapping[Fault, int]


def load_positions(path: str | Path, progress: Callable[[int], None] | None = None) -> pa.Table:
    """Return the positions of a file without any fault; see `read_positions`."""
    return read_positions(path, progress=progress).table


def read_positions(
    path: str | Path,
    on_bad: Literal["refuse", "skip"] = "refuse",
    progress: Callable[[int], None] | None = None,
) -> Positions:
    """Read positions from `.parquet`, `.csv` or `.csv.gz`.

    Args:
        path: the file.
        on_bad: `refuse` raises when any row is bad; `skip` leaves bad rows out and counts them.
        progress: called now and then with the number of rows read so far.

    Raises:
        InputError: when the file cannot be read, lacks a column, has an unknown one or holds no (good) rows; with
            `refuse` also for bad rows: the first 20 are named with row and field, the rest is counted.
    """
    path = Path(path)
    faults = _Faults(path)
    kept: list[pa.RecordBatch] = []
    rows = 0
    for batch in _batches(path, faults):
        checked = _check(batch, rows, faults)
        if on_bad == "skip" or not faults.counts:
            kept.append(checked)
        else:
            kept.clear()
        rows += batch.num_rows
        if progress:
            progress(rows)
    if on_bad == "refuse":
        faults.refuse_any()
    table = pa.Table.from_batches(kept, schema=POSITIONS)
    if table.num_rows == 0:
        raise InputError(Place(str(path)), "holds no good rows" if rows else "holds no rows", "give positions")
    table = _in_order(table, faults)
    if on_bad == "refuse":
        faults.refuse_any()
    return Positions(table, dict(faults.counts))


class _Faults:
    """Counts bad rows by kind and remembers the places of the first ones."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: dict[Fault, int] = {}
        self._named: list[tuple[int, str | None, Fault]] = []
        self._malformed: list[int] = []

    def malformed(self, row: Any) -> str:
        """Take a row that the CSV reader could not split, and have it left out."""
        self.counts[Fault.MALFORMED] = self.counts.get(Fault.MALFORMED, 0) + 1
        if len(self._malformed) < MAX_NAMED_FAULTS:
            self._malformed.append(row.number - 1)  # the reader counts the header
        return "skip"

    def add(self, fault: Fault, field: str, bad: Mask, before: int) -> None:
        """Take the bad rows of a batch that `before` readable rows precede."""
        count = int(np.count_nonzero(bad))
        if count == 0:
            return
        self.counts[fault] = self.counts.get(fault, 0) + count
        room = MAX_NAMED_FAULTS - len(self._named)
        for index in np.flatnonzero(bad)[: max(room, 0)]:
            self._named.append((self._row(before + int(index)), field, fault))

    def _row(self, readable: int) -> int:
        """Return the 1-based data row of the readable row with this 0-based number."""
        row = readable + 1
        for malformed in self._malformed:
            row += malformed <= row
        return row

    def refuse_any(self) -> None:
        """Raise when there is any fault."""
        if not self.counts:
            return
        places = self._named + [(row, None, Fault.MALFORMED) for row in self._malformed]
        places = sorted(places, key=lambda place: (place[0], place[1] or ""))[:MAX_NAMED_FAULTS]
        row, field, first = places[0]
        also = [
            f"row {row}" + (f" field `{field}` " if field else " ") + WORDS[fault][0]
            for row, field, fault in places[1:]
        ]
        rest = sum(self.counts.values()) - len(places)
        if rest:
            also.append(f"{rest} more")
        problem, advice = WORDS[first]
        listed = f" (further: {', '.join(also)})" if also else ""
        raise InputError(Place(str(self.path), row, field), problem + listed, advice)


def _batches(path: Path, faults: _Faults) -> Iterator[pa.RecordBatch]:
    if not path.is_file():
        raise InputError(Place(str(path)), "is not a file", "give a .parquet or .csv file")
    name = path.name.lower()
    if name.endswith(".parquet"):
        reader = _parquet(path)
    elif name.endswith((".csv", ".csv.gz")):
        reader = _csv(path, faults)
    else:
        raise InputError(Place(str(path)), "has an unknown ending", "give a .parquet, .csv or .csv.gz file")
    try:
        yield from reader
    except (pa.ArrowException, OSError, EOFError) as error:
        problem = "is not a whole Parquet or CSV file in UTF-8 (cut short, damaged or of another format)"
        raise InputError(Place(str(path)), problem, "write it again") from error


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        _check_names(path, schema.names)
        for field in schema:
            _check_type(path, field)
        yield from file.iter_batches(batch_size=BATCH_ROWS)


def _csv(path: Path, faults: _Faults) -> Iterator[pa.RecordBatch]:
    if path.stat().st_size == 0:
        raise InputError(Place(str(path)), "is empty", "give positions")
    with pa.csv.open_csv(
        path,
        read_options=pa.csv.ReadOptions(use_threads=False),  # only so are malformed rows numbered
        parse_options=pa.csv.ParseOptions(invalid_row_handler=faults.malformed),
        convert_options=pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in POSITIONS.names}, strings_can_be_null=True, null_values=[""]
        ),
    ) as reader:
        _check_names(path, reader.schema.names)
        yield from reader


def _check_names(path: Path, names: list[str]) -> None:
    known = ", ".join(POSITIONS.names)
    if not set(names) & set(POSITIONS.names):  # perhaps a CSV without a header: its first row is data, never repeated
        raise InputError(Place(str(path)), "names none of the columns of positions", f"name the columns {known}")
    for name in REQUIRED:
        if name not in names:
            raise InputError(Place(str(path), field=name), "is missing", f"name the columns {known}")
    for name in names:
        if name not in POSITIONS.names:
            raise InputError(Place(str(path), field=name), "is not a column of positions", f"known are {known}")
        if names.count(name) > 1:
            raise InputError(Place(str(path), field=name), "is there twice", "keep one column of that name")


def _check_type(path: Path, field: pa.Field) -> None:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    place = Place(str(path), field=field.name)
    if pa.types.is_timestamp(kind) and field.name == "t":
        if kind.tz is None:
            raise InputError(place, "is a time without a time zone", "write timestamps of UTC")
        return
    if field.name == "vehicle_id":
        if not is_text(kind) and not pa.types.is_integer(kind):
            raise InputError(place, "is not text", "write a text column")
    elif not is_text(kind) and not is_numeric(kind):
        raise InputError(place, "is neither numeric nor text", "write a column of numbers")


def _check(batch: pa.RecordBatch, before: int, faults: _Faults) -> pa.RecordBatch:
    """Return the good rows of a batch in schema POSITIONS; each bad row counts once, by its first bad field."""
    good = np.ones(batch.num_rows, dtype=bool)
    columns: dict[str, Any] = {}

    def blame(fault: Fault, field: str, bad: Mask) -> None:
        nonlocal good
        faults.add(fault, field, bad & good, before)
        good = good & ~bad

    for name in POSITIONS.names:
        if name not in batch.schema.names:
            columns[name] = pa.nulls(batch.num_rows, POSITIONS.field(name).type)
            continue
        column = batch.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if name == "vehicle_id":
            columns[name] = pc.cast(column, pa.string())
            empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(columns[name]), ""), True)
            blame(Fault.MISSING, name, empty.to_numpy(zero_copy_only=False))
        elif name == "t":
            read = times(column)
            blame(Fault.MISSING, name, read.missing)
            blame(Fault.NO_TIME_ZONE, name, read.naive)
            blame(Fault.NOT_A_TIME, name, read.bad)
            columns[name] = pa.array(read.values, pa.timestamp("us", tz="UTC"))
        else:
            columns[name] = _number(name, numbers(column), blame)
    row = pa.array(good)
    filtered = [pc.filter(columns[name], row) for name in POSITIONS.names]
    return pa.RecordBatch.from_arrays(filtered, schema=POSITIONS)


def _number(name: str, read: Numbers, blame: Callable[[Fault, str, Mask], None]) -> pa.Array:
    low, high = RANGES[name]
    if name in REQUIRED:
        blame(Fault.MISSING, name, read.missing)
    blame(Fault.NOT_A_NUMBER, name, read.bad)
    outside = (read.values < low) | (read.values > high)
    if name == "lat":
        swapped = outside & (abs(read.values) <= RANGES["lon"][1])
        blame(Fault.SWAPPED, name, swapped)
    blame(Fault.OUT_OF_RANGE, name, outside)
    return pa.array(read.values, POSITIONS.field(name).type, mask=np.isnan(read.values), safe=False)


def _in_order(table: pa.Table, faults: _Faults) -> pa.Table:
    """Sort by vehicle and time, counting rows out of order and dropping all but the first of equal ones."""
    vehicle = _ranks(table.column("vehicle_id"))
    t = table.column("t").cast(pa.int64()).to_numpy()
    as_filed = np.argsort(vehicle, kind="stable")
    faults.add(Fault.UNSORTED, "t", _at(as_filed, _follows(vehicle, t, as_filed, np.less)), 0)
    order = np.lexsort((t, vehicle))
    again = _follows(vehicle, t, order, np.equal)
    faults.add(Fault.DUPLICATE, "t", _at(order, again), 0)
    order = order[~again]
    if len(order) == len(t) and (np.diff(order) == 1).all():
        return table.combine_chunks()
    return table.take(pa.array(order)).combine_chunks()


def _ranks(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return for each vehicle its place among all vehicles in alphabetical order."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ranks: NDArray[np.int64] = rank[encoded.indices.to_numpy()]
    return ranks


def _follows(vehicle: NDArray[np.int64], t: NDArray[np.int64], order: NDArray[np.int64], compare: np.ufunc) -> Mask:
    """Tell for each row in `order` whether its time compares so with the row before it of the same vehicle."""
    result = np.zeros(len(order), dtype=bool)
    same = np.diff(vehicle[order]) == 0
    result[1:] = same & compare(t[order][1:], t[order][:-1])
    return result


def _at(order: NDArray[np.int64], mask: Mask) -> Mask:
    """Bring a mask over ordered rows back to the order of the file."""
    result = np.zeros(len(mask), dtype=bool)
    result[order] = mask
    return result
