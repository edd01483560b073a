"""Several processes on one hub: a decision is exact as of now in each of them, and a kill leaves nothing half done."""

from __future__ import annotations

import mmap
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyroaring import BitMap
from sqlalchemy import select

from tests.databases import migrated
from tests.gate import processes
from tests.gate.lists import ACTORS, DOCUMENT, EIGHT, NOW, SCHEMA, SCHEME, TOPIC, WORDS, Lists
from umaya.gate.conditions import parse
from umaya.gate.models import UsePeopleRow, UseRow
from umaya.gate.people.models import ActRow, CounterRow, EventRow
from umaya.gate.uses import UseState
from umaya.law import ConsentTier
from umaya.ledger import Ledger, check_ledger
from umaya.types.clock import ManualClock
from umaya.types.reasons import Reason

pytestmark = pytest.mark.slow
SPAWN = multiprocessing.get_context("spawn")
Hub = tuple[str, Path]


def make_hub(url: str, folder: Path, tier: ConsentTier, people: pa.Table = EIGHT, document: str = DOCUMENT) -> Hub:
    """Make a hub that no process has open, its scheme approved; return its URL and folder."""
    database = migrated(url)
    clock = ManualClock(NOW)
    world = Lists(database, folder / "vault", Ledger.create(folder / "ledger", processes.SIGNER, clock), clock)
    world.furnish(people, tier)
    world.approve(document)
    database.close()
    return url, folder


@pytest.fixture
def hub(database_url: str, tmp_path: Path) -> Hub:
    return make_hub(database_url, tmp_path, ConsentTier.STATED_PERIOD)


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


def test_what_was_done_binds_every_decision_begun_afterwards_in_every_process(hub: Hub, tmp_path: Path) -> None:
    """Two processes keep asking through every door while a third acts; each act touches a person of its own."""
    with processes.opened(*hub) as world:
        world.gate.topics.add_text(ACTORS["privacy"], TOPIC, *WORDS, valid_days=30)
        world.consent(1, 2, 3, 5)
        world.consent(4, text=2)
    acts: list[tuple[int, Callable[[Lists], object], Reason]] = [
        (1, lambda world: world.withdraw(1), Reason.CONSENT_WITHDRAWN),
        (2, lambda world: world.gate.measures.set(ACTORS["guard"], 2, "相談あり"), Reason.CONSENT_MISSING),
        (3, lambda world: world.gate.merges.merge("core", 7, 3), Reason.CONSENT_MISSING),
        (4, lambda world: world.gate.topics.end_text(ACTORS["privacy"], TOPIC, 2), Reason.CONSENT_TEXT_ENDED),
        (
            5,
            lambda world: world.gate.review.suspend(ACTORS["steward"], SCHEME, "苦情"),
            Reason.SCHEME_SUSPENDED,
        ),
    ]
    noted_in = tmp_path / "notes"
    noted_in.write_bytes(bytes(len(acts)))
    with noted_in.open("r+b") as file:
        notes = mmap.mmap(file.fileno(), 0)
    watching = [start(processes.watch, *hub, [person for person, _, _ in acts], noted_in) for _ in range(2)]
    with processes.opened(*hub) as world:
        for at, (person, act, reason) in enumerate(acts):
            for _, hear in watching:
                assert set(hear.recv().values()) == {Reason.PERMITTED}, person
            act(world)
            notes[at] = 1
            for _, hear in watching:
                assert set(hear.recv().values()) == {reason}, person
    for process, _ in watching:
        process.join()
    notes.close()


def all_at_once(hub: Hub, people: range) -> list[int]:
    """Let four processes, through three doors, use the same people's data at once, in the same order; return whose
    was used, each as often as it was.
    """
    started = []
    for door in ("open", "open", "stream", "point"):
        orders, order = SPAWN.Pipe(duplex=False)
        started.append((*start(processes.use_words, *hub, people, door, orders), order))
    for _, hear, _ in started:
        assert hear.recv() == "ready"
    for _, _, order in started:
        order.send("go")
    told = [answer for _, hear, _ in started for answer in heard(hear)]
    for process, _, _ in started:
        process.join()
    assert len(told) == 4 * len(people)
    return sorted(person for person, permitted in told if permitted)


ON_REQUEST = DOCUMENT.replace("fields: [balance, matures, town]", "fields: [town]").replace(
    "basis: cross-sell-consent", "basis: consent"
)


@pytest.mark.parametrize(
    ("tier", "document"),
    [(ConsentTier.EACH_TIME, DOCUMENT), (ConsentTier.ON_REQUEST, ON_REQUEST)],
    ids=["each-time", "on-request"],
)
def test_a_word_for_one_use_is_used_once_whoever_asks_at_the_same_time(
    database_url: str, tmp_path: Path, tier: ConsentTier, document: str
) -> None:
    """Eight people's words."""
    hub = make_hub(database_url, tmp_path, tier, document=document)
    people = range(8)
    with processes.opened(*hub) as world:
        world.consent(*people, requested=tier is ConsentTier.ON_REQUEST)
    assert all_at_once(hub, people) == list(people)
    with processes.opened(*hub) as world:
        decision = world.gate.decide(world.use()).people
        assert decision is not None
        assert decision.refused == {Reason.CONSENT_SPENT: len(people)}
    assert check_ledger(tmp_path / "ledger", processes.SIGNER.vkey).ok


