"""The monthly report of monitoring: per party, counted once, kept as canonical JSON with its digest in the ledger.

Must hold: a kept report never changes; counts of people and their words below `LEAST` are told as -1, "fewer than
five", where they could tell of one person. Counts of uses, alarms and look-ups are about staff and stand as they are.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import rfc8785
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB, find_actor
from umaya.gate.models import AlarmRow, PartyRow, SchemeRow, SchemeVersionRow, UseRow
from umaya.gate.monitoring.consent_facts import taken_consents
from umaya.gate.monitoring.detectors import wilson
from umaya.gate.monitoring.facts import Staff, span
from umaya.gate.monitoring.models import AlarmCaseRow, ReportRow
from umaya.gate.monitoring.rules import MonitoringRules, monitoring_rules
from umaya.gate.people.events import EventKind
from umaya.gate.people.models import ActRow, EventRow, LookUpRow, TopicRow
from umaya.gate.record import Acts, digest
from umaya.gate.roles import APPROVER, AUDITOR, PRIVACY_OFFICER, STEWARD, VERIFIER
from umaya.gate.uses import UseState
from umaya.law import day_in_japan
from umaya.types.errors import ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

READERS: Final = frozenset({STEWARD, VERIFIER, APPROVER, PRIVACY_OFFICER, AUDITOR})
LEAST: Final = 5
FEW: Final = -1
"""Stands for one to four people."""


@dataclass(frozen=True)
class MonthlyReport:
    """A report of a party.

    Attributes:
        month: its first day.
        content: as it is kept; `docs/explanation/monitoring.md` says what stands in it.
        digest: of the kept document; None while the month is not over.
        entry: ledger index; None as above.
    """

    party: str
    month: date
    content: dict[str, Any]
    digest: str | None
    made_at: datetime | None
    entry: int | None


class MonthlyReports:
    """Makes and reads reports.

    Args:
        acts: begins acts.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def make(self, month: date) -> list[MonthlyReport]:
        """Make the reports of every party for a month that is over, and keep them; those that are kept stay.

        Raises:
            InputError: when the month is not over.
        """
        month = month.replace(day=1)
        if following(month) > day_in_japan(self._acts.clock.now()):
            raise InputError(Place("report", field="month"), "the month is not over", "name an earlier month")
        with self._acts.begin() as act:
            made = []
            for party in act.session.scalars(select(PartyRow.id).order_by(PartyRow.id)).all():
                row = act.session.get(ReportRow, (party, month))
                if row is None:
                    document = rfc8785.dumps(content_of(act.session, party, month, act.now))
                    text = document.decode()
                    row = ReportRow(
                        party=party, month=month, document=text, digest=digest(document), made_at=act.now, entry=0
                    )
                    act.session.add(row)
                    body = {"party": party, "month": month, "document": row.digest}
                    row.entry = act.record("report.made", HUB, body)
                made.append(_report(row))
            return made

    def get(self, actor: Actor, month: date) -> Sequence[MonthlyReport]:
        """Return the kept reports of a month that the actor may read; while it lasts, what it comes to until now.

        Raises:
            ForbiddenError: when reports are not for the actor.
            NotFoundError: when none was made of a month that is over, or it is to come.
        """
        month = month.replace(day=1)
        with self._acts.database.reading() as session:
            reader = _reader(session, actor)
            parties = [reader.party]
            if AUDITOR in reader.roles:
                parties = list(session.scalars(select(PartyRow.id).order_by(PartyRow.id)))
            rows = [row for party in parties if (row := session.get(ReportRow, (party, month))) is not None]
            if rows:
                return [_report(row) for row in rows]
            now = self._acts.clock.now()
            if not month <= day_in_japan(now) < following(month):
                raise NotFoundError("there is no report of this month")
            return [
                MonthlyReport(party, month, content_of(session, party, month, now), None, None, None)
                for party in parties
            ]

    def months(self, actor: Actor) -> list[date]:
        """Return the months with a kept report that the actor may read, latest first; the present one stands first."""
        with self._acts.database.reading() as session:
            reader = _reader(session, actor)
            query = select(ReportRow.month).distinct().order_by(ReportRow.month.desc())
            if AUDITOR not in reader.roles:
                query = query.where(ReportRow.party == reader.party)
            return [day_in_japan(self._acts.clock.now()).replace(day=1), *session.scalars(query)]


def following(month: date) -> date:
    """Return the first day of the next month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def few(people: int) -> int:
    """Return a count of people as it may be told."""
    return FEW if 0 < people < LEAST else people


def content_of(session: Session, party: str, month: date, now: datetime) -> dict[str, Any]:
    """Return what a party's report of a month says, with the month before for comparison."""
    last = min(following(month) - timedelta(days=1), day_in_japan(now))
    before = (month - timedelta(days=1)).replace(day=1)
    rules = monitoring_rules(last)
    return {
        "party": party,
        "month": month.isoformat()[:7],
        "through": last.isoformat(),
        "rules": rules.version,
        "least": LEAST,
        "this": _figures(session, party, month, last, rules),
        "before": _figures(session, party, before, month - timedelta(days=1), rules),
    }


