"""Asking for an emergency: what is stated, and whether it opens. Rules in a row; the first that is not met refuses.

Must hold: nothing opens but what every rule let pass; whoever has an opening that is not reviewed opens no other.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import is_id
from umaya.gate.emergency.limits import area_km2
from umaya.gate.emergency.models import EmergencyRow
from umaya.gate.emergency.openings import Balancing
from umaya.gate.emergency.plan import Plan, find_plan
from umaya.gate.events import Event, find_event
from umaya.gate.hands import hands
from umaya.gate.legal import find_legal_facts, legal_fault
from umaya.gate.roles import RESPONDER
from umaya.gate.schemes import State
from umaya.gate.statements import statement
from umaya.law import Evidence, RuleSet, day_in_japan
from umaya.types.errors import InputError, Place
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Area, Obligations


@dataclass(frozen=True)
class EmergencyRequest:
    """What a requester states; the gate believes only the id of the actor.

    Attributes:
        actor: who asks, a responder of the recipient.
        event: id of the declared disaster.
        dataset: id.
        fields: of the dataset, no more than are needed.
        recipient: id of the party that gets the data.
        area: where; None for the whole area of the event. What lies outside the event is cut off.
        ends: when it ends by itself.
        why: the reason.
        balancing: the balancing statement.

    Raises:
        InputError: when a text is missing, too long or no text, no field is named, or the end has no zone.
    """

    actor: Actor
    event: str
    dataset: str
    fields: tuple[str, ...]
    recipient: str
    area: Area | None
    ends: datetime
    why: str
    balancing: Balancing

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", statement(self.why, _place("why")))
        stated = {
            field.name: statement(getattr(self.balancing, field.name), _place(field.name))
            for field in fields(Balancing)
        }
        object.__setattr__(self, "balancing", Balancing(**stated))
        if not self.fields:
            raise InputError(_place("fields"), "no field is named", "choose what you need")
        if self.ends.tzinfo is None:
            raise InputError(_place("ends"), "the time has no zone", "give it with a zone")
        object.__setattr__(self, "ends", self.ends.astimezone(UTC))


@dataclass(frozen=True)
class Permission:
    """What opens: under which plan, for which event, where and until when."""

    plan: Plan
    event: Event
    area: Area
    ends: datetime


def judge(
    session: Session, request: EmergencyRequest, actor: Actor, now: datetime, rules: RuleSet, obligations: Obligations
) -> Permission | Reason:
    """Return what opens, or why nothing does.

    Args:
        session: in which nobody else opens anything for this requester.
        request: what is asked.
        actor: the requester as catalogued.
        now: the moment.
        rules: the law of the day.
        obligations: what the hub can meet; a plan owes none.
    """
    if RESPONDER not in actor.roles:
        return Reason.ROLE_MISSING
    if actor.party != request.recipient:
        return Reason.NOT_A_PARTY
    if locked_by(session, actor.id) is not None:
        return Reason.EMERGENCY_LOCKED
    wanted = frozenset(request.fields)
    plan = find_plan(session, request.dataset, request.recipient, wanted, day_in_japan(now))
    if plan is None:
        return Reason.EMERGENCY_NO_PLAN
    if plan.version.state is not State.APPROVED:
        return Reason.SCHEME_SUSPENDED
    if not wanted <= set(plan.document.fields):
        return Reason.FIELD_NOT_IN_SCHEME
    facts = find_legal_facts(session, plan.document, obligations.chain(plan.document.owed))
    fault = legal_fault(plan.document, request.fields, rules, facts)
    if fault is not None:
        return fault.reason
    return _in_event(session, request, plan, now, rules)


def locked_by(session: Session, requester: str) -> EmergencyRow | None:
    """Return the opening of a requester, as whomever they acted, that is not reviewed yet, or None."""
    query = select(EmergencyRow).where(
        EmergencyRow.requester.in_(hands(session, requester)),
        EmergencyRow.reason == Reason.PERMITTED.value,
        EmergencyRow.reviewed_at.is_(None),
    )
    return session.scalars(query.order_by(EmergencyRow.entry)).first()


def _in_event(
    session: Session, request: EmergencyRequest, plan: Plan, now: datetime, rules: RuleSet
) -> Permission | Reason:
    event = find_event(session, request.event) if is_id(request.event) else None
    if event is None:
        return Reason.EVENT_MISSING
    if now >= event.end:
        return Reason.EVENT_ENDED
    of_event = Evidence.DECLARED_EVENT in rules.bases[plan.document.basis].evidence
    if now < event.start or (of_event and event.municipality != request.recipient):
        return Reason.OUTSIDE_EVENT
    area: Area | None = event.area if request.area is None else request.area.intersection(event.area)
    if area is not None and plan.document.area is not None:
        area = plan.document.area.area().intersection(area)
    if area is None:
        return Reason.OUTSIDE_AREA
    if area_km2(area) > plan.area_km2:
        return Reason.EMERGENCY_AREA_TOO_LARGE
    if request.ends <= now:
        raise InputError(_place("ends"), "the end lies in the past", "name one to come")
    if request.ends - now > timedelta(hours=plan.hours):
        return Reason.EMERGENCY_TOO_LONG
    return Permission(plan, event, area, min(request.ends, event.end))


def _place(field: str) -> Place:
    return Place("emergency", field=field)
