"""The steps of the three lines in the case of an alarm.

The first line (steward) states what happened, the second (verifier) judges and closes, the third (auditor) samples what
was closed, reopens, and gets what is overdue. Must hold: nobody reads or moves a case about themselves; only the owner
closes; every step is in the ledger, with words as a salted digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from umaya.gate.bodies import Office
from umaya.gate.bodies.registry import check_office
from umaya.gate.catalogue import HUB, find_actor
from umaya.gate.hands import hands
from umaya.gate.models import AlarmRow
from umaya.gate.monitoring.cases import AlarmCase, Result, StepKind, all_cases, case_of
from umaya.gate.monitoring.models import AlarmCaseRow, AlarmStepRow
from umaya.gate.monitoring.opening import CaseState, second_line
from umaya.gate.monitoring.rules import monitoring_rules
from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.record import Act, Acts
from umaya.gate.roles import AUDITOR, STEWARD, VERIFIER
from umaya.gate.statements import salted, statement
from umaya.law import day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

READERS: Final = frozenset({STEWARD, VERIFIER, AUDITOR})
SAMPLE_DAYS: Final = 90
"""The third line samples what was closed within so many days."""
SAMPLE_LEAST: Final = 3
SAMPLE_SHARE: Final = 5
"""One of so many closed cases is in the sample, and at least `SAMPLE_LEAST`."""


class Casework:
    """The cases of one gate.

    Every method raises NotFoundError where there is no such case for the actor (it is another party's, or about them),
    ForbiddenError where their role may not, ConflictError where the case's state does not allow it, and InputError
    where words are missing.

    Args:
        acts: begins acts.
        numbers: what parties call people.
    """

    def __init__(self, acts: Acts, numbers: CustomerNumbers) -> None:
        self._acts = acts
        self._numbers = numbers

    def cases(self, actor: Actor) -> Sequence[AlarmCase]:
        """Return the cases that the actor may read, what is due first: of the own party, of all for an auditor."""
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            _check_reader(person)
            query = all_cases()
            if AUDITOR not in person.roles:
                query = query.where(AlarmRow.party == person.party)
            rows = [(alarm, row) for alarm, row in session.execute(query) if person.id not in row.actors]
            return [case_of(session, alarm, row) for alarm, row in rows]

    def get(self, actor: Actor, alarm: str) -> AlarmCase:
        """Return a case."""
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            _check_reader(person)
            found, row = session.get(AlarmRow, alarm), session.get(AlarmCaseRow, alarm)
            if found is None or row is None or not _may_read(person, found, row):
                raise NotFoundError("there is no such alarm")
            return case_of(session, found, row)

    def owners(self, actor: Actor, alarm: str) -> list[str]:
        """Return the ids of whoever may own a case: the second line of its party, whom it is not about."""
        case = self.get(actor, alarm)
        with self._acts.database.reading() as session:
            able = second_line(session, case.party, day_in_japan(self._acts.clock.now()))
        return [one for one in able if one not in case.actors]

    def assign(self, actor: Actor, alarm: str, owner: str, words: str = "") -> None:
        """Give a case to another of the second line; by the second line of the party, or by an auditor."""
        words = statement(words, _place("words"), required=False)
        if owner not in self.owners(actor, alarm):
            raise InputError(_place("owner"), "they are not of the second line", "choose from the list")
        with self._acts.begin() as act:
            person, found, row = self._turn(act, actor, alarm)
            if AUDITOR not in person.roles:
                _check_second(act, person)
            _check_open(row)
            if row.owner == owner:
                raise ConflictError("they own the case already")
            row.owner = owner
            if row.state == CaseState.OPEN.value:
                row.state = CaseState.ASSIGNED.value
            body = {"owner": owner, "due": row.due}
            _step(act, found, row, person.id, StepKind.ASSIGNED, "alarm.assigned", words, body, owner=owner)

    def state(self, actor: Actor, alarm: str, words: str) -> None:
        """State what happened, for the first line: a steward of the alarm's party."""
        words = statement(words, _place("words"))
        with self._acts.begin() as act:
            person, found, row = self._turn(act, actor, alarm)
            if STEWARD not in person.roles or person.party != found.party:
                raise ForbiddenError("a statement is the first line's: the steward of the party")
            _check_open(row)
            _step(act, found, row, person.id, StepKind.STATED, "alarm.stated", words, {})

    def begin(self, actor: Actor, alarm: str) -> None:
        """Begin the review: by the owner. Whoever reviews has seen it."""
        with self._acts.begin() as act:
            person, found, row = self._owners_turn(act, actor, alarm)
            if row.state == CaseState.IN_REVIEW.value:
                raise ConflictError("the review has begun")
            row.state = CaseState.IN_REVIEW.value
            if found.seen_at is None:
                found.seen_by, found.seen_at = person.id, act.now
            _step(act, found, row, person.id, StepKind.REVIEW, "alarm.review-started", "", {})

    def close(self, actor: Actor, alarm: str, result: Result, words: str) -> None:
        """Close a case with what was found, in words: by its owner, under review."""
        words = statement(words, _place("words"))
        with self._acts.begin() as act:
            person, found, row = self._owners_turn(act, actor, alarm)
            if row.state != CaseState.IN_REVIEW.value:
                raise ConflictError("begin the review first")
            row.state, row.result, row.closed_at = CaseState.CLOSED.value, result.value, act.now
            body = {"result": result.value}
            _step(act, found, row, person.id, StepKind.CLOSED, "alarm.closed", words, body, result=result)

    def confirm(self, actor: Actor, alarm: str, words: str) -> None:
        """Note that a closed case was looked at and is as it should be: by an auditor."""
        self._third(actor, alarm, words, StepKind.SAMPLED, "alarm.sampled")

    def reopen(self, actor: Actor, alarm: str, words: str) -> None:
        """Open a closed case again, with a new clock: by an auditor."""
        self._third(actor, alarm, words, StepKind.REOPENED, "alarm.reopened")

    def person_number(self, actor: Actor, alarm: str) -> str:
        """Return what the party calls the person of a case; recorded before it is told. For steward and second line.

        It is the number that the staff looked up: it says nothing about whether anybody has it.
        """
        with self._acts.begin() as act:
            person, found, row = self._turn(act, actor, alarm)
            if person.party != found.party or person.roles.isdisjoint({STEWARD, VERIFIER}):
                raise ForbiddenError("customer numbers are for those who deal with the case")
            if row.person is None:
                raise NotFoundError("the alarm is not about one person")
            number = self._numbers.of(found.party, row.person)
            _step(act, found, row, person.id, StepKind.PERSON, "alarm.person-shown", "", {})
        return number

    def sample(self, actor: Actor) -> list[AlarmCase]:
        """Return the closed cases that the third line looks at: drawn by digest, the same for every auditor."""
        since = self._acts.clock.now() - timedelta(days=SAMPLE_DAYS)
        closed = [one for one in self.cases(actor) if one.closed_at is not None and one.closed_at >= since]
        drawn = sorted(closed, key=lambda one: hashlib.sha256(f"{one.id}|{one.closed_at}".encode()).digest())
        return drawn[: max(SAMPLE_LEAST, -(-len(closed) // SAMPLE_SHARE))]

    def counts(self, actor: Actor) -> dict[str, Counter[str]]:
        """Return, for each party whose cases the actor may read, how many there are by state, and how many are late."""
        today = day_in_japan(self._acts.clock.now())
        found: dict[str, Counter[str]] = {}
        for case in self.cases(actor):
            of = found.setdefault(case.party, Counter())
            of[case.state.value] += 1
            of["late"] += case.late(today)
        return found

    def _third(self, actor: Actor, alarm: str, words: str, kind: StepKind, entry: str) -> None:
        words = statement(words, _place("words"))
        with self._acts.begin() as act:
            person, found, row = self._turn(act, actor, alarm)
            if AUDITOR not in person.roles:
                raise ForbiddenError("closed cases are looked at by the third line")
            if row.state != CaseState.CLOSED.value:
                raise ConflictError("the case is not closed")
            if kind is StepKind.REOPENED:
                row.state = (CaseState.OPEN if row.owner is None else CaseState.ASSIGNED).value
                row.result = row.closed_at = row.escalated_at = None
                today = day_in_japan(act.now)
                row.due = today + timedelta(days=monitoring_rules(today).due_days(found.kind))
            body = {"due": row.due} if kind is StepKind.REOPENED else {}
            _step(act, found, row, person.id, kind, entry, words, body)

    def _turn(self, act: Act, actor: Actor, alarm: str) -> tuple[Actor, AlarmRow, AlarmCaseRow]:
        person = find_actor(act.session, actor.id)
        _check_reader(person)
        row = act.session.get(AlarmCaseRow, alarm, with_for_update=True)
        found = act.session.get(AlarmRow, alarm)
        if found is None or row is None or not _may_read(person, found, row):
            raise NotFoundError("there is no such alarm")
        if not hands(act.session, person.id).isdisjoint(row.actors):
            raise NotFoundError("there is no such alarm")
        return person, found, row

    def _owners_turn(self, act: Act, actor: Actor, alarm: str) -> tuple[Actor, AlarmRow, AlarmCaseRow]:
        person, found, row = self._turn(act, actor, alarm)
        _check_second(act, person)
        _check_open(row)
        if row.owner != person.id:
            raise ForbiddenError("the case is another's: take it over first")
        return person, found, row


def escalate(act: Act) -> int:
    """Bring what is overdue before the third line, once; return how many."""
    today = day_in_japan(act.now)
    query = all_cases().where(
        AlarmCaseRow.state != CaseState.CLOSED.value, AlarmCaseRow.due < today, AlarmCaseRow.escalated_at.is_(None)
    )
    rows = act.session.execute(query).all()
    for alarm, row in rows:
        row.escalated_at = act.now
        _step(act, alarm, row, HUB, StepKind.ESCALATED, "alarm.escalated", "", {"due": row.due})
    return len(rows)


def _step(
    act: Act,
    alarm: AlarmRow,
    row: AlarmCaseRow,
    by: str,
    kind: StepKind,
    entry: str,
    words: str,
    body: Mapping[str, object],
    owner: str | None = None,
    result: Result | None = None,
) -> None:
    last = act.session.scalar(select(func.max(AlarmStepRow.number)).where(AlarmStepRow.alarm == alarm.id)) or 0
    step = AlarmStepRow(
        alarm=alarm.id,
        number=last + 1,
        kind=kind.value,
        by=by,
        at=act.now,
        words=words,
        owner=owner,
        result=None if result is None else result.value,
        entry=0,
    )
    act.session.add(step)
    said = {"statement": salted(words, row.salt)} if words else {}
    step.entry = act.record(entry, by, {"alarm": alarm.id, "party": alarm.party, **body, **said})


def _check_reader(person: Actor) -> None:
    if person.roles.isdisjoint(READERS):
        raise ForbiddenError("this needs the role `steward`, `verifier` or `auditor`")


def _may_read(person: Actor, alarm: AlarmRow, row: AlarmCaseRow) -> bool:
    return person.id not in row.actors and (AUDITOR in person.roles or person.party == alarm.party)


def _check_second(act: Act, person: Actor) -> None:
    check_office(act.session, person, Office.SECOND_LINE, day_in_japan(act.now))


def _check_open(row: AlarmCaseRow) -> None:
    if row.state == CaseState.CLOSED.value:
        raise ConflictError("the case is closed")


def _place(field: str) -> Place:
    return Place("alarm", field=field)
