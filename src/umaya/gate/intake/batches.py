"""Batches of live intake: rows that a source hands over together, and what is to be said of each before it is taken.

Must hold: a batch that was taken before is known by its number and told so; one with a fault is refused whole, and
alone: whatever is wrong with it, the others are taken.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset
from umaya.gate.intake import sequences
from umaya.gate.intake.faults import check
from umaya.gate.statements import statement
from umaya.gate.stops import not_taken_in, refuse_erased
from umaya.types.errors import ConflictError, InputError, Place, UmayaError

MAX_SEQUENCE: Final = 2**53 - 1
MAX_SOURCE: Final = 500
"""Characters of a source's name: what an index of every database holds."""
OLDEST: Final = timedelta(days=31)
"""What lay in a vehicle without a network for longer is taken in as a file: each day is a partition of the vault."""
NEWEST: Final = timedelta(days=1)
"""A clock set for the wrong zone is within it; what is later was no clock."""
_UNREADABLE: Final = (ValueError, OverflowError, pa.ArrowNotImplementedError, pa.ArrowTypeError)
_log = logging.getLogger("umaya.live")


@dataclass(frozen=True)
class Batch:
    """Rows that a source handed over together.

    Attributes:
        source: name of the feed, for errors and for the steward; not in the ledger.
        sequence: number that the source gave it, 0 or more, the same when it is sent again; None where it has none.
        rows: columns as catalogued, in any order.
        unread: faults found while it was read; see `umaya.gate.intake.files.Read`.
    """

    source: str
    sequence: int | None
    rows: pa.Table
    unread: pa.Table | None = None


@dataclass(frozen=True)
class Arrived:
    """A batch that is in the vault.

    Attributes:
        intake: id of the intake that it is part of.
        rows: how many it has.
        repeated: whether it was taken before, and not again.
    """

    intake: str
    rows: int
    repeated: bool = False


Outcome: TypeAlias = Arrived | UmayaError


def looked_at(session: Session, dataset: Dataset, batches: Sequence[Batch], now: datetime) -> list[pa.Table | Outcome]:
    """Return for each batch its rows as the dataset has them, or what else becomes of it.

    Args:
        session: that reads which were taken before.
        dataset: whose rows they are to be.
        batches: that have come together.
        now: moment of their arrival.
    """
    named = [_named(batch) for batch in batches]
    keys = {name for name in named if isinstance(name, tuple)}
    before = sequences.taken_before(session, dataset.id, keys)
    old = sequences.forgotten(session, dataset.id, keys - before.keys())
    seen: set[sequences.Key] = set()
    found: list[pa.Table | Outcome] = []
    for batch, key in zip(batches, named, strict=True):
        if isinstance(key, UmayaError):
            found.append(key)
            continue
        if key is not None and key in before:
            found.append(Arrived(before[key], batch.rows.num_rows, repeated=True))
            continue
        try:
            _check_number(batch, too_old=key in old, twice=key in seen)
            rows = _checked(dataset, batch)
            _check_times(dataset, rows, batch.source, now)
            refuse_erased(session, dataset, rows, batch.source)
        except UmayaError as error:
            found.append(error)
        else:
            found.append(rows)
            seen |= set() if key is None else {key}
    return found


def without_erased(session: Session, dataset: Dataset, rows: pa.Table) -> pa.Table:
    """Return the rows without those about people who were erased on their request."""
    erased = [] if dataset.subject is None else not_taken_in(session, dataset.owner, dataset.id).to_array()
    if not len(erased):
        return rows
    return rows.filter(pc.invert(pc.is_in(rows.column(dataset.subject), pa.array(erased, pa.uint32()))))


def check_key(source: str, sequence: int | None) -> None:
    """Raise InputError when the name or the number of a batch is one that is not kept."""
    statement(source, Place("batch", field="source"))
    if len(source) > MAX_SOURCE:
        place = Place("batch", field="source")
        raise InputError(place, "the name of the source is too long", f"keep it under {MAX_SOURCE} characters")
    if sequence is not None and not 0 <= sequence <= MAX_SEQUENCE:
        place = Place(source, field="sequence")
        raise InputError(place, "the number of the batch is out of range", "count from 0")


def _named(batch: Batch) -> sequences.Key | InputError | None:
    """Return the key of a batch, None where it has no number, or what is wrong with it."""
    try:
        check_key(batch.source, batch.sequence)
    except InputError as error:
        return error
    return None if batch.sequence is None else (batch.source, batch.sequence)


def _check_number(batch: Batch, *, too_old: bool, twice: bool) -> None:
    if too_old:
        place = Place(batch.source, field="sequence")
        advice = f"send a batch again before {sequences.KEPT:,} later ones were taken"
        raise InputError(place, "the number is so old that nobody knows whether the batch was taken", advice)
    if twice:
        raise ConflictError("a batch of this number is being taken now")


def _checked(dataset: Dataset, batch: Batch) -> pa.Table:
    """Return the rows of a batch, or raise what is wrong with them."""
    try:
        checked = check(dataset, batch.rows, batch.source, batch.unread)
    except _UNREADABLE as error:  # without its text, which may hold a value
        _log.warning("a batch could not be looked at: %s", type(error).__name__)
        raise InputError(Place(batch.source), "the rows cannot be read", "write them as the catalogue says") from None
    fault = checked.first_fault()
    if fault is not None:
        raise fault
    return checked.rows


def _check_times(dataset: Dataset, rows: pa.Table, source: str, now: datetime) -> None:
    """Raise InputError at the first row whose time is far from the moment of arrival."""
    column = rows.column(dataset.time)
    early, late = (pa.scalar(moment, column.type) for moment in (now - OLDEST, now + NEWEST))
    first = pc.index(pc.or_(pc.less(column, early), pc.greater(column, late)), value=True).as_py()
    if first >= 0:
        problem = f"the time is more than {OLDEST.days} days ago, or more than {NEWEST.days} day ahead"
        advice = "set the vehicle's clock right; take older rows in as a file"
        raise InputError(Place(source, row=first + 1, field=dataset.time), problem, advice)
