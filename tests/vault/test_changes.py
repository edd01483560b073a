"""Rows are deleted and changed for all readers at one moment; a crash leaves all of it or nothing."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from tests.vault.deposits import COLUMNS, EVERYBODY, LAYOUT, PEOPLE, Deposits, deposits
from umaya.stores import rewriting
from umaya.stores.lake import Lake, Placement
from umaya.types.errors import ConflictError, InputError
from umaya.types.schemas import TIME
from umaya.vault import Layout, Predicate

TIMED = Layout(pa.schema([("t", TIME), ("v", pa.int64())]), Placement("t"), ())
MARK = "たからもの-7731"


@pytest.fixture
def world(tmp_path: Path) -> Deposits:
    return Deposits(tmp_path / "vault", deposits([1, 2, 2], [1, 2, 3], town=[MARK, "a", "a"]), deposits([2, 3], [4, 5]))


def erase(world: Deposits, *people: int) -> int:
    with world.vault.erase("deposits", LAYOUT, BitMap(people), patience_s=0) as rewrite:
        rewrite.commit()
        return rewrite.rows


def balances(world: Deposits) -> list[int]:
    return sorted(world.read().column("balance").to_pylist())


def files(world: Deposits) -> list[str]:
    return sorted(str(path.relative_to(world.directory)) for path in world.directory.rglob("*.parquet"))


def test_erased_people_are_gone_from_rows_index_and_disk(world: Deposits) -> None:
    assert erase(world, 1) == 1
    assert balances(world) == [2, 3, 4, 5]
    assert world.vault.people("deposits") == BitMap([2, 3])
    assert world.new_vault().people("deposits") == BitMap([2, 3])
    assert not [path for path in world.directory.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]
    assert files(world) == [
        "deposits/day=none/area=none/w0.1.parquet",
        "deposits/day=none/area=none/w1.parquet",
    ]


def test_a_write_of_which_nothing_is_left_is_not_taken_in_again(world: Deposits) -> None:
    assert erase(world, 2, 3) == 4
    assert files(world) == ["deposits/day=none/area=none/w0.1.parquet"]
    with pytest.raises(ConflictError, match="taken in before"):
        world.write(deposits([2, 3], [4, 5]), "w1")
    assert erase(world, 1) == 1
    assert files(world) == []
    assert balances(world) == []
    assert world.new_vault().people("deposits") == BitMap()


def test_a_lost_index_of_an_emptied_write_is_made_anew(world: Deposits) -> None:
    erase(world, 1, 2, 3)
    for path in world.directory.glob("deposits/index/*"):
        path.unlink()
    assert world.new_vault().people("deposits") == BitMap()


def test_a_field_is_corrected_in_the_rows_that_are_meant(world: Deposits) -> None:
    with world.vault.correct("deposits", LAYOUT, 2, "balance", 30, (Predicate("balance", "eq", 3),)) as rewrite:
        rewrite.commit()
    assert rewrite.rows == 1
    assert balances(world) == [1, 2, 4, 5, 30]
    with world.vault.correct("deposits", LAYOUT, 2, "matures", "2027-01-31") as rewrite:
        rewrite.commit()
    assert rewrite.rows == 3
    assert world.read(BitMap([2])).column("matures").to_pylist() == [date(2027, 1, 31)] * 3
    assert world.vault.people("deposits") == BitMap([1, 2, 3])


def test_rows_keep_their_order_when_some_are_corrected(tmp_path: Path) -> None:
    world = Deposits(tmp_path / "vault")
    with world.vault.correct("deposits", LAYOUT, 5, "town", "うみ") as rewrite:
        rewrite.commit()
    assert world.read().column("balance").to_pylist() == [100, 200, 300, 400, None, 500, 600]
    assert world.read().column("town").to_pylist() == ["みなせ"] * 4 + ["さくら"] + ["うみ"] * 2


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("nobody", 1, "no such field"),
        ("person", 1, "whom, when or where"),
        ("balance", "abc", "does not fit int64"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused_without_its_value(
    world: Deposits, field: str, value: object, problem: str
) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        world.vault.correct("deposits", LAYOUT, 1, field, value)
    assert "abc" not in str(caught.value)


def test_rows_from_before_a_day_in_japan_go(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "vault")
    moments = [datetime(2026, 3, 31, 14, 59, tzinfo=UTC), datetime(2026, 3, 31, 15, 0, tzinfo=UTC)]
    moments += [moments[0] - timedelta(days=40), moments[1] + timedelta(days=1)]
    lake.write("d", pa.table([moments, [1, 2, 3, 4]], schema=TIMED.schema), TIMED.placement, "w")
    vault = Deposits(tmp_path / "vault").vault
    with vault.delete_before("d", TIMED, date(2026, 4, 1)) as rewrite:
        rewrite.commit()
    assert rewrite.rows == 2
    assert lake.scan("d", TIMED.schema, TIMED.placement, columns=["v"]).read_all().column("v").to_pylist() == [2, 4]
    with pytest.raises(ConflictError, match="no time"):
        vault.delete_before("deposits", LAYOUT, date(2026, 4, 1))


def test_what_one_intake_brought_goes(world: Deposits) -> None:
    with world.vault.delete_writes("deposits", LAYOUT, ["w0"]) as rewrite:
        rewrite.commit()
    assert balances(world) == [4, 5]
    assert world.vault.people("deposits") == BitMap([2, 3])


def test_until_it_is_committed_nobody_sees_it_and_it_is_taken_back(world: Deposits) -> None:
    before = files(world)
    with world.vault.erase("deposits", LAYOUT, BitMap([1, 2])):
        assert balances(world) == [1, 2, 3, 4, 5]
        assert world.new_vault().people("deposits") == BitMap([1, 2, 3])
    assert files(world) == before
    assert balances(world) == [1, 2, 3, 4, 5]


def test_nobody_in_a_dataset_that_was_never_written_to(world: Deposits) -> None:
    with world.vault.erase("never", LAYOUT, BitMap([1])) as rewrite:
        rewrite.commit()
    assert rewrite.rows == 0


def test_who_reads_finishes_before_the_old_files_go(world: Deposits) -> None:
    opened = world.vault.open(world.grant())
    batches = opened.batches()
    first = next(batches)
    done = threading.Event()

    def run() -> None:
        with world.new_vault().erase("deposits", LAYOUT, BitMap([2]), patience_s=30) as rewrite:
            rewrite.commit()
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert not done.wait(0.2)
    rest = [row for batch in batches for row in batch.column("balance").to_pylist()]
    assert sorted([*first.column("balance").to_pylist(), *rest]) == [1, 2, 3, 4, 5]
    thread.join()
    assert balances(world) == [1, 5]


@pytest.mark.parametrize("step", range(0, 26, 2))
def test_a_fault_of_the_disk_at_any_step_leaves_all_or_nothing(
    world: Deposits, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """And whatever it left, the next rewrite leaves no byte of them."""
    calls, real = 0, os.fsync

    def failing(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > step:
            raise OSError("no space left")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with contextlib.suppress(OSError):
        erase(world, 1, 2)
    monkeypatch.undo()
    assert (balances(world), sorted(world.new_vault().people("deposits"))) in [
        ([1, 2, 3, 4, 5], [1, 2, 3]),
        ([5], [3]),
    ]
    erase(world, 1, 2)
    assert balances(world) == [5]
    assert world.new_vault().people("deposits") == BitMap([3])
    assert not [path for path in world.directory.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]


def test_a_crash_between_the_swap_and_the_removal_is_swept(world: Deposits, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(paths: object) -> int:
        raise KeyboardInterrupt

    with world.vault.erase("deposits", LAYOUT, BitMap([1]), patience_s=0) as rewrite:
        monkeypatch.setattr(rewriting, "remove", die)
        with pytest.raises(KeyboardInterrupt):
            rewrite.commit()
        monkeypatch.undo()
    assert balances(world) == [2, 3, 4, 5]
    assert len(files(world)) == 3
    assert Lake(world.directory).sweep("deposits") == 2
    assert len(files(world)) == 2
    Lake(world.directory).delete("deposits", day="none")
    assert balances(world) == []


def _erase_one(directory: str, person: int) -> None:
    world = object.__new__(Deposits)
    world.directory = Path(directory)
    from umaya.types.clock import ManualClock

    world.clock = ManualClock(datetime(2026, 4, 1, tzinfo=UTC))
    with world.new_vault().erase("deposits", LAYOUT, BitMap([person])) as rewrite:
        rewrite.commit()


def test_processes_that_erase_and_read_at_once_agree(tmp_path: Path) -> None:
    """Every read sees whole people: both rows of a person, or none."""
    people = [person for person in range(8) for _ in range(2)]
    world = Deposits(tmp_path / "vault", deposits(people, people))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_erase_one, args=(str(world.directory), person)) for person in (1, 4)]
    for worker in workers:
        worker.start()
    everybody = BitMap(range(8))
    while any(worker.is_alive() for worker in workers):
        seen = world.read(everybody).column("balance").to_pylist()
        assert {seen.count(person) for person in range(8)} <= {0, 2}
        assert {0, 2, 3, 5, 6, 7} <= set(seen)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert set(world.read(everybody).column("balance").to_pylist()) == {0, 2, 3, 5, 6, 7}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sets(st.sampled_from(sorted(EVERYBODY)), max_size=3), max_size=4))
def test_erasing_is_a_filter(tmp_path_factory: pytest.TempPathFactory, rounds: list[set[int]]) -> None:
    """However people are erased, and whatever is taken in between, the rows left are those of the others."""
    world = Deposits(tmp_path_factory.mktemp("vault"))
    left = list(PEOPLE)
    for at, people in enumerate(rounds):
        with world.vault.erase("deposits", LAYOUT, BitMap(people), patience_s=0) as rewrite:
            rewrite.commit()
        assert rewrite.rows == sum(person in people for person in left)
        left = [person for person in left if person not in people]
        world.write(deposits([at % 5 + 1], [at]), f"more{at}")
        left.append(at % 5 + 1)
    assert world.vault.people("deposits") == BitMap(left)
    assert world.read().select(COLUMNS).num_rows == len(left)
