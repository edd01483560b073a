"""Events about people: what was said about their data, what protects them, which numbers became one.

Must hold: numbers have no gap, and the order of numbers is the order of commits. Whoever appends raises the counter
first and holds its row until the commit, so whoever sees an event sees every one before it, on SQLite (which has one
writer at a time) and on PostgreSQL (where the next writer waits for the row).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pyroaring import BitMap
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from umaya.gate.people.models import COUNTER, EVENTS

MAX_PERSON: Final = 2**32 - 1
_UNSETTLED = "umaya.gate.people.unsettled"


class EventKind(IntEnum):
    """What an event does. Stored: values never change and are never reused."""

    GIVEN = 1
    """The person, or every one of the people, consents to the topic by this text through the last day."""
    WITHDRAWN = 2
    SPENT = 3
    """The one use that the word was good for has happened."""
    OUTDATED = 4
    """A consent that was taken before a later withdrawal was recorded: remembered, without effect."""
    TEXT_ENDED = 5
    """No consent by this text holds any longer."""
    PROTECTED = 6
    UNPROTECTED = 7
    MERGED = 8
    """The number `origin` is `person` from now on."""
    INHERITED = 9
    """The word of `origin` on the topic is later than that of `person`, who has it from now on."""


WORDS: Final = (EventKind.GIVEN, EventKind.WITHDRAWN, EventKind.SPENT)
"""Kinds that say what holds for a person and a topic: the latest one does."""


@dataclass(frozen=True)
class Event:
    """An event to come; see `EventRow` for the members."""

    kind: EventKind
    topic: int | None = None
    text: int | None = None
    person: int | None = None
    origin: int | None = None
    last_day: int | None = None
    people: BitMap | None = None


def hold(session: Session) -> None:
    """Wait until nobody else is about to append, and keep it so until this writing transaction ends."""
    session.execute(select(COUNTER.c.last).with_for_update())


def append(session: Session, events: Sequence[Event]) -> int:
    """Write events in this order within a writing transaction; return the number of the first.

    The events count once the transaction is committed; a state read in the same session has them already.
    """
    raised = update(COUNTER).values(last=COUNTER.c.last + len(events)).returning(COUNTER.c.last)
    first: int = session.execute(raised).scalar_one() - len(events) + 1
    session.execute(insert(EVENTS), [_row(first + at, event) for at, event in enumerate(events)])
    session.info[_UNSETTLED] = True
    return first


def has_unsettled(session: Session) -> bool:
    """Return whether the session has events of its own that nobody else sees yet."""
    return _UNSETTLED in session.info


def _row(seq: int, event: Event) -> dict[str, object]:
    return {
        "seq": seq,
        "kind": int(event.kind),
        "topic": event.topic,
        "text": event.text,
        "person": event.person,
        "origin": event.origin,
        "last_day": event.last_day,
        "people": None if event.people is None else event.people.serialize(),
    }
