"""Figures: how often data was used, refused and consented to. Counts by SQL, never by loading what is counted.

Of a party's own schemes and topics, and of all for auditors. Must hold: no figure tells of a person: every count of
people is told in whole tens, and nothing below ten, so that neither a number nor the difference of two shows what one
person said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from pyroaring import BitMap
from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Words, find_actor, find_dataset
from umaya.gate.models import ActorRow, PartyRow, SchemeRow, SchemeVersionRow, UseRow
from umaya.gate.people.events import EventKind
from umaya.gate.people.models import ActRow, EventRow, TopicRow
from umaya.gate.people.projection import Projection
from umaya.gate.roles import APPROVER, AUDITOR, PRIVACY_OFFICER, STEWARD, VERIFIER
from umaya.gate.scheme import SchemeDocument
from umaya.gate.uses import UseState
from umaya.law import day_in_japan
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor

READERS: Final = frozenset({STEWARD, VERIFIER, APPROVER, AUDITOR, PRIVACY_OFFICER})
MONTHS: Final = 12
"""Figures are of this month and the eleven before it, in Japan."""
LEAST: Final = 10
"""Counts of people are told in whole multiples of this."""
_JAPAN = timezone(timedelta(hours=9), "JST")


@dataclass(frozen=True)
class UseCount:
    """How many uses of one kind were permitted and refused.

    Attributes:
        name: the purpose, or the party's name.
    """

    name: Words
    permitted: int
    refused: int


@dataclass(frozen=True)
class UseFigures:
    """Uses of the period, most first.

    Attributes:
        purposes: by purpose of the scheme.
        parties: by the party of whoever used.
        refusals: reason code to its number of refused uses, most first.
    """

    purposes: tuple[UseCount, ...]
    parties: tuple[UseCount, ...]
    refusals: Mapping[str, int]


@dataclass(frozen=True)
class ConsentFigures:
    """Words on one topic, in whole tens of people; 0 stands for fewer than ten.

    Attributes:
        given, withdrawn: by month, oldest first; a person who spoke twice counts twice.
        active: whose consent is good today.
    """

    topic: str
    title: Words
    given: tuple[int, ...]
    withdrawn: tuple[int, ...]
    active: int


@dataclass(frozen=True)
class HeadCount:
    """How many people a scheme could reach, in whole tens; 0 stands for fewer than ten.

    Attributes:
        held: people in the dataset, protected or not.
        consenting: those of them whose consent to the scheme's topic is good today; None where it rests on none.
    """

    held: int
    consenting: int | None


class Figures:
    """Counts.

    Args:
        database: where uses and words are kept.
        projection: what people said, as of now.
        clock: the present.
        held: returns everybody in a dataset.
    """

    def __init__(self, database: Database, projection: Projection, clock: Clock, held: Callable[[str], BitMap]) -> None:
        self._database = database
        self._projection = projection
        self._clock = clock
        self._held = held

    def head_count(self, document: SchemeDocument) -> HeadCount | None:
        """Return how many people a scheme could reach; None for a dataset that is about nobody the hub knows."""
        with self._database.reading() as session:
            if find_dataset(session, document.dataset).subject is None:
                return None
            state = self._projection.now(session)
        held = self._held(document.dataset) - state.merged
        if document.topic is None:
            return HeadCount(told(len(held)), None)
        active = state.topic(document.topic, day_in_japan(self._clock.now())).active
        return HeadCount(told(len(held)), told(held.intersection_cardinality(active)))

    def months(self) -> tuple[date, ...]:
        """Return the first day, in Japan, of every month of the period, oldest first."""
        return _months(day_in_japan(self._clock.now()))

    def uses(self, actor: Actor) -> UseFigures:
        """Return the uses of the schemes of the actor's party, of all for an auditor; raise ForbiddenError."""
        with self._database.reading() as session:
            reader = _reader(session, actor)
            start = datetime.combine(self.months()[0], time(), _JAPAN)
            which = and_(UseRow.decided_at >= start, _concerns(reader))
            return UseFigures(_by_purpose(session, which), _by_party(session, which), _refusals(session, which))

    def consents(self, actor: Actor) -> tuple[ConsentFigures, ...]:
        """Return the words on the topics of the actor's party, by id, on all for an auditor; raise ForbiddenError."""
        today = day_in_japan(self._clock.now())
        with self._database.reading() as session:
            reader = _reader(session, actor)
            mine = or_(TopicRow.source_party == reader.party, TopicRow.target_party == reader.party)
            query = select(TopicRow).where(true() if AUDITOR in reader.roles else mine).order_by(TopicRow.id)
            topics = session.scalars(query).all()
            state = self._projection.now(session)
            return tuple(
                ConsentFigures(
                    topic=topic.id,
                    title=Words(topic.title_ja, topic.title_en),
                    given=_words(session, topic.number, EventKind.GIVEN, today),
                    withdrawn=_words(session, topic.number, EventKind.WITHDRAWN, today),
                    active=told(len(state.topic(topic.id, today).active)),
                )
                for topic in topics
            )


