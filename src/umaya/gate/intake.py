"""Intake: rows of a dataset into the vault, whole or not at all.

Must hold: nothing is taken in that the catalogue does not know, and never My Number; a fault names file, row and
field, never the value; the same rows are not taken in twice; what was taken in is in the ledger with count and digest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_actor, find_dataset
from umaya.gate.digests import table_digest
from umaya.gate.hats import check_role
from umaya.gate.models import IntakeRow
from umaya.gate.record import Acts
from umaya.gate.roles import OPERATOR
from umaya.gate.statements import statement
from umaya.law.my_number import holds_my_numbers
from umaya.types.errors import ForbiddenError, InputError, Place
from umaya.types.site import Actor
from umaya.vault import Vault


@dataclass(frozen=True)
class Taken:
    """What was taken in.

    Attributes:
        id: of the intake.
        rows: how many.
        digest: of the rows in the dataset's order, `sha256:` and hex.
        entry: ledger index.
    """

    id: str
    rows: int
    digest: str
    entry: int


class Intake:
    """Takes in.

    Args:
        acts: begins intakes.
        vault: where the rows go.
    """

    def __init__(self, acts: Acts, vault: Vault) -> None:
        self._acts = acts
        self._vault = vault

    def take(self, actor: Actor, dataset: str, table: pa.Table, source: str) -> Taken:
        """Take rows into the vault.

        Args:
            actor: an operator of the dataset's owner.
            dataset: id.
            table: columns as catalogued, in any order; nullable ones may be left out.
            source: name of the file or feed, for errors and for the steward; not in the ledger.

        Raises:
            InputError: when the rows are not as catalogued; names row and field.
            ForbiddenError: when the actor may not.
            ConflictError: when the same rows were taken in before.
            NotFoundError: when there is no such dataset.
        """
        source = statement(source, Place("intake", field="source"))
        with self._acts.database.reading() as session:
            found = _permitted(session, actor, dataset)
        rows = conform(found, table, source)
        order = [(name, "ascending") for name in found.order]
        rows = rows.sort_by(order) if order else rows
        fingerprint = table_digest(rows)
        name = fingerprint.removeprefix("sha256:")
        with self._vault.stage(dataset, found.layout, rows, name) as pending, self._acts.begin() as act:
            _permitted(act.session, actor, dataset)
            row = IntakeRow(
                id=self._acts.new_id(),
                dataset=dataset,
                actor=actor.id,
                source=source,
                rows=rows.num_rows,
                digest=fingerprint,
                at=act.now,
                entry=0,
            )
            act.session.add(row)
            body = {"intake": row.id, "dataset": dataset, "rows": rows.num_rows, "data": fingerprint}
            row.entry = act.record("dataset.received", actor.id, body)
            pending.commit()
            return Taken(row.id, rows.num_rows, fingerprint, row.entry)


def _permitted(session: Session, actor: Actor, dataset: str) -> Dataset:
    found = find_dataset(session, dataset)
    person = find_actor(session, actor.id)
    check_role(person, OPERATOR)
    if person.party != found.owner:
        raise ForbiddenError("data is taken in by the party that it belongs to")
    return found


def conform(dataset: Dataset, table: pa.Table, source: str) -> pa.Table:
    """Return the table with the columns of the dataset, in its order and types.

    Raises:
        InputError: at the first fault.
    """
    for name in table.column_names:
        if name not in dataset.schema.names:
            known = ", ".join(dataset.schema.names)
            raise InputError(Place(source, field=name), "the dataset has no such field", f"its fields are {known}")
    if len(set(table.column_names)) < table.num_columns:
        raise InputError(Place(source), "a column stands twice", "keep one of them")
    if table.num_rows == 0:
        raise InputError(Place(source), "there are no rows", "give at least one")
    columns = [_column(field, table, source) for field in dataset.schema]
    if dataset.time is not None:
        place = Place(source, field=dataset.time)
        column = columns[dataset.schema.get_field_index(dataset.time)]
        _refuse(column, pc.is_null, place, "a time is missing", "fill it in or drop the row")
    _check_coordinate(dataset.lon, 180, dataset, columns, source)
    _check_coordinate(dataset.lat, 90, dataset, columns, source)
    for name, column in zip(dataset.schema.names, columns, strict=True):
        if holds_my_numbers(column):
            advice = "leave them out: they are never stored"
            raise InputError(Place(source, field=name), "the field holds My Numbers (個人番号)", advice)
    return pa.table(columns, schema=dataset.schema)


def _column(field: pa.Field, table: pa.Table, source: str) -> pa.ChunkedArray:
    place = Place(source, field=field.name)
    if field.name not in table.column_names:
        if not field.nullable:
            raise InputError(place, "the column is missing", "add it")
        return pa.chunked_array([pa.nulls(table.num_rows, field.type)])
    column = table.column(field.name)
    if not _same_kind(column.type, field.type):
        raise InputError(place, f"the column is of another type than {field.type}", "convert it")
    try:
        column = column.cast(field.type)
    except pa.ArrowInvalid:
        # without its cause, whose text holds a value
        raise InputError(place, f"a value does not fit {field.type}", "convert the column") from None
    if not field.nullable:
        _refuse(column, pc.is_null, place, "a value is missing", "fill it in or drop the row")
    if pa.types.is_floating(field.type):
        advice = "give a finite number, or nothing where that is allowed"
        _refuse(column, lambda values: pc.invert(pc.is_finite(values)), place, "a value is no number", advice)
    if holds_my_numbers(column):
        raise InputError(place, "the column holds My Numbers, which are never stored", "leave the column out")
    return column


def _check_coordinate(
    name: str | None, limit: int, dataset: Dataset, columns: list[pa.ChunkedArray], source: str
) -> None:
    if name is None:
        return
    column = columns[dataset.schema.get_field_index(name)]
    place, problem = Place(source, field=name), "a coordinate is out of range"
    _refuse(column, pc.is_null, place, "a coordinate is missing", "fill it in or drop the row")
    advice = f"give degrees from -{limit} to {limit}, longitude and latitude not swapped"
    _refuse(column, lambda values: pc.greater(pc.abs(values), limit), place, problem, advice)


def _refuse(
    column: pa.ChunkedArray,
    wrong: Callable[[pa.ChunkedArray], pa.ChunkedArray],
    place: Place,
    problem: str,
    advice: str,
) -> None:
    """Raise at the first row that is wrong."""
    row = pc.index(wrong(column), value=True).as_py()
    if row >= 0:
        raise InputError(Place(place.file, row=row + 1, field=place.field), problem, advice)


def _same_kind(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether a cast keeps the meaning; a time without a zone is of another kind than one with."""
    if pa.types.is_dictionary(given):
        return _same_kind(given.value_type, wanted)
    if pa.types.is_timestamp(given) and pa.types.is_timestamp(wanted):
        return (given.tz is None) == (wanted.tz is None)
    kinds = (
        lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_null,
    )
    return bool(given.equals(wanted)) or any(is_kind(given) and is_kind(wanted) for is_kind in kinds)
