"""Consents: given, withdrawn, looked up, spent.

Must hold: once `withdraw` has returned, no decision in any process rests on the consent; a consent that was taken
before the person's latest word has no effect; a counter learns what holds for one person on one topic and nothing else,
and that it asked is recorded first; a protected person looks, to everybody but a protector, like one who never said
anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from pyroaring import BitMap

from umaya.gate.catalogue import find_actor
from umaya.gate.people.campaigns import Campaign, Campaigns, Progress
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.evidence import keep
from umaya.gate.people.look_ups import LookUp, LookUps, Way
from umaya.gate.people.models import ActRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.taking import Channel, Evidence, act_row, check_party, request_time, taken_time
from umaya.gate.people.topics import find_text_row, find_topic_row, text_of
from umaya.gate.people.withdrawals import Withdrawal, Withdrawals
from umaya.gate.people.words import Word, check_person, latest_word, words_of
from umaya.gate.record import Act, Acts
from umaya.gate.roles import PROTECTOR
from umaya.gate.statements import salted
from umaya.law import ConsentTier, day_in_japan
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.site import Actor


class State(StrEnum):
    """What holds for a person on a topic."""

    NONE = "none"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    TEXT_ENDED = "text-ended"
    SPENT = "spent"


@dataclass(frozen=True)
class Given:
    """A consent that was recorded.

    Attributes:
        topic, text: id and version.
        good_through: last day, in Japan.
        entry: ledger index.
    """

    topic: str
    text: int
    good_through: date
    entry: int


@dataclass(frozen=True)
class Said:
    """A word as a counter may see it.

    Attributes:
        kind: `given`, `withdrawn` or `spent`; `outdated` for a consent that was taken before a later word.
        text: version of the text, of consents.
        good_through: last day, in Japan, of consents.
        taken_at: when it was said.
        channel: where; None for the spending of a word.
    """

    kind: str
    text: int | None
    good_through: date | None
    taken_at: datetime
    channel: Channel | None


@dataclass(frozen=True)
class Standing:
    """What holds for one person on one topic.

    Attributes:
        state: today.
        word: the word that makes it so; None where nothing was said.
        history: every word, latest first; empty unless asked for.
    """

    topic: str
    state: State
    word: Said | None = None
    history: tuple[Said, ...] = ()


class Consents:
    """Takes words and tells what holds.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection
        self._campaigns = Campaigns(acts, projection)
        self._withdrawals = Withdrawals(acts, projection)
        self._look_ups = LookUps(acts)

    def give(
        self,
        actor: Actor,
        person: int,
        topic: str,
        text: int,
        channel: Channel,
        evidence: Evidence,
        *,
        taken_at: datetime | None = None,
        requested_at: datetime | None = None,
    ) -> Given:
        """Record that a person consents.

        Args:
            actor: the taker: a clerk or a program of one of the topic's parties.
            person: number of the person.
            topic: id of the topic.
            text: version of the wording that was shown.
            channel: where the word was taken.
            evidence: what shows it.
            taken_at: when it was taken; now when None.
            requested_at: when the person asked for it of their own accord; must be given where the topic's tier is
                `on-request`, and lie before `taken_at`.

        Raises:
            InputError: when a time is in the future, before the text was registered, or missing.
            NotFoundError: when there is no such topic or text.
            ForbiddenError: when the actor may not.
            ConflictError: when the text was ended, or the number was merged into another.
        """
        check_person(person)
        if channel is Channel.CAMPAIGN:
            raise InputError(Place("consent", field="channel"), "a campaign is taken whole", "use `campaign`")
        with self._acts.begin() as act:
            state = self._projection.held(act.session)
            of = find_topic_row(act.session, topic)
            check_party(act.session, actor, of)
            shown = find_text_row(act.session, of, text)
            taken = taken_time(shown, taken_at, act.now)
            requested = request_time(of, requested_at, taken)
            if person in state.merged:
                raise ConflictError("the number was merged into another: take the consent for that one")
            good_through = text_of(topic, shown).good_through(day_in_japan(taken))
            before = None if state.cell(topic, person) is None else latest_word(act.session, of.number, person)
            kind = EventKind.OUTDATED if _is_outdated(before, taken, late=taken_at is not None) else EventKind.GIVEN
            _check_request(requested, words_of(act.session, of.number, person))
            event = Event(kind, of.number, shown.number, person, last_day=good_through.toordinal())
            row = act_row(act, actor, append(act.session, [event]), channel, taken)
            row.evidence, row.reference, row.requested_at = evidence.digest, evidence.reference, requested
            act.session.add(row)
            kept = keep(act.session, row.seq, evidence, find_actor(act.session, actor.id).party, good_through)
            body = {
                "topic": topic,
                "text": text,
                "channel": channel.value,
                "person": salted(str(person), row.salt),
                "evidence": salted(evidence.digest, row.salt),
                "taken_at": taken,
                "good_through": good_through,
            }
            row.entry = act.record("consent.given", actor.id, body)
            if kept is not None:
                kept.entry = row.entry
            return Given(topic, text, good_through, row.entry)

    def withdraw(self, actor: Actor, person: int, topic: str, channel: Channel) -> None:
        """Withdraw a person's consent, at once and for every process; to do it again is remembered and changes nothing.

        Withdrawals of many threads are recorded together.

        Args:
            actor: a clerk of either party of the topic, or a program that the person uses, of any party.
            person: number of the person; one that was merged into another stands for that one.
            topic: id of the topic.
            channel: where the word was taken.

        Raises:
            InputError: when the number is none.
            NotFoundError: when there is no such topic.
            ForbiddenError: when the actor may not.
            NotRecordedError: when the ledger cannot write: then nothing is withdrawn.
        """
        self._withdrawals.hand_in(Withdrawal(actor, person, topic, channel))

    def withdraw_many(self, withdrawals: Sequence[Withdrawal]) -> None:
        """Withdraw all or none, in one act; raises what the first wrong one would."""
        self._withdrawals.withdraw_all(withdrawals)

    def campaign(
        self,
        actor: Actor,
        topic: str,
        text: int,
        file: Path,
        *,
        taken_at: datetime | None = None,
        progress: Progress | None = None,
    ) -> Campaign:
        """Record the consents of many people in one act, all or none.

        Args:
            actor: a clerk or a program of one of the topic's parties.
            topic: id of a topic whose words are good for more than one use.
            text: version of the wording that was shown to everybody.
            file: see `campaigns`.
            taken_at: when the campaign's words were taken; now when None. Whoever said something else since then
                keeps that word.
            progress: told of each step, if anybody.

        Raises:
            InputError: when the file or a row cannot be taken; names row and field.
            NotFoundError: when there is no such topic or text.
            ForbiddenError: when the actor may not.
            ConflictError: when the text was ended, or the topic asks each person each time.
        """
        return self._campaigns.record(actor, topic, text, file, taken_at, progress)

    def look_up(
        self, actor: Actor, person: int, topic: str, way: Way, *, history: bool = False, reason: str = ""
    ) -> Standing:
        """Return what holds for a person on a topic today; who asked is recorded before it is told.

        Args:
            actor: a clerk or program of one of the topic's parties, or a protector.
            person: number of the person.
            topic: id of the topic.
            way: how the actor looks.
            history: whether every word is asked for.
            reason: why, where the actor states it.

        Raises:
            InputError: when the number is none, or the reason cannot be kept.
            NotFoundError: when there is no such topic.
            ForbiddenError: when the actor may not.
            NotRecordedError: when the ledger cannot write: then nothing is told.
        """
        self._look_ups.hand_in(LookUp(actor, person, topic, way, reason))
        with self._acts.database.reading() as session:
            of = find_topic_row(session, topic)
            protector = PROTECTOR in find_actor(session, actor.id).roles
            word = latest_word(session, of.number, person)
            words = words_of(session, of.number, person) if history else []
            state = self._projection.now(session)
            if person in state.merged or (person in state.measures and not protector) or word is None:
                return Standing(topic, State.NONE)
            found = state_of(word, day_in_japan(self._acts.clock.now()))
            return Standing(topic, found, said_of(word), tuple(said_of(word) for word in words))

    def spend(self, act: Act, actor: str, topic: str, people: BitMap, use: str) -> None:
        """Spend the words that a use rests on, within the act that decides it; call it before the act is recorded.

        Where a word is good for more than one use, nothing happens.

        Args:
            act: the deciding act.
            actor: id of who uses.
            topic: id of the topic.
            people: who is permitted.
            use: id of the use.

        Raises:
            ConflictError: when a word was spent or withdrawn since the decision: decide again.
        """
        of = find_topic_row(act.session, topic)
        if not ConsentTier(of.tier).once or not people:
            return
        state = self._projection.held(act.session)
        if not people.issubset(state.topic(topic, day_in_japan(act.now)).active):
            raise ConflictError("a word was spent or withdrawn at this moment: decide again")
        event = Event(EventKind.SPENT, of.number, people=people)
        if len(people) == 1:
            event = Event(EventKind.SPENT, of.number, person=people.min())
        row = ActRow(seq=append(act.session, [event]), actor=actor, reference=use, taken_at=act.now, entry=None)
        row.recorded_at, row.salt = act.now, ""
        act.session.add(row)