def told(people: int) -> int:
    """Return a count of people as it may be told: in whole tens, 0 for fewer than ten."""
    return people // LEAST * LEAST


def _months(today: date) -> tuple[date, ...]:
    last = today.year * 12 + today.month - 1
    return tuple(date(at // 12, at % 12 + 1, 1) for at in range(last - MONTHS + 1, last + 1))


def _reader(session: Session, actor: Actor) -> Actor:
    reader = find_actor(session, actor.id)
    if reader.roles.isdisjoint(READERS):
        raise ForbiddenError("figures are for stewards, verifiers, approvers, auditors and privacy officers")
    return reader


def _concerns(reader: Actor) -> ColumnElement[bool]:
    if AUDITOR in reader.roles:
        return true()
    mine = select(SchemeRow.id).where(or_(SchemeRow.provider == reader.party, SchemeRow.recipient == reader.party))
    return UseRow.scheme.in_(mine)


_REFUSED = func.sum(case((UseRow.state == UseState.REFUSED.value, 1), else_=0))
_ALL = func.count()


def _by_purpose(session: Session, which: ColumnElement[bool]) -> tuple[UseCount, ...]:
    """Return uses by what the newest version of their scheme says it is for; the same purpose counts once."""
    newest = (
        select(SchemeVersionRow.scheme, func.max(SchemeVersionRow.version).label("version"))
        .group_by(SchemeVersionRow.scheme)
        .subquery()
    )
    query = (
        select(SchemeVersionRow.document, _ALL, _REFUSED)
        .join(newest, and_(SchemeVersionRow.scheme == newest.c.scheme, SchemeVersionRow.version == newest.c.version))
        .join(UseRow, UseRow.scheme == SchemeVersionRow.scheme)
        .where(which)
        .group_by(SchemeVersionRow.scheme, SchemeVersionRow.document)
    )
    counts: dict[Words, tuple[int, int]] = {}
    for text, number, refused in session.execute(query):
        purpose = SchemeDocument.of_canonical(text).purpose
        name = Words(purpose.ja, purpose.en)
        before = counts.get(name, (0, 0))
        counts[name] = (before[0] + number - refused, before[1] + refused)
    return _sorted([UseCount(name, *pair) for name, pair in counts.items()])


def _by_party(session: Session, which: ColumnElement[bool]) -> tuple[UseCount, ...]:
    query = (
        select(PartyRow.name_ja, PartyRow.name_en, _ALL, _REFUSED)
        .join(ActorRow, ActorRow.party == PartyRow.id)
        .join(UseRow, UseRow.actor == ActorRow.id)
        .where(which)
        .group_by(PartyRow.id, PartyRow.name_ja, PartyRow.name_en)
    )
    found = [UseCount(Words(ja, en), number - refused, refused) for ja, en, number, refused in session.execute(query)]
    return _sorted(found)


def _refusals(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    query = (
        select(UseRow.reason, _ALL)
        .where(which, UseRow.state == UseState.REFUSED.value)
        .group_by(UseRow.reason)
        .order_by(_ALL.desc(), UseRow.reason)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _sorted(found: list[UseCount]) -> tuple[UseCount, ...]:
    return tuple(sorted(found, key=lambda one: (-(one.permitted + one.refused), one.name.ja)))


def _words(session: Session, topic: int, kind: EventKind, today: date) -> tuple[int, ...]:
    """Return how many people said a word of one kind, by month in which they said it."""
    starts = [datetime.combine(month, time(), _JAPAN) for month in _months(today)]
    ends = [*starts[1:], datetime.max.replace(tzinfo=_JAPAN) - timedelta(days=2)]
    within = [and_(ActRow.taken_at >= start, ActRow.taken_at < end) for start, end in zip(starts, ends, strict=True)]
    of_kind = (EventRow.topic == topic, EventRow.kind == int(kind), ActRow.taken_at >= starts[0])
    alone = (
        select(*(func.coalesce(func.sum(case((month, 1), else_=0)), 0) for month in within))
        .select_from(EventRow)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .where(*of_kind, EventRow.person.is_not(None))
    )
    counts = list(session.execute(alone).one())
    together = (
        select(EventRow.people, ActRow.taken_at)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .where(*of_kind, EventRow.people.is_not(None))
        .execution_options(yield_per=1)
    )
    for people, taken_at in session.execute(together):
        at = sum(taken_at >= start for start in starts) - 1
        counts[at] += 0 if people is None else len(BitMap.deserialize(people))
    return tuple(told(count) for count in counts)
