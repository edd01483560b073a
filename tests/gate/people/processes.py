"""What the processes of these tests do: each opens the hub's database and ledger as a program of its own would."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from tests.gate.people.town import CLERK, CROSS_SELL, Town
from umaya.gate.people import Channel
from umaya.law import day_in_japan
from umaya.ledger import Ed25519Signer, Ledger, Record
from umaya.stores.database import Database
from umaya.types.clock import SystemClock

SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))


@contextmanager
def opened(url: str, folder: Path, ledger: Any = None) -> Iterator[Town]:
    """Yield the town as a fresh process finds it."""
    database = Database.open(url)
    clock = SystemClock()
    yield Town(database, ledger or Ledger.open(folder / "ledger", SIGNER, clock), clock)
    database.close()


def withdraw_and_watch(url: str, folder: Path, mine: Sequence[int], noted_in: Path, tell: Connection) -> None:
    """Withdraw my people one by one, noting each when the call has returned; look for anybody noted and still active.

    The notes are read before the state, so whoever is noted had withdrawn before this process looked.
    """
    with noted_in.open("r+b") as file:
        notes = mmap.mmap(file.fileno(), 0)
    looks = stale = 0

    def look(town: Town) -> bool:
        noted = BitMap([person for person, note in enumerate(notes[:]) if note])
        with town.database.reading() as session:
            state = town.projection.now(session)
        active = state.topic(CROSS_SELL, day_in_japan(town.clock.now())).active
        nonlocal looks, stale
        looks, stale = looks + 1, stale + len(noted & active)
        return bool(active)

    with opened(url, folder) as town:
        for person in mine:
            town.consents.withdraw(CLERK, person, CROSS_SELL, Channel.APP)
            notes[person] = 1
            look(town)
        while look(town):
            pass
    notes.close()
    tell.send((looks, stale))
    tell.close()


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


def give_until_death(
    url: str, folder: Path, people: Sequence[int], moment: str, appends: int, tell: Connection
) -> None:
    """Take consents and tell each that was acknowledged, until the ledger kills."""
    ledger = DeadlyLedger(Ledger.open(folder / "ledger", SIGNER, SystemClock()), moment, appends)
    with opened(url, folder, ledger) as town:
        for person in people:
            town.give(person)
            tell.send(person)


def give_for_ever(url: str, folder: Path, people: Sequence[int], tell: Connection) -> None:
    """Take consents and tell each that was acknowledged."""
    with opened(url, folder) as town:
        for person in people:
            town.give(person)
            tell.send(person)
