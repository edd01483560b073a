"""Cases as they are read: what was assessed, drafted, reported, and who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.breach.models import BreachCaseRow, BreachStepRow
from umaya.gate.breach.released import Search
from umaya.law import day_in_japan
from umaya.law.breach import (
    BreachRules,
    Deadlines,
    LeakException,
    ReportField,
    Trigger,
    breach_rules,
    deadlines,
    must_report,
)


class StepKind(StrEnum):
    """What was done. Stored: values never change."""

    ASSESSED = "assessed"
    DRAFTED = "drafted"
    REPORTED = "reported"
    LISTED = "listed"
    NOTIFIED = "notified"


class Stage(StrEnum):
    """Which report. Stored and recorded: values never change."""

    PRELIMINARY = "preliminary"
    FINAL = "final"


@dataclass(frozen=True)
class Made:
    """Who did a step, and when; `entry` is its ledger index."""

    by: str
    at: datetime
    entry: int


@dataclass(frozen=True)
class Assessment:
    """What a person decided: which triggers are met, which exceptions hold, and why."""

    triggers: frozenset[Trigger]
    exceptions: frozenset[LeakException]
    words: str = field(repr=False)
    made: Made

    @property
    def must_report(self) -> bool:
        """Whether the commission and the people are told."""
        return must_report(self.triggers, self.exceptions)


@dataclass(frozen=True)
class Draft:
    """A version of the report's nine fields."""

    version: int
    texts: Mapping[ReportField, str] = field(repr=False)
    made: Made


@dataclass(frozen=True)
class Report:
    """A draft that was sent: on which day in Japan, under which reference of the commission."""

    stage: Stage
    version: int
    day: date
    reference: str
    made: Made


@dataclass(frozen=True)
class Listed:
    """A list of people that was made through the gate: the use, how many it was made for and how many stand in it."""

    use: str
    asked: int
    listed: int
    made: Made


@dataclass(frozen=True)
class Notified:
    """How many people were told, and by which means."""

    people: int
    means: str
    made: Made


@dataclass(frozen=True)
class BreachCase:
    """A case (事案).

    Attributes:
        party: whose data it is about.
        suspected: whether it is only suspected; that is enough to report.
        alarm: id of the alarm that led to it, or None.
        known_at: when anybody of the party knew or suspected it.
        search: what was looked for, or None.
        closed: None while it is open; `close_note` says why it was closed.
        assessments, drafts, reports, lists, notices: in order.
    """

    id: str
    party: str
    title: str
    what: str = field(repr=False)
    suspected: bool
    alarm: str | None
    known_at: datetime
    opened: Made
    search: Search | None
    closed: Made | None
    close_note: str | None
    assessments: tuple[Assessment, ...] = ()
    drafts: tuple[Draft, ...] = ()
    reports: tuple[Report, ...] = ()
    lists: tuple[Listed, ...] = ()
    notices: tuple[Notified, ...] = ()

    @property
    def rules(self) -> BreachRules:
        """The rules of the day on which it was known."""
        return breach_rules(day_in_japan(self.known_at))

    @property
    def assessment(self) -> Assessment | None:
        """The latest, or None."""
        return self.assessments[-1] if self.assessments else None

    @property
    def deadlines(self) -> Deadlines:
        """Until when to report; longer for the final report only once an improper intent was found possible."""
        found = self.assessment
        improper = found is not None and Trigger.IMPROPER_INTENT in found.triggers
        return deadlines(self.rules, day_in_japan(self.known_at), improper=improper)

    @property
    def told(self) -> int:
        """How many notices to people there were."""
        return sum(notice.people for notice in self.notices)

    def report(self, stage: Stage) -> Report | None:
        """Return the report of a stage, or None."""
        return next((report for report in self.reports if report.stage is stage), None)

    def owed(self) -> tuple[tuple[Stage, date], ...]:
        """Return the reports that are still owed, with their last days: both, until somebody found that none is."""
        found, due = self.assessment, self.deadlines
        if self.closed is not None or (found is not None and not found.must_report):
            return ()
        days = {Stage.PRELIMINARY: due.preliminary, Stage.FINAL: due.final}
        if self.report(Stage.FINAL) is not None:
            return ()
        return tuple((stage, days[stage]) for stage in Stage if self.report(stage) is None)


def cases_of(session: Session, party: str | None) -> list[BreachCase]:
    """Return the cases of a party (None: of all), latest first."""
    query = select(BreachCaseRow).order_by(BreachCaseRow.entry.desc())
    if party is not None:
        query = query.where(BreachCaseRow.party == party)
    return [case_of(session, row) for row in session.scalars(query)]


def case_of(session: Session, row: BreachCaseRow) -> BreachCase:
    """Return the case that a row tells of."""
    query = select(BreachStepRow).where(BreachStepRow.case == row.id).order_by(BreachStepRow.number)
    steps = session.scalars(query).all()
    window = None if row.window_start is None or row.window_end is None else (row.window_start, row.window_end)
    closed = None
    if row.closed_at is not None and row.closed_by is not None and row.closed_entry is not None:
        closed = Made(row.closed_by, row.closed_at, row.closed_entry)
    return BreachCase(
        id=row.id,
        party=row.party,
        title=row.title,
        what=row.what,
        suspected=row.suspected,
        alarm=row.alarm,
        known_at=row.known_at,
        opened=Made(row.opened_by, row.opened_at, row.entry),
        search=None if window is None else Search(window, row.narrowed),
        closed=closed,
        close_note=row.close_note,
        assessments=tuple(_assessment(step) for step in _of(steps, StepKind.ASSESSED)),
        drafts=tuple(_draft(step) for step in _of(steps, StepKind.DRAFTED)),
        reports=tuple(_report(step) for step in _of(steps, StepKind.REPORTED)),
        lists=tuple(Listed(**_content(step), made=_made(step)) for step in _of(steps, StepKind.LISTED)),
        notices=tuple(Notified(**_content(step), made=_made(step)) for step in _of(steps, StepKind.NOTIFIED)),
    )


def _of(steps: Sequence[BreachStepRow], kind: StepKind) -> list[BreachStepRow]:
    return [step for step in steps if step.kind == kind]


def _content(step: BreachStepRow) -> dict[str, Any]:
    return dict(step.content)


def _made(step: BreachStepRow) -> Made:
    return Made(step.by, step.at, step.entry)


def _assessment(step: BreachStepRow) -> Assessment:
    content = _content(step)
    triggers = frozenset(Trigger(code) for code in content["triggers"])
    exceptions = frozenset(LeakException(code) for code in content["exceptions"])
    return Assessment(triggers, exceptions, content["words"], _made(step))


def _draft(step: BreachStepRow) -> Draft:
    content = _content(step)
    texts = {ReportField(code): text for code, text in content["texts"].items()}
    return Draft(content["version"], texts, _made(step))


def _report(step: BreachStepRow) -> Report:
    content = _content(step)
    day = step.day or day_in_japan(step.at)
    return Report(Stage(content["stage"]), content["version"], day, content["reference"], _made(step))
