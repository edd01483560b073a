"""Batches of live intake: rows that a source hands over together, and what is to be said of each before it is taken.

Must hold: a batch that was taken before is known by its number and told so; one with a fault is refused whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyarrow as pa
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset
from umaya.gate.intake import sequences
from umaya.gate.intake.faults import check
from umaya.gate.statements import statement
from umaya.types.errors import ConflictError, InputError, Place, UmayaError

MAX_SEQUENCE: Final = 2**53 - 1


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


def looked_at(session: Session, dataset: Dataset, batches: Sequence[Batch]) -> list[pa.Table | Outcome]:
    """Return for each batch its rows as the dataset has them, or what else becomes of it."""
    keys = {(batch.source, batch.sequence) for batch in batches if batch.sequence is not None}
    before = sequences.taken_before(session, dataset.id, keys)
    old = sequences.forgotten(session, dataset.id, keys - before.keys())
    seen: set[sequences.Key] = set()
    found: list[pa.Table | Outcome] = []
    for batch in batches:
        key = None if batch.sequence is None else (batch.source, batch.sequence)
        if key is not None and key in before:
            found.append(Arrived(before[key], batch.rows.num_rows, repeated=True))
            continue
        try:
            found.append(_checked(dataset, batch, too_old=key in old, twice=key in seen))
        except UmayaError as error:
            found.append(error)
        else:
            seen |= set() if key is None else {key}
    return found


def _checked(dataset: Dataset, batch: Batch, *, too_old: bool, twice: bool) -> pa.Table:
    """Return the rows of a batch, or raise what is wrong with it."""
    source = statement(batch.source, Place("batch", field="source"))
    place = Place(source, field="sequence")
    if batch.sequence is not None and not 0 <= batch.sequence <= MAX_SEQUENCE:
        raise InputError(place, "the number of the batch is out of range", "count from 0")
    if too_old:
        advice = f"send a batch again before {sequences.KEPT:,} later ones were taken"
        raise InputError(place, "the number is so old that nobody knows whether the batch was taken", advice)
    if twice:
        raise ConflictError("a batch of this number is being taken now")
    checked = check(dataset, batch.rows, source, batch.unread)
    fault = checked.first_fault()
    if fault is not None:
        raise fault
    return checked.rows
