"""The decision: may this use happen, and what exactly is permitted. Rules only; facts are handed in.

Rules stand in a row and the first one that is not met gives the reason. Must hold: a use is permitted only when
every rule was asked and none objected; there is no other way to a permission.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from umaya.gate.catalogue import Dataset, Party
from umaya.gate.emergency.openings import Emergency
from umaya.gate.events import Event
from umaya.gate.joint_use import Notice
from umaya.gate.legal import LegalFacts, legal_fault
from umaya.gate.people.topics import Topic
from umaya.gate.roles import OFFICER, RESPONDER
from umaya.gate.schemes import SchemeVersion, State
from umaya.gate.series import NOTHING_TOLD, Counted, place_of, product_of
from umaya.gate.use import Decision, Use
from umaya.law import Evidence, RuleSet, day_in_japan
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Area, Chain, ObligationContext, UnfitError, Window


@dataclass(frozen=True)
class Facts:
    """What is known at the moment of a decision; None for what does not exist.

    Attributes:
        actor: as catalogued, not as claimed.
        scheme: the version in force; else the suspended one; else the newest.
        recipient: of the scheme.
        dataset: of the scheme.
        event: the one that the use names.
        chain: the scheme's obligations; None where this hub cannot make one of them.
        topic: the consent topic that the scheme names.
        notice: the version in force of the joint-use notice that the scheme names.
        emergency: the one that the use says it is part of.
        told: counts that the recipient was told of the dataset's time asked for, lookback included; empty where the
            chain leaves no counts.
    """

    actor: Actor | None
    scheme: SchemeVersion | None
    recipient: Party | None
    dataset: Dataset | None
    event: Event | None
    chain: Chain | None
    topic: Topic | None = None
    notice: Notice | None = None
    emergency: Emergency | None = None
    told: tuple[Counted, ...] = NOTHING_TOLD


@dataclass(frozen=True)
class _Case:
    use: Use
    actor: Actor
    scheme: SchemeVersion
    recipient: Party
    dataset: Dataset
    event: Event | None
    chain: Chain | None
    topic: Topic | None
    notice: Notice | None
    emergency: Emergency | None
    told: tuple[Counted, ...]
    rules: RuleSet
    now: datetime

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields asked for."""
        return tuple(self.scheme.document.fields) if self.use.fields is None else self.use.fields

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields asked for, in the scheme's order."""
        return tuple(name for name in self.scheme.document.fields if name in self.fields)

    @property
    def touched(self) -> tuple[str, ...]:
        """The fields asked for and the fields searched: a search tells as much as a column does."""
        return tuple(dict.fromkeys((*self.fields, *(condition.field for condition in self.use.matching))))

    @property
    def area(self) -> Area | None:
        stated = self.scheme.document.area
        return None if stated is None else stated.area()

    @property
    def emergency_area(self) -> Area | None:
        """The emergency's area within the scheme's; None where there is none."""
        if self.emergency is None:
            return None
        return self.emergency.area if self.area is None else self.area.intersection(self.emergency.area)

    @property
    def permitted_area(self) -> Area | None:
        """The scheme's area within the event's or the emergency's; to be asked once `_area` found them to meet."""
        if self.emergency is not None:  # within the event's; `_emergency` has refused where there is none
            return self.emergency_area
        if not self.needs_event or self.event is None:
            return self.area
        return self.event.area if self.area is None else self.area.intersection(self.event.area)

    @property
    def window(self) -> Window | None:
        return self.use.window if self.dataset.time is not None else None

    @property
    def relied_on(self) -> Event | None:
        """The event, where the basis rests on one."""
        return self.event if self.needs_event else None

    @property
    def span(self) -> Window | None:
        """The window with the lookback before it.

        Where the time is no permitted column, nothing is read before the window, because it could not be cut off again.
        A basis that rests on an event reaches no further back than the event.
        """
        if self.window is None or self.chain is None or self.dataset.time not in self.columns:
            return self.window
        start = self.window[0] - self.chain.lookback
        return (start if self.relied_on is None else max(start, self.relied_on.start), self.window[1])

    @property
    def needs_event(self) -> bool:
        return Evidence.DECLARED_EVENT in self.rules.bases[self.scheme.document.basis].evidence


