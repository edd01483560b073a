"""Topics of consent and the texts that people are shown.

A topic has a direction: from the party and business that hold the information to those that would use it. A text is
one version of the wording with what it states on validity and withdrawal (Insurance Business Act Enforcement
Regulation art. 212(2)(i) asks for both); what was shown never changes, a new wording is a new version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Words, find_actor, find_party, is_id
from umaya.gate.hats import check_role
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.models import TextRow, TopicRow
from umaya.gate.record import Acts, digest
from umaya.gate.roles import PRIVACY_OFFICER
from umaya.gate.statements import statement
from umaya.law import BusinessLine, ConsentTerms, ConsentTier, Direction, day_in_japan
from umaya.types.classes import SecrecyClass
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

MAX_DAYS = 3653
"""No stated validity is longer than ten years."""


@dataclass(frozen=True)
class Side:
    """One end of a topic's direction: a party, by id, and one of its businesses."""

    party: str
    business: str


@dataclass(frozen=True)
class Topic:
    """What a person may consent to.

    Attributes:
        id: e.g. `savings-to-insurance`.
        title: for people.
        tier: when the person is asked.
        source: who holds the information.
        target: who would use it. The other direction is another topic.
        kinds: secrecy classes of the information; never correspondence.
        purpose: what for.
    """

    id: str
    title: Words
    tier: ConsentTier
    source: Side
    target: Side
    kinds: tuple[SecrecyClass, ...]
    purpose: Words

    @property
    def parties(self) -> frozenset[str]:
        """Both ends' parties: their clerks may look up, give and withdraw."""
        return frozenset({self.source.party, self.target.party})

    @property
    def terms(self) -> ConsentTerms:
        """What the law asks about it."""
        ends = (BusinessLine(side.party, side.business) for side in (self.source, self.target))
        return ConsentTerms(self.tier, Direction(*ends), frozenset(self.kinds))


@dataclass(frozen=True)
class Text:
    """One version of a topic's wording.

    Attributes:
        topic: id of the topic.
        version: from 1.
        wording: what is shown.
        withdrawal: how to withdraw, as it is shown.
        valid_days: a consent is good for so many days after the day it was taken; None where `last_day` is stated.
        last_day: the last day, in Japan, that any consent is good; None where `valid_days` is stated.
        digest: over wording, withdrawal and validity.
        registered_at: no consent can have been taken before.
        ended_at: since when no consent by it holds, or None.
    """

    topic: str
    version: int
    wording: Words
    withdrawal: Words
    valid_days: int | None
    last_day: date | None
    digest: str
    registered_at: datetime
    ended_at: datetime | None

    def good_through(self, taken: date) -> date:
        """Return the last day, in Japan, of a consent that was taken on this one."""
        if self.last_day is not None:
            return self.last_day
        return taken + timedelta(days=self.valid_days or 0)


