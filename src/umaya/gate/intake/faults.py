"""What is wrong with rows that are to be taken in: the whole table's faults are raised, the rows' faults are listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.gate.catalogue import Dataset
from umaya.law.my_number import holds_my_numbers
from umaya.types.errors import InputError, Place

FAULTS: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("problem", pa.string(), nullable=False),
        pa.field("advice", pa.string(), nullable=False),
    ]
)
"""One line for each fault of a row: `row` from 1, as people count; never the value itself."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """A table that was looked at.

    Attributes:
        rows: the good ones, as the dataset has them.
        total: how many were given.
        faults: of the others, by row, schema `FAULTS`.
        source: name of the file or feed.
    """

    rows: pa.Table
    total: int
    faults: pa.Table
    source: str

    def first_fault(self) -> InputError | None:
        """Return the fault that stands first, and how many more rows have one; None where none has."""
        if self.faults.num_rows == 0:
            return None
        first = self.faults.slice(0, 1).to_pylist()[0]
        more = self.total - self.rows.num_rows - 1
        advice = first["advice"] + (f" ({more:,} more rows have faults: get them all as a file)" if more else "")
        return InputError(Place(self.source, row=first["row"], field=first["field"]), first["problem"], advice)


@dataclass
class _Found:
    """Gathers faults of rows."""

    rows: int
    known: dict[str, Mask] = field(default_factory=dict)
    parts: list[pa.Table] = field(default_factory=list)

    def of(self, name: str) -> Mask:
        """Return the rows in which a field has a fault."""
        return self.known.setdefault(name, np.zeros(self.rows, dtype=bool))

    @property
    def bad(self) -> Mask:
        found: Mask = np.logical_or.reduce([np.zeros(self.rows, dtype=bool), *self.known.values()])
        return found

    def unread(self, faults: pa.Table) -> None:
        """Note values that could not be read."""
        self.parts.append(faults)
        for name in faults.column("field").unique().to_pylist():
            self.of(name)[faults.filter(pc.field("field") == name).column("row").to_numpy() - 1] = True

    def add(self, name: str, wrong: Mask, problem: str, advice: str) -> None:
        """Note the rows in which a field is wrong and nothing else is wrong with it."""
        new = wrong & ~self.of(name)
        at = np.flatnonzero(new)
        if len(at):
            self.known[name] |= new
            said = [pa.repeat(text, len(at)) for text in (name, problem, advice)]
            self.parts.append(pa.table([pa.array(at + 1), *said], schema=FAULTS))


def conform(dataset: Dataset, table: pa.Table, source: str) -> pa.Table:
    """Return the table with the columns of the dataset, in its order and types.

    Raises:
        InputError: at the first fault.
    """
    checked = check(dataset, table, source)
    fault = checked.first_fault()
    if fault is not None:
        raise fault
    return checked.rows


def check(dataset: Dataset, table: pa.Table, source: str, unread: pa.Table | None = None) -> Checked:
    """Look at every row.

    Args:
        dataset: whose rows they are to be.
        table: columns as catalogued, in any order; nullable ones may be left out.
        source: name of the file or feed, for errors.
        unread: faults of values that could not be read and are null in the table, schema `FAULTS`.

    Raises:
        InputError: when it is the table that is wrong, not some of its rows.
    """
    _check_columns(dataset, table, source)
    found = _Found(table.num_rows)
    if unread is not None:
        found.unread(unread)
    columns = [_column(one, table, source, found) for one in dataset.schema]
    if dataset.time is not None:
        column = columns[dataset.schema.get_field_index(dataset.time)]
        found.add(dataset.time, _mask(pc.is_null(column)), "a time is missing", "fill it in or drop the row")
    _check_coordinate(dataset.lon, 180, dataset, columns, found)
    _check_coordinate(dataset.lat, 90, dataset, columns, found)
    for name, column in zip(dataset.schema.names, columns, strict=True):
        if holds_my_numbers(column):
            advice = "leave them out: they are never stored"
            raise InputError(Place(source, field=name), "the field holds My Numbers (個人番号)", advice)
    loose = pa.schema([one.with_nullable(True) for one in dataset.schema])
    rows = pa.table(columns, schema=loose)
    bad = found.bad
    good = rows.filter(pa.array(~bad)) if bad.any() else rows
    faults = pa.concat_tables(found.parts) if found.parts else FAULTS.empty_table()
    return Checked(good.cast(dataset.schema), table.num_rows, _in_order(faults, dataset), source)


def _check_columns(dataset: Dataset, table: pa.Table, source: str) -> None:
    for name in table.column_names:
        if name not in dataset.schema.names:
            known = ", ".join(dataset.schema.names)
            raise InputError(Place(source, field=name), "the dataset has no such field", f"its fields are {known}")
    if len(set(table.column_names)) < table.num_columns:
        raise InputError(Place(source), "a column stands twice", "keep one of them")
    if table.num_rows == 0:
        raise InputError(Place(source), "there are no rows", "give at least one")


def _column(one: pa.Field, table: pa.Table, source: str, found: _Found) -> pa.ChunkedArray:
    place = Place(source, field=one.name)
    if one.name not in table.column_names:
        if not one.nullable:
            raise InputError(place, "the column is missing", "add it")
        return pa.chunked_array([pa.nulls(table.num_rows, one.type)])
    column = table.column(one.name)
    if not _same_kind(column.type, one.type):
        raise InputError(place, f"the column is of another type than {one.type}", "convert it")
    column = _cast(column, one, place, found)
    if not one.nullable:
        found.add(one.name, _mask(pc.is_null(column)), "a value is missing", "fill it in or drop the row")
    if pa.types.is_floating(one.type):
        advice = "give a finite number, or nothing where that is allowed"
        found.add(one.name, _mask(pc.invert(pc.is_finite(column))), "a value is no number", advice)
    if holds_my_numbers(column):
        raise InputError(place, "the column holds My Numbers, which are never stored", "leave the column out")
    return column


def _cast(column: pa.ChunkedArray, one: pa.Field, place: Place, found: _Found) -> pa.ChunkedArray:
    """Return a column in the field's type; numbers that do not fit become null, and their rows have a fault."""
    try:
        return column.cast(one.type)
    except pa.ArrowInvalid:
        problem, advice = f"a value does not fit {one.type}", "convert the column"
        if not (pa.types.is_integer(one.type) or pa.types.is_floating(one.type)):
            raise InputError(place, problem, advice) from None  # without its cause, whose text holds a value
        loose = column.cast(one.type, safe=False)
        fits = pc.fill_null(pc.equal(loose.cast(column.type, safe=False), column), fill_value=True)
        wrong = ~fits.combine_chunks().to_numpy(zero_copy_only=False)
        found.add(one.name, wrong, problem, "correct the value or drop the row")
        return pc.if_else(pa.array(~wrong), loose, pa.scalar(None, one.type))


