"""Which rows of a dataset are deleted or changed: of people, of one person's field, from before a day, of intakes.

Pure descriptions for `Lake.rewrite`; who may ask for one is the gate's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyroaring import BitMap

from umaya.stores.rewriting import Change
from umaya.types.errors import ConflictError, InputError, Place
from umaya.vault.layout import Layout
from umaya.vault.people import Permitted
from umaya.vault.predicate import Predicate, all_of

_JAPAN: Final = timezone(timedelta(hours=9))
_MASK: Final = "struck"


def of_people(layout: Layout, people: BitMap) -> Change:
    """Return the deletion of every row about some people.

    Raises:
        ConflictError: when the dataset is about nobody whom the hub knows.
    """
    subject = _subject(layout)
    those = Permitted(people)
    return Change((subject,), lambda told: _about(told, subject, those))


def of_field(layout: Layout, person: int, field: str, value: Any, matching: Sequence[Predicate] = ()) -> Change:
    """Return the change of one field in a person's rows.

    Args:
        layout: of the dataset.
        person: whose rows.
        field: which field.
        value: what it becomes; None where that is allowed.
        matching: which of the person's rows; none for all of them.

    Raises:
        ConflictError: when the dataset is about nobody whom the hub knows.
        InputError: when there is no such field, it says whom, when or where, or the value does not fit it; names the
            field and never the value.
    """
    subject = _subject(layout)
    fit = fitting(layout, field, value)
    where = all_of(tuple(matching), layout.schema)
    at, those = layout.schema.get_field_index(field), Permitted(BitMap([person]))
    columns = tuple(dict.fromkeys((subject, *(predicate.field for predicate in matching))))

    def strikes(told: pa.Table) -> pa.ChunkedArray:
        mask = _about(told, subject, those)
        return mask if where is None else pc.and_(mask, _meets(told, where))

    def becomes(rows: pa.Table) -> pa.Table:
        return rows.set_column(at, layout.schema.field(field), pa.repeat(fit, rows.num_rows))

    return Change(columns, strikes, becomes)


def fitting(layout: Layout, field: str, value: Any) -> pa.Scalar:
    """Return a value as the field holds it; raises InputError as `of_field`."""
    place = Place("correction", field=field)
    if field not in layout.schema.names:
        raise InputError(place, "the dataset has no such field", "choose one of the dataset's fields")
    if field in {layout.subject, layout.placement.time, layout.placement.lon, layout.placement.lat}:
        advice = "delete the rows and take them in again"
        raise InputError(place, "the field says whom, when or where, and is not corrected in place", advice)
    kind = layout.schema.field(field)
    if value is None and not kind.nullable:
        raise InputError(place, "the field must not be empty", "give a value")
    try:
        return pa.scalar(value).cast(kind.type) if isinstance(value, str) else pa.scalar(value, kind.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # without its cause, whose text holds the value
        raise InputError(place, f"the value does not fit {kind.type}", "write it as the field holds it") from None


def before(layout: Layout, day: date) -> Change:
    """Return the deletion of every row from before a day in Japan.

    Raises:
        ConflictError: when the rows have no time.
    """
    column = layout.placement.time
    if column is None:
        raise ConflictError("the rows have no time by which old ones are told; delete by intake")
    start = datetime.combine(day, time(), _JAPAN).astimezone(UTC)
    limit = pa.scalar(start, layout.schema.field(column).type)
    last = str(start.date())
    return Change((column,), lambda told: pc.less(told.column(column), limit), days=lambda name: name <= last)


def of_writes(layout: Layout, writes: Sequence[str]) -> Change:
    """Return the deletion of every row of some writes, by their names; of an intake, its digest without `sha256:`."""
    first = layout.schema.names[0]
    return Change((first,), lambda told: pa.repeat(True, told.num_rows), writes=frozenset(writes))


def _subject(layout: Layout) -> str:
    if layout.subject is None:
        raise ConflictError("the dataset is about nobody whom the hub knows")
    return layout.subject


def _about(told: pa.Table, subject: str, people: Permitted) -> pa.ChunkedArray:
    return pa.chunked_array([people.rows(chunk) for chunk in told.column(subject).chunks], pa.bool_())


def _meets(told: pa.Table, where: ds.Expression) -> pa.ChunkedArray:
    """Return for each row whether it meets a predicate; a missing value meets none."""
    found = ds.dataset(told).to_table(columns={_MASK: where})
    return pc.fill_null(found.column(_MASK), False)
