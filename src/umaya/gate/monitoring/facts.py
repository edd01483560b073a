"""The numbers of a day that detectors look at, counted by SQL; what cannot be counted there is narrowed there.

Reads only. Programs are left out: they work at night and in bulk, and their schemes are reviewed for that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from umaya.gate.alarms import AlarmKind
from umaya.gate.models import ActorRoleRow, ActorRow, UseRow
from umaya.gate.monitoring.calendar import JAPAN, Hours
from umaya.gate.monitoring.detectors import DayOfActor, OutsideHours, PersonLookedUp, Share
from umaya.gate.monitoring.models import WorkplaceRow
from umaya.gate.monitoring.rules import MonitoringRules
from umaya.gate.people.events import EventKind
from umaya.gate.people.models import ActRow, EventRow, LookUpRow
from umaya.gate.rights.models import RequestRow
from umaya.gate.roles import PROGRAM
from umaya.gate.uses import UseState

_PROGRAMS = select(ActorRoleRow.actor).where(ActorRoleRow.role == PROGRAM)


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the moments from the first day in Japan up to the end of the last."""
    return datetime.combine(first, time(), JAPAN), datetime.combine(last + timedelta(days=1), time(), JAPAN)


class Staff:
    """Who works where on a day.

    Args:
        session: to read with.
        day: in Japan.
        rules: hours of offices that registered none.
    """

    def __init__(self, session: Session, day: date, rules: MonitoringRules) -> None:
        self.party = {row[0]: row[1] for row in session.execute(select(ActorRow.id, ActorRow.party))}
        query = select(WorkplaceRow).where(WorkplaceRow.starts <= day).order_by(WorkplaceRow.starts, WorkplaceRow.id)
        self._at = {row.actor: row for row in session.scalars(query)}
        self._usual = Hours(rules.hours["opens"], rules.hours["closes"], rules.hours["weekend"])

    def hours(self, actor: str) -> Hours:
        """Return the hours of an actor's office."""
        row = self._at.get(actor)
        return self._usual if row is None else Hours(row.opens, row.closes, row.weekend)

    def office(self, actor: str) -> str:
        """Return the office of an actor, or empty."""
        row = self._at.get(actor)
        return "" if row is None else row.office


def days_of_actors(session: Session, day: date, rules: MonitoringRules, staff: Staff) -> Iterator[DayOfActor]:
    """Yield what each actor looked up and used on the day, with the history of theirs and of their peers."""
    for what, actor, at, entry in (
        ("look-ups", LookUpRow.actor, LookUpRow.at, LookUpRow.entry),
        ("uses", UseRow.actor, UseRow.decided_at, UseRow.entry),
    ):
        history: dict[str, list[int]] = {}
        for back in range(1, rules.volume["days"] + 1):
            start, end = span(day - timedelta(days=back), day - timedelta(days=back))
            query = select(actor, func.count()).where(at >= start, at < end, actor.not_in(_PROGRAMS)).group_by(actor)
            for who, count in session.execute(query):
                history.setdefault(who, []).append(count)
        start, end = span(day, day)
        today = select(actor, func.count(), func.min(entry)).where(at >= start, at < end, actor.not_in(_PROGRAMS))
        for who, count, first in session.execute(today.group_by(actor).order_by(actor)):
            party = staff.party.get(who)
            if party is None:
                continue
            peers = [
                n
                for other, counts in history.items()
                if other != who and staff.party.get(other) == party
                for n in counts
            ]
            yield DayOfActor(party, who, what, count, history.get(who, ()), peers, first)


def outside_hours(session: Session, day: date, staff: Staff) -> Iterator[OutsideHours]:
    """Yield who looked up, or took consents, while their office was closed; channels of the people themselves aside."""
    start, end = span(day, day)
    looked = select(LookUpRow.actor, LookUpRow.at, LookUpRow.entry).where(
        LookUpRow.at >= start, LookUpRow.at < end, LookUpRow.actor.not_in(_PROGRAMS)
    )
    taken = (
        select(ActRow.actor, ActRow.taken_at, ActRow.entry)
        .join(EventRow, EventRow.seq == ActRow.seq)
        .where(
            EventRow.kind == int(EventKind.GIVEN),
            ActRow.channel == "counter",
            ActRow.taken_at >= start,
            ActRow.taken_at < end,
            ActRow.actor.not_in(_PROGRAMS),
        )
    )
    for kind, query in ((AlarmKind.OFF_HOURS, looked), (AlarmKind.CONSENT_HOURS, taken)):
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        first: dict[str, int | None] = {}
        for actor, at, entry in session.execute(query.execution_options(yield_per=1000)):
            counts[actor][1] += 1
            if staff.hours(actor).outside(at):
                counts[actor][0] += 1
                first.setdefault(actor, entry)
        for actor, (outside, total) in sorted(counts.items()):
            if outside and actor in staff.party:
                yield OutsideHours(kind, staff.party[actor], actor, outside, total, first[actor])


