"""Opening the case of an alarm: its owner, its clock, and the one entry that records both with the alarm.

The owner is the second line's officer of the alarm's party (whoever has the role, where the party filled no office),
whom it is not about, with the fewest open cases. Where there is none, the case waits for the third line.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from umaya.gate.bodies import Office
from umaya.gate.bodies.models import OfficerRow
from umaya.gate.catalogue import HUB
from umaya.gate.models import ActorRoleRow, ActorRow, AlarmRow
from umaya.gate.monitoring.models import AlarmCaseRow
from umaya.gate.monitoring.rules import monitoring_rules
from umaya.gate.record import Act
from umaya.gate.roles import PROGRAM, VERIFIER
from umaya.law import day_in_japan


class CaseState(StrEnum):
    """How far a case is. Stored: values never change."""

    OPEN = "open"
    """Nobody owns it."""
    ASSIGNED = "assigned"
    IN_REVIEW = "in-review"
    CLOSED = "closed"


def open_case(act: Act, alarm: AlarmRow, about: Collection[str] = ()) -> AlarmCaseRow:
    """Write the case of an alarm, in the same act; detection fills in what more it knows.

    Args:
        act: the act.
        alarm: just written.
        about: ids of whom it is about; the alarm's one actor where nobody is named.
    """
    day = day_in_japan(act.now)
    actors = list(about) or ([] if alarm.actor == HUB else [alarm.actor])
    rules = monitoring_rules(day)
    owner = choose_owner(act.session, alarm.party, day, actors)
    case = AlarmCaseRow(
        alarm=alarm.id,
        subject=f"{alarm.kind}|{alarm.id}",
        day=day,
        rules=rules.version,
        person=None,
        numbers={},
        about={},
        actors=actors,
        state=(CaseState.OPEN if owner is None else CaseState.ASSIGNED).value,
        owner=owner,
        due=day + timedelta(days=rules.due_days(alarm.kind)),
        salt=act.entropy(16).hex(),
    )
    act.session.flush()
    act.session.add(case)
    return case


def record_alarm(act: Act, alarm: AlarmRow, case: AlarmCaseRow, by: str) -> None:
    """Record an alarm with its owner and clock; call it last in the act."""
    body = {
        "alarm": alarm.id,
        "alarm_kind": alarm.kind,
        "party": alarm.party,
        "scheme": alarm.scheme or None,
        "about": alarm.about,
        "owner": case.owner,
        "due": case.due,
        "rules": case.rules,
    }
    alarm.entry = act.record("alarm.raised", by, body)


def choose_owner(session: Session, party: str, day: date, without: Collection[str]) -> str | None:
    """Return who of a party's second line has the fewest open cases, or None where nobody may have one more."""
    candidates = [actor for actor in second_line(session, party, day) if actor not in without]
    if not candidates:
        return None
    query = select(AlarmCaseRow.owner, func.count()).where(
        AlarmCaseRow.owner.in_(candidates), AlarmCaseRow.state != CaseState.CLOSED.value
    )
    busy = {row[0]: row[1] for row in session.execute(query.group_by(AlarmCaseRow.owner))}
    return min(candidates, key=lambda actor: (busy.get(actor, 0), actor))


def second_line(session: Session, party: str, day: date) -> list[str]:
    """Return the ids of a party's second line on a day: of its officers, else of whoever has the role. No programs."""
    programs = select(ActorRoleRow.actor).where(ActorRoleRow.role == PROGRAM)
    query = (
        select(ActorRow.id)
        .join(ActorRoleRow, ActorRoleRow.actor == ActorRow.id)
        .where(ActorRow.party == party, ActorRoleRow.role == VERIFIER, ActorRow.id.not_in(programs))
        .order_by(ActorRow.id)
    )
    able = list(session.scalars(query))
    offices = select(OfficerRow).where(OfficerRow.party == party, OfficerRow.office == Office.SECOND_LINE.value)
    if session.scalars(offices.limit(1)).first() is None:
        return able
    now = offices.where(OfficerRow.starts <= day, or_(OfficerRow.ends.is_(None), OfficerRow.ends >= day))
    held = {row.actor for row in session.scalars(now)}
    return [actor for actor in able if actor in held]
