"""Checks: taken in by a steward, shown to and answered by carriers of the same party, confirmed by another person.

Must hold: a check of another party is answered as one that is not there; every answer is in the ledger, by reference
and verdict alone; who is shown a letterbox is recorded before; buildings are told to be one by two people; an answer to
a check that was changed meanwhile changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from umaya.gate.record import Act, Acts, LedgerLike
from umaya.gate.roles import CARRIER, STEWARD
from umaya.services.buildings.check import CHOICES, Check, Drawing, Note, State, Verdict, check_of
from umaya.services.buildings.models import CheckRow
from umaya.services.buildings.reading import NewCheck
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

OfficeOf = Callable[[float, float], str]
"""Returns the id of the office that serves a place."""
MOST_LISTED: Final = 100


class AnsweredMeanwhileError(ConflictError):
    """Somebody else answered since the form was made; nothing was changed."""


@dataclass(frozen=True)
class Added:
    """What became of rows: asked for the first time, asked anew, left as they were."""

    new: int
    again: int
    known: int


@dataclass(frozen=True)
class Progress:
    """How many checks of a party stand where.

    Attributes:
        by_reason, by_office: counts by state; an office may be empty.
        verdicts: of what is answered.
    """

    by_reason: dict[str, dict[State, int]]
    by_office: dict[str, dict[State, int]]
    verdicts: dict[Verdict, int]

    @property
    def total(self) -> dict[State, int]:
        """Counts by state."""
        return {state: sum(counts[state] for counts in self.by_reason.values()) for state in State}


class BuildingChecks:
    """Keeps the work list.

    Args:
        database: of the services.
        ledger: where every act is recorded.
        clock: the present.
        entropy: returns so many random bytes.
    """

    def __init__(self, database: Database, ledger: LedgerLike, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._database = database
        self._acts = Acts(database, ledger, clock, entropy)

    def add(self, actor: Actor, rows: Iterable[NewCheck], office_of: OfficeOf = lambda _lon, _lat: "") -> Added:
        """Put rows on the work list of the actor's party.

        A row that is known and has the same candidates stays as it is, answered or not, unless the answer was that it
        cannot be told; else it is asked anew.

        Args:
            actor: a steward.
            rows: of a resolve.
            office_of: is asked for rows that have a place, or candidates.

        Raises:
            ForbiddenError: when the actor is no steward.
        """
        _require(actor, STEWARD)
        with self._acts.begin() as act:
            of_party = select(CheckRow).where(CheckRow.party == actor.party).with_for_update()
            known = {row.row_key: row for row in act.session.scalars(of_party)}
            done = Counter(self._take(act, actor, known.get(row.key), row, office_of) for row in rows)
            added = Added(done["new"], done["again"], done["known"])
            act.record("building.checks-added", actor.id, {"party": actor.party, **vars(added)})
        return added

    def _take(self, act: Act, actor: Actor, row: CheckRow | None, new: NewCheck, office_of: OfficeOf) -> str:
        drawing = new.drawing.to_json()
        if row is not None and row.verdict != Verdict.UNKNOWN and _asks_the_same(row, new):
            return "known"
        values: dict[str, Any] = {
            "office": _office(new, office_of),
            "address": "/".join(new.address),
            "letterbox": new.letterbox,
            "lon": new.lon,
            "lat": new.lat,
            "reason": new.reason,
            "drawing": drawing,
            "state": State.OPEN,
            **_NOTHING_SAID,
        }
        if row is None:
            ids = {"id": self._acts.new_id(), "party": actor.party, "row_key": new.key}
            act.session.add(CheckRow(**ids, **values, revision=1, added_at=act.now))
            return "new"
        _set(row, values)
        return "again"

    def next(self, actor: Actor, office: str = "", after: str = "") -> str | None:
        """Return the id of a check that the actor could answer or confirm; None where there is none.

        Args:
            actor: a carrier.
            office: of that office alone; empty for all.
            after: id of one that was passed over; the next in the order of addresses follows it.
        """
        _require(actor, CARRIER)
        order = (CheckRow.address, CheckRow.id)
        mine = select(CheckRow.id).where(*_todo(actor, office)).order_by(*order).limit(1)
        with self._database.reading() as session:
            passed = _find(session, actor, after) if after else None
            if passed is not None:
                later = or_(
                    CheckRow.address > passed.address,
                    and_(CheckRow.address == passed.address, CheckRow.id > passed.id),
                )
                found = session.scalar(mine.where(later))
                return found or session.scalar(mine.where(CheckRow.id != passed.id))
            return session.scalar(mine)

    def todo(self, actor: Actor) -> dict[str, int]:
        """Return how many checks a carrier could answer or confirm, by office; an office may be empty."""
        _require(actor, CARRIER)
        counted = select(CheckRow.office, func.count()).where(*_todo(actor, "")).group_by(CheckRow.office)
        with self._database.reading() as session:
            return {row[0]: row[1] for row in session.execute(counted.order_by(CheckRow.office))}

    def show(self, actor: Actor, check: str) -> Check:
        """Return a check; where it is of a letterbox, that it is shown is recorded first.

        Raises:
            ForbiddenError: when the actor is neither carrier nor steward.
            NotFoundError: when the own party has no such check.
        """
        _require(actor, CARRIER, STEWARD)
        with self._database.reading() as session:
            found = check_of(_found(session, actor, check))
        if found.letterbox is not None:
            with self._acts.begin() as act:
                act.record("building.check-shown", actor.id, {"check": found.id})
        return found

    def answer(
        self,
        actor: Actor,
        check: str,
        revision: int,
        verdict: Verdict,
        chosen: Iterable[int] = (),
        note: Note | None = None,
    ) -> Check:
        """Take a carrier's answer; one that makes buildings one waits for another person.

        Raises:
            ForbiddenError: when the actor is no carrier.
            NotFoundError: when the own party has no such check.
            InputError: when too few or too many candidates were chosen, or one that is not there.
            AnsweredMeanwhileError: when somebody answered since.
        """
        _require(actor, CARRIER)
        with self._acts.begin() as act:
            row = _found(act.session, actor, check, lock=True)
            if row.state != State.OPEN or row.revision != revision:
                raise AnsweredMeanwhileError("somebody answered meanwhile")
            numbers = _numbers(verdict, chosen, Drawing.from_json(row.drawing))
            waits = verdict is Verdict.MERGED
            said = {"verdict": verdict, "chosen": " ".join(map(str, numbers)), "note": note or ""}
            state = State.SECOND if waits else State.ANSWERED
            _set(row, {**said, "state": state, "answered_by": actor.id, "answered_at": act.now})
            body: dict[str, Any] = {"check": row.id, "verdict": verdict.value, "reason": row.reason}
            act.record("building.checked", actor.id, {**body, "second": waits})
            return check_of(row)

    def second(self, actor: Actor, check: str, revision: int, *, agree: bool) -> Check:
        """Confirm that buildings are one, or reject it, so that the row is asked anew.

        Raises:
            ForbiddenError: when the actor is neither carrier nor steward, or gave the answer.
            NotFoundError: when the own party has no such check.
            AnsweredMeanwhileError: when somebody did so since.
        """
        _require(actor, CARRIER, STEWARD)
        with self._acts.begin() as act:
            row = _found(act.session, actor, check, lock=True)
            if row.state != State.SECOND or row.revision != revision:
                raise AnsweredMeanwhileError("somebody decided meanwhile")
            if row.answered_by == actor.id:
                raise ForbiddenError("another person confirms what you answered")
            if agree:
                _set(row, {"state": State.ANSWERED, "confirmed_by": actor.id})
            else:
                _set(row, {"state": State.OPEN, **_NOTHING_SAID})
            act.record(f"building.check-{'confirmed' if agree else 'rejected'}", actor.id, {"check": row.id})
            return check_of(row)

    def progress(self, actor: Actor) -> Progress:
        """Return how many checks of a steward's party stand where."""
        _require(actor, STEWARD)
        columns = (CheckRow.reason, CheckRow.office, CheckRow.state, CheckRow.verdict)
        counted = select(*columns, func.count()).where(CheckRow.party == actor.party).group_by(*columns)
        by_reason: dict[str, dict[State, int]] = {}
        by_office: dict[str, dict[State, int]] = {}
        verdicts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
        with self._database.reading() as session:
            for reason, office, state, verdict, count in session.execute(counted):
                for counts in (by_reason.setdefault(reason, {}), by_office.setdefault(office, {})):
                    counts.update({each: counts.get(each, 0) for each in State})
                    counts[State(state)] += count
                if state == State.ANSWERED:
                    verdicts[Verdict(verdict)] += count
        return Progress(dict(sorted(by_reason.items())), dict(sorted(by_office.items())), verdicts)

    def waiting(self, actor: Actor) -> list[str]:
        """Return ids of a steward's party's checks that wait for another person, the oldest answer first."""
        _require(actor, STEWARD)
        wanted = select(CheckRow.id).where(CheckRow.party == actor.party, CheckRow.state == State.SECOND)
        with self._database.reading() as session:
            return list(session.scalars(wanted.order_by(CheckRow.answered_at, CheckRow.id).limit(MOST_LISTED)))

    def answered(self, actor: Actor) -> list[Check]:
        """Return what a steward's party answered for good, in the order of addresses; recorded first."""
        _require(actor, STEWARD)
        wanted = select(CheckRow).where(CheckRow.party == actor.party, CheckRow.state == State.ANSWERED)
        with self._acts.begin() as act:
            ordered = wanted.order_by(CheckRow.address, CheckRow.id)
            found = [check_of(row) for row in act.session.scalars(ordered)]
            act.record("building.answers-exported", actor.id, {"party": actor.party, "checks": len(found)})
        return found


