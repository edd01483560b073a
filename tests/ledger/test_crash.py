"""Crashes: at whatever operation on disk the writer fails or dies, the log verifies and the next append goes on."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from tests.ledger.conftest import record, records
from tests.ledger.faults import Crash, FaultyOs, LosingOs, Way
from tests.ledger.test_log import start_writer, whole
from umaya.ledger import Ed25519Signer, Ledger, LedgerUnavailableError, check_ledger, disk, log
from umaya.types.clock import ManualClock

BASE, BATCH = 254, 5
"""An append that crosses the end of a tile does everything an append can do."""


@pytest.fixture
def base(tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> Path:
    """A log of 254 entries under three heads, never touched: tests work on copies."""
    folder = tmp_path / "base"
    ledger = Ledger.create(folder, signer, clock)
    for start, count in ((0, 250), (250, 3), (253, 1)):
        ledger.append_many(records(count, start))
    return folder


def copy_of(base: Path) -> Path:
    folder = base.with_name("copy")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    return folder


def test_the_journal_is_flushed_before_anything_else_is_written(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(base, signer, clock)
    monkeypatch.setattr(disk, "os", watch := FaultyOs())
    ledger.append_many(records(BATCH))
    opened: dict[int, str] = {}
    acts: list[tuple[str, str]] = []
    for name, arguments, result in watch.log:
        if name == "open":
            opened[result] = Path(arguments[0]).name
        elif name in {"write", "fsync"}:
            acts.append((name, opened[arguments[0]]))
    assert acts[:2] == [("write", "journal"), ("fsync", "journal")]
    assert {name for name, _ in acts[2:]} == {"write"}


def test_nothing_is_removed_before_all_is_flushed(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(base, signer, clock)
    monkeypatch.setattr(disk, "os", watch := FaultyOs())
    ledger.append_many(records(BATCH))
    ledger.append_many(records(BATCH))
    ledger.close()
    unflushed: set[Path] = set()
    opened: dict[int, Path] = {}
    removed = 0
    for name, arguments, result in watch.log:
        if name == "open":
            opened[result] = Path(arguments[0])
        elif name == "write":
            unflushed.add(opened[arguments[0]])
        elif name == "fsync":
            unflushed.discard(opened[arguments[0]])
        elif name == "mkdir":
            unflushed.add(Path(arguments[0]).parent)
        elif name == "replace":
            source, target = map(Path, arguments)
            unflushed.remove(source)
            unflushed |= {target, target.parent}
        elif name in {"unlink", "rmdir"} or (
            name == "ftruncate" and opened[arguments[0]].name == "journal" and removed
        ):
            removed += 1
            assert {path for path in unflushed if path.exists()} == set()
    assert removed > 4


@pytest.mark.parametrize("settles", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", ["error", "crash", "torn"])
def test_a_fault_at_any_operation_leaves_a_log_that_goes_on(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, way: Way, settles: bool
) -> None:
    """An append into an empty journal, and one that first settles what a journal holds."""
    if settles:
        monkeypatch.setattr(log, "JOURNAL_BYTES", 0)
    outcomes: set[int] = set()
    at, done = 0, False
    while not done:
        at += 1
        folder = copy_of(base)
        ledger = Ledger.open(folder, signer, clock)
        if settles:
            ledger.append(*record(BASE))
        monkeypatch.setattr(disk, "os", faulty := FaultyOs(at, way))
        try:
            ledger.append_many(records(BATCH, BASE + settles))
        except (LedgerUnavailableError, Crash):
            pass
        else:
            done = faulty.count < at
        monkeypatch.setattr(disk, "os", os)
        after = check_ledger(folder, signer.vkey)
        assert after.faults == (), f"operation {at}"
        assert after.size in {BASE + settles, BASE + settles + BATCH}
        following = ledger if way == "error" else Ledger.open(folder, signer, clock)
        assert following.size >= after.size
        index = following.append(*record(999)).index
        outcomes.add(index)
        assert index in {BASE + settles, BASE + settles + BATCH}, f"operation {at}"
        assert whole(folder, signer), f"operation {at}"
        rows = [entry.body["rows"] for entry in following.entries()]
        assert rows == [*range(index), 999]
    assert at > 35
    assert outcomes == {BASE + settles, BASE + settles + BATCH}


def test_a_crash_while_completing_a_crash_is_completed(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_ = random.Random(1)
    for _ in range(30):
        folder = copy_of(base)
        for _ in range(3):
            way: Way = random_.choice(["crash", "torn"])
            monkeypatch.setattr(disk, "os", FaultyOs(random_.randint(1, 60), way))
            with contextlib.suppress(Crash):
                Ledger.open(folder, signer, clock).append_many(records(BATCH))
            monkeypatch.setattr(disk, "os", os)
            assert check_ledger(folder, signer.vkey).faults == ()
        Ledger.open(folder, signer, clock).append(*record(0))
        assert whole(folder, signer)


def test_opening_completes_what_was_durably_begun(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(base, signer, clock)
    monkeypatch.setattr(disk, "os", FaultyOs(12, "crash"))
    with pytest.raises(Crash):
        ledger.append_many(records(BATCH, BASE))
    monkeypatch.setattr(disk, "os", os)
    before = check_ledger(base, signer.vkey)
    assert (before.size, before.faults) == (BASE, ())
    assert before.notes == ("an append was cut short after it was recorded; the next writer completes it",)
    assert Ledger.open(base, signer, clock).size == BASE + BATCH
    assert whole(base, signer)
    assert (base / "journal").read_bytes() == b""


def test_what_could_not_be_flushed_is_written_anew(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed flush may forget what it did not write, and the next one succeed for nothing."""
    ledger.append(*record(0))
    monkeypatch.setattr(disk, "os", watch := FaultyOs())
    ledger.close()
    fsync = next(number for number, (name, _, _) in enumerate(watch.log, 1) if name == "fsync")
    monkeypatch.setattr(disk, "os", os)
    ledger.append(*record(1))
    monkeypatch.setattr(disk, "os", FaultyOs(fsync, "error"))
    with pytest.raises(LedgerUnavailableError):
        ledger.close()
    monkeypatch.setattr(disk, "os", watch := FaultyOs())
    assert ledger.append(*record(2)).index == 2
    written = {Path(arguments[1]).relative_to(tmp_path) for name, arguments, _ in watch.log if name == "replace"}
    assert {Path("ledger/tile/entries/000.p/2"), Path("ledger/tile/0/000.p/2")} <= written
    assert whole(tmp_path / "ledger", signer)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    tmp_path: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Ten cuts, one after the other, in appends small and large, in the settling of journals and in recovery."""
    monkeypatch.setattr(log, "JOURNAL_BYTES", 2000)
    chance = random.Random(seed)
    folder = tmp_path / "0"
    Ledger.create(folder, signer, clock).close()
    kept, size = (folder / "checkpoint").read_text(), 0
    for turn in range(1, 11):
        monkeypatch.setattr(disk, "os", machine := LosingOs(folder, chance.randint(1, 250)))
        with contextlib.suppress(Crash):
            ledger = Ledger.open(folder, signer, clock)
            while True:
                size = ledger.append_many(records(chance.choice([1, 2, 5, 130]), ledger.size))[-1].size
                kept = ledger.checkpoint()
        monkeypatch.setattr(disk, "os", os)
        machine.restart(tmp_path / str(turn), chance)
        folder = tmp_path / str(turn)
        after = Ledger.open(folder, signer, clock)
        assert after.size >= size
        result = check_ledger(folder, signer.vkey, kept)
        assert (result.faults, result.notes) == ((), ())
        assert [entry.body["rows"] for entry in after.entries()] == list(range(after.size))
    assert size > 50


def test_a_full_disk_is_said_and_survived(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append(*record(0))
    monkeypatch.setattr(disk, "os", FaultyOs(4, "error"))
    with pytest.raises(LedgerUnavailableError, match="ENOSPC"):
        ledger.append(*record(1))
    monkeypatch.setattr(disk, "os", os)
    assert ledger.size == 1
    assert ledger.append(*record(1)).index == 1
    assert whole(tmp_path / "ledger", signer)


def test_killed_writers_lose_nothing_that_they_announced(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock
) -> None:
    """SIGKILL in the midst of appends, six times; two writers at once, so that one completes what the other left."""
    random_ = random.Random(7)
    announced: set[int] = set()
    for turn in range(3):
        writers = [start_writer(tmp_path / "ledger", f"t{turn}w{number}", 100_000) for number in range(2)]
        for writer in writers:
            assert writer.stdout is not None
            announced.update(int(writer.stdout.readline()) for _ in range(3))
        for writer in writers:
            time.sleep(random_.uniform(0.02, 0.2))
            writer.kill()
            printed, _ = writer.communicate()
            announced.update(int(line) for line in printed.splitlines(keepends=True) if line.endswith("\n"))
        assert check_ledger(tmp_path / "ledger", signer.vkey).faults == ()
    after = Ledger.open(tmp_path / "ledger", signer, clock)
    after.append(*record(0))
    assert announced <= set(range(after.size))
    assert len(announced) > 10
    assert whole(tmp_path / "ledger", signer)