def _check_coordinate(
    name: str | None, limit: int, dataset: Dataset, columns: list[pa.ChunkedArray], found: _Found
) -> None:
    if name is None:
        return
    column = columns[dataset.schema.get_field_index(name)]
    found.add(name, _mask(pc.is_null(column)), "a coordinate is missing", "fill it in or drop the row")
    advice = f"give degrees from -{limit} to {limit}, longitude and latitude not swapped"
    outside = _mask(pc.greater(pc.abs(column), limit)) & _mask(pc.is_finite(column))
    found.add(name, outside, "a coordinate is out of range", advice)


def _mask(values: pa.ChunkedArray) -> Mask:
    found: Mask = pc.fill_null(values, fill_value=False).combine_chunks().to_numpy(zero_copy_only=False)
    return found


def _in_order(faults: pa.Table, dataset: Dataset) -> pa.Table:
    """Return faults by row, and within one in the order of the fields."""
    places = {name: at for at, name in enumerate(dataset.schema.names)}
    at = pa.array([places[name] for name in faults.column("field").to_pylist()], pa.int32())
    return faults.append_column("at", at).sort_by([("row", "ascending"), ("at", "ascending")]).drop_columns(["at"])


def _same_kind(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether a cast keeps the meaning; a time without a zone is of another kind than one with."""
    if pa.types.is_dictionary(given):
        return _same_kind(given.value_type, wanted)
    if pa.types.is_timestamp(given) and pa.types.is_timestamp(wanted):
        return (given.tz is None) == (wanted.tz is None)
    kinds: tuple[Callable[[Any], bool], ...] = (
        lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_null,
    )
    return bool(given.equals(wanted)) or any(is_kind(given) and is_kind(wanted) for is_kind in kinds)
