"""Merging two numbers that turned out to be one person.

Must hold: nothing is lost, the events of both stay; on every topic the later word of the two holds; who was protected
under either number is protected; the number that was merged away is refused in every use from then on.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB, find_actor
from umaya.gate.hats import check_role
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.models import ActRow, TopicRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.state import PeopleState
from umaya.gate.people.words import check_person, latest_word
from umaya.gate.record import Acts
from umaya.gate.roles import OPERATOR, PROGRAM
from umaya.gate.statements import salted
from umaya.types.errors import ConflictError, InputError, Place


class Merges:
    """Merges numbers.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection

    def merge(self, actor: str, into: int, origin: int) -> int:
        """Let one number stand for both from now on; return the ledger index.

        Args:
            actor: id of who found out: `hub`, or the program that takes a party's data in (`operator`).
            into: the number that stays.
            origin: the number that is merged into it.

        Raises:
            InputError: when a number is none, or both are the same.
            NotFoundError: when there is no such actor.
            ForbiddenError: when the actor is no such program.
            ConflictError: when either was merged into another before.
        """
        check_person(into)
        check_person(origin)
        if into == origin:
            raise InputError(Place("merge", field="origin"), "both numbers are the same", "give two")
        with self._acts.begin() as act:
            if actor != HUB:
                linker = find_actor(act.session, actor)
                check_role(linker, PROGRAM)
                check_role(linker, OPERATOR)
            state = self._projection.held(act.session)
            if into in state.merged or origin in state.merged:
                raise ConflictError("one of the numbers was merged into another before")
            inherited = list(_inherited(act.session, state, into, origin))
            merged = Event(EventKind.MERGED, person=into, origin=origin)
            salt = act.entropy(16).hex()
            row = ActRow(seq=append(act.session, [merged, *inherited]), actor=actor, salt=salt, entry=0)
            row.taken_at = row.recorded_at = act.now
            act.session.add(row)
            body = {
                "into": salted(str(into), salt),
                "origin": salted(str(origin), salt),
                "topics": len(inherited),
            }
            row.entry = act.record("person.merged", actor, body)
            return row.entry


def _inherited(session: Session, state: PeopleState, into: int, origin: int) -> Iterator[Event]:
    """Yield an event for each topic on which the number that goes has the later word."""
    for topic in session.scalars(select(TopicRow).order_by(TopicRow.number)):
        if state.cell(topic.id, origin) is None:
            continue
        theirs, own = latest_word(session, topic.number, origin), latest_word(session, topic.number, into)
        if theirs is not None and (own is None or theirs.event.seq > own.event.seq):
            yield Event(EventKind.INHERITED, topic.number, person=into, origin=origin)