def test_a_condition_that_counts_uses_counts_those_of_all_processes(hub: Hub) -> None:
    """Five uses a day, said the approver; what asks for a sixth stops the scheme."""
    with processes.opened(*hub) as world:
        world.consent(*range(8))
        world.gate.review.impose(ACTORS["head"], SCHEME, [parse("max-uses-per-day: {uses: 5}")], "小さく始める")
    assert len(all_at_once(hub, range(8))) == 5
    with processes.opened(*hub) as world:
        assert world.gate.decide(world.use()).reason is Reason.SCHEME_SUSPENDED


def check_whole(hub: Hub) -> None:
    """Every row has its entry, every event its act, numbers have no gap, and the ledger verifies."""
    assert check_ledger(hub[1] / "ledger", processes.SIGNER.vkey).ok
    with processes.opened(*hub) as world:
        entries = dict(enumerate(world.ledger.entries()))
        with world.database.reading() as session:
            uses = session.scalars(select(UseRow)).all()
            numbers = list(session.scalars(select(EventRow.seq).order_by(EventRow.seq)))
            acts = session.execute(select(ActRow.seq, ActRow.entry)).all()
            assert numbers == list(range(1, session.scalars(select(CounterRow.last)).one() + 1))
            assert {row.use for row in session.scalars(select(UsePeopleRow))} == {use.id for use in uses}
        assert sorted(seq for seq, _ in acts) == numbers
        assert {entries[entry].kind for _, entry in acts if entry is not None} <= {"consent.given", "consent.withdrawn"}
        for use in uses:
            assert (entries[use.entry].kind, entries[use.entry].body["use"]) == ("use.permitted", use.id)
            assert (use.state == UseState.RELEASED.value) is (use.closing_entry is not None)
            if use.closing_entry is not None:
                closing = entries[use.closing_entry]
                assert (closing.kind, closing.body["opened"]) == ("use.released", use.entry)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("appends", [0, 1, 2], ids=["provision", "decision", "release"])
def test_a_release_dies_at_each_of_its_entries(hub: Hub, moment: str, appends: int) -> None:
    """Nothing was handed over; the database has the deciding act whole or not at all, the ledger is ahead of it."""
    with processes.opened(*hub) as world:
        world.consent(1, 2)
        size = world.ledger.size
    process, hear = start(processes.release_until_death, *hub, moment, appends)
    assert heard(hear) == []
    process.join()
    assert process.exitcode < 0
    with processes.opened(*hub) as world:
        assert [use.state for use in world.gate.uses.list()] == ([UseState.OPEN] if appends == 2 else [])
        assert world.ledger.size == size + appends + (moment == "after")
        kinds = [entry.kind for entry in world.ledger.entries(size)]
        assert kinds == ["provision.recorded", "use.permitted", "use.released"][: len(kinds)]
        world.withdraw(1)
        assert processes.answers(world, world.gate.point(world.use()), 1)["open"] == Reason.CONSENT_WITHDRAWN
    assert check_ledger(hub[1] / "ledger", processes.SIGNER.vkey).ok


@pytest.fixture
def crowd(database_url: str, tmp_path: Path) -> Hub:
    """A hub with 2,000 customers of whom the first 200 consented."""
    count = 2_000
    columns = {
        "person": pa.array(np.arange(count, dtype=np.uint32)),
        "balance": pa.array(np.arange(count)),
        "matures": pa.nulls(count, pa.date32()),
        "town": pa.nulls(count, pa.string()),
    }
    hub = make_hub(database_url, tmp_path, ConsentTier.STATED_PERIOD, pa.table(columns, SCHEMA))
    with processes.opened(*hub) as world:
        world.consent(*range(200))
    return hub


def test_processes_killed_at_any_moment_leave_what_was_acknowledged_and_nothing_half_done(crowd: Hub) -> None:
    """Two withdraw and two release at once; each is killed as soon as it has told of some acts, whatever it does then.

    Balances are people's numbers, so a release says whose rows it handed over.
    """
    withdrawing = [start(processes.withdraw_for_ever, *crowd, range(at * 100, at * 100 + 100)) for at in range(2)]
    releasing = [start(processes.release_for_ever, *crowd) for _ in range(2)]
    rng = np.random.default_rng(20260601)
    withdrawn: list[int] = []
    released: list[tuple[str, int, list[int]]] = []
    tolds: list[list[Any]] = [withdrawn, released, withdrawn, released]
    for (process, hear), told in zip([withdrawing[0], releasing[0], withdrawing[1], releasing[1]], tolds, strict=True):
        told.extend(hear.recv() for _ in range(int(rng.integers(5, 15))))
        process.kill()
        told.extend(heard(hear))
        process.join()
    assert len(withdrawn) >= 10
    check_whole(crowd)
    with processes.opened(*crowd) as world:
        verdict = world.gate.decide(world.use(people=range(200))).people
        assert verdict is not None
        unacknowledged = BitMap(range(200)) - verdict.permitted - BitMap(withdrawn)
        assert not verdict.permitted & BitMap(withdrawn)
        assert len(unacknowledged) <= 2  # one for each process that was killed
        for use, entry, balances in released:
            record = world.gate.uses.get(use)
            assert (record.state, record.entry, record.rows) == (UseState.RELEASED, entry, len(balances))
            said = world.ledger.entry(entry)
            assert (said.kind, said.body["use"], said.body["permitted"]) == ("use.permitted", use, len(balances))
