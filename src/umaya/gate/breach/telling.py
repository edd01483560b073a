"""Telling the people (APPI art. 26(2)): the list is a use like any other, under a scheme that cites the provision.

The party uses its own data to do what the law demands, so the scheme is the party's own, on the basis `statute`, and
both locks were closed. Who is under a protective measure is not in the list, as in no other; they are handed to the
protectors of the party that set the measure, who know how to reach them safely. The desk learns neither who nor how
many of those whom the list lacks they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from pyroaring import BitMap
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.breach.cases import StepKind
from umaya.gate.breach.desk import BreachDesk, check_turn, locked_case, write_step
from umaya.gate.breach.models import BreachCaseRow, BreachProtectedRow
from umaya.gate.catalogue import find_actor, find_dataset
from umaya.gate.hats import check_role
from umaya.gate.models import SchemeRow
from umaya.gate.people import Projection
from umaya.gate.people.models import MeasureRow
from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.people.words import numbers_of, root
from umaya.gate.record import Acts
from umaya.gate.roles import PROTECTOR
from umaya.gate.schemes import SchemeVersion, State, version_of, version_rows
from umaya.gate.use import Refusal, Release, Use
from umaya.types.errors import ConflictError, InputError, NotFoundError, Place
from umaya.types.reasons import Reason
from umaya.types.site import Actor

STATUTE = "statute"


@dataclass(frozen=True)
class PeopleList:
    """The people to tell, as the gate released them.

    Attributes:
        use: id of the use.
        data: the contact fields; its rows name nobody by number.
        numbers: what the party calls the people who are in it.
    """

    use: str
    data: pa.Table = field(repr=False)
    numbers: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ToTellSafely:
    """Who of a case is told by protectors: what their party calls them; `told` once they said that they did."""

    case: str
    title: str
    numbers: tuple[str, ...] = field(repr=False)
    told: bool


class Telling:
    """Lists whom to tell.

    Args:
        acts: begins acts.
        desk: the breach desk.
        projection: what protects people.
        numbers: what each party calls a person.
        open_use: the gate's.
    """

    def __init__(
        self,
        acts: Acts,
        desk: BreachDesk,
        projection: Projection,
        numbers: CustomerNumbers,
        open_use: Callable[[Use], Release | Refusal],
    ) -> None:
        self._acts = acts
        self._desk = desk
        self._projection = projection
        self._numbers = numbers
        self._open = open_use

    def schemes(self, actor: Actor) -> Sequence[SchemeVersion]:
        """Return the schemes in force under which the actor's party may list its own people on a statute, by id."""
        with self._acts.database.reading() as session:
            query = select(SchemeRow.id).where(SchemeRow.provider == actor.party, SchemeRow.recipient == actor.party)
            found = [
                version_of(row)
                for scheme in session.scalars(query.order_by(SchemeRow.id)).all()
                for row in version_rows(session, scheme)
                if row.state == State.APPROVED
            ]
            return [
                one
                for one in found
                if one.document.basis == STATUTE and find_dataset(session, one.document.dataset).subject is not None
            ]

    def make(self, actor: Actor, case: str, scheme: str) -> PeopleList | Refusal:
        """List the people whose data left, through the gate.

        Args:
            actor: of the desk, who is an officer of the party too; the gate refuses others.
            case: id, searched.
            scheme: one of `schemes`.

        Raises:
            NotFoundError, ForbiddenError, ConflictError: when there is no such case or scheme, the actor may not, the
                case is closed, or nobody is known whose data left.
            InputError: when the scheme is none of those.
        """
        with self._acts.database.reading() as session:
            check_turn(session, actor, case)
        found = self._desk.released(actor, case)
        if scheme not in {one.scheme for one in self.schemes(actor)}:
            place = Place("breach", field="scheme")
            raise InputError(place, "the scheme is none for telling people", "choose one that is listed")
        if found is None or not found.people:
            raise ConflictError("nobody is known whose data left: search first")
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            people = self._roots(session, found.people)
        outcome = self._open(Use(person, scheme, f"breach case {case}: APPI art. 26(2)", None, people=people))
        if isinstance(outcome, Refusal):
            if outcome.reason is Reason.PERSON_NOT_AVAILABLE:  # they may be protected, all of them
                with self._acts.database.writing() as session:
                    self._hand_over(session, case, people)
            return outcome
        verdict = outcome.decision.people
        listed = BitMap() if verdict is None else verdict.permitted
        with self._acts.begin() as act:
            row = locked_case(act, person, case)
            self._hand_over(act.session, case, people)
            content = {"use": outcome.use, "asked": len(people), "listed": len(listed)}
            step = write_step(act, row, person, StepKind.LISTED, content)
            step.entry = act.record("breach.list-made", person.id, {"case": case, "party": row.party, **content})
        return PeopleList(outcome.use, outcome.data, tuple(self._numbers.of(person.party, one) for one in listed))

    def to_tell(self, actor: Actor) -> Sequence[ToTellSafely]:
        """Return whom the protector's party must tell, by case; recorded before it is shown.

        Raises:
            ForbiddenError: when the actor is no protector.
        """
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, PROTECTOR)
            query = select(BreachProtectedRow, BreachCaseRow).join(
                BreachCaseRow, BreachCaseRow.id == BreachProtectedRow.case
            )
            rows = act.session.execute(query.where(BreachProtectedRow.party == person.party)).all()
            if rows:
                act.record("breach.protected-seen", person.id, {"party": person.party, "cases": len(rows)})
            return [
                ToTellSafely(
                    case.id,
                    case.title,
                    tuple(self._numbers.of(person.party, one) for one in BitMap.deserialize(row.people)),
                    row.told_at is not None,
                )
                for row, case in rows
            ]

    def told_safely(self, actor: Actor, case: str) -> None:
        """Note that the protectors have told their people of a case; errors as `to_tell`, and when there are none."""
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, PROTECTOR)
            row = act.session.get(BreachProtectedRow, (case, person.party), with_for_update=True)
            if row is None:
                raise NotFoundError("there is no such case")
            if row.told_at is not None:
                raise ConflictError("it was noted before")
            row.told_by, row.told_at = person.id, act.now
            row.entry = act.record("breach.notified", person.id, {"case": case, "party": person.party, "safely": True})

    def _roots(self, session: Session, people: BitMap) -> BitMap:
        """Return people by the numbers that they have now."""
        state = self._projection.now(session)
        gone = people & state.merged
        return (people - gone) | BitMap(root(session, state, person) for person in gone)

    def _hand_over(self, session: Session, case: str, people: BitMap) -> None:
        """Hand whoever is protected to the protectors of each party that set a measure for them."""
        state = self._projection.now(session)
        for person in people & state.measures:
            query = select(MeasureRow.party).where(
                MeasureRow.person.in_(numbers_of(session, person)), MeasureRow.lifted_at.is_(None)
            )
            for party in session.scalars(query.distinct()).all():
                row = session.get(BreachProtectedRow, (case, party))
                if row is None:
                    row = BreachProtectedRow(case=case, party=party, people=BitMap().serialize())
                    session.add(row)
                known = BitMap.deserialize(row.people)
                if person not in known:
                    row.people, row.told_at, row.told_by = (known | BitMap([person])).serialize(), None, None
        session.flush()
