"""The log: one gapless order, whoever writes; every prefix proves; nothing half done is ever seen."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import ORIGIN, record, records
from tests.ledger.test_merkle import mth
from umaya.ledger import Ed25519Signer, Ledger, LedgerReader, LedgerUnavailableError, Record, check_ledger
from umaya.ledger.checkpoint import open_checkpoint
from umaya.ledger.keys import Verifier
from umaya.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from umaya.types.clock import ManualClock
from umaya.types.errors import InputError, IntegrityError, NotFoundError

GOLDEN_FIRST = (
    b'{"actor":"minase-officer","body":{"rows":0,"scheme":"minase-passable-roads"},"head":1,'
    b'"kind":"use.permitted","time":"2026-06-01T00:00:00.000000Z","v":1}'
)


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def whole(folder: Path, signer: Ed25519Signer) -> bool:
    """True when the independent checker finds neither a fault nor anything unfinished."""
    result = check_ledger(folder, signer.vkey)
    assert result.faults == ()
    assert result.notes == ()
    return True


def test_an_append_gives_the_entry_its_place(ledger: Ledger, clock: ManualClock) -> None:
    first = ledger.append(*record(0))
    clock.advance(timedelta(seconds=1))
    second = ledger.append(*record(1))
    assert (first.index, first.size, second.index, second.size) == (0, 1, 1, 2)
    assert first.entry == GOLDEN_FIRST == ledger.entry_bytes(0)
    assert first.leaf_hash == leaf_hash(GOLDEN_FIRST)
    assert [entry.body["rows"] for entry in ledger.entries()] == [0, 1]
    assert [entry.head for entry in ledger.entries()] == [1, 2]
    assert ledger.entry(1).time - ledger.entry(0).time == timedelta(seconds=1)
    assert ledger.size == 2


def test_the_folder_holds_exactly_these_files(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    """The layout that others read; SPEC: C2SP tlog-tiles."""
    ledger.append(*record(0))
    ledger.append_many(records(2, 1))
    assert files_of(tmp_path / "ledger") == {
        "checkpoint",
        "checkpoints",
        "journal",
        "lock",
        "tile/0/000.p/1",
        "tile/0/000.p/3",
        "tile/entries/000.p/1",
        "tile/entries/000.p/3",
    }
    assert (tmp_path / "ledger/tile/entries/000.p/1").read_bytes() == b"\x00\x98" + GOLDEN_FIRST
    assert whole(tmp_path / "ledger", signer)


def test_several_acts_are_one_append(ledger: Ledger) -> None:
    appended = ledger.append_many(records(3))
    assert [(one.index, one.size) for one in appended] == [(0, 3), (1, 3), (2, 3)]
    assert {entry.head for entry in ledger.entries()} == {1}
    assert ledger.append_many([]) == []
    assert ledger.size == 3


def test_a_refused_entry_leaves_nothing(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    with pytest.raises(ValueError, match="no reference"):
        ledger.append_many([record(0), record(1)._replace(body={"who": "Yamada Taro"})])
    assert ledger.size == 0
    assert whole(tmp_path / "ledger", signer)
    assert ledger.append(*record(0)).index == 0


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513, 600])
def test_tiles_fill_up_and_their_partial_forms_go(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, size: int
) -> None:
    for start in range(0, size, 17):
        ledger.append_many(records(min(17, size - start), start))
    assert whole(tmp_path / "ledger", signer)
    ledger.close()
    assert whole(tmp_path / "ledger", signer)
    assert [entry.body["rows"] for entry in ledger.entries()] == list(range(size))
    assert [entry.body["rows"] for entry in ledger.entries(250, 260)] == list(range(250, min(260, size)))
    files = files_of(tmp_path / "ledger")
    assert sum(path.startswith("tile/entries/") and ".p/" not in path for path in files) == size // 256
    assert not any(path.startswith(f"tile/0/{index:03d}.p") for path in files for index in range(size // 256))
    again = Ledger.open(tmp_path / "ledger", signer, ManualClock(ledger.entry(0).time))
    assert again.append(*record(size)).index == size
    assert whole(tmp_path / "ledger", signer)


def test_a_level_above_the_first_fills_up(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    ledger.append_many(records(65_530))
    ledger.append_many(records(10, 65_530))
    ledger.append(*record(65_540))
    ledger.close()
    assert (tmp_path / "ledger/tile/1/000").stat().st_size == 8192
    assert not (tmp_path / "ledger/tile/1/000.p").exists()
    assert (tmp_path / "ledger/tile/2/000.p/1").is_file()
    assert whole(tmp_path / "ledger", signer)
    head = open_checkpoint(ledger.checkpoint(), Verifier.from_vkey(signer.vkey))
    for index in (0, 255, 256, 65_535, 65_536, 65_540):
        proof = ledger.inclusion_proof(index)
        verify_inclusion(leaf_hash(ledger.entry_bytes(index)), index, head.size, proof, head.root)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 200), min_size=1, max_size=5), st.data())
def test_any_prefix_proves(
    tmp_path_factory: pytest.TempPathFactory,
    signer: Ed25519Signer,
    clock: ManualClock,
    steps: list[int],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("any") / "ledger"
    ledger = Ledger.create(folder, signer, clock)
    leaves: list[bytes] = []
    for step in steps:
        leaves += [one.leaf_hash for one in ledger.append_many(records(step))]
    assert whole(folder, signer)
    size = data.draw(st.integers(1, len(leaves)))
    old = data.draw(st.integers(0, size))
    index = data.draw(st.integers(0, size - 1))
    verify_inclusion(leaves[index], index, size, ledger.inclusion_proof(index, size), mth(leaves[:size]))
    proof = ledger.consistency_proof(old, size)
    verify_consistency(old, mth(leaves[:old]), size, mth(leaves[:size]), proof)


def test_there_is_nothing_outside_the_log(ledger: Ledger) -> None:
    ledger.append_many(records(3))
    for index in (-1, 3):
        with pytest.raises(NotFoundError):
            ledger.entry(index)
        with pytest.raises(NotFoundError):
            ledger.receipt(index)
        with pytest.raises(NotFoundError):
            ledger.inclusion_proof(index)
    with pytest.raises(NotFoundError):
        ledger.inclusion_proof(0, 4)
    with pytest.raises(NotFoundError):
        ledger.consistency_proof(2, 4)
    assert list(ledger.entries(3)) == []
    assert list(ledger.entries(5, 2)) == []


def test_one_log_twice_open_is_one_log(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock
) -> None:
    other = Ledger.open(tmp_path / "ledger", signer, clock)
    reader = LedgerReader(tmp_path / "ledger", signer.vkey)
    ledger.append_many(records(240))
    indices = [(ledger if number % 3 else other).append(*record(number)).index for number in range(240, 280)]
    assert indices == list(range(240, 280))
    assert ledger.size == other.size == reader.size == 280
    assert whole(tmp_path / "ledger", signer)


def test_threads_are_given_one_order(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    indices: list[int] = []
    threads = [
        threading.Thread(target=lambda: indices.extend(ledger.append(*record(0)).index for _ in range(25)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(indices) == list(range(200))
    assert whole(tmp_path / "ledger", signer)


WRITER = """
import sys
from pathlib import Path
from umaya.ledger import Ed25519Signer, Ledger
from umaya.types.clock import SystemClock

