"""What monitoring is told by people: whom staff must not look up, on which days a party sells, where somebody works.

Must hold: persons are named by the party's customer number and enter the ledger as a salted digest; a restriction is
seen by whoever it is about (the actor) and by those who set those of public interest, by nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from umaya.gate.catalogue import find_actor, is_id
from umaya.gate.monitoring.models import RestrictionRow, SalesCampaignRow, WorkplaceRow
from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.record import Acts
from umaya.gate.roles import AUDITOR, CLERK, OFFICER, PRIVACY_OFFICER, PROTECTOR, STEWARD, VERIFIER
from umaya.gate.statements import salted, statement
from umaya.law import day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor


class Relation(StrEnum):
    """Why somebody must not be looked up. Stored and recorded: values never change."""

    SELF = "self"
    FAMILY = "family"
    ACQUAINTANCE = "acquaintance"
    PUBLIC_INTEREST = "public-interest"
    """Whoever looks: a person whom many are curious about."""


DECLARERS: Final = frozenset({CLERK, OFFICER, STEWARD, VERIFIER, PROTECTOR, PRIVACY_OFFICER})
"""Who looks people up, or could, declares whom they know."""
GUARDS: Final = frozenset({PROTECTOR, PRIVACY_OFFICER})
"""Who says that somebody is of public interest."""


@dataclass(frozen=True)
class Restriction:
    """Somebody who must not be looked up, by the party's customer number; `actor` None: by anybody."""

    id: str
    actor: str | None
    number: str
    relation: Relation
    set_at: datetime


@dataclass(frozen=True)
class SalesCampaign:
    """Days on which a party sells or invites; `office` is empty where it is all of them."""

    id: str
    party: str
    office: str
    title: str
    starts: date
    ends: date


@dataclass(frozen=True)
class Workplace:
    """Where somebody works from a day on; hours in minutes of the day in Japan."""

    actor: str
    office: str
    opens: int
    closes: int
    weekend: bool
    starts: date


