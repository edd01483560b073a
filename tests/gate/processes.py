"""What the processes of these tests do: each opens the hub of the lists as a program of its own would."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.gate.lists import NOW, Lists
from umaya.gate import Refusal, Release, Stream
from umaya.ledger import Ed25519Signer, Ledger, Record
from umaya.stores.database import Database
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason

SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))
LATER = NOW + timedelta(hours=1)


@contextmanager
def opened(url: str, folder: Path, ledger: Any = None) -> Iterator[Lists]:
    """Yield the world as a fresh process finds it, an hour after it was made."""
    clock = ManualClock(LATER)
    database = Database.open(url)
    yield Lists(database, folder / "vault", ledger or Ledger.open(folder / "ledger", SIGNER, clock), clock)
    database.close()


def answers(world: Lists, point: Any, person: int) -> dict[str, str]:
    """Return what every door of the gate says of one person."""
    use = world.use(people=[person])
    opened = world.gate.open(use)
    stream = world.gate.stream(use)
    if isinstance(stream, Stream):
        with stream:
            list(stream)
    return {
        "decide": world.gate.decide(world.use(), person).reason,
        "point": point.decide(person).reason,
        "open": opened.decision.reason,
        "stream": stream.decision.reason,
    }


def watch(url: str, folder: Path, people: Sequence[int], noted_in: Path, tell: Connection) -> None:
    """Ask of one person after another until what was done about them is noted, and tell the answers before and after.

    The note is read before the gate is asked, so what is noted had returned before this process asked.
    """
    with noted_in.open("r+b") as file:
        notes = mmap.mmap(file.fileno(), 0)
    with opened(url, folder) as world:
        point = world.gate.point(world.use())
        for at, person in enumerate(people):
            tell.send(answers(world, point, person))
            while not notes[at]:
                point.decide(person)
                world.gate.decide(world.use(), person)
            tell.send(answers(world, point, person))
    notes.close()
    tell.close()


def use_words(url: str, folder: Path, people: Sequence[int], door: str, orders: Connection, tell: Connection) -> None:
    """Once told to, use each person's word through one door, and tell for whom that was permitted."""
    with opened(url, folder) as world:
        point = world.gate.point(world.use())
        tell.send("ready")
        orders.recv()
        for person in people:
            tell.send((person, _used(world, point, person, door)))
    tell.close()


def _used(world: Lists, point: Any, person: int, door: str) -> bool:
    if door == "open":
        return isinstance(world.gate.open(world.use(people=[person])), Release)
    if door == "stream":
        stream = world.gate.stream(world.use(people=[person]))
        if isinstance(stream, Refusal):
            return False
        with stream:
            return sum(int(batch.num_rows) for batch in stream) == 1
    decision = point.decide(person)
    try:
        world.gate.enter(point, [decision])
    except ConflictError:
        return False
    return bool(decision.reason is Reason.PERMITTED)


class DeadlyLedger:
    """The hub's ledger, at which the process dies: before or after it has appended.

    Args:
        ledger: that appends.
        moment: `before` or `after`.
        appends: how many go well.
    """

    def __init__(self, ledger: Ledger, moment: str, appends: int) -> None:
        self._ledger = ledger
        self._moment = moment
        self._left = appends

    def append(self, kind: str, actor: str, body: Mapping[str, Any]) -> Any:
        return self.append_many([Record(kind, actor, body)])[0]

    def append_many(self, records: Sequence[Record]) -> Sequence[Any]:
        if self._left == 0 and self._moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        appended = self._ledger.append_many(records)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1
        return appended

    def receipt(self, index: int) -> str:
        return self._ledger.receipt(index)


def release_until_death(url: str, folder: Path, moment: str, appends: int, tell: Connection) -> None:
    """Release a list again and again, and tell each that was handed over, until the ledger kills."""
    ledger = DeadlyLedger(Ledger.open(folder / "ledger", SIGNER, ManualClock(LATER)), moment, appends)
    with opened(url, folder, ledger) as world:
        while True:
            tell_release(world, tell)


def release_for_ever(url: str, folder: Path, tell: Connection) -> None:
    """Release a list again and again, and tell each that was handed over."""
    with opened(url, folder) as world:
        while True:
            tell_release(world, tell)


def tell_release(world: Lists, tell: Connection) -> None:
    outcome = world.gate.open(world.use())
    assert isinstance(outcome, Release)
    tell.send((outcome.use, outcome.entry, outcome.data.column("balance").to_pylist()))


def withdraw_for_ever(url: str, folder: Path, people: Sequence[int], tell: Connection) -> None:
    """Withdraw for one person after another, and tell each that was acknowledged."""
    with opened(url, folder) as world:
        for person in people:
            world.withdraw(person)
            tell.send(person)