_NOTHING_SAID: Final[dict[str, Any]] = {
    "verdict": "",
    "chosen": "",
    "note": "",
    "answered_by": "",
    "answered_at": None,
    "confirmed_by": "",
}


def _require(actor: Actor, *roles: str) -> None:
    if actor.roles.isdisjoint(roles):
        raise ForbiddenError(f"this needs the role {' or '.join(f'`{role}`' for role in roles)}")


def _todo(actor: Actor, office: str) -> list[ColumnElement[bool]]:
    """Return what a carrier could do: what is open, and what another answered and needs a second word."""
    theirs = and_(CheckRow.state == State.SECOND, CheckRow.answered_by != actor.id)
    wanted = [CheckRow.party == actor.party, or_(CheckRow.state == State.OPEN, theirs)]
    return [*wanted, CheckRow.office == office] if office else wanted


def _find(session: Session, actor: Actor, check: str, *, lock: bool = False) -> CheckRow | None:
    try:
        row = session.get(CheckRow, str(UUID(check)), with_for_update=lock)
    except ValueError:
        return None
    return row if row is not None and row.party == actor.party else None


def _found(session: Session, actor: Actor, check: str, *, lock: bool = False) -> CheckRow:
    row = _find(session, actor, check, lock=lock)
    if row is None:
        raise NotFoundError("there is no such check")
    return row


def _set(row: CheckRow, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.revision += 1


def _asks_the_same(row: CheckRow, new: NewCheck) -> bool:
    """Whether the buildings to choose among are those that were asked: the same, with the same lasting ids."""
    before, after = Drawing.from_json(row.drawing), new.drawing
    told = [[(one.footprint, one.building_id) for one in drawing.candidates] for drawing in (before, after)]
    return told[0] == told[1] and row.reason == new.reason


def _office(new: NewCheck, office_of: OfficeOf) -> str:
    if new.lon is not None and new.lat is not None:
        return office_of(new.lon, new.lat)
    for one in new.drawing.candidates:
        return office_of(one.lon, one.lat)
    return ""


def _numbers(verdict: Verdict, chosen: Iterable[int], drawing: Drawing) -> list[int]:
    numbers = sorted(set(chosen))
    least, most = CHOICES.get(verdict, (0, 0))
    known = {one.number for one in drawing.candidates}
    if not least <= len(numbers) <= most or not known.issuperset(numbers):
        advice = "choose one for one building, two or more where they are one building, none else"
        raise InputError(Place("chosen"), "so many buildings do not go with the answer", advice)
    return numbers
