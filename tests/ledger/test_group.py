"""Group commit: every thread is told about its own record, and about nothing that is not durable."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.conftest import ORIGIN, record, records
from tests.ledger.faults import FaultyOs
from tests.ledger.test_log import whole
from umaya.ledger import Appended, Ed25519Signer, Form, GroupCommit, Ledger, LedgerUnavailableError, Template, disk
from umaya.ledger.templates import Recordable
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError

ROW = Template("use.permitted", "minase-officer", {"scheme": "minase-passable-roads"}, {"rows": Form.COUNT})


class HeldLedger:
    """A ledger whose appends wait until the test lets them go."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.batches: list[int] = []

    def append_many(self, records: list[Recordable]) -> list[Appended]:
        self.batches.append(len(records))
        self.begun.release()
        assert self.go.acquire(timeout=60)
        return self.ledger.append_many(records)


@pytest.fixture
def held(ledger: Ledger) -> HeldLedger:
    """The log, its appends held up."""
    return HeldLedger(ledger)


def group_of(held: HeldLedger, **sizes: int) -> GroupCommit:
    return GroupCommit(held, **sizes)  # type: ignore[arg-type] # all of a ledger that it needs


def test_a_lone_record_is_appended(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    with GroupCommit(ledger) as group:
        appended = group.submit(record(0)).result(60)
        assert (appended.index, appended.size, appended.entry) == (0, 1, ledger.entry_bytes(0))
        assert group.submit(ROW.record(1)).result(60).index == 1
    assert whole(tmp_path / "ledger", signer)


def test_what_comes_together_is_one_append(held: HeldLedger) -> None:
    with group_of(held) as group:
        first = group.submit(record(0))
        held.begun.acquire()
        rest = [group.submit(record(number)) for number in range(1, 5)]
        together = group.submit_many(records(5, 5))
        assert not any(future.done() for future in [first, *rest])
        assert not together.done()
        held.go.release(2)
        assert [future.result(60).index for future in [first, *rest]] == list(range(5))
        assert [one.index for one in together.result(60)] == list(range(5, 10))
    assert held.batches == [1, 9]


def test_an_append_takes_no_more_than_a_batch(held: HeldLedger) -> None:
    with group_of(held, batch=4) as group:
        group.submit(record(0))
        held.begun.acquire()
        for size in (1, 3, 2, 7, 1, 1):
            group.submit_many(records(size))
        held.go.release(5)
    assert held.batches == [1, 4, 2, 7, 2]


def test_a_full_queue_holds_up_whoever_submits(held: HeldLedger) -> None:
    with group_of(held, queue=3) as group:
        group.submit(record(0))
        held.begun.acquire()
        group.submit_many(records(3, 1))
        late: list[Future[Appended]] = []
        thread = threading.Thread(target=lambda: late.append(group.submit(record(4))))
        thread.start()
        assert not late
        held.go.release()  # the first append ends, the next takes the queue
        thread.join(60)
        held.go.release(2)
        assert late[0].result(60).index == 4
    assert held.batches == [1, 3, 1]


def test_closing_records_what_was_handed_in_and_takes_no_more(held: HeldLedger, ledger: Ledger) -> None:
    group = group_of(held)
    futures = [group.submit(record(0))]
    held.begun.acquire()
    futures += [group.submit(record(number)) for number in range(1, 6)]
    held.go.release(2)
    group.close()
    assert [future.result(0).index for future in futures] == list(range(6))
    assert isinstance(group.submit(record(9)).exception(0), ConflictError)
    group.close()
    assert ledger.size == 6


def test_closing_lets_go_whoever_waits_for_room(held: HeldLedger) -> None:
    group = group_of(held, queue=1)
    group.submit(record(0))
    held.begun.acquire()
    group.submit(record(1))
    late: list[Future[Appended]] = []
    thread = threading.Thread(target=lambda: late.append(group.submit(record(2))))
    thread.start()
    closing = threading.Thread(target=group.close)
    closing.start()
    thread.join(60)
    held.go.release(3)
    closing.join(60)
    assert isinstance(late[0].exception(60), ConflictError)


def test_a_refused_record_is_its_own_fault(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    mixed: list[Recordable] = [
        record(0),
        record(1)._replace(body={"who": "Yamada Taro"}),
        ROW.record(2),
        ROW.record("x"),
    ]
    held = HeldLedger(ledger)
    with group_of(held) as group:
        group.submit(record(9))
        held.begun.acquire()
        futures = [group.submit(one) for one in mixed]
        together = group.submit_many(mixed)
        held.go.release(3)
        assert isinstance(together.exception(60), ValueError)
        assert [futures[0].result(60).index, futures[2].result(60).index] == [1, 2]
        for at in (1, 3):
            with pytest.raises(ValueError, match=r"is no") as refusal:
                futures[at].result(60)
            assert "Yamada" not in str(refusal.value)
    assert whole(tmp_path / "ledger", signer)


def test_a_fault_of_the_disk_reaches_everybody_and_is_survived(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldLedger(ledger)
    with group_of(held) as group:
        first = group.submit(record(0))
        held.begun.acquire()
        futures = [group.submit(record(number)) for number in range(1, 6)]
        held.go.release()
        first.result(60)
        held.begun.acquire()
        monkeypatch.setattr(disk, "os", FaultyOs(4, "error"))
        held.go.release()
        for future in futures:
            assert isinstance(future.exception(60), LedgerUnavailableError)
        monkeypatch.setattr(disk, "os", os)
        held.go.release()
        assert group.submit(record(6)).result(60).index == 1
    assert whole(tmp_path / "ledger", signer)


def test_a_future_cannot_be_cancelled(held: HeldLedger) -> None:
    with group_of(held) as group:
        future = group.submit(record(0))
        assert not future.cancel()
        held.go.release()
        assert future.result(60).index == 0


def test_threads_are_told_of_their_own_records_in_their_own_order(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer
) -> None:
    """Eight threads and the ledger's own appends; a queue so short that all of them wait."""
    told: dict[int, list[Appended]] = {}

    def work(name: int, group: GroupCommit) -> None:
        futures = [group.submit(ROW.record(name * 1000 + number)) for number in range(250)]
        told[name] = [future.result(60) for future in futures]

    with GroupCommit(ledger, batch=64, queue=32) as group:
        threads = [threading.Thread(target=work, args=(name, group)) for name in range(8)]
        for thread in threads:
            thread.start()
        own = [ledger.append(*record(9999)).index for _ in range(20)]
        for thread in threads:
            thread.join()
    assert sorted([one.index for ones in told.values() for one in ones] + own) == list(range(2020))
    for name, ones in told.items():
        assert [one.index for one in ones] == sorted(one.index for one in ones)
        assert [ledger.entry(one.index).body["rows"] for one in ones] == list(range(name * 1000, name * 1000 + 250))
        assert all(ledger.entry_bytes(one.index) == one.entry for one in ones[::50])
    assert whole(tmp_path / "ledger", signer)


WRITER = """
import sys
from pathlib import Path
from umaya.ledger import Ed25519Signer, Form, GroupCommit, Ledger, Template
from umaya.types.clock import SystemClock

signer = Ed25519Signer.from_seed(sys.argv[2], bytes(range(32)))
row = Template("use.permitted", "minase-officer", {"writer": sys.argv[3]}, {"rows": Form.COUNT})
with GroupCommit(Ledger.open(Path(sys.argv[1]), signer, SystemClock()), batch=100) as group:
    for number in range(int(sys.argv[4])):
        group.submit(row.record(number)).add_done_callback(lambda done: print(done.result().index, flush=True))
"""


def start(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), ORIGIN, name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_share_the_log(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    writers = [start(tmp_path / "ledger", f"w{number}", 1000) for number in range(2)]
    indices: list[list[int]] = []
    for writer in writers:
        printed, _ = writer.communicate()
        assert writer.returncode == 0
        indices.append([int(line) for line in printed.split()])
    assert sorted(indices[0] + indices[1]) == list(range(2000))
    for number, own in enumerate(indices):
        bodies: list[Any] = [ledger.entry(index).body for index in own]
        assert bodies == [{"writer": f"w{number}", "rows": row} for row in range(1000)]
    assert whole(tmp_path / "ledger", signer)


def test_a_killed_process_loses_nothing_that_it_announced(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock
) -> None:
    for turn in range(3):
        writer = start(tmp_path / "ledger", f"t{turn}", 200_000)
        assert writer.stdout is not None
        announced = [int(writer.stdout.readline()) for _ in range(50 + 40 * turn)]
        writer.kill()
        printed, _ = writer.communicate()
        announced += [int(line) for line in printed.splitlines(keepends=True) if line.endswith("\n")]
        ledger = Ledger.open(tmp_path / "ledger", signer, clock)
        written = [entry.body["writer"] for entry in ledger.entries(0, max(announced) + 1)]
        assert {written[index] for index in announced} == {f"t{turn}"}
    assert whole(tmp_path / "ledger", signer)
