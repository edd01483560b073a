"""Alarms: what the second line of the party whose data it is must look at.

Raised by refused uses that look like the incident this hub exists to prevent: people put on a list before they
consented, or fields asked for that no approved scheme gives; and by what monitoring finds. An alarm names scheme, actor
and entries, no person. Every alarm has a case with an owner and a clock from the moment it is raised; what is done
in it is in `umaya.gate.monitoring.casework`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from umaya.gate.catalogue import find_actor
from umaya.gate.hands import hands
from umaya.gate.hats import check_role
from umaya.gate.models import AlarmRow, UseRow
from umaya.gate.monitoring.models import AlarmCaseRow
from umaya.gate.monitoring.opening import open_case, record_alarm
from umaya.gate.record import Act, Acts
from umaya.gate.roles import VERIFIER
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError
from umaya.types.reasons import Reason
from umaya.types.site import Actor

if TYPE_CHECKING:
    from umaya.gate.judge import Judged


class AlarmKind(StrEnum):
    """Stored and recorded: values never change."""

    WITHOUT_CONSENT = "without-consent"
    """People were asked for by number who had not consented, or a whole list of whom nobody had."""
    BEYOND_SCHEME = "beyond-scheme"
    """Fields were asked for that the scheme or its basis does not give."""
    EMERGENCY = "emergency"
    """Raw data was opened in an emergency, without prior approval."""
    VOLUME = "volume"
    """Far more look-ups or uses in a day than the actor and their peers use to make."""
    OFF_HOURS = "off-hours"
    """People were looked up outside the hours of the office."""
    ONE_PERSON = "one-person"
    """Many looked one person up, and nothing came of it."""
    REPEATED = "repeated"
    """One actor looked one person up again and again, and nothing came of it."""
    RESTRICTED = "restricted"
    """Somebody looked up whom they must not: themselves, their family, an acquaintance."""
    PUBLIC_INTEREST = "public-interest"
    """Somebody of public interest was looked up."""
    REFUSALS = "refusals"
    """An actor, office or party is refused far more often than the others."""
    NEAR_CAMPAIGN = "near-campaign"
    """A list was made shortly before a campaign, or on its days."""
    LISTED_FIRST = "listed-before-consent"
    """People consented only after they stood in a list."""
    SAME_DAY = "same-day-consents"
    """Consents were taken on the day of the visit."""
    CONSENT_HOURS = "consents-off-hours"
    """Consents were taken outside the hours of the office."""
    BURST = "consent-burst"
    """More consents within minutes than can be explained to people."""
    REGRET = "regret"
    """Consents were withdrawn soon after they were taken, more often than others'."""


_NO_CONSENT = frozenset(
    {
        Reason.CONSENT_MISSING,
        Reason.CONSENT_WITHDRAWN,
        Reason.CONSENT_EXPIRED,
        Reason.CONSENT_TEXT_ENDED,
        Reason.CONSENT_SPENT,
    }
)
_BEYOND = frozenset({Reason.FIELD_NOT_IN_SCHEME, Reason.CLASS_NEVER_LEAVES, Reason.CLASS_NOT_ALLOWED_BY_BASIS})


@dataclass(frozen=True)
class Alarm:
    """An alarm; `about` is the index of the entry that raised it, `entry` that of the alarm itself.

    Attributes:
        scheme: empty where it is about none.
        actor: whom it is about; `hub` where they are several.
        state: how far its case is: open, assigned, in-review or closed; None for one that has no case yet.
        owner: who of the second line answers for it; None while nobody does.
        due: the last day, in Japan, to close it.
    """

    id: str
    kind: AlarmKind
    party: str
    scheme: str
    actor: str
    at: datetime
    about: int
    entry: int
    seen_by: str | None
    seen_at: datetime | None
    state: str | None = None
    owner: str | None = None
    due: date | None = None


def alarm_kind(judged: Judged, *, by_number: bool) -> AlarmKind | None:
    """Return what a judgement is alarming for, or None.

    Args:
        judged: what was decided.
        by_number: whether people were asked for by number. A list over everybody, which consent narrows, is as it
            should be.
    """
    decision = judged.decision
    if decision.reason in _BEYOND:
        return AlarmKind.BEYOND_SCHEME
    people = judged.before if decision.people is None else decision.people
    if people is not None and _NO_CONSENT & people.refused.keys() and (by_number or not people.permitted):
        return AlarmKind.WITHOUT_CONSENT
    return None


def raise_alarm(act: Act, alarm: str, kind: AlarmKind, judged: Judged, use: UseRow) -> None:
    """Write an alarm about a use whose entry is recorded, in the same act."""
    if judged.dataset is None:
        return
    row = AlarmRow(
        id=alarm,
        kind=kind.value,
        party=judged.dataset.owner,
        scheme=use.scheme,
        actor=use.actor,
        at=act.now,
        about=use.entry,
        entry=0,
    )
    enter(act, row, use.actor)


def enter(act: Act, row: AlarmRow, by: str) -> None:
    """Write an alarm, open its case and record both; `by` is who raised it. Call it last in the act."""
    act.session.add(row)
    case = open_case(act, row)
    record_alarm(act, row, case, by)


class Alarms:
    """Lists alarms for the second line, and notes who has seen them.

    Args:
        acts: where they are kept.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def list(self, actor: Actor, *, seen: bool | None = None) -> list[Alarm]:
        """Return the alarms of the actor's party, latest first; raises ForbiddenError unless a verifier asks.

        Args:
            actor: a verifier.
            seen: only those that were seen, or only those that were not; None for all.
        """
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            check_role(person, VERIFIER)
            query = select(AlarmRow, AlarmCaseRow).outerjoin(AlarmCaseRow, AlarmCaseRow.alarm == AlarmRow.id)
            query = query.where(AlarmRow.party == person.party).order_by(AlarmRow.entry.desc())
            if seen is not None:
                query = query.where(AlarmRow.seen_at.is_not(None) if seen else AlarmRow.seen_at.is_(None))
            return [_alarm(row, case) for row, case in session.execute(query)]

    def see(self, actor: Actor, alarm: str) -> None:
        """Note that a verifier of the alarm's party has looked into it.

        Raises:
            NotFoundError, ForbiddenError, ConflictError: when there is none, the actor may not, or it was seen before.
        """
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, VERIFIER)
            row = act.session.get(AlarmRow, alarm, with_for_update=True)
            if row is None:
                raise NotFoundError("there is no such alarm")
            if row.party != person.party:
                raise ForbiddenError("the alarm is for the second line of another party")
            if row.actor in hands(act.session, person.id):
                raise ForbiddenError("somebody else looks into an alarm about oneself")
            if row.seen_at is not None:
                raise ConflictError("the alarm was seen before")
            row.seen_by, row.seen_at = person.id, act.now
            act.record("alarm.seen", person.id, {"alarm": row.id})


def _alarm(row: AlarmRow, case: AlarmCaseRow | None) -> Alarm:
    return Alarm(
        id=row.id,
        kind=AlarmKind(row.kind),
        party=row.party,
        scheme=row.scheme,
        actor=row.actor,
        at=row.at,
        about=row.about,
        entry=row.entry,
        seen_by=row.seen_by,
        seen_at=row.seen_at,
        state=None if case is None else case.state,
        owner=None if case is None else case.owner,
        due=None if case is None else case.due,
    )
