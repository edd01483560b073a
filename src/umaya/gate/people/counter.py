"""What a clerk took today, and the corrections that are possible; whom it was about is never told.

A word is corrected by a later word: what was taken from the wrong person is withdrawn, which counts at once and stays
in the history. Must hold: a clerk sees and corrects what the clerk itself took today (in Japan), and nothing else; what
somebody else said about the same person since then does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select

from umaya.gate.catalogue import Words, find_actor
from umaya.gate.hats import check_role
from umaya.gate.people.consents import Consents
from umaya.gate.people.events import EventKind
from umaya.gate.people.models import ActRow, EventRow, EvidenceRow, TextRow, TopicRow
from umaya.gate.people.taking import Channel
from umaya.gate.people.withdrawals import Withdrawal
from umaya.gate.record import Acts
from umaya.gate.roles import CLERK
from umaya.law.days import end_of_day_in_japan
from umaya.types.errors import ConflictError, NotFoundError
from umaya.types.site import Actor

_SHOWN = (EventKind.GIVEN, EventKind.WITHDRAWN, EventKind.OUTDATED)


@dataclass(frozen=True)
class Slip:
    """A word that a clerk took, as the receipt for the person tells it.

    Attributes:
        entry: ledger index.
        kind: `given`, `withdrawn` or `outdated`.
        topic: id.
        title: of the topic.
        at: when it was taken.
        text: version, of consents.
        wording, withdrawal: of the text, of consents.
        good_through: last day, of consents.
        has_evidence: whether the hub keeps its evidence.
        corrected: whether the clerk withdrew it again today.
    """

    entry: int
    kind: str
    topic: str
    title: Words
    at: datetime
    text: int | None
    wording: Words | None
    withdrawal: Words | None
    good_through: date | None
    has_evidence: bool
    corrected: bool = False


class Counter:
    """Tells and corrects what a clerk took today.

    Args:
        acts: tell the time and the database.
        consents: where a correction is taken.
    """

    def __init__(self, acts: Acts, consents: Consents) -> None:
        self._acts = acts
        self._consents = consents

    def today(self, actor: Actor) -> Sequence[Slip]:
        """Return what a clerk took today, latest first.

        Raises:
            ForbiddenError: when the actor is no clerk.
        """
        with self._acts.database.reading() as session:
            check_role(find_actor(session, actor.id), CLERK)
            found: list[Slip] = []
            withdrawn: set[tuple[str, int | None]] = set()
            for event, act, topic, text, evidence in session.execute(self._taken(actor)):
                subject = (topic.id, event.person)
                corrected = event.kind == EventKind.GIVEN and subject in withdrawn
                found.append(_slip(event, act, topic, text, has_evidence=evidence is not None, corrected=corrected))
                if event.kind == EventKind.WITHDRAWN:
                    withdrawn.add(subject)
            return found

    def slip(self, actor: Actor, entry: int) -> Slip:
        """Return one word that the clerk took today; raises NotFoundError when the clerk took none by this entry."""
        found = next((slip for slip in self.today(actor) if slip.entry == entry), None)
        if found is None:
            raise NotFoundError("you took no such word today")
        return found

    def correct(self, actor: Actor, entries: Sequence[int]) -> None:
        """Withdraw consents that the clerk took today, all or none, in one act.

        Raises:
            NotFoundError: when the clerk took one of them not, or not today.
            ConflictError: when one is no consent, or was withdrawn again today.
            ForbiddenError: when the actor may not.
            NotRecordedError: when the ledger cannot write: then nothing is withdrawn.
        """
        slips = [self.slip(actor, entry) for entry in entries]
        if not slips or any(slip.kind != "given" or slip.corrected for slip in slips):
            raise ConflictError("only a consent that was not withdrawn again can be corrected")
        with self._acts.database.reading() as session:
            taken = session.execute(self._taken(actor).where(ActRow.entry.in_(entries)))
            people = [(event.person or 0, topic.id) for event, _, topic, _, _ in taken]
        self._consents.withdraw_many([Withdrawal(actor, person, topic, Channel.COUNTER) for person, topic in people])

    def _taken(self, actor: Actor) -> Select[EventRow, ActRow, TopicRow, TextRow | None, EvidenceRow | None]:
        """Return the words that an actor took today, latest first."""
        morning = end_of_day_in_japan(self._acts.clock.now()) - timedelta(days=1)  # Japan's days have 24 hours each
        return (
            select(EventRow, ActRow, TopicRow, TextRow, EvidenceRow)
            .join(ActRow, ActRow.seq == EventRow.seq)
            .join(TopicRow, TopicRow.number == EventRow.topic)
            .outerjoin(TextRow, TextRow.number == EventRow.text)
            .outerjoin(EvidenceRow, EvidenceRow.seq == EventRow.seq)
            .where(ActRow.actor == actor.id, ActRow.taken_at >= morning, EventRow.person.is_not(None))
            .where(EventRow.kind.in_([int(kind) for kind in _SHOWN]))
            .order_by(EventRow.seq.desc())
        )


def _slip(
    event: EventRow, act: ActRow, topic: TopicRow, text: TextRow | None, *, has_evidence: bool, corrected: bool
) -> Slip:
    return Slip(
        entry=act.entry or 0,
        kind=EventKind(event.kind).name.lower(),
        topic=topic.id,
        title=Words(topic.title_ja, topic.title_en),
        at=act.taken_at,
        text=None if text is None else text.version,
        wording=None if text is None else Words(text.ja, text.en),
        withdrawal=None if text is None else Words(text.withdrawal_ja, text.withdrawal_en),
        good_through=None if event.last_day is None else date.fromordinal(event.last_day),
        has_evidence=has_evidence,
        corrected=corrected,
    )
