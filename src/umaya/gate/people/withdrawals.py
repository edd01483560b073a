"""Withdrawals: of many threads in one transaction, each with a ledger entry of its own.

Must hold: what is wrong with one withdrawal stops no other. To withdraw again changes nothing that holds; it is
recorded all the same, for it is the later word should the number turn out to be one with another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import insert, update

from umaya.gate.people.desk import Desk
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.models import ACTS, TopicRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.taking import Channel, check_party
from umaya.gate.people.topics import find_topic_row
from umaya.gate.people.words import check_person, root
from umaya.gate.record import Act, Acts
from umaya.gate.statements import salted
from umaya.ledger.templates import Form, Template
from umaya.types.errors import UmayaError
from umaya.types.site import Actor


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawal that is handed in."""

    actor: Actor
    person: int
    topic: str
    channel: Channel


class _Said(NamedTuple):
    """A withdrawal to record: number of the topic, and of the person that the handed-in number stands for."""

    topic: int
    person: int
    withdrawal: Withdrawal


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
            said, errors = self._checked(act, withdrawals)
            _record(act, said)
            return errors

    def withdraw_all(self, withdrawals: Sequence[Withdrawal]) -> None:
        """Record all or none, in one act; raise what is wrong with the first wrong one."""
        with self._acts.begin() as act:
            said, errors = self._checked(act, withdrawals)
            wrong = next((error for error in errors if error is not None), None)
            if wrong is not None:
                raise wrong
            _record(act, said)

    def _checked(self, act: Act, withdrawals: Sequence[Withdrawal]) -> tuple[list[_Said], list[UmayaError | None]]:
        """Return what is to be recorded, and for each withdrawal what is wrong with it, or None."""
        state = self._projection.held(act.session)
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
                said.setdefault((one.topic, person), one)
                errors.append(None)
            except UmayaError as error:
                errors.append(error)
        return [_Said(topics[topic].number, person, one) for (topic, person), one in said.items()], errors


def _record(act: Act, said: Sequence[_Said]) -> None:
    if not said:
        return
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
    act.session.execute(insert(ACTS), rows)
    records = [
        _template(one.topic, one.channel).record(one.actor.id, salted(str(person), salt))
        for (_, person, one), salt in zip(said, salts, strict=True)
    ]
    entries = act.record_many(records)
    last = first + len(said) - 1
    placed = update(ACTS).where(ACTS.c.seq.between(first, last)).values(entry=ACTS.c.seq + (entries[0] - first))
    act.session.execute(placed)


@lru_cache(maxsize=1024)
def _template(topic: str, channel: Channel) -> Template:
    """Return the shape of the entries of withdrawals, which actor and person vary."""
    body = {"topic": topic, "channel": channel.value}
    return Template("consent.withdrawn", None, body, {"person": Form.DIGEST})
