"""Warning everybody who must know at once, and noting who saw it.

Of the provider: the second line, the privacy officer, the steward. The third line: auditors. Of the municipality that
declared the disaster: its declarers. Never the requester, and no program. The second line has an alarm besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.alarms import AlarmKind, enter
from umaya.gate.emergency.models import EmergencyWarningRow
from umaya.gate.emergency.openings import Emergency
from umaya.gate.emergency.plan import WATCHERS
from umaya.gate.models import ActorRoleRow, ActorRow, AlarmRow, EventRow
from umaya.gate.record import Act
from umaya.gate.roles import AUDITOR, DECLARER, PROGRAM


@dataclass(frozen=True)
class Warned:
    """Somebody who was warned.

    Attributes:
        actor: id.
        name: for people.
        role: for which they were warned.
        at: when.
        sent_at: when the word was handed to the notifier; None where that failed, and the pages alone tell.
        seen_at: when they said that they saw it, or None.
    """

    actor: str
    name: str
    party: str
    role: str
    at: datetime
    sent_at: datetime | None
    seen_at: datetime | None


_ORDER: Final = (*WATCHERS, DECLARER, AUDITOR)
"""Who holds several roles is warned for the first of these."""


def warn(act: Act, emergency: Emergency) -> list[str]:
    """Write whom an opening warns; return their ids. The words go out when the act is done."""
    event = act.session.get_one(EventRow, emergency.event)
    who = _who(act.session, emergency.provider, event.municipality)
    who.pop(emergency.requester, None)
    rows = [EmergencyWarningRow(emergency=emergency.id, actor=at, role=who[at], warned_at=act.now) for at in who]
    act.session.add_all(rows)
    return list(who)


def raise_alarm(act: Act, alarm: str, emergency: Emergency, entry: int) -> None:
    """Write the alarm for the provider's second line, about the entry of the opening, in the same act."""
    row = AlarmRow(
        id=alarm,
        kind=AlarmKind.EMERGENCY.value,
        party=emergency.provider,
        scheme=emergency.plan,
        actor=emergency.requester,
        at=act.now,
        about=entry,
        entry=0,
    )
    enter(act, row, emergency.requester)


def warned_of(session: Session, emergency: str) -> list[Warned]:
    """Return who was warned of an opening, by role."""
    query = (
        select(EmergencyWarningRow, ActorRow.name, ActorRow.party)
        .join(ActorRow, ActorRow.id == EmergencyWarningRow.actor)
        .where(EmergencyWarningRow.emergency == emergency)
    )
    found = [
        Warned(row.actor, name, party, row.role, row.warned_at, row.sent_at, row.seen_at)
        for row, name, party in session.execute(query)
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.role), one.actor))


def _who(session: Session, provider: str, municipality: str) -> dict[str, str]:
    """Return the ids of those who must know, with the role for which."""
    programs = select(ActorRoleRow.actor).where(ActorRoleRow.role == PROGRAM)
    query = (
        select(ActorRow.id, ActorRow.party, ActorRoleRow.role)
        .join(ActorRoleRow, ActorRoleRow.actor == ActorRow.id)
        .where(ActorRoleRow.role.in_(_ORDER), ActorRow.id.not_in(programs))
        .order_by(ActorRow.id)
    )
    of = {AUDITOR: None, DECLARER: municipality, **dict.fromkeys(WATCHERS, provider)}
    found: dict[str, str] = {}
    for actor, party, role in session.execute(query):
        first = actor not in found or _ORDER.index(role) < _ORDER.index(found[actor])
        if of[role] in {None, party} and first:
            found[actor] = role
    return found