def _figures(session: Session, party: str, first: date, last: date, rules: MonitoringRules) -> dict[str, Any]:
    start, end = span(first, last)
    staff = Staff(session, last, rules)
    ours = [actor for actor, of in staff.party.items() if of == party]
    schemes = select(SchemeRow.id).where(or_(SchemeRow.provider == party, SchemeRow.recipient == party))
    within = (UseRow.decided_at >= start, UseRow.decided_at < end, UseRow.scheme.in_(schemes))
    uses = session.execute(
        select(UseRow.scheme, UseRow.state, func.count()).where(*within).group_by(UseRow.scheme, UseRow.state)
    )
    by_purpose: dict[str, Counter[str]] = defaultdict(Counter)
    for scheme, state, count in uses:
        key = "refused" if state == UseState.REFUSED.value else "permitted"
        by_purpose[_purpose(session, scheme)][key] += count
    refused = select(UseRow.reason, func.count()).where(*within, UseRow.state == UseState.REFUSED.value)
    reasons = {row[0]: row[1] for row in session.execute(refused.group_by(UseRow.reason))}
    looked = select(func.count()).where(LookUpRow.party == party, LookUpRow.at >= start, LookUpRow.at < end)
    taken = [one for one in taken_consents(session, start, end, rules.same_day["hours"]) if one.actor in ours]
    on_day = sum(one.same_day for one in taken)
    return {
        "purposes": {name: dict(counts) for name, counts in by_purpose.items()},
        "refusals": reasons,
        "look-ups": session.scalar(looked) or 0,
        "alarms": _alarms(session, party, start, end, last),
        "given": few(_words(session, party, EventKind.GIVEN, start, end)),
        "withdrawn": few(_words(session, party, EventKind.WITHDRAWN, start, end)),
        "taken": few(len(taken)),
        "same-day-percent": round(100 * on_day / len(taken)) if len(taken) >= LEAST else few(len(taken)),
        "offices": _offices(taken, staff, rules),
    }


def _purpose(session: Session, scheme: str) -> str:
    """Return the purpose of a scheme's newest version, in Japanese."""
    query = select(SchemeVersionRow.document).where(SchemeVersionRow.scheme == scheme)
    document = session.scalars(query.order_by(SchemeVersionRow.version.desc()).limit(1)).first()
    return scheme if document is None else str(json.loads(document)["purpose"]["ja"])


def _alarms(session: Session, party: str, start: datetime, end: datetime, last: date) -> dict[str, Any]:
    query = select(AlarmRow, AlarmCaseRow).join(AlarmCaseRow, AlarmCaseRow.alarm == AlarmRow.id)
    query = query.where(AlarmRow.party == party, AlarmRow.at >= start, AlarmRow.at < end)
    kinds: Counter[str] = Counter()
    states: Counter[str] = Counter()
    results: Counter[str] = Counter()
    ages: Counter[str] = Counter()
    for alarm, case in session.execute(query):
        kinds[alarm.kind] += 1
        states[case.state] += 1
        if case.result is not None:
            results[case.result] += 1
        elif case.due < last:
            ages["late"] += 1
        else:
            ages["in-time"] += 1
    return {"kinds": dict(kinds), "states": dict(states), "results": dict(results), "ages": dict(ages)}


def _words(session: Session, party: str, kind: EventKind, start: datetime, end: datetime) -> int:
    """Return how many words of single people on the party's topics were said."""
    query = (
        select(func.count())
        .select_from(EventRow)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .join(TopicRow, TopicRow.number == EventRow.topic)
        .where(EventRow.kind == int(kind), EventRow.person.is_not(None))
        .where(ActRow.taken_at >= start, ActRow.taken_at < end)
        .where(or_(TopicRow.source_party == party, TopicRow.target_party == party))
    )
    return session.scalar(query) or 0


def _offices(taken: Sequence[Any], staff: Staff, rules: MonitoringRules) -> dict[str, dict[str, int]]:
    """Return the offices whose share of consents on the day of the visit lies above the mean, with their counts."""
    all_, some = Counter(staff.office(one.actor) for one in taken), Counter[str]()
    for one in taken:
        some[staff.office(one.actor)] += one.same_day
    found = {}
    for office, count in sorted(all_.items()):
        others = sum(all_.values()) - count
        mean = (sum(some.values()) - some[office]) / others if others else rules.same_day["share"]
        if office and count >= LEAST and wilson(some[office], count, rules.same_day["z"]) > mean:
            found[office] = {"taken": count, "percent": round(100 * some[office] / count)}
    return found


def _reader(session: Session, actor: Actor) -> Actor:
    reader = find_actor(session, actor.id)
    if reader.roles.isdisjoint(READERS):
        raise ForbiddenError("reports are for stewards, verifiers, approvers, privacy officers and auditors")
    return reader


def _report(row: ReportRow) -> MonthlyReport:
    return MonthlyReport(row.party, row.month, json.loads(row.document), row.digest, row.made_at, row.entry)
