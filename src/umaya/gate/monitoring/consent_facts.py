"""The numbers of consents and lists that detectors look at. Reads only; of cross-selling alone where that is said.

A consent counts as taken on the day of the visit when it was asked for on that day, or when the person's state was
looked up within hours before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pyroaring import BitMap
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from umaya.gate.models import SchemeRow, UsePeopleRow, UseRow
from umaya.gate.monitoring.calendar import JAPAN
from umaya.gate.monitoring.detectors import ConsentsOnCampaign, ListedFirst, ListNear, Share, Taken
from umaya.gate.monitoring.facts import Staff, shares, span
from umaya.gate.monitoring.models import SalesCampaignRow
from umaya.gate.monitoring.rules import MonitoringRules
from umaya.gate.people.events import EventKind
from umaya.gate.people.models import ActRow, EventRow, LookUpRow, TopicRow
from umaya.gate.uses import UseState

_CROSS = or_(
    TopicRow.source_party != TopicRow.target_party,
    TopicRow.source_business != TopicRow.target_business,
)


@dataclass(frozen=True)
class TakenConsent:
    """A consent that somebody took from one person; `same_day` as the module says."""

    seq: int
    person: int
    topic: int
    actor: str
    at: datetime
    same_day: bool
    entry: int | None


def taken_consents(session: Session, start: datetime, end: datetime, hours: int) -> list[TakenConsent]:
    """Return the cross-sell consents that staff took within a span, one by one, earliest first."""
    seen = func.max(LookUpRow.at)
    looked = and_(
        LookUpRow.person == EventRow.person,
        LookUpRow.topic == TopicRow.id,
        LookUpRow.at <= ActRow.taken_at,
        LookUpRow.at >= start - timedelta(hours=hours),
    )
    of = (
        EventRow.seq,
        EventRow.person,
        EventRow.topic,
        ActRow.actor,
        ActRow.taken_at,
        ActRow.requested_at,
        ActRow.entry,
    )
    query = (
        select(*of, seen)
        .select_from(EventRow)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .join(TopicRow, TopicRow.number == EventRow.topic)
        .outerjoin(LookUpRow, looked)
        .where(
            _CROSS,
            EventRow.kind == int(EventKind.GIVEN),
            EventRow.person.is_not(None),
            ActRow.channel.in_(("counter", "paper", "phone")),
            ActRow.taken_at >= start,
            ActRow.taken_at < end,
        )
        .group_by(*of)
        .order_by(ActRow.taken_at, EventRow.seq)
    )
    found = []
    for seq, person, topic, actor, at, requested, entry, looked_at in session.execute(query):
        asked = requested is not None and requested.astimezone(JAPAN).date() == at.astimezone(JAPAN).date()
        visited = looked_at is not None and at - looked_at <= timedelta(hours=hours)
        if person is not None and topic is not None:
            found.append(TakenConsent(seq, person, topic, actor, at, asked or visited, entry))
    return found


def same_day_shares(consents: Sequence[TakenConsent], staff: Staff) -> Iterator[Share]:
    """Yield how many of the consents of each clerk and office were taken on the day of the visit."""
    all_: dict[str, int] = defaultdict(int)
    some: dict[str, int] = defaultdict(int)
    for one in consents:
        if one.actor in staff.party:
            all_[one.actor] += 1
            some[one.actor] += one.same_day
    yield from shares(some, all_, staff, {})


def consents_on_campaigns(
    session: Session, consents: Sequence[TakenConsent], day: date, staff: Staff
) -> Iterator[ConsentsOnCampaign]:
    """Yield what was taken on the day of the visit on a day of a campaign, at its office."""
    for campaign in campaigns(session, day, day):
        of = [
            one
            for one in consents
            if one.same_day
            and one.at.astimezone(JAPAN).date() == day
            and staff.party.get(one.actor) == campaign.party
            and campaign.office in {"", staff.office(one.actor)}
        ]
        if of:
            actors = tuple(sorted({one.actor for one in of}))
            yield ConsentsOnCampaign(campaign.party, campaign.id, campaign.office, actors, len(of), of[0].entry)


def campaigns(session: Session, first: date, last: date) -> list[SalesCampaignRow]:
    """Return the sales campaigns that have a day between two, earliest first."""
    query = select(SalesCampaignRow).where(
        SalesCampaignRow.ended_at.is_(None), SalesCampaignRow.starts <= last, SalesCampaignRow.ends >= first
    )
    return list(session.scalars(query.order_by(SalesCampaignRow.starts, SalesCampaignRow.id)))


def lists_near(session: Session, day: date, rules: MonitoringRules) -> Iterator[ListNear]:
    """Yield the day's lists of people, each with the first campaign of its scheme's parties that is near."""
    near = campaigns(session, day, day + timedelta(days=rules.near["days"]))
    for use, provider, recipient in _lists(session, day, day):
        for campaign in near:
            if campaign.party in {provider, recipient}:
                days = max((campaign.starts - day).days, 0)
                people = use.permitted or 0
                yield ListNear(provider, use.actor, use.scheme, campaign.id, days, people, use.entry)
                break


def _lists(session: Session, first: date, last: date) -> list[tuple[UseRow, str, str]]:
    start, end = span(first, last)
    query = (
        select(UseRow, SchemeRow.provider, SchemeRow.recipient)
        .join(SchemeRow, SchemeRow.id == UseRow.scheme)
        .where(
            UseRow.decided_at >= start,
            UseRow.decided_at < end,
            UseRow.state != UseState.REFUSED.value,
            UseRow.permitted.is_not(None),
        )
        .order_by(UseRow.entry)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def listed_before(session: Session, day: date, rules: MonitoringRules) -> Iterator[ListedFirst]:
    """Yield the lists of the window with those of them who consented to a cross-sell topic later, and had not before.

    A list that rests on the topic itself holds nobody who had not consented.
    """
    _, end = span(day, day)
    lists = _lists(session, day - timedelta(days=rules.near["days"]), day)
    if not lists:
        return
    first = min(use.decided_at for use, _, _ in lists)
    for topic in session.scalars(select(TopicRow).where(_CROSS).order_by(TopicRow.number)).all():
        given = _given(session, topic.number, first, end)
        if not given:
            continue
        for use, provider, recipient in lists:
            if {topic.source_party, topic.target_party}.isdisjoint({provider, recipient}):
                continue
            row = session.get(UsePeopleRow, use.id)
            after = BitMap().union(*(people for at, people in given if at > use.decided_at))
            if row is None or not after:
                continue
            listed = BitMap.deserialize(row.permitted)
            late = listed & after
            late -= _had(session, topic.number, late, use.decided_at)
            yield ListedFirst(provider, use.actor, use.scheme, topic.id, len(listed), len(late), len(after), use.entry)


def _given(session: Session, topic: int, start: datetime, end: datetime) -> list[tuple[datetime, BitMap]]:
    query = (
        select(ActRow.taken_at, EventRow.person, EventRow.people)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .where(EventRow.topic == topic, EventRow.kind == int(EventKind.GIVEN))
        .where(ActRow.taken_at >= start, ActRow.taken_at < end)
    )
    return [
        (at, BitMap([person or 0]) if people is None else BitMap.deserialize(people))
        for at, person, people in session.execute(query)
    ]


def _had(session: Session, topic: int, people: BitMap, before: datetime) -> BitMap:
    """Return who of some people had consented before a moment."""
    if not people:
        return people
    earliest = datetime(1970, 1, 1, tzinfo=JAPAN)
    return people & BitMap().union(*(given for _, given in _given(session, topic, earliest, before)))


def taken_on(consents: Sequence[TakenConsent], day: date, staff: Staff) -> Iterator[Taken]:
    """Yield the moments of each clerk's consents of the day."""
    by_actor: dict[str, list[TakenConsent]] = defaultdict(list)
    for one in consents:
        if one.at.astimezone(JAPAN).date() == day and one.actor in staff.party:
            by_actor[one.actor].append(one)
    for actor, of in sorted(by_actor.items()):
        yield Taken(staff.party[actor], actor, [one.at.timestamp() for one in of], of[0].entry)


def regret_shares(
    session: Session, consents: Sequence[TakenConsent], end: datetime, days: int, staff: Staff
) -> Iterator[Share]:
    """Yield how many of each clerk's consents were withdrawn within so many days."""
    if not consents:
        return
    query = (
        select(EventRow.person, EventRow.topic, ActRow.taken_at)
        .join(ActRow, ActRow.seq == EventRow.seq)
        .where(EventRow.kind == int(EventKind.WITHDRAWN), EventRow.person.is_not(None))
        .where(ActRow.taken_at >= consents[0].at, ActRow.taken_at < end)
    )
    withdrawn: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    for person, topic, at in session.execute(query):
        if person is not None and topic is not None:
            withdrawn[person, topic].append(at)
    all_: dict[str, int] = defaultdict(int)
    some: dict[str, int] = defaultdict(int)
    for one in consents:
        if one.actor in staff.party:
            all_[one.actor] += 1
            soon = (timedelta() <= at - one.at <= timedelta(days=days) for at in withdrawn[one.person, one.topic])
            some[one.actor] += any(soon)
    yield from shares(some, all_, staff, {})
