"""Words as they were recorded: which is a person's latest, and what was said about it.

Reads only. A number that was merged into another stands, with all its words, for the person it became.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from umaya.gate.people.events import MAX_PERSON, WORDS, EventKind
from umaya.gate.people.models import ActRow, EventRow, TextRow
from umaya.gate.people.state import PeopleState
from umaya.types.errors import InputError, Place


class Word(NamedTuple):
    """A word on one topic: its event, its act, and its text where it is a consent."""

    event: EventRow
    act: ActRow
    text: TextRow | None


def check_person(person: int) -> None:
    """Return when a number can be a person's; raise InputError when not."""
    if not 0 <= person <= MAX_PERSON:
        raise InputError(Place("person"), "the number is no person number", f"give one from 0 to {MAX_PERSON}")


def root(session: Session, state: PeopleState, person: int) -> int:
    """Return the number that a number has become, itself where it was merged into none."""
    while person in state.merged:
        query = select(EventRow.person).where(EventRow.origin == person, EventRow.kind == int(EventKind.MERGED))
        person = session.scalars(query).one() or 0
    return person


def numbers_of(session: Session, person: int) -> list[int]:
    """Return a number and every one that was merged into it, directly or not."""
    found, reached = [person], 0
    while reached < len(found):
        query = select(EventRow.origin).where(
            EventRow.person.in_(found[reached:]), EventRow.kind == int(EventKind.MERGED)
        )
        reached = len(found)
        found += [number for number in session.scalars(query) if number is not None]
    return found


def words_of(session: Session, topic: int, person: int) -> list[Word]:
    """Return every word of a person on a topic, latest first, those without effect too."""
    numbers = numbers_of(session, person)
    alone = _find(topic, (*WORDS, EventKind.OUTDATED)).where(EventRow.person.in_(numbers))
    found = [Word(*row) for row in session.execute(alone)]
    found += _said_together(session, topic, BitMap(numbers), after=0)
    return sorted(found, key=lambda word: -word.event.seq)


def latest_word(session: Session, topic: int, person: int) -> Word | None:
    """Return the word of a person that holds on a topic, or None."""
    numbers = numbers_of(session, person)
    alone = _find(topic, WORDS).where(EventRow.person.in_(numbers)).order_by(EventRow.seq.desc()).limit(1)
    row = session.execute(alone).first()
    after = 0 if row is None else row[0].seq
    later = next(_said_together(session, topic, BitMap(numbers), after), None)
    return later or (None if row is None else Word(*row))


def _said_together(session: Session, topic: int, numbers: BitMap, after: int) -> Iterator[Word]:
    """Yield the words that these numbers share with many, latest first."""
    query = select(EventRow.seq).where(EventRow.person.is_(None), EventRow.topic == topic, EventRow.seq > after)
    for seq in session.scalars(query.where(EventRow.people.is_not(None)).order_by(EventRow.seq.desc())).all():
        people = session.scalars(select(EventRow.people).where(EventRow.seq == seq)).one()
        if people is not None and not numbers.isdisjoint(BitMap.deserialize(people)):
            yield Word(*session.execute(_find(topic, WORDS).where(EventRow.seq == seq)).one())


def _find(topic: int, kinds: Sequence[EventKind]) -> Select[EventRow, ActRow, TextRow | None]:
    return (
        select(EventRow, ActRow, TextRow)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .outerjoin(TextRow, TextRow.number == EventRow.text)
        .where(EventRow.topic == topic, EventRow.kind.in_([int(kind) for kind in kinds]))
        .options(defer(EventRow.people))
    )