def state_of(word: Word, day: date) -> State:
    """Return what a latest word means on a day; what `Words.on` says of everybody."""
    if word.event.kind != EventKind.GIVEN:
        return State.SPENT if word.event.kind == EventKind.SPENT else State.WITHDRAWN
    if (word.event.last_day or 0) < day.toordinal():
        return State.EXPIRED
    return State.ACTIVE if word.text is None or word.text.ended_at is None else State.TEXT_ENDED


def said_of(word: Word) -> Said:
    """Return a word as a counter may see it."""
    last = word.event.last_day
    return Said(
        kind=EventKind(word.event.kind).name.lower(),
        text=None if word.text is None else word.text.version,
        good_through=None if last is None else date.fromordinal(last),
        taken_at=word.act.taken_at,
        channel=None if word.act.channel is None else Channel(word.act.channel),
    )


def _is_outdated(before: Word | None, taken: datetime, *, late: bool) -> bool:
    """Return whether a word is not the person's latest.

    Of two at the same moment the one that is recorded later holds, unless its time was stated: paper that is dated to
    the moment of a withdrawal does not undo it.
    """
    if before is None:
        return False
    return taken < before.act.taken_at or (late and taken == before.act.taken_at)


def _check_request(requested: datetime | None, words: Sequence[Word]) -> None:
    """Return when the person's own request carried no word yet, or raise InputError: each word needs its own."""
    if requested is None:
        return
    known = [word.act.requested_at for word in words if word.act.requested_at is not None]
    if any(requested <= earlier for earlier in known):
        place = Place("consent", field="requested_at")
        raise InputError(place, "the request is not later than one that carried a word", "wait for a new request")
