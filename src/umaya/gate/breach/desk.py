"""The breach desk: opens cases, searches, assesses, drafts, reports, and makes the list of people to tell.

Must hold: every step is in the ledger; a draft that was kept never changes; people are listed by a use of the gate and
in no other way, and who is under a protective measure (支援措置) is told of by protectors alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from umaya.gate.breach.cases import BreachCase, Draft, Stage, StepKind, case_of, cases_of
from umaya.gate.breach.models import BreachCaseRow, BreachStepRow
from umaya.gate.breach.released import Released, Search, released
from umaya.gate.catalogue import find_actor, is_id
from umaya.gate.models import AlarmRow
from umaya.gate.record import Act, Acts
from umaya.gate.roles import AUDITOR, PRIVACY_OFFICER, VERIFIER
from umaya.gate.statements import salted, statement
from umaya.law import RuleBook, day_in_japan
from umaya.law.breach import LeakException, ReportField, Trigger, suggested
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

DESK = frozenset({PRIVACY_OFFICER, VERIFIER})
NARROWING = ("scheme", "dataset", "recipient", "actor")


class BreachDesk:
    """The desk of one gate.

    Args:
        acts: begins acts.
        law: dated rules.
    """

    def __init__(self, acts: Acts, law: RuleBook) -> None:
        self._acts = acts
        self._law = law

    def open(
        self, actor: Actor, title: str, what: str, known_at: datetime, *, suspected: bool, alarm: str | None = None
    ) -> str:
        """Open a case about data of the actor's party; return its id.

        Args:
            actor: a privacy officer or verifier.
            title: a few words.
            what: what is known so far.
            known_at: when anybody of the party first knew or suspected it; the clocks run from that day.
            suspected: whether it is only suspected.
            alarm: id of the alarm that led to it, of the same party.

        Raises:
            InputError: when a text is missing, or the time is naive or to come.
            ForbiddenError, NotFoundError: when the actor may not, or there is no such alarm.
        """
        title, what = statement(title, _place("title")), statement(what, _place("what"))
        if known_at.tzinfo is None:
            raise InputError(_place("known_at"), "the time has no zone", "give it with a zone")
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            _check_desk(person)
            if known_at > act.now:
                raise InputError(_place("known_at"), "the time is to come", "name the moment it was known")
            found = None if alarm is None else act.session.get(AlarmRow, alarm)
            if alarm is not None and (found is None or found.party != person.party):
                raise NotFoundError("there is no such alarm")
            row = BreachCaseRow(
                id=self._acts.new_id(),
                party=person.party,
                title=title,
                what=what,
                suspected=suspected,
                alarm=alarm,
                known_at=known_at,
                opened_by=person.id,
                opened_at=act.now,
                salt=act.entropy(16).hex(),
                entry=0,
                narrowed={},
            )
            act.session.add(row)
            body = {
                "case": row.id,
                "party": row.party,
                "alarm": alarm,
                "suspected": suspected,
                "known_at": known_at,
                "statement": salted(f"{title}\n\n{what}", row.salt),
            }
            row.entry = act.record("breach.opened", person.id, body)
            return row.id

    def search(self, actor: Actor, case: str, search: Search) -> Released:
        """Search what was released in a window; the search and its counts are recorded before they are told.

        Raises:
            InputError: when the window is empty or has no zone, or something is narrowed to what is no id.
            NotFoundError, ForbiddenError, ConflictError: as `assess`.
        """
        start, end = search.window
        if start.tzinfo is None or end.tzinfo is None or start >= end:
            raise InputError(_place("window"), "the window is empty or has no zone", "let it end after it starts")
        narrowed = {key: search.narrowed[key] for key in NARROWING if search.narrowed.get(key)}
        if not all(is_id(one) for one in narrowed.values()):
            raise InputError(_place("narrowed"), "it is narrowed to what is no id", "choose from the list")
        with self._acts.begin() as act:
            person, row = _turn(act, actor, case)
            row.window_start, row.window_end, row.narrowed = start, end, narrowed
            found = self._released(act, row.party, Search(search.window, narrowed))
            body = {
                "case": case,
                "from": start,
                "to": end,
                **{f"of_{key}": one for key, one in narrowed.items()},
                "releases": found.uses,
                "rows": found.rows,
                "people": len(found.people),
            }
            act.record("breach.searched", person.id, body)
            return found

    def released(self, actor: Actor, case: str) -> Released | None:
        """Return what the case's search finds now, or None where nothing was searched for. Counts alone."""
        with self._acts.database.reading() as session:
            row = session.get(BreachCaseRow, case)
            person = find_actor(session, actor.id)
            if row is None or not _may_read(person, row.party):
                raise NotFoundError("there is no such case")
            found = case_of(session, row)
            if found.search is None:
                return None
            rules = self._law.at(day_in_japan(self._acts.clock.now()))
            return released(session, row.party, found.search, self._acts.ledger.entry_bytes, rules)

    def suggested(self, actor: Actor, case: str) -> frozenset[Trigger]:
        """Return the triggers that classes, counts and alarm suggest; a person decides."""
        found, record = self.released(actor, case), self.get(actor, case)
        if found is None:
            return frozenset()
        unknown = found.unknown_rows > 0
        improper = record.alarm is not None
        return suggested(record.rules, found.classes, len(found.people), people_unknown=unknown, improper=improper)

    def assess(
        self,
        actor: Actor,
        case: str,
        triggers: frozenset[Trigger],
        exceptions: frozenset[LeakException],
        words: str,
    ) -> None:
        """Note what a person decided; a later assessment takes the place of an earlier one, which stays to be seen.

        Raises:
            InputError: when no reason is stated.
            NotFoundError, ForbiddenError, ConflictError: when there is no such case, the actor may not, or it is over.
        """
        words = statement(words, _place("words"))
        with self._acts.begin() as act:
            person, row = _turn(act, actor, case)
            content = {"triggers": sorted(triggers), "exceptions": sorted(exceptions), "words": words}
            body = {"triggers": sorted(triggers), "exceptions": sorted(exceptions)}
            _step(act, row, person, StepKind.ASSESSED, content, "breach.assessed", body, words)

    def draft(self, actor: Actor, case: str, texts: Mapping[ReportField, str]) -> Draft:
        """Keep a version of the nine fields; return it. Errors as `assess`."""
        kept = {name: statement(texts.get(name, ""), _place(name), required=False) for name in ReportField}
        with self._acts.begin() as act:
            person, row = _turn(act, actor, case)
            version = len(case_of(act.session, row).drafts) + 1
            content = {"version": version, "texts": {name.value: text for name, text in kept.items()}}
            words = "\n\n".join(kept.values())
            _step(act, row, person, StepKind.DRAFTED, content, "breach.drafted", {"version": version}, words)
            return case_of(act.session, row).drafts[-1]

    def report(self, actor: Actor, case: str, stage: Stage, version: int, day: date, reference: str) -> None:
        """Mark a draft as sent to the commission.

        Args:
            actor: of the desk.
            case: id.
            stage: which report it is.
            version: of the draft.
            day: in Japan, on which it was sent.
            reference: what the commission gave it, or the way it was sent.

        Raises:
            InputError: when there is no such draft, the day is to come, or no reference is stated.
            NotFoundError, ForbiddenError, ConflictError: as `assess`; ConflictError too when it was reported before.
        """
        reference = statement(reference, _place("reference"))
        with self._acts.begin() as act:
            person, row = _turn(act, actor, case)
            found = case_of(act.session, row)
            if version not in {draft.version for draft in found.drafts}:
                raise InputError(_place("version"), "there is no such draft", "keep the draft first")
            if day > day_in_japan(act.now):
                raise InputError(_place("day"), "the day is to come", "name the day on which it was sent")
            if found.report(stage) is not None:
                raise ConflictError(f"the {stage} report was sent before")
            content = {"stage": stage.value, "version": version, "reference": reference}
            body = {"stage": stage.value, "version": version, "day": day}
            _step(act, row, person, StepKind.REPORTED, content, "breach.reported", body, reference, day)

    def notified(self, actor: Actor, case: str, people: int, means: str) -> None:
        """Note how many people were told, and by which means. Errors as `assess`, InputError on a count below one."""
        means = statement(means, _place("means"))
        if not 1 <= people <= 2**31 - 1:
            raise InputError(_place("people"), "nobody was told", "give a count of people")
        with self._acts.begin() as act:
            person, row = _turn(act, actor, case)
            content = {"people": people, "means": means}
            _step(act, row, person, StepKind.NOTIFIED, content, "breach.notified", {"people": people}, means)

    def close(self, actor: Actor, case: str, note: str) -> None:
        """Close a case: nothing must be owed any more. Errors as `assess`; ConflictError while a report is owed."""
        note = statement(note, _place("note"))
        with self._acts.begin() as act:
            person, row = _turn(act, actor, case)
            found = case_of(act.session, row)
            if found.assessment is None or found.owed():
                raise ConflictError("the case cannot be closed: it was not assessed, or a report is owed")
            row.closed_by, row.closed_at, row.close_note = person.id, act.now, note
            row.closed_entry = act.record("breach.closed", person.id, _about(row, note))

    def get(self, actor: Actor, case: str) -> BreachCase:
        """Return a case of the actor's party, or of any for an auditor; raise NotFoundError otherwise."""
        with self._acts.database.reading() as session:
            row = session.get(BreachCaseRow, case)
            if row is None or not _may_read(find_actor(session, actor.id), row.party):
                raise NotFoundError("there is no such case")
            return case_of(session, row)

    def list(self, actor: Actor) -> Sequence[BreachCase]:
        """Return the cases that the actor may read, latest first; none for whoever has no business here."""
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            if AUDITOR in person.roles:
                return cases_of(session, None)
            return cases_of(session, person.party) if _may_read(person, person.party) else ()

    def _released(self, act: Act, party: str, search: Search) -> Released:
        return released(act.session, party, search, self._acts.ledger.entry_bytes, self._law.at(day_in_japan(act.now)))