signer = Ed25519Signer.from_seed(sys.argv[2], bytes(range(32)))
ledger = Ledger.open(Path(sys.argv[1]), signer, SystemClock())
for number in range(int(sys.argv[4])):
    body = {"writer": sys.argv[3], "number": number}
    print(ledger.append("use.permitted", "minase-officer", body).index, flush=True)
"""


def start_writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    """Start a process that appends `count` entries and prints the index of each once it is durable."""
    command = [sys.executable, "-c", WRITER, str(folder), ORIGIN, name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_are_given_one_gapless_order(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    """Four programs, fifty entries each; the log is checked as a whole while they write."""
    writers = [start_writer(tmp_path / "ledger", f"w{number}", 50) for number in range(4)]
    while any(writer.poll() is None for writer in writers):
        result = check_ledger(tmp_path / "ledger", signer.vkey)
        assert result.faults == ()
    indices: dict[str, list[int]] = {}
    for number, writer in enumerate(writers):
        printed, _ = writer.communicate()
        assert writer.returncode == 0
        indices[f"w{number}"] = [int(line) for line in printed.split()]
    assert sorted(index for own in indices.values() for index in own) == list(range(200))
    assert ledger.size == 200
    for name, own in indices.items():
        assert own == sorted(own)
        assert [ledger.entry(index).body for index in own] == [{"writer": name, "number": n} for n in range(50)]
    assert whole(tmp_path / "ledger", signer)


def test_a_folder_in_use_is_not_made_a_log(tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> None:
    (tmp_path / "something").write_text("here")
    with pytest.raises(InputError, match="not empty"):
        Ledger.create(tmp_path, signer, clock)
    assert files_of(tmp_path) == {"something"}
    with pytest.raises(InputError, match="no ledger here"):
        Ledger.open(tmp_path, signer, clock)


def test_a_log_is_not_opened_with_another_key(ledger: Ledger, tmp_path: Path, clock: ManualClock) -> None:
    ledger.append(*record(0))
    for other in (Ed25519Signer.generate(ORIGIN), Ed25519Signer.generate("minase.example/other")):
        with pytest.raises(IntegrityError, match=r"another log|not signed by"):
            Ledger.open(tmp_path / "ledger", other, clock)


@pytest.mark.parametrize("at", [0, 60, -9])
@pytest.mark.parametrize("file", ["tile/0/000.p/3", "tile/entries/000.p/3", "checkpoint"])
def test_a_writer_does_not_build_on_a_damaged_edge(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock, file: str, at: int
) -> None:
    ledger.append_many(records(3))
    path = tmp_path / "ledger" / file
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    if file != "checkpoint":  # the journal has what it takes to write the tiles anew
        assert Ledger.open(tmp_path / "ledger", signer, clock).size == 3
        assert path.read_bytes() != data
    ledger.close()
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        Ledger.open(tmp_path / "ledger", signer, clock)


def test_a_writer_does_not_build_on_a_changed_history(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(*record(0))
    history = tmp_path / "ledger/checkpoints"
    history.write_bytes(history.read_bytes() + b"x")
    with pytest.raises(IntegrityError, match="history"):
        ledger.append(*record(1))
    assert ledger.size == 1


def test_a_missing_folder_is_unavailable(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "ledger").rename(tmp_path / "away")
    with pytest.raises(LedgerUnavailableError, match=re.escape("the ledger cannot be read or written: ENOENT")):
        ledger.append(*record(0))
    with pytest.raises(LedgerUnavailableError):
        _ = ledger.size
    (tmp_path / "away").rename(tmp_path / "ledger")
    assert ledger.append(*record(0)).index == 0


def test_entries_that_name_a_reference_are_found_in_every_bundle(ledger: Ledger) -> None:
    """Among 600 entries in three bundles; a longer reference that begins alike is another one."""
    others = [Record("use.permitted", "minase-officer", {"scheme": "other-2", "rows": at}) for at in range(600)]
    mine = {at: Record("use.permitted", "minase-officer", {"scheme": "other", "rows": at}) for at in (0, 255, 256, 599)}
    ledger.append_many([mine.get(at, others[at]) for at in range(600)])
    assert [(at, entry.body["rows"]) for at, entry in ledger.naming("other")] == [(at, at) for at in mine]
    assert list(ledger.naming("nobody")) == []
    assert len(list(ledger.naming("minase-officer"))) == 600
