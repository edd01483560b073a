"""Proofs for one person: that a use reached them, or that one did not.

Of a use that was not permitted for somebody, a proof is given only where their own words say so already: they had not
consented, or no longer did, at the moment of the decision. A proof of absence in spite of a consent in force would tell
of a protective measure (支援措置), and so there is none: such a use is answered as one that does not exist. So is a use
that asked for one person alone: that it happened is that person's to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.models import SchemeVersionRow, UseRow
from umaya.gate.own.index import number_in
from umaya.gate.own.topics import silent_throughout
from umaya.gate.people.models import TopicRow
from umaya.gate.people.words import Word, words_of
from umaya.gate.schemes import State, version_of
from umaya.gate.uses import UseState

NO_ENTRY = -1


@dataclass(frozen=True)
class Bundle:
    """What proves a use to one person, and to nobody who lacks the key.

    Attributes:
        receipt: the receipt file.
        key: the person's own key, 32 bytes; whoever has it recognises the person in every receipt.
    """

    receipt: bytes
    key: bytes


@dataclass(frozen=True)
class Absence:
    """A use of a scheme that was not permitted for a person, as their words say: its id and when it was decided."""

    use: str
    decided_at: datetime


def known_number(session: Session, numbers: list[int], use: str) -> int | None:
    """Return by which number a use was permitted for a person; None where it was not or does not exist."""
    entry = session.scalar(select(UseRow.entry).where(UseRow.id == use))
    return number_in(session, numbers, NO_ENTRY if entry is None else entry)


def absences(session: Session, numbers: list[int], scheme: str, limit: int) -> list[Absence]:
    """Return the newest releases of a scheme that the person can prove not to be in; none where it asks no consent."""
    words = _words(session, numbers[0], scheme)
    if words is None:
        return []
    query = (
        select(UseRow)
        .where(UseRow.scheme == scheme, UseRow.asked > 1, UseRow.state != UseState.REFUSED.value)
        .order_by(UseRow.entry.desc())
        .limit(20 * limit)
    )
    found = (
        Absence(row.id, row.decided_at)
        for row in session.scalars(query)
        if silent_throughout(words, row.decided_at) and number_in(session, numbers, row.entry) is None
    )
    return list(islice(found, limit))


def is_absent(session: Session, numbers: list[int], scheme: str, use: str) -> bool:
    """Return whether a person can be given the proof that a use of this scheme was not permitted for them."""
    words = _words(session, numbers[0], scheme)
    row = session.scalar(select(UseRow).where(UseRow.id == use, UseRow.scheme == scheme))
    number = number_in(session, numbers, NO_ENTRY if row is None else row.entry)
    if words is None or row is None or number is not None or (row.asked or 0) <= 1 or row.state == UseState.REFUSED:
        return False
    return silent_throughout(words, row.decided_at)


def _words(session: Session, person: int, scheme: str) -> list[Word] | None:
    """Return what a person said on the topic that a scheme has rested on; None where it rested on none, or on several.

    Schemes that were never approved are nobody's to know, and so is whether there is one of this id.
    """
    query = select(SchemeVersionRow).where(SchemeVersionRow.scheme == scheme)
    used = [version_of(row) for row in session.scalars(query) if row.state not in _NEVER_IN_FORCE]
    topics = {version.document.topic for version in used}
    if len(topics) != 1 or None in topics:
        return None
    row = session.scalar(select(TopicRow).where(TopicRow.id == topics.pop()))
    return None if row is None else words_of(session, row.number, person)


_NEVER_IN_FORCE = frozenset({State.SUBMITTED.value, State.VERIFIED.value, State.RETURNED.value})
