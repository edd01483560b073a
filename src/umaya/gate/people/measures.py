"""Protective measures (支援措置): for people who flee from violence, stalking or abuse, each stops every disclosure.

Must hold: a measure ends by an act and in no other way; only protectors set, lift and see measures; the ledger tells
that one was set, by whom and when, and never for whom; while any measure for any of a person's numbers is in force, the
person is protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor
from umaya.gate.hats import check_role
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.models import MeasureRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.words import check_person, numbers_of, root
from umaya.gate.record import Acts
from umaya.gate.roles import PROTECTOR
from umaya.gate.statements import salted, statement
from umaya.law import day_in_japan
from umaya.types.errors import ConflictError, InputError, NotFoundError, Place
from umaya.types.site import Actor


@dataclass(frozen=True)
class Measure:
    """A protective measure.

    Attributes:
        id: of the measure.
        person: number it was set for.
        set_by, set_at: who and when.
        reason: in the protector's words.
        review_day: by when it is to be looked at again, or None; it does not end by itself.
        lifted_by, lifted_at: who and when; None while it is in force.
    """

    id: str
    person: int
    set_by: str
    set_at: datetime
    reason: str
    review_day: date | None
    lifted_by: str | None = None
    lifted_at: datetime | None = None


class Measures:
    """Sets, lifts and lists.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection

    def set(self, actor: Actor, person: int, reason: str, review_day: date | None = None) -> Measure:
        """Protect a person from now on.

        Args:
            actor: a protector.
            person: number of the person; one that was merged into another stands for that one.
            reason: kept for protectors; its salted digest is in the ledger.
            review_day: a day to come, in Japan.

        Raises:
            InputError: when the number is none, no reason is stated, or the day is past.
            ForbiddenError: when the actor is no protector.
        """
        check_person(person)
        reason = statement(reason, Place("measure", field="reason"))
        with self._acts.begin() as act:
            protector = _protector(act.session, actor)
            if review_day is not None and review_day < day_in_japan(act.now):
                raise InputError(Place("measure", field="review_day"), "the day is past", "name one to come, or none")
            person = root(act.session, self._projection.held(act.session), person)
            row = MeasureRow(
                id=self._acts.new_id(),
                person=person,
                party=protector.party,
                set_by=protector.id,
                set_at=act.now,
                reason=reason,
                review_day=review_day,
                salt=act.entropy(16).hex(),
                entry=0,
            )
            act.session.add(row)
            append(act.session, [Event(EventKind.PROTECTED, person=person)])
            body = {
                "measure": row.id,
                "person": salted(str(person), row.salt),
                "statement": salted(reason, row.salt),
            }
            row.entry = act.record("measure.set", protector.id, body)
            return _measure(row)

    def lift(self, actor: Actor, measure: str, reason: str) -> Measure:
        """End a measure: by a protector of the party that set it. Others for the same person stay in force.

        Raises:
            InputError: when no reason is stated.
            NotFoundError: when the party has set no such measure.
            ForbiddenError: when the actor is no protector.
            ConflictError: when it was lifted before.
        """
        reason = statement(reason, Place("measure", field="reason"))
        with self._acts.begin() as act:
            protector = _protector(act.session, actor)
            state = self._projection.held(act.session)
            row = act.session.get(MeasureRow, measure)
            if row is None or row.party != protector.party:
                raise NotFoundError("there is no such measure")
            if row.lifted_at is not None:
                raise ConflictError("the measure was lifted before")
            row.lifted_by, row.lifted_at, row.lift_reason = protector.id, act.now, reason
            act.session.flush()
            numbers = numbers_of(act.session, root(act.session, state, row.person))
            if not _in_force(act.session, numbers):
                append(act.session, [Event(EventKind.UNPROTECTED, person=number) for number in numbers])
            body = {"measure": row.id, "statement": salted(reason, row.salt)}
            row.lifted_entry = act.record("measure.lifted", protector.id, body)
            return _measure(row)

    def list(self, actor: Actor, *, lifted: bool = False) -> Sequence[Measure]:
        """Return the measures that the protector's party has set, earliest first: those in force, or lifted ones too.

        Raises:
            ForbiddenError: when the actor is no protector.
        """
        with self._acts.database.reading() as session:
            protector = _protector(session, actor)
            query = select(MeasureRow).where(MeasureRow.party == protector.party)
            if not lifted:
                query = query.where(MeasureRow.lifted_at.is_(None))
            return [_measure(row) for row in session.scalars(query.order_by(MeasureRow.set_at, MeasureRow.id))]

    def shown_to(self, session: Session, actor: Actor, person: int) -> bool:
        """Return whether somebody may know that a person is protected: a protector whose party has set a measure."""
        if PROTECTOR not in actor.roles:
            return False
        numbers = numbers_of(session, root(session, self._projection.now(session), person))
        return _in_force(session, numbers, actor.party)


def _protector(session: Session, actor: Actor) -> Actor:
    person = find_actor(session, actor.id)
    check_role(person, PROTECTOR)
    return person


def _in_force(session: Session, numbers: Sequence[int], party: str | None = None) -> bool:
    query = select(MeasureRow.id).where(MeasureRow.person.in_(numbers), MeasureRow.lifted_at.is_(None)).limit(1)
    return session.scalar(query if party is None else query.where(MeasureRow.party == party)) is not None


def _measure(row: MeasureRow) -> Measure:
    return Measure(row.id, row.person, row.set_by, row.set_at, row.reason, row.review_day, row.lifted_by, row.lifted_at)