class Topics:
    """Registers and finds topics and texts, and ends texts.

    Args:
        acts: begins registrations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def add(self, actor: Actor, topic: Topic) -> None:
        """Register a topic: by a privacy officer of its source.

        Raises:
            InputError: when an id is wrong, no kind is named, or one can never leave.
            NotFoundError: when a party is unknown.
            ForbiddenError: when the actor may not.
            ConflictError: when the id is taken.
        """
        _check_topic(topic)
        with self._acts.begin() as act:
            for side in (topic.source, topic.target):
                find_party(act.session, side.party)
            _check_officer(act.session, actor, topic.source.party)
            if act.session.scalar(select(TopicRow).where(TopicRow.id == topic.id)) is not None:
                raise ConflictError(f"the id `{topic.id}` is taken")
            row = _topic_row(topic)
            act.session.add(row)
            body = {
                "topic": topic.id,
                "tier": topic.tier.value,
                "source": topic.source.party,
                "source_business": topic.source.business,
                "target": topic.target.party,
                "target_business": topic.target.business,
                "kinds": list(row.kinds),
            }
            row.entry = act.record("consent.topic-registered", actor.id, body)

    def add_text(
        self,
        actor: Actor,
        topic: str,
        wording: Words,
        withdrawal: Words,
        *,
        valid_days: int | None = None,
        last_day: date | None = None,
    ) -> Text:
        """Register the next version of a topic's wording: by a privacy officer of its source.

        Raises:
            InputError: when it states no validity, two of them, one that is over, or no way to withdraw.
            NotFoundError: when there is no such topic.
            ForbiddenError: when the actor may not.
        """
        with self._acts.begin() as act:
            of = find_topic_row(act.session, topic)
            _check_officer(act.session, actor, of.source_party)
            _check_validity(valid_days, last_day, day_in_japan(act.now))
            latest = act.session.scalar(select(func.max(TextRow.version)).where(TextRow.topic == of.number))
            row = TextRow(
                topic=of.number,
                version=(latest or 0) + 1,
                ja=_words(wording.ja, "ja"),
                en=_words(wording.en, "en"),
                withdrawal_ja=_words(withdrawal.ja, "withdrawal_ja"),
                withdrawal_en=_words(withdrawal.en, "withdrawal_en"),
                valid_days=valid_days,
                last_day=last_day,
                registered_at=act.now,
                entry=0,
            )
            row.digest = _text_digest(row)
            act.session.add(row)
            body = {"topic": topic, "text": row.version, "document": row.digest}
            body |= {"valid_days": valid_days, "last_day": last_day}
            row.entry = act.record("consent.text-registered", actor.id, body)
            return text_of(topic, row)

    def end_text(self, actor: Actor, topic: str, version: int) -> Text:
        """End a text, and with it every consent by it, in one act: by a privacy officer of the topic's source.

        Raises:
            NotFoundError: when there is no such topic or version.
            ForbiddenError: when the actor may not.
            ConflictError: when it was ended before.
        """
        with self._acts.begin() as act:
            of = find_topic_row(act.session, topic)
            _check_officer(act.session, actor, of.source_party)
            row = find_text_row(act.session, of, version, lock=True)
            if row.ended_at is not None:
                raise ConflictError("the text was ended before")
            row.ended_at = act.now
            append(act.session, [Event(EventKind.TEXT_ENDED, topic=of.number, text=row.number)])
            act.record("consent.text-ended", actor.id, {"topic": topic, "text": version, "document": row.digest})
            return text_of(topic, row)

    def get(self, topic: str) -> Topic:
        """Return a topic or raise NotFoundError."""
        with self._acts.database.reading() as session:
            return find_topic(session, topic)

    def list(self) -> Sequence[Topic]:
        """Return every topic by id."""
        with self._acts.database.reading() as session:
            return [_topic(row) for row in session.scalars(select(TopicRow).order_by(TopicRow.id))]

    def texts(self, topic: str) -> Sequence[Text]:
        """Return every version of a topic's wording, oldest first; raises NotFoundError on an unknown topic."""
        with self._acts.database.reading() as session:
            of = find_topic_row(session, topic)
            query = select(TextRow).where(TextRow.topic == of.number).order_by(TextRow.version)
            return [text_of(topic, row) for row in session.scalars(query)]


def find_topic(session: Session, topic: str) -> Topic:
    """Return a topic or raise NotFoundError."""
    return _topic(find_topic_row(session, topic))


def find_topic_row(session: Session, topic: str) -> TopicRow:
    """Return a topic's row or raise NotFoundError."""
    row = session.scalar(select(TopicRow).where(TopicRow.id == topic))
    if row is None:
        raise NotFoundError("there is no such topic of consent")
    return row


def find_text_row(session: Session, topic: TopicRow, version: int, *, lock: bool = False) -> TextRow:
    """Return the row of a text or raise NotFoundError."""
    query = select(TextRow).where(TextRow.topic == topic.number, TextRow.version == version)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("the topic has no such text")
    return row