def people_looked_up(session: Session, day: date, rules: MonitoringRules) -> Iterator[PersonLookedUp]:
    """Yield persons of the day whom several looked up within the window, or one on several days."""
    start, end = span(day - timedelta(days=rules.one_person["days"] - 1), day)
    today, _ = span(day, day)
    within = and_(LookUpRow.at >= start, LookUpRow.at < end, LookUpRow.actor.not_in(_PROGRAMS))
    least = min(rules.one_person["actors"], rules.one_person["repeats"])
    often = (
        select(LookUpRow.party, LookUpRow.person)
        .where(within)
        .group_by(LookUpRow.party, LookUpRow.person)
        .having(func.count() >= least, func.max(LookUpRow.at) >= today)
        .order_by(LookUpRow.party, LookUpRow.person)
    )
    for party, person in session.execute(often).all():
        query = select(LookUpRow.actor, LookUpRow.at, LookUpRow.entry).where(
            within, LookUpRow.party == party, LookUpRow.person == person
        )
        days: dict[str, set[date]] = defaultdict(set)
        entries = []
        for actor, at, entry in session.execute(query):
            days[actor].add(at.astimezone(JAPAN).date())
            entries.append(entry)
        told = {actor: len(of) for actor, of in days.items()}
        yield PersonLookedUp(party, person, told, _followed(session, person, start, end), min(entries))


def _followed(session: Session, person: int, start: datetime, end: datetime) -> bool:
    """Return whether a person said something, or asked for something, within a span."""
    word = (
        select(EventRow.seq)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .where(EventRow.person == person, ActRow.taken_at >= start, ActRow.taken_at < end)
    )
    asked = select(RequestRow.id).where(
        RequestRow.person == person, RequestRow.received_at >= start, RequestRow.received_at < end
    )
    return session.execute(word.limit(1)).first() is not None or session.execute(asked.limit(1)).first() is not None


def refused_shares(session: Session, day: date, rules: MonitoringRules, staff: Staff) -> Iterator[Share]:
    """Yield how many uses of the window were refused, in all and by reason: of actors, offices and parties."""
    start, end = span(day - timedelta(days=rules.refusals["days"] - 1), day)
    query = (
        select(UseRow.actor, UseRow.state, UseRow.reason, func.count())
        .where(UseRow.decided_at >= start, UseRow.decided_at < end, UseRow.actor.not_in(_PROGRAMS))
        .group_by(UseRow.actor, UseRow.state, UseRow.reason)
    )
    all_: dict[str, int] = defaultdict(int)
    refused: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for actor, state, reason, count in session.execute(query):
        if actor not in staff.party:
            continue
        all_[actor] += count
        if state == UseState.REFUSED.value:
            refused["any"][actor] += count
            refused[reason][actor] += count
    for reason, by_actor in sorted(refused.items()):
        yield from shares(by_actor, all_, staff, {"reason": reason})


def shares(some: dict[str, int], all_: dict[str, int], staff: Staff, about: dict[str, str]) -> Iterator[Share]:
    """Yield the share of each actor, office and party, against the others of the party, or all other parties."""
    by_party: dict[str, list[str]] = defaultdict(list)
    for actor in all_:
        by_party[staff.party[actor]].append(actor)
    total = (sum(some.values()), sum(all_.values()))
    for party, members in sorted(by_party.items()):
        groups: list[tuple[str, str, tuple[str, ...]]] = [("actor", "", (actor,)) for actor in sorted(members)]
        offices = sorted({staff.office(actor) for actor in members} - {""})
        at = {office: tuple(sorted(a for a in members if staff.office(a) == office)) for office in offices}
        groups += [("office", office, who) for office, who in at.items() if len(who) > 1]
        groups += [("party", "", tuple(sorted(members)))] if len(members) > 1 else []
        of_party = (sum(some.get(a, 0) for a in members), sum(all_[a] for a in members))
        for level, office, who in groups:
            of = (sum(some.get(a, 0) for a in who), sum(all_[a] for a in who))
            base = of_party if of_party[1] > of[1] else total
            named = {**about, "level": level} | ({"office": office} if office else {})
            yield Share(party, who, *of, base[0] - of[0], base[1] - of[1], named)