def write_step(
    act: Act,
    row: BreachCaseRow,
    person: Actor,
    kind: StepKind,
    content: Mapping[str, object],
    day: date | None = None,
) -> BreachStepRow:
    """Write the next step of a case, which is locked; its entry follows."""
    last = act.session.scalar(select(func.max(BreachStepRow.number)).where(BreachStepRow.case == row.id))
    number = 1 if last is None else last + 1
    step = BreachStepRow(
        case=row.id, number=number, kind=kind.value, content=dict(content), by=person.id, at=act.now, day=day, entry=0
    )
    act.session.add(step)
    return step


def _step(
    act: Act,
    row: BreachCaseRow,
    person: Actor,
    kind: StepKind,
    content: Mapping[str, object],
    entry: str,
    body: Mapping[str, object],
    words: str,
    day: date | None = None,
) -> None:
    step = write_step(act, row, person, kind, content, day)
    step.entry = act.record(entry, person.id, {**body, **_about(row, words)})
    act.session.flush()


def _about(row: BreachCaseRow, words: str) -> dict[str, object]:
    return {"case": row.id, "party": row.party, "statement": salted(words, row.salt)}


def _turn(act: Act, actor: Actor, case: str) -> tuple[Actor, BreachCaseRow]:
    """Return who acts, and the case, locked and open; raise what `assess` says."""
    person = find_actor(act.session, actor.id)
    _check_desk(person)
    return person, locked_case(act, person, case)


def check_turn(session: Session, actor: Actor, case: str) -> None:
    """Return when it is the actor's to act on a case, before anything is done; raise what `assess` says."""
    person = find_actor(session, actor.id)
    _check_desk(person)
    _check_open(session.get(BreachCaseRow, case), person)


def locked_case(act: Act, person: Actor, case: str) -> BreachCaseRow:
    """Return an open case of a person's party, locked until the act ends; raise NotFoundError or ConflictError."""
    return _check_open(act.session.get(BreachCaseRow, case, with_for_update=True), person)


def _check_open(row: BreachCaseRow | None, person: Actor) -> BreachCaseRow:
    if row is None or row.party != person.party:
        raise NotFoundError("there is no such case")
    if row.closed_at is not None:
        raise ConflictError("the case is closed")
    return row


def _check_desk(person: Actor) -> None:
    if person.roles.isdisjoint(DESK):
        raise ForbiddenError("this needs the role `privacy-officer` or `verifier`")


def _may_read(person: Actor, party: str) -> bool:
    return AUDITOR in person.roles or (person.party == party and not person.roles.isdisjoint(DESK))


def _place(field: str) -> Place:
    return Place("breach", field=field)