class MonitoringSettings:
    """Sets and lists. Every method raises ForbiddenError where the actor's role may not.

    Args:
        acts: begins acts.
        numbers: what parties call people.
    """

    def __init__(self, acts: Acts, numbers: CustomerNumbers) -> None:
        self._acts = acts
        self._numbers = numbers

    def restrict(self, actor: Actor, number: str, relation: Relation) -> str:
        """Say that the actor, or for public interest anybody, must not look a person up; return the restriction's id.

        Raises:
            InputError: when the number is none of the party's.
            ConflictError: when it is registered already.
        """
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            public = relation is Relation.PUBLIC_INTEREST
            if person.roles.isdisjoint(GUARDS if public else DECLARERS):
                raise ForbiddenError("this restriction is not for the actor's roles to set")
            whom = self._numbers.person(person.party, number)
            of = None if public else person.id
            same = select(RestrictionRow.id).where(
                RestrictionRow.person == whom,
                RestrictionRow.actor.is_(None) if of is None else RestrictionRow.actor == of,
                RestrictionRow.ended_at.is_(None),
            )
            if act.session.scalars(same.limit(1)).first() is not None:
                raise ConflictError("it is registered already")
            row = RestrictionRow(
                id=self._acts.new_id(),
                party=person.party,
                actor=of,
                person=whom,
                relation=relation.value,
                set_by=person.id,
                set_at=act.now,
                salt=act.entropy(16).hex(),
                entry=0,
            )
            act.session.add(row)
            body = {"restriction": row.id, "party": row.party, "subject": of, "relation": relation.value}
            row.entry = act.record("restriction.set", person.id, {**body, "person": salted(str(whom), row.salt)})
            return row.id

    def lift(self, actor: Actor, restriction: str) -> None:
        """End a restriction: one's own by a privacy officer or protector of the party, never by oneself.

        Raises:
            NotFoundError: when there is no such restriction in force in the actor's party.
        """
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            if person.roles.isdisjoint(GUARDS):
                raise ForbiddenError("restrictions are lifted by a protector or privacy officer")
            row = act.session.get(RestrictionRow, restriction, with_for_update=True)
            if row is None or row.party != person.party or row.ended_at is not None:
                raise NotFoundError("there is no such restriction")
            if row.actor == person.id:
                raise ForbiddenError("nobody lifts a restriction of their own")
            row.ended_by, row.ended_at = person.id, act.now
            body = {"restriction": row.id, "party": row.party}
            row.ended_entry = act.record("restriction.ended", person.id, body)

    def restrictions(self, actor: Actor) -> list[Restriction]:
        """Return the actor's own and, for those who set them, the party's of public interest."""
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            query = select(RestrictionRow).where(
                RestrictionRow.party == person.party, RestrictionRow.ended_at.is_(None)
            )
            guard = not person.roles.isdisjoint(GUARDS)
            return [
                Restriction(
                    row.id, row.actor, self._numbers.of(row.party, row.person), Relation(row.relation), row.set_at
                )
                for row in session.scalars(query.order_by(RestrictionRow.set_at, RestrictionRow.id))
                if row.actor == person.id or (guard and row.actor is None)
            ]

    def plan(self, actor: Actor, title: str, starts: date, ends: date, office: str = "") -> str:
        """Register the days of a sales campaign or event of the own party; return its id. For stewards and verifiers.

        Raises:
            InputError: when there is no title, the office is no id, or it ends before it starts.
        """
        title = statement(title, _place("title"))
        if office and not is_id(office):
            raise InputError(_place("office"), "the office is no id", "small letters, digits and hyphens")
        if ends < starts:
            raise InputError(_place("ends"), "it ends before it starts", "name a later day")
        with self._acts.begin() as act:
            person = _planner(find_actor(act.session, actor.id))
            row = SalesCampaignRow(
                id=self._acts.new_id(),
                party=person.party,
                office=office,
                title=title,
                starts=starts,
                ends=ends,
                set_by=person.id,
                set_at=act.now,
                entry=0,
            )
            act.session.add(row)
            body = {"campaign": row.id, "party": row.party, "starts": starts, "ends": ends, "office": office or None}
            row.entry = act.record("campaign.registered", person.id, body)
            return row.id

    def cancel(self, actor: Actor, campaign: str) -> None:
        """Take a campaign back that has not begun.

        Raises:
            NotFoundError, ConflictError: when there is none in force, or it has begun.
        """
        with self._acts.begin() as act:
            person = _planner(find_actor(act.session, actor.id))
            row = act.session.get(SalesCampaignRow, campaign, with_for_update=True)
            if row is None or row.party != person.party or row.ended_at is not None:
                raise NotFoundError("there is no such campaign")
            if row.starts <= day_in_japan(act.now):
                raise ConflictError("the campaign has begun")
            row.ended_at = act.now
            row.ended_entry = act.record("campaign.ended", person.id, {"campaign": row.id, "party": row.party})

    def campaigns(self, actor: Actor) -> list[SalesCampaign]:
        """Return the campaigns of the own party, latest first; of all for an auditor."""
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            query = select(SalesCampaignRow).where(SalesCampaignRow.ended_at.is_(None))
            if AUDITOR not in person.roles:
                query = query.where(SalesCampaignRow.party == _planner(person).party)
            return [
                SalesCampaign(row.id, row.party, row.office, row.title, row.starts, row.ends)
                for row in session.scalars(query.order_by(SalesCampaignRow.starts.desc(), SalesCampaignRow.id))
            ]

    def place(self, actor: Actor, work: Workplace) -> None:
        """Say where somebody of the own party works from a day on. For stewards.

        Raises:
            InputError: when the office is no id, or the hours are none.
            NotFoundError: when there is no such actor in the party.
        """
        if not is_id(work.office):
            raise InputError(_place("place"), "the office is no id", "small letters, digits and hyphens")
        if not 0 <= work.opens < work.closes <= 24 * 60:
            raise InputError(_place("opens"), "it closes before it opens", "name hours of one day")
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            if STEWARD not in person.roles:
                raise ForbiddenError("workplaces are registered by a steward")
            if find_actor(act.session, work.actor).party != person.party:
                raise NotFoundError("there is no such actor")
            row = WorkplaceRow(
                actor=work.actor,
                office=work.office,
                opens=work.opens,
                closes=work.closes,
                weekend=work.weekend,
                starts=work.starts,
                entry=0,
            )
            act.session.add(row)
            body = {"subject": work.actor, "party": person.party, "office": work.office, "starts": work.starts}
            row.entry = act.record("workplace.set", person.id, body)


def _planner(person: Actor) -> Actor:
    if person.roles.isdisjoint({STEWARD, VERIFIER}):
        raise ForbiddenError("campaigns are registered by a steward or verifier")
    return person


def _place(field: str) -> Place:
    return Place("monitoring", field=field)
