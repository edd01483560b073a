"""Emergency plans (緊急時計画): schemes whose two locks were closed beforehand, so that nobody is asked then.

A plan names one dataset with a place, one recipient, the fields, and its limits. Without one nothing is opened: who
asks is told whom to call. Must hold: a plan owes no obligation, because what leaves under it is raw, and rests on a
basis that the emergency rules of the day name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Words, find_dataset
from umaya.gate.models import ActorRoleRow, ActorRow, SchemeRow
from umaya.gate.roles import PRIVACY_OFFICER, PROGRAM, STEWARD, VERIFIER
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import SchemeVersion, State, version_of, version_rows
from umaya.law.emergency import emergency_rules
from umaya.types.site import Actor

WATCHERS: Final = (VERIFIER, PRIVACY_OFFICER, STEWARD)
"""Who of a provider is warned, may end an opening, and is to be called where there is no plan."""


@dataclass(frozen=True)
class Plan:
    """A plan as a requester meets it.

    Attributes:
        version: in force, or suspended.
        dataset_title: of its dataset.
        hours, area_km2: its limits, or the law's where those are narrower.
    """

    version: SchemeVersion
    dataset_title: Words
    hours: int
    area_km2: int

    @property
    def document(self) -> SchemeDocument:
        """What it says."""
        return self.version.document


@dataclass(frozen=True)
class Contact:
    """Somebody to call: of the provider, with the role in which they answer."""

    name: str
    role: str
    party: str


def plans_for(session: Session, recipient: str, day: date) -> list[Plan]:
    """Return the plans in force for a recipient, and those that are suspended, by id."""
    ids = session.scalars(select(SchemeRow.id).where(SchemeRow.recipient == recipient).order_by(SchemeRow.id)).all()
    versions = (_current(session, scheme) for scheme in ids)
    found = (version for version in versions if version is not None and version.document.emergency is not None)
    plans = [_plan(session, version, day) for version in found]
    return [plan for plan in plans if plan.document.period.from_ <= day <= plan.document.period.to]


def find_plan(session: Session, dataset: str, recipient: str, fields: frozenset[str], day: date) -> Plan | None:
    """Return the plan for a dataset and a recipient, or None; one in force, with the fields, goes first."""
    plans = [plan for plan in plans_for(session, recipient, day) if plan.document.dataset == dataset]
    plans.sort(key=lambda plan: (plan.version.state is not State.APPROVED, not fields <= set(plan.document.fields)))
    return plans[0] if plans else None


def contacts(session: Session, party: str) -> list[Contact]:
    """Return who of a party is to be called, by role."""
    query = (
        select(ActorRow.name, ActorRoleRow.role, ActorRow.party)
        .join(ActorRoleRow, ActorRoleRow.actor == ActorRow.id)
        .where(ActorRow.party == party, ActorRoleRow.role.in_(WATCHERS))
        .where(ActorRow.id.not_in(select(ActorRoleRow.actor).where(ActorRoleRow.role == PROGRAM)))
        .order_by(ActorRoleRow.role, ActorRow.id)
    )
    return [Contact(*row) for row in session.execute(query)]


def watches(actor: Actor, provider: str) -> bool:
    """Return whether somebody watches over a provider's data."""
    return actor.party == provider and not actor.roles.isdisjoint(WATCHERS)


def _current(session: Session, scheme: str) -> SchemeVersion | None:
    rows = version_rows(session, scheme)
    for state in (State.APPROVED, State.SUSPENDED):
        for row in rows:
            if row.state == state:
                return version_of(row)
    return None


def _plan(session: Session, version: SchemeVersion, day: date) -> Plan:
    limits, rules = version.document.emergency, emergency_rules(day)
    hours, area = (0, 0) if limits is None else (limits.hours, limits.area_km2)
    if rules is not None:
        hours, area = min(hours, rules.max_hours), min(area, rules.max_area_km2)
    dataset = find_dataset(session, version.document.dataset)
    return Plan(version, dataset.title, hours, area)
