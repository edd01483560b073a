"""Cases of alarms as they are read: the objective data, the clock, the steps. Whom it is about reads nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from umaya.gate.alarms import AlarmKind
from umaya.gate.breach.models import BreachCaseRow
from umaya.gate.models import AlarmRow
from umaya.gate.monitoring.models import AlarmCaseRow, AlarmStepRow
from umaya.gate.monitoring.opening import CaseState


class Result(StrEnum):
    """As what a case was closed. Stored and recorded: values never change."""

    HARMLESS = "harmless"
    CORRECTED = "corrected"
    INCIDENT = "incident"
    """Goes on at the breach desk."""


class StepKind(StrEnum):
    """What was done. Stored: values never change."""

    ASSIGNED = "assigned"
    STATED = "stated"
    """The first line said what happened."""
    REVIEW = "review-started"
    CLOSED = "closed"
    ESCALATED = "escalated"
    SAMPLED = "sampled"
    """The third line looked at the closed case and agreed."""
    REOPENED = "reopened"
    PERSON = "person-shown"
    """The customer number was shown to somebody who deals with the case."""


@dataclass(frozen=True)
class CaseStep:
    """A step; `owner` and `result` where it set them."""

    kind: StepKind
    by: str
    at: datetime
    words: str
    owner: str | None
    result: Result | None
    entry: int


@dataclass(frozen=True)
class AlarmCase:
    """A case.

    Attributes:
        id: of the alarm.
        about: ledger index of what it rests on; `entry` of the alarm.
        one_person: whether it is about one person, whose number is not told here.
        numbers: the objective data; `detail` the references that belong to it.
        actors: whom it is about.
        breach: id of the breach case that it led to, or None.
    """

    id: str
    kind: AlarmKind
    party: str
    scheme: str
    at: datetime
    day: date
    about: int
    entry: int
    rules: str
    one_person: bool
    numbers: Mapping[str, int]
    detail: Mapping[str, str]
    actors: tuple[str, ...]
    state: CaseState
    owner: str | None
    due: date
    escalated_at: datetime | None
    closed_at: datetime | None
    result: Result | None
    steps: tuple[CaseStep, ...]
    breach: str | None

    @property
    def stated(self) -> bool:
        """Whether the first line has said what happened."""
        return any(step.kind is StepKind.STATED for step in self.steps)

    @property
    def sampled(self) -> bool:
        """Whether the third line has looked at it since it was last closed."""
        kinds = [step.kind for step in self.steps if step.kind in {StepKind.CLOSED, StepKind.SAMPLED}]
        return bool(kinds) and kinds[-1] is StepKind.SAMPLED

    def late(self, today: date) -> bool:
        """Return whether its last day is over while it is not closed."""
        return self.state is not CaseState.CLOSED and self.due < today


def all_cases() -> Select[AlarmRow, AlarmCaseRow]:
    """Return the query of every case with its alarm, what is due first."""
    query = select(AlarmRow, AlarmCaseRow).join(AlarmCaseRow, AlarmCaseRow.alarm == AlarmRow.id)
    return query.order_by(AlarmCaseRow.due, AlarmRow.entry)


def case_of(session: Session, alarm: AlarmRow, row: AlarmCaseRow) -> AlarmCase:
    """Return a case with its steps."""
    steps = session.scalars(select(AlarmStepRow).where(AlarmStepRow.alarm == alarm.id).order_by(AlarmStepRow.number))
    breach = session.scalars(select(BreachCaseRow.id).where(BreachCaseRow.alarm == alarm.id).limit(1)).first()
    return AlarmCase(
        id=alarm.id,
        kind=AlarmKind(alarm.kind),
        party=alarm.party,
        scheme=alarm.scheme,
        at=alarm.at,
        day=row.day,
        about=alarm.about,
        entry=alarm.entry,
        rules=row.rules,
        one_person=row.person is not None,
        numbers=row.numbers,
        detail=row.about,
        actors=tuple(row.actors),
        state=CaseState(row.state),
        owner=row.owner,
        due=row.due,
        escalated_at=row.escalated_at,
        closed_at=row.closed_at,
        result=None if row.result is None else Result(row.result),
        steps=tuple(
            CaseStep(
                StepKind(one.kind),
                one.by,
                one.at,
                one.words,
                one.owner,
                None if one.result is None else Result(one.result),
                one.entry,
            )
            for one in steps
        ),
        breach=breach,
    )
