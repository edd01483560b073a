"""A day's detection: every detector over the numbers of the day, what it found raised, and the run itself recorded.

Must hold: run twice, a day raises nothing twice; what is overdue goes to the third line; an alarm without a case gets
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB
from umaya.gate.models import AlarmRow
from umaya.gate.monitoring import consent_facts, detectors, facts
from umaya.gate.monitoring.casework import escalate
from umaya.gate.monitoring.findings import Finding
from umaya.gate.monitoring.models import AlarmCaseRow
from umaya.gate.monitoring.opening import open_case
from umaya.gate.monitoring.raising import raise_finding
from umaya.gate.monitoring.rules import MonitoringRules, monitoring_rules
from umaya.gate.record import Act, Acts
from umaya.law import day_in_japan
from umaya.types.errors import InputError, Place

DETECTORS: Final = ("volume", "hours", "one-person", "refusals", "lists", "same-day", "bursts", "regret")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """What a run did: findings by kind, how many of them are new alarms, and what was escalated."""

    day: date
    rules: str
    findings: int
    raised: int
    escalated: int
    entry: int


class Detection:
    """Runs detection.

    Args:
        acts: begins the act.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def run(self, day: date | None = None, tell: Tell = lambda _: None) -> Run:
        """Look at a day, yesterday in Japan where none is named; return what was found.

        Raises:
            InputError: when the day is to come.
            NotRecordedError: when the ledger cannot write; then nothing is raised.
        """
        today = day_in_japan(self._acts.clock.now())
        day = today - timedelta(days=1) if day is None else day
        if day > today:
            raise InputError(Place("monitoring", field="day"), "the day is to come", "name a day that has begun")
        rules = monitoring_rules(day)
        found: list[Finding] = []
        with self._acts.database.reading() as session:
            staff = facts.Staff(session, day, rules)
            for name in DETECTORS:
                tell(name)
                found += _found(name, session, day, rules, staff)
        tell("alarms")
        with self._acts.begin() as act:
            body = {"day": day, "rules": rules.version, "findings": len(found), "detectors": len(DETECTORS)}
            entry = act.record("monitoring.run", HUB, body)
            _adopt(act)
            raised = sum(raise_finding(act, finding, day, rules, entry) for finding in found)
            return Run(day, rules.version, len(found), raised, escalate(act), entry)


def _found(name: str, session: Session, day: date, rules: MonitoringRules, staff: facts.Staff) -> Iterator[Finding]:
    start, end = facts.span(day, day)
    hours = rules.same_day["hours"]
    if name == "volume":
        yield from detectors.volume(facts.days_of_actors(session, day, rules, staff), rules)
    elif name == "hours":
        yield from detectors.off_hours(facts.outside_hours(session, day, staff), rules)
    elif name == "one-person":
        yield from detectors.one_person(facts.people_looked_up(session, day, rules), rules)
    elif name == "refusals":
        yield from detectors.refusals(facts.refused_shares(session, day, rules, staff), rules)
    elif name == "lists":
        yield from detectors.near_campaign(consent_facts.lists_near(session, day, rules), rules)
        yield from detectors.listed_first(consent_facts.listed_before(session, day, rules), rules)
    elif name == "same-day":
        window = start - timedelta(days=rules.same_day["days"] - 1)
        taken = consent_facts.taken_consents(session, window, end, hours)
        yield from detectors.same_day(consent_facts.same_day_shares(taken, staff), rules)
        of_day = consent_facts.consents_on_campaigns(session, taken, day, staff)
        yield from detectors.on_campaign(of_day, rules)
    elif name == "bursts":
        taken = consent_facts.taken_consents(session, start, end, hours)
        yield from detectors.bursts(consent_facts.taken_on(taken, day, staff), rules)
    else:
        window = start - timedelta(days=rules.regret["window"] - 1)
        taken = consent_facts.taken_consents(session, window, end, hours)
        of_days = consent_facts.regret_shares(session, taken, end, rules.regret["days"], staff)
        yield from detectors.regret(of_days, rules)


def _adopt(act: Act) -> None:
    """Open the cases of alarms that were raised before there were cases."""
    query = select(AlarmRow).outerjoin(AlarmCaseRow, AlarmCaseRow.alarm == AlarmRow.id)
    for row in act.session.scalars(query.where(AlarmCaseRow.alarm.is_(None)).order_by(AlarmRow.entry)).all():
        case = open_case(act, row)
        if case.owner is not None:
            act.record(
                "alarm.assigned", HUB, {"alarm": row.id, "party": row.party, "owner": case.owner, "due": case.due}
            )
