"""Withdrawals: of many threads in one transaction, each with a ledger entry of its own.

Must hold: what is wrong with one withdrawal stops no other; to withdraw again changes nothing and records nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, update

from umaya.gate.people.desk import Desk
from umaya.gate.people.events import Event, EventKind, append, hold
from umaya.gate.people.models import ActRow, TopicRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.taking import Channel, check_party
from umaya.gate.people.topics import find_topic_row
from umaya.gate.people.words import check_person, root
from umaya.gate.record import Act, Acts
from umaya.gate.statements import salted
from umaya.law import day_in_japan
from umaya.ledger import Record
from umaya.types.errors import UmayaError
from umaya.types.site import Actor


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawal that is handed in."""

    actor: Actor
    person: int
    topic: str
    channel: Channel


class Withdrawals:
    """Records withdrawals.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection
        self._desk = Desk(self.withdraw)

    def hand_in(self, withdrawal: Withdrawal) -> None:
        """Record one withdrawal, together with those that other threads hand in; raise what is wrong with it."""
        self._desk.hand_in(withdrawal)

    def withdraw(self, withdrawals: Sequence[Withdrawal]) -> Sequence[UmayaError | None]:
        """Record those that may happen, in one act; return for each what is wrong with it, or None."""
        with self._acts.begin() as act:
            return self._withdraw(act, withdrawals)

    def _withdraw(self, act: Act, withdrawals: Sequence[Withdrawal]) -> list[UmayaError | None]:
        """Record the withdrawals that may happen; return for each what is wrong with it, or None."""
        hold(act.session)
        state = self._projection.now(act.session)
        day = day_in_japan(act.now)
        errors: list[UmayaError | None] = []
        topics: dict[str, TopicRow] = {}
        said: dict[tuple[str, int], Withdrawal] = {}
        permitted: set[tuple[str, str]] = set()
        for one in withdrawals:
            try:
                check_person(one.person)
                if one.topic not in topics:
                    topics[one.topic] = find_topic_row(act.session, one.topic)
                if (one.actor.id, one.topic) not in permitted:
                    check_party(act.session, one.actor, topics[one.topic], any_program=True)
                    permitted.add((one.actor.id, one.topic))
                person = root(act.session, state, one.person)
                if person not in state.topic(one.topic, day).withdrawn:
                    said.setdefault((one.topic, person), one)
                errors.append(None)
            except UmayaError as error:
                errors.append(error)
        if said:
            _record_withdrawals(act, [(topics[topic].number, person, one) for (topic, person), one in said.items()])
        return errors


def _record_withdrawals(act: Act, said: Sequence[tuple[int, int, Withdrawal]]) -> None:
    first = append(act.session, [Event(EventKind.WITHDRAWN, topic, person=person) for topic, person, _ in said])
    salts = [act.entropy(16).hex() for _ in said]
    rows = [
        {
            "seq": first + at,
            "actor": one.actor.id,
            "channel": one.channel.value,
            "taken_at": act.now,
            "recorded_at": act.now,
            "salt": salt,
            "entry": 0,
        }
        for at, ((_, _, one), salt) in enumerate(zip(said, salts, strict=True))
    ]
    act.session.execute(insert(ActRow), rows)
    records = [
        Record(
            "consent.withdrawn",
            one.actor.id,
            {"topic": one.topic, "channel": one.channel.value, "person": salted(str(person), salt)},
        )
        for (_, person, one), salt in zip(said, salts, strict=True)
    ]
    entries = act.record_many(records)
    last = first + len(said) - 1
    act.session.execute(
        update(ActRow).where(ActRow.seq.between(first, last)).values(entry=ActRow.seq + (entries[0] - first)),
        execution_options={"synchronize_session": False},
    )