def _topic(row: TopicRow) -> Topic:
    return Topic(
        id=row.id,
        title=Words(row.title_ja, row.title_en),
        tier=ConsentTier(row.tier),
        source=Side(row.source_party, row.source_business),
        target=Side(row.target_party, row.target_business),
        kinds=tuple(SecrecyClass(kind) for kind in row.kinds),
        purpose=Words(row.purpose_ja, row.purpose_en),
    )


def _topic_row(topic: Topic) -> TopicRow:
    return TopicRow(
        id=topic.id,
        title_ja=topic.title.ja,
        title_en=topic.title.en,
        tier=topic.tier.value,
        source_party=topic.source.party,
        source_business=topic.source.business,
        target_party=topic.target.party,
        target_business=topic.target.business,
        kinds=sorted({kind.value for kind in topic.kinds}),
        purpose_ja=topic.purpose.ja,
        purpose_en=topic.purpose.en,
        entry=0,
    )


def text_of(topic: str, row: TextRow) -> Text:
    """Return the value of a row of the topic of this id."""
    return Text(
        topic=topic,
        version=row.version,
        wording=Words(row.ja, row.en),
        withdrawal=Words(row.withdrawal_ja, row.withdrawal_en),
        valid_days=row.valid_days,
        last_day=row.last_day,
        digest=row.digest,
        registered_at=row.registered_at,
        ended_at=row.ended_at,
    )


def _text_digest(row: TextRow) -> str:
    said = {
        "en": row.en,
        "ja": row.ja,
        "last_day": None if row.last_day is None else row.last_day.isoformat(),
        "valid_days": row.valid_days,
        "withdrawal_en": row.withdrawal_en,
        "withdrawal_ja": row.withdrawal_ja,
    }
    return digest(rfc8785.dumps(said))


def _check_officer(session: Session, actor: Actor, source: str) -> None:
    person = find_actor(session, actor.id)
    check_role(person, PRIVACY_OFFICER)
    if person.party != source:
        raise ForbiddenError("topics and texts are kept by the party that holds the information")


def _check_topic(topic: Topic) -> None:
    for name, value in (("id", topic.id), ("source", topic.source.business), ("target", topic.target.business)):
        if not is_id(value):
            advice = "use lower-case letters and digits in parts joined by single hyphens, 64 at most"
            raise InputError(Place("topic", field=name), "the id is not in the form of an id", advice)
    for name, words in (("title", topic.title), ("purpose", topic.purpose)):
        _words(words.ja, f"{name}.ja", "topic")
        _words(words.en, f"{name}.en", "topic")
    if not topic.kinds or not set(topic.kinds).isdisjoint({SecrecyClass.CORRESPONDENCE, SecrecyClass.NON_PERSONAL}):
        advice = "name secrecy classes of personal data; secrecy of correspondence is beyond consent"
        raise InputError(Place("topic", field="kinds"), "the kinds of information are none to consent to", advice)


def _check_validity(valid_days: int | None, last_day: date | None, today: date) -> None:
    if (valid_days is None) == (last_day is None):
        advice = "state either for how many days a consent is good or its last day"
        raise InputError(Place("text", field="validity"), "the text does not state one validity", advice)
    if valid_days is not None and not 1 <= valid_days <= MAX_DAYS:
        raise InputError(Place("text", field="valid_days"), "the validity is out of range", f"state 1 to {MAX_DAYS}")
    if last_day is not None and not today <= last_day <= today + timedelta(days=MAX_DAYS):
        raise InputError(Place("text", field="last_day"), "the last day is out of range", "state one that is to come")


def _words(text: str, name: str, noun: str = "text") -> str:
    place = Place(noun, field=name)
    if not text.strip():
        raise InputError(place, "a wording is missing", "write it in Japanese and in English")
    return statement(text, place)
