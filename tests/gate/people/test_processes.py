"""Several processes on one database: what one was told is done binds all others, and a kill loses and gaps nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from pyroaring import BitMap
from sqlalchemy import select

from tests.databases import migrated
from tests.gate.people import processes
from tests.gate.people.town import CROSS_SELL, Town
from umaya.gate.people.models import ActRow, CounterRow, EventRow
from umaya.law import day_in_japan
from umaya.ledger import Ledger, check_ledger
from umaya.types.clock import SystemClock

pytestmark = pytest.mark.slow
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def hub(database_url: str, tmp_path: Path) -> tuple[str, Path]:
    """URL and folder of a furnished hub that no process has open."""
    ledger = Ledger.create(tmp_path / "ledger", processes.SIGNER, SystemClock())
    database = migrated(database_url)
    Town(database, ledger, SystemClock()).furnish()
    database.close()
    return database_url, tmp_path


def start(target: Callable[..., None], *given: Any) -> tuple[Any, Connection]:
    """Start a process; return it and what it tells."""
    hear, tell = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=target, args=(*given, tell))
    process.start()
    tell.close()
    return process, hear


def heard(hear: Connection) -> list[Any]:
    """Return what a process told until it ended."""
    said = []
    try:
        while True:
            said.append(hear.recv())
    except EOFError:
        return said


def active(town: Town) -> BitMap:
    return town.projection.latest().topic(CROSS_SELL, day_in_japan(town.clock.now())).active


def test_once_withdrawn_no_process_sees_the_consent(hub: tuple[str, Path], tmp_path: Path) -> None:
    """Three processes withdraw and watch each other."""
    count = 30
    with processes.opened(*hub) as town:
        for person in range(count):
            town.give(person)
    notes = tmp_path / "notes"
    notes.write_bytes(bytes(count))
    shares = [range(at, count, 3) for at in range(3)]
    started = [start(processes.withdraw_and_watch, *hub, share, notes) for share in shares]
    told = [heard(hear) for _, hear in started]
    for process, _ in started:
        process.join()
    assert [[stale for _, stale in one] for one in told] == [[0]] * 3
    assert all(looks >= count / 3 for ((looks, _),) in told)
    with processes.opened(*hub) as town:
        assert active(town) == BitMap()


def check_whole(hub: tuple[str, Path], acknowledged: Sequence[int]) -> None:
    """Nothing is missing: numbers, acknowledged consents, acts, entries."""
    with processes.opened(*hub) as town:
        assert BitMap(acknowledged).issubset(active(town))
        with town.database.reading() as session:
            numbers = list(session.scalars(select(EventRow.seq).order_by(EventRow.seq)))
            assert numbers == list(range(1, session.scalars(select(CounterRow.last)).one() + 1))
            acts = session.execute(select(ActRow.seq, ActRow.entry)).all()
        assert sorted(seq for seq, _ in acts) == numbers
        entries = [entry for _, entry in acts]
        assert len(set(entries)) == len(entries)
        assert all(entry is not None and 0 < entry < town.ledger.size for entry in entries)
    assert check_ledger(hub[1] / "ledger", processes.SIGNER.vkey).ok


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_dies_in_an_act_leaves_no_gap(hub: tuple[str, Path], moment: str) -> None:
    """Its events were written and not committed; where it died after the append, an entry without effect stays."""
    process, hear = start(processes.give_until_death, *hub, range(10), moment, 4)
    told = heard(hear)
    process.join()
    assert told == [0, 1, 2, 3]
    with processes.opened(*hub) as town:
        assert active(town) == BitMap(told)
        town.give(99)
        assert active(town) == BitMap([*told, 99])
    check_whole(hub, [*told, 99])


def test_processes_killed_at_any_moment_lose_nothing(hub: tuple[str, Path]) -> None:
    """Three write at once; each is killed from outside as soon as it has told of some acts, whatever it does then."""
    told: list[int] = []
    started = [start(processes.give_for_ever, *hub, range(at * 1000, at * 1000 + 1000)) for at in range(3)]
    for number, (process, hear) in enumerate(started):
        told += [hear.recv() for _ in range(10 + 5 * number)]
        process.kill()
        told += heard(hear)
        process.join()
    assert len(told) >= 45
    check_whole(hub, told)
