"""Look-ups that alarm the moment they happen: of people whom the actor must not look up, or nobody may just look up.

Must hold: the alarm stands in the same act as the look-up. It tells the actor nothing: the look-up goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select

from umaya.gate.alarms import AlarmKind
from umaya.gate.monitoring.findings import Finding
from umaya.gate.monitoring.models import RestrictionRow
from umaya.gate.monitoring.raising import raise_finding
from umaya.gate.monitoring.rules import monitoring_rules
from umaya.gate.record import Act
from umaya.law import day_in_japan


def alarm_at_once(act: Act, look_ups: Iterable[tuple[str, str, int, int]]) -> None:
    """Raise what look-ups alarm for: each is the actor, their party, the person, and its ledger index."""
    given = list(look_ups)
    people, actors = {one[2] for one in given}, {one[0] for one in given}
    query = select(RestrictionRow).where(
        RestrictionRow.person.in_(people),
        RestrictionRow.ended_at.is_(None),
        or_(RestrictionRow.actor.is_(None), RestrictionRow.actor.in_(actors)),
    )
    restrictions = list(act.session.scalars(query))
    if not restrictions:
        return
    day = day_in_japan(act.now)
    rules = monitoring_rules(day)
    for actor, party, person, entry in given:
        for row in restrictions:
            if row.person != person or row.actor not in {None, actor}:
                continue
            kind = AlarmKind.PUBLIC_INTEREST if row.actor is None else AlarmKind.RESTRICTED
            about = {"relation": row.relation}
            raise_finding(
                act, Finding(kind, party, (actor,), person, "", entry, {"count": 1}, about), day, rules, entry
            )
