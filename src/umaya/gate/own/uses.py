"""Uses that were permitted for one person: by whom, for what, on which basis, which fields, when, how far they went.

Nothing of anybody else is told: no count, no name of a clerk, no words that somebody wrote as the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from pyroaring import BitMap
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, Party, find_dataset, find_party
from umaya.gate.models import SchemeVersionRow, UsePeopleRow, UseRow
from umaya.gate.own.index import Touch, touches
from umaya.gate.own.schemes import classes_of
from umaya.gate.record import LedgerLike
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import version_of
from umaya.gate.uses import UseState
from umaya.law import Basis, RuleBook, day_in_japan
from umaya.ledger.entries import Entry
from umaya.types.classes import SecrecyClass
from umaya.types.errors import IntegrityError
from umaya.vault import Window


class Reach(StrEnum):
    """How far a use went with one person's data."""

    GIVEN = "given"
    """Rows about the person left, and the release was whole."""
    GIVEN_IN_PART = "given-in-part"
    """The release was interrupted; rows about the person had left."""
    NOT_REACHED = "not-reached"
    """The release was interrupted; no row about the person had left."""
    LOOKED_THROUGH = "looked-through"
    """The person was permitted, and no row about them met what was searched: none left."""
    FAILED = "failed"
    """Permitted, but nothing left."""
    OPEN = "open"
    """Permitted; no release is recorded, not yet or because a crash cut it short, or there is none to come."""


@dataclass(frozen=True)
class OwnUse:
    """A use that was permitted for a person.

    Attributes:
        id: of the use.
        entry: ledger index of its decision: later uses have greater ones.
        scheme: id of the scheme.
        document: the version that it was decided by.
        dataset: that was used.
        provider, recipient: who held the data, and who used it.
        basis: by the law of that day; None where it knew none of that id.
        fields: names of the permitted columns, as the ledger has them.
        classes: their secrecy classes.
        window: the span that was asked for, of data with time.
        decided_at, closed_at: when it was permitted, and when its release ended.
        reach: how far it went.
    """

    id: str
    entry: int
    scheme: str
    document: SchemeDocument
    dataset: Dataset
    provider: Party
    recipient: Party
    basis: Basis | None
    fields: tuple[str, ...]
    classes: tuple[SecrecyClass, ...]
    window: Window | None
    decided_at: datetime
    closed_at: datetime | None
    reach: Reach


@dataclass(frozen=True)
class OwnUses:
    """A page of uses, latest first.

    Attributes:
        older: cursor of the next page, or None where there is none.
    """

    uses: tuple[OwnUse, ...]
    older: int | None


def own_uses(
    session: Session, ledger: LedgerLike, law: RuleBook, numbers: list[int], limit: int, before: int | None
) -> OwnUses:
    """Return a page of the uses that were permitted for a person.

    Args:
        session: to read in.
        ledger: where they were recorded.
        law: dated rules.
        numbers: the person's number and those merged into it.
        limit: at most so many.
        before: the cursor of the page; None for the first.
    """
    found = list(islice(touches(session, numbers, before), limit + 1))
    uses = tuple(own_use(session, ledger, law, touch) for touch in found[:limit])
    return OwnUses(uses, uses[-1].entry if len(found) > limit else None)


def own_use(session: Session, ledger: LedgerLike, law: RuleBook, touch: Touch) -> OwnUse:
    """Return a use that the index says was permitted for a person.

    Raises:
        IntegrityError: when the scheme's version is not there, or what is stored does not hold the person.
    """
    row = session.get_one(UseRow, touch.use)
    stored = session.get_one(UsePeopleRow, touch.use)
    version = session.scalar(
        select(SchemeVersionRow).where(SchemeVersionRow.scheme == row.scheme, SchemeVersionRow.version == row.version)
    )
    if version is None or touch.person not in BitMap.deserialize(stored.permitted):
        raise IntegrityError("a use is not as it was decided: restore the database from its copy")
    document = version_of(version).document
    dataset = find_dataset(session, document.dataset)
    fields = _fields(ledger, row.entry, document)
    start, end = row.window_start, row.window_end
    return OwnUse(
        id=row.id,
        entry=row.entry,
        scheme=row.scheme,
        document=document,
        dataset=dataset,
        provider=find_party(session, document.provider),
        recipient=find_party(session, document.recipient),
        basis=law.at(day_in_japan(row.decided_at)).bases.get(document.basis),
        fields=fields,
        classes=classes_of(dataset, list(fields)),
        window=None if start is None or end is None else (start, end),
        decided_at=row.decided_at,
        closed_at=row.closed_at,
        reach=_reach(UseState(row.state), stored.delivered, touch.person),
    )


def _fields(ledger: LedgerLike, entry: int, document: SchemeDocument) -> tuple[str, ...]:
    """Return the permitted columns of a use: its entry has them, the scheme may have had more."""
    named = Entry.from_bytes(ledger.entry_bytes(entry)).body.get("fields")
    return tuple(name for name in document.fields if isinstance(named, list) and name in named)


def _reach(state: UseState, delivered: bytes | None, person: int) -> Reach:
    if state is UseState.OPEN:
        return Reach.OPEN
    if state is UseState.FAILED:
        return Reach.FAILED
    reached = delivered is None or person in BitMap.deserialize(delivered)
    if state is UseState.INTERRUPTED:
        return Reach.GIVEN_IN_PART if reached else Reach.NOT_REACHED
    return Reach.GIVEN if reached else Reach.LOOKED_THROUGH