def evaluate(use: Use, facts: Facts, rules: RuleSet, now: datetime) -> Decision:
    """Decide a use.

    Args:
        use: what is asked.
        facts: as of `now`.
        rules: the law of the day.
        now: the moment decided for.
    """
    if facts.actor is None:
        return refused(use, Reason.NOT_A_PARTY, rules, now)
    if facts.scheme is None or facts.recipient is None or facts.dataset is None:
        return refused(use, Reason.NO_SCHEME, rules, now)
    case = _Case(
        use,
        facts.actor,
        facts.scheme,
        facts.recipient,
        facts.dataset,
        facts.event,
        facts.chain,
        facts.topic,
        facts.notice,
        facts.emergency,
        facts.told,
        rules,
        now,
    )
    for rule in _RULES:
        reason = rule(case)
        if reason is not None:
            return refused(use, reason, rules, now, None if reason is Reason.NOT_A_PARTY else case.scheme)
    return _permitted(case)


def _party(case: _Case) -> Reason | None:
    return None if case.actor.party == case.scheme.document.recipient else Reason.NOT_A_PARTY


def _role(case: _Case) -> Reason | None:
    role = OFFICER if case.scheme.document.emergency is None else RESPONDER
    return None if role in case.actor.roles else Reason.ROLE_MISSING


def _emergency(case: _Case) -> Reason | None:
    """A plan for emergencies is used while its requester holds one open, and never otherwise (APPI art. 27(1)(ii))."""
    emergency = case.emergency
    if case.scheme.document.emergency is None:
        return None if case.use.emergency is None else Reason.EMERGENCY_NOT_OPEN
    if emergency is None or not emergency.is_open(case.now):
        return Reason.EMERGENCY_NOT_OPEN
    if (emergency.plan, emergency.requester, emergency.event) != (case.scheme.scheme, case.actor.id, case.use.event):
        return Reason.EMERGENCY_NOT_OPEN
    if case.emergency_area is None:
        return Reason.OUTSIDE_AREA
    return None if set(case.touched) <= set(emergency.fields) else Reason.FIELD_NOT_IN_SCHEME


def _both_locks(case: _Case) -> Reason | None:
    match case.scheme.state:
        case State.APPROVED:
            return None
        case State.SUSPENDED:
            return Reason.SCHEME_SUSPENDED
        case State.ENDED:
            return Reason.SCHEME_ENDED
        case _:
            return Reason.SCHEME_NOT_APPROVED


def _period(case: _Case) -> Reason | None:
    period = case.scheme.document.period
    return None if period.from_ <= day_in_japan(case.now) <= period.to else Reason.OUTSIDE_PERIOD


def _fields(case: _Case) -> Reason | None:
    allowed = set(case.scheme.document.fields) & set(case.dataset.classes) - {case.dataset.subject}
    return None if case.fields and set(case.touched) <= allowed else Reason.FIELD_NOT_IN_SCHEME


def _people(case: _Case) -> Reason | None:
    by_number = case.use.people is not None
    return Reason.PERSON_NOT_AVAILABLE if by_number and case.dataset.subject is None else None


def _law(case: _Case) -> Reason | None:
    facts = LegalFacts(case.recipient, case.dataset, case.chain, case.topic, case.notice)
    searched = frozenset(condition.field for condition in case.use.matching)
    fault = legal_fault(case.scheme.document, case.touched, case.rules, facts, searched)
    return None if fault is None else fault.reason


