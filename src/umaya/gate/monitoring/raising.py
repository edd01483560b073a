"""Findings become alarms: each once, with the objective data in its case."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from umaya.gate.catalogue import HUB
from umaya.gate.models import AlarmRow
from umaya.gate.monitoring.findings import Finding
from umaya.gate.monitoring.models import AlarmCaseRow
from umaya.gate.monitoring.opening import open_case, record_alarm
from umaya.gate.monitoring.rules import MonitoringRules
from umaya.gate.record import Act


def raise_finding(act: Act, finding: Finding, day: date, rules: MonitoringRules, about: int) -> bool:
    """Write the alarm of a finding in the act, unless the same was raised within its quiet days; return whether.

    Args:
        act: the act.
        finding: what was found.
        day: in Japan, on which it happened.
        rules: by which it was found.
        about: ledger index of what it rests on, where the finding names none.
    """
    quiet = timedelta(days=rules.quiet_days(finding.kind.value) - 1)
    same = select(AlarmCaseRow.alarm).where(
        AlarmCaseRow.subject == finding.subject, AlarmCaseRow.day.between(day - quiet, day + quiet)
    )
    if act.session.scalars(same.limit(1)).first() is not None:
        return False
    row = AlarmRow(
        id=str(UUID(bytes=act.entropy(16), version=4)),
        kind=finding.kind.value,
        party=finding.party,
        scheme=finding.scheme,
        actor=finding.actors[0] if len(finding.actors) == 1 else HUB,
        at=act.now,
        about=about if finding.entry is None else finding.entry,
        entry=0,
    )
    act.session.add(row)
    case = open_case(act, row, finding.actors)
    case.subject, case.day, case.rules, case.person = finding.subject, day, rules.version, finding.person
    case.numbers, case.about = dict(finding.numbers), dict(finding.about)
    record_alarm(act, row, case, HUB)
    return True
