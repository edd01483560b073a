"""Topics of consent that concern one person: what they said, what holds today, and what a withdrawal changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pyroaring import BitMap
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Party, Words, find_dataset, find_party
from umaya.gate.models import DatasetRow
from umaya.gate.own.schemes import OwnScheme
from umaya.gate.people.consents import Said, State, said_of, state_of
from umaya.gate.people.models import TextRow, TopicRow
from umaya.gate.people.topics import Text, Topic, find_topic, text_of
from umaya.gate.people.words import Word, words_of
from umaya.gate.provision.particulars import Particulars, find_particulars
from umaya.law import day_in_japan

NO_EFFECT = "outdated"
"""`Said.kind` of a consent that was taken before a later word."""


@dataclass(frozen=True)
class OwnTopic:
    """A topic as it concerns one person.

    Attributes:
        topic: what one may consent to.
        source, target: who holds the information, and who would use it.
        particulars: address and representative of the target; None where none are registered.
        state: what holds today, by the person's own words.
        word: the word that makes it so; None where nothing was said.
        history: every word, latest first.
        text: what the person was shown, for a consent; else the newest wording; None where there is none.
        stops: schemes in force that rest on the topic: a withdrawal stops them for the person.
    """

    topic: Topic
    source: Party
    target: Party
    particulars: Particulars | None
    state: State
    word: Said | None
    history: tuple[Said, ...]
    text: Text | None
    stops: tuple[OwnScheme, ...]

    @property
    def title(self) -> Words:
        """Of the topic."""
        return self.topic.title


def own_topics(
    session: Session, held: Callable[[str], BitMap], person: int, schemes: Sequence[OwnScheme], day: date
) -> list[OwnTopic]:
    """Return the topics that concern a person: on which they said something, or whose source holds data about them.

    Args:
        session: to read in.
        held: returns everybody in a dataset.
        person: the number that stands for the person.
        schemes: in force.
        day: in Japan.
    """
    holders = _holders(session, held, person)
    found = []
    for row in session.scalars(select(TopicRow).order_by(TopicRow.id)):
        words = words_of(session, row.number, person)
        if words or (row.source_party, row.source_business) in holders:
            found.append(_own(session, row, words, schemes, day))
    return found


def own_topic(session: Session, topic: str, person: int, schemes: Sequence[OwnScheme], day: date) -> OwnTopic:
    """Return one topic as `own_topics` does, whether it concerns the person or not; raises NotFoundError."""
    find_topic(session, topic)
    row = session.scalars(select(TopicRow).where(TopicRow.id == topic)).one()
    return _own(session, row, words_of(session, row.number, person), schemes, day)


def silent_throughout(words: Sequence[Word], at: datetime) -> bool:
    """Return whether a person's words permitted nothing at a moment.

    A word that was recorded at that very moment counts both ways: the moment does not say which came first.
    """
    known = [word for word in words if said_of(word).kind != NO_EFFECT]
    latest = next((word for word in known if word.act.recorded_at <= at), None)
    before = next((word for word in known if word.act.recorded_at < at), None)
    return not any(word is not None and _held_at(word, at) for word in (latest, before))


def _held_at(word: Word, at: datetime) -> bool:
    """Return whether a word permitted something at a moment, had it been the latest."""
    found = state_of(word, day_in_japan(at))
    if found is State.TEXT_ENDED:
        return word.text is not None and word.text.ended_at is not None and word.text.ended_at >= at
    return found is State.ACTIVE


def _own(session: Session, row: TopicRow, words: Sequence[Word], schemes: Sequence[OwnScheme], day: date) -> OwnTopic:
    topic = find_topic(session, row.id)
    word = next((word for word in words if said_of(word).kind != NO_EFFECT), None)
    shown = None if word is None else word.text
    if shown is None:
        query = select(TextRow).where(TextRow.topic == row.number).order_by(TextRow.version.desc()).limit(1)
        shown = session.scalar(query)
    return OwnTopic(
        topic=topic,
        source=find_party(session, topic.source.party),
        target=find_party(session, topic.target.party),
        particulars=find_particulars(session, topic.target.party, day),
        state=State.NONE if word is None else state_of(word, day),
        word=None if word is None else said_of(word),
        history=tuple(said_of(word) for word in words),
        text=None if shown is None else text_of(topic.id, shown),
        stops=tuple(scheme for scheme in schemes if scheme.document.topic == topic.id),
    )


def _holders(session: Session, held: Callable[[str], BitMap], person: int) -> set[tuple[str, str | None]]:
    """Return whose businesses hold rows about a person."""
    query = select(DatasetRow.id).where(DatasetRow.subject_field.is_not(None))
    datasets = [find_dataset(session, dataset) for dataset in session.scalars(query)]
    return {(dataset.owner, dataset.business) for dataset in datasets if person in held(dataset.id)}
