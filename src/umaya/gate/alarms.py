"""Alarms: what the second line of the party whose data it is must look at.

Raised by refused uses that look like the incident this hub exists to prevent: people put on a list before they
consented, or fields asked for that no approved scheme gives. An alarm names scheme, actor and entries, no person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from umaya.gate.catalogue import find_actor
from umaya.gate.hats import check_role
from umaya.gate.judge import Judged
from umaya.gate.models import AlarmRow, UseRow
from umaya.gate.record import Act, Acts
from umaya.gate.roles import VERIFIER
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError
from umaya.types.reasons import Reason
from umaya.types.site import Actor


class AlarmKind(StrEnum):
    """Stored and recorded: values never change."""

    WITHOUT_CONSENT = "without-consent"
    """People were asked for by number who had not consented, or a whole list of whom nobody had."""
    BEYOND_SCHEME = "beyond-scheme"
    """Fields were asked for that the scheme or its basis does not give."""
    EMERGENCY = "emergency"
    """Raw data was opened in an emergency, without prior approval."""


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
    """An alarm; `about` is the index of the entry that raised it, `entry` that of the alarm itself."""

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
    act.session.add(row)
    body = {"alarm": row.id, "alarm_kind": row.kind, "party": row.party, "scheme": row.scheme, "about": row.about}
    row.entry = act.record("alarm.raised", use.actor, body)


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
            query = select(AlarmRow).where(AlarmRow.party == person.party).order_by(AlarmRow.entry.desc())
            if seen is not None:
                query = query.where(AlarmRow.seen_at.is_not(None) if seen else AlarmRow.seen_at.is_(None))
            return [_alarm(row) for row in session.scalars(query)]

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
            if row.seen_at is not None:
                raise ConflictError("the alarm was seen before")
            row.seen_by, row.seen_at = person.id, act.now
            act.record("alarm.seen", person.id, {"alarm": row.id})


def _alarm(row: AlarmRow) -> Alarm:
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
    )