def _choice(case: _Case) -> Reason | None:
    """A step that sees many rows at once (a count, a threshold) protects only when it is given all that are permitted.

    Counts of the rows that somebody chose can be subtracted from counts of other rows.
    """
    chosen = bool(case.use.matching) or case.use.people is not None
    return Reason.ROWS_CHOSEN if chosen and case.chain is not None and not case.chain.row_wise else None


def _notice(case: _Case) -> Reason | None:
    named = case.scheme.document.notice
    return Reason.NOTICE_NOT_IN_FORCE if named is not None and case.notice is None else None


def _obligations(case: _Case) -> Reason | None:
    if case.chain is None:
        return Reason.OBLIGATION_MISSING
    schema = pa.schema([field for field in case.dataset.schema if field.name in case.fields])
    context = ObligationContext(case.scheme.scheme, None, None, None, case.dataset.id, subject=case.dataset.subject)
    try:
        case.chain.fit(schema, context)  # of fewer fields than the scheme's, an obligation may lack one
    except UnfitError:
        return Reason.OBLIGATION_MISSING
    return None


def _event(case: _Case) -> Reason | None:
    if not case.needs_event:
        return None
    if case.event is None:
        return Reason.EVENT_MISSING
    if case.now >= case.event.end:
        return Reason.EVENT_ENDED
    if case.event.municipality != case.recipient.id or case.now < case.event.start:
        return Reason.OUTSIDE_EVENT
    return None


def _window(case: _Case) -> Reason | None:
    if case.dataset.time is None:
        return None
    if case.use.window is None:
        return Reason.WINDOW_MISSING
    if case.use.window[1] > case.now:
        return Reason.WINDOW_NOT_OVER
    if case.needs_event and case.event is not None and case.use.window[0] < case.event.start:
        return Reason.OUTSIDE_EVENT
    return None


def _area(case: _Case) -> Reason | None:
    if not case.needs_event or case.event is None or case.area is None:
        return None
    return None if case.area.intersection(case.event.area) is not None else Reason.OUTSIDE_AREA


def _series(case: _Case) -> Reason | None:
    if case.window is None or case.span is None or not case.told:
        return None
    event = None if case.relied_on is None else case.relied_on.id
    product = product_of(case.dataset.id, case.columns, case.scheme.document.owed, event)
    asked = Counted(product, place_of(case.permitted_area), case.window, case.span[0])
    return Reason.RELEASE_OVERLAPS if any(asked.overlaps(told) for told in case.told) else None


_RULES: Final[tuple[Callable[[_Case], Reason | None], ...]] = (
    _party,
    _role,
    _both_locks,
    _emergency,
    _period,
    _fields,
    _people,
    _obligations,
    _choice,
    _notice,
    _law,
    _event,
    _window,
    _area,
    _series,
)
"""In this order: who, whether the scheme holds, what is asked, why the law allows it, when, where, and what was told.

`_law` comes before those that look up the basis, so that an unknown basis has been refused.
"""


def refused(use: Use, reason: Reason, rules: RuleSet, now: datetime, scheme: SchemeVersion | None = None) -> Decision:
    """Return a refusal; `scheme` is the version it was judged by, where the asker may learn it."""
    if scheme is None:
        return Decision(False, reason, use.scheme, now, rules.version)
    return Decision(False, reason, use.scheme, now, rules.version, scheme.version, scheme.digest)


def _permitted(case: _Case) -> Decision:
    return Decision(
        permitted=True,
        reason=Reason.PERMITTED,
        scheme=case.scheme.scheme,
        decided_at=case.now,
        rule_version=case.rules.version,
        version=case.scheme.version,
        digest=case.scheme.digest,
        dataset=case.dataset.id,
        columns=case.columns,
        area=case.permitted_area,
        window=case.window,
        span=case.span,
        event=None if case.relied_on is None else case.relied_on.id,
        obligations=case.scheme.document.owed,
        topic=case.scheme.document.topic,
    )
