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
from tests.ledger.faults import Crash, FaultyOs, Way
from tests.ledger.test_log import files_of, start_writer, whole
from umaya.ledger import Ed25519Signer, Ledger, LedgerUnavailableError, check_ledger, disk
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


def assert_flushed_in_order(watch: FaultyOs, unflushed: set[Path]) -> None:
    """Fail unless all was flushed before the checkpoint was replaced, and all again before anything was removed."""
    opened: dict[int, Path] = {}
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
            assert source not in unflushed
            assert target.name != "checkpoint" or not unflushed
            unflushed.add(target.parent)
        elif name in {"unlink", "rmdir"}:
            assert not unflushed
    assert not unflushed


def test_an_append_is_flushed_in_order(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(base, signer, clock)
    monkeypatch.setattr(disk, "os", watch := FaultyOs())
    ledger.append_many(records(BATCH))
    assert_flushed_in_order(watch, set())


def test_completing_flushes_folders_that_the_crash_left_unflushed(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dead process made folders; had the power failed too, they might not be there."""
    monkeypatch.setattr(disk, "os", dead := FaultyOs(12, "crash"))
    with pytest.raises(Crash):
        ledger.append(*record(0))
    made = {Path(arguments[0]).parent for name, arguments, _ in dead.log if name == "mkdir"}
    assert tmp_path / "ledger" in made
    monkeypatch.setattr(disk, "os", watch := FaultyOs())
    assert Ledger.open(tmp_path / "ledger", signer, clock).size == 1
    assert_flushed_in_order(watch, made)


@pytest.mark.parametrize("way", ["error", "crash", "torn"])
def test_a_fault_at_any_operation_leaves_a_log_that_goes_on(
    base: Path, signer: Ed25519Signer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    outcomes: set[int] = set()
    at, done = 0, False
    while not done:
        at += 1
        folder = copy_of(base)
        ledger = Ledger.open(folder, signer, clock)
        monkeypatch.setattr(disk, "os", faulty := FaultyOs(at, way))
        try:
            ledger.append_many(records(BATCH, BASE))
        except (LedgerUnavailableError, Crash):
            pass
        else:
            done = faulty.count < at
        monkeypatch.setattr(disk, "os", os)
        after = check_ledger(folder, signer.vkey)
        assert after.faults == (), f"operation {at}"
        assert after.size in {BASE, BASE + BATCH}
        following = ledger if way == "error" else Ledger.open(folder, signer, clock)
        assert following.size >= after.size
        index = following.append(*record(999)).index
        outcomes.add(index)
        assert index in {BASE, BASE + BATCH}, f"operation {at}"
        assert whole(folder, signer), f"operation {at}"
        rows = [entry.body["rows"] for entry in following.entries()]
        assert rows == [*range(index), 999]
    assert at > 40
    assert outcomes == {BASE, BASE + BATCH}


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
    assert "pending" not in files_of(base)


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
            announced.add(int(writer.stdout.readline()))
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
