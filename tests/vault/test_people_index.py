"""Everybody in a dataset is known exactly: after each write, deletion and crash, in every process."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pyroaring import BitMap

from tests.vault.deposits import LAYOUT, SEVEN, Deposits, deposits
from umaya.stores.lake import Lake
from umaya.types.errors import IntegrityError
from umaya.vault.people_index import PeopleIndex, decode, encode

INDEX = "deposits/index/*"


@pytest.fixture
def world(tmp_path: Path) -> Deposits:
    return Deposits(tmp_path / "vault", deposits([1, 2, 2], [1, 2, 3]), deposits([2, 3], [4, 5]))


def test_everybody_of_every_write_is_there(world: Deposits) -> None:
    assert world.vault.people("deposits") == BitMap([1, 2, 3])
    assert world.new_vault().people("deposits") == BitMap([1, 2, 3])
    assert world.vault.people("never-written") == BitMap()


def test_a_write_counts_when_it_holds_and_not_before(world: Deposits) -> None:
    with world.vault.stage("deposits", LAYOUT, deposits([9], [1]), "w2") as pending:
        assert 9 not in world.vault.people("deposits")
        pending.commit()
        assert 9 in world.vault.people("deposits")


def test_a_write_that_is_taken_back_takes_its_people_back(world: Deposits) -> None:
    with world.vault.stage("deposits", LAYOUT, deposits([9], [1]), "w2"):
        pass
    assert world.vault.people("deposits") == BitMap([1, 2, 3])
    assert len(list(world.directory.glob(INDEX))) == 2


def test_the_index_is_durable_before_its_write_holds(world: Deposits, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between the two leaves a file that the next process sweeps, and nobody in it counts."""

    def die(self: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("umaya.stores.lake.Pending.commit", die)
    monkeypatch.setattr("umaya.stores.lake.Pending.take_back", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        world.write(deposits([9], [1]), "w2")
    monkeypatch.undo()
    assert len(list(world.directory.glob(INDEX))) == 3
    assert world.new_vault().people("deposits") == BitMap([1, 2, 3])
    after = world.new_vault()
    with after.stage("deposits", LAYOUT, deposits([8], [1]), "w3") as pending:
        pending.commit()
    assert {path.stem for path in world.directory.glob(INDEX)} == {"w0", "w1", "w3"}
    assert after.people("deposits") == BitMap([1, 2, 3, 8])


def _write_in_another_process(directory: Path) -> None:
    Deposits(directory, deposits([7], [1])).vault.people("deposits")


def test_what_another_process_wrote_counts_at_once(tmp_path: Path) -> None:
    lake = PeopleIndex(Lake(tmp_path / "vault"))
    assert lake.people("deposits") == BitMap()
    process = multiprocessing.get_context("spawn").Process(target=_write_in_another_process, args=(tmp_path / "vault",))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert lake.people("deposits") == BitMap([7])


def test_deleted_rows_leave_nobody_behind(tmp_path: Path) -> None:
    """One person lies in two parts of a write; only when both are gone are they."""
    world = Deposits(tmp_path / "vault", SEVEN)
    lake = Lake(world.directory)
    assert len(world.vault.people("deposits")) == 5
    assert lake.delete("deposits", day="none") == 1
    assert world.vault.people("deposits") == BitMap()
    world.write(SEVEN, "w0")  # may be taken in again
    assert len(world.vault.people("deposits")) == 5


def test_a_part_of_a_write_is_deleted(world: Deposits) -> None:
    """Another file stands for another day of the first write: what it holds is counted anew."""
    first = next(world.directory.rglob("w0.parquet"))
    other = world.directory / "deposits" / "day=2026-04-01" / "area=none" / "w0.parquet"
    other.parent.mkdir(parents=True)
    other.write_bytes(first.read_bytes())
    assert Lake(world.directory).delete("deposits", day="none") == 2
    assert world.vault.people("deposits") == BitMap([1, 2])
    assert world.new_vault().people("deposits") == BitMap([1, 2])


def test_a_missing_index_is_made_anew_from_the_rows(world: Deposits) -> None:
    """As a crash in the middle of a deletion leaves it."""
    for path in world.directory.glob(INDEX):
        path.unlink()
    assert world.vault.people("deposits") == BitMap([1, 2, 3])
    assert {path.stem for path in world.directory.glob(INDEX)} == {"w0", "w1"}


def test_a_damaged_index_is_found_and_never_read_as_fewer_people(world: Deposits) -> None:
    path = next(world.directory.glob("deposits/index/w1.*"))
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:10], b"", whole[:-1] + bytes([whole[-1] ^ 1]), whole.replace(b"v1", b"v2")):
        path.write_bytes(damaged)
        with pytest.raises(IntegrityError, match="people index of dataset `deposits`, write w1 is damaged"):
            world.new_vault().people("deposits")
    path.unlink()
    assert world.new_vault().people("deposits") == BitMap([1, 2, 3])


def test_what_is_stored_keeps_its_form() -> None:
    """Golden bytes: one person, number 1."""
    stored = encode(deposits([1], [1]).select(["person"]).to_batches())
    assert stored.hex() == (
        "756d6179612d70656f706c652f76310a"
        "fc1d62c3b3cda38d93597fa41ef8f4bf8f519c1b54af4f86386315319815a67f"
        "3a300000010000000000000010000000" + "0100"
    )
    assert decode(stored, "a test") == BitMap([1])


def test_asking_while_others_write_and_delete_is_exact_in_the_end(world: Deposits) -> None:
    asked: list[BitMap] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            asked.append(world.vault.people("deposits").copy())

    thread = threading.Thread(target=ask)
    thread.start()
    for at in range(10):
        world.write(deposits([100 + at], [1]), f"x{at}")
        if at % 3 == 2:
            Lake(world.directory).delete("deposits", day="none")
            world.write(deposits([1], [1]), f"y{at}")
    done.set()
    thread.join()
    assert asked
    assert all(people <= BitMap([1, 2, 3, *range(100, 110)]) for people in asked)
    assert world.vault.people("deposits") == BitMap([1, 109])


class IndexMachine(RuleBasedStateMachine):
    """Writes and deletions in any order, seen from two processes' sides."""

    def __init__(self) -> None:
        super().__init__()

        self.folder = tempfile.TemporaryDirectory()
        self.world = Deposits(Path(self.folder.name) / "vault", deposits([0], [0]))
        self.other = self.world.new_vault()
        self.holding = {"w0": BitMap([0])}
        self.count = 0

    @rule(people=st.sets(st.integers(0, 200_000), min_size=1, max_size=5))
    def write(self, people: set[int]) -> None:
        self.count += 1
        self.world.write(deposits(people, [0] * len(people)), f"m{self.count}")
        self.holding[f"m{self.count}"] = BitMap(people)

    @rule()
    def delete(self) -> None:
        Lake(self.world.directory).delete("deposits", day="none")
        self.holding.clear()

    @invariant()
    def both_know_everybody(self) -> None:
        expected = BitMap.union(BitMap(), *self.holding.values())
        assert self.world.vault.people("deposits") == expected
        assert self.other.people("deposits") == expected

    def teardown(self) -> None:
        self.folder.cleanup()


IndexMachine.TestCase.settings = settings(max_examples=8, stateful_step_count=8, deadline=None)
TestIndexMachine = IndexMachine.TestCase
