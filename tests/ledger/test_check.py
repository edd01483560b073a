"""The independent checker: every kind of tampering by name, then every single byte of a small log.

Each story changes a whole log of seven entries under four heads, and says which file and entry the checker names.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import ORIGIN, record, records
from tests.ledger.test_log import files_of
from umaya.ledger import Ed25519Signer, Ledger, check_ledger
from umaya.ledger.check.__main__ import main
from umaya.ledger.checkpoint import TreeHead, sign_head
from umaya.ledger.growth import grow
from umaya.ledger.tiles import Edge, decode_bundle, encode_bundle
from umaya.types.clock import ManualClock

SIZES = (1, 3, 6, 7)


@pytest.fixture
def small(tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> Path:
    """Seven entries under four heads."""
    return small_log(tmp_path / "ledger", signer, clock)


def small_log(folder: Path, signer: Ed25519Signer, clock: ManualClock, first: int = 0) -> Path:
    ledger = Ledger.create(folder, signer, clock)
    for start, stop in zip((0, *SIZES), SIZES, strict=False):
        ledger.append_many(records(stop - start, first + start))
    ledger.close()
    return folder


def fault_of(folder: Path, signer: Ed25519Signer, against: str | None = None) -> str:
    """The first fault, as people read it."""
    result = check_ledger(folder, signer.vkey, against)
    assert not result.ok
    return str(result.faults[0])


def change(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def rebuild(folder: Path, entries: list[bytes]) -> None:
    """What a forger without the key can do: make entries, tiles and partial tiles fit each other."""
    shutil.rmtree(folder / "tile")
    edge, at = Edge(), 0
    for size in SIZES:
        growth = grow(edge, entries[at:size])
        for path, data in growth.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        edge, at = growth.edge, size


def entries_of(folder: Path) -> list[bytes]:
    return decode_bundle((folder / "tile/entries/000.p/7").read_bytes())


def test_a_whole_log_is_whole(small: Path, signer: Ed25519Signer) -> None:
    result = check_ledger(small, signer.vkey)
    assert (result.size, result.heads, result.faults, result.notes) == (7, 5, (), ())
    assert result.root == (small / "checkpoint").read_text().splitlines()[2]
    assert result.describe().startswith("ledger whole: 7 entries, 5 signed tree heads, root ")


def test_an_empty_log_is_whole(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    result = check_ledger(tmp_path / "ledger", signer.vkey)
    assert (result.size, result.heads, result.faults) == (0, 1, ())
    assert result.root == base64.b64encode(sha256(b"").digest()).decode()


def test_a_changed_entry(small: Path, signer: Ed25519Signer) -> None:
    change(small / "tile/entries/000.p/7", b'"rows":4', b'"rows":9')
    assert fault_of(small, signer).startswith("tile/entries/000.p/7: entry 4: this is not the entry whose hash")


def test_an_entry_that_is_not_canonical(small: Path, signer: Ed25519Signer) -> None:
    entries = entries_of(small)
    entries[5] = entries[5].replace(b'"rows":5', b'"rows": 5')
    rebuild(small, entries)
    assert fault_of(small, signer) == "tile/entries/000.p/7: entry 5: the entry is not in canonical form"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'"rows":5', b'"rows":5.5', "whole numbers"),
        (b'"rows":5', b'"rows":NaN', "whole numbers"),
        (b'"rows":5', b'"rows":null', "more than references"),
        (b'"rows":5', b'"rows":"Yamada Taro"', "more than references"),
        (b'"rows":5', b'"rows":[[1]]', "more than references"),
        (b'"rows":5', b'"rows":{"a":[1]}', "more than references"),
        (b'"kind":"use.permitted"', b'"kind":"permitted"', "malformed"),
        (b'"time":"2026-06-01T', b'"time":"2026-06-01 ', "malformed"),
        (b'"v":1', b'"v":2', "unknown form"),
        (b'"v":1', b'"v":true', "unknown form"),
        (b'"v":1', b'"v":1,"w":1', "unknown form"),
        (b'"head":3', b'"head":4', "names another"),
    ],
)
def test_an_entry_that_the_writer_would_not_write(
    small: Path, signer: Ed25519Signer, old: bytes, new: bytes, problem: str
) -> None:
    entries = entries_of(small)
    entries[5] = entries[5].replace(old, new)
    rebuild(small, entries)
    fault = fault_of(small, signer)
    assert fault.startswith("tile/entries/000.p/7: entry 5: ")
    assert problem in fault


def test_a_changed_entry_with_all_hashes_made_to_fit(small: Path, signer: Ed25519Signer) -> None:
    """The forger rebuilt every tile; the signature stands against him."""
    entries = entries_of(small)
    entries[4] = entries[4].replace(b'"rows":4', b'"rows":9')
    rebuild(small, entries)
    assert fault_of(small, signer).startswith("checkpoints: entry 3: tree head 3 is not the root of the entries")


def test_entries_in_another_order(small: Path, signer: Ed25519Signer) -> None:
    entries = entries_of(small)
    entries[3], entries[4] = entries[4], entries[3]
    rebuild(small, entries)
    assert fault_of(small, signer).startswith("checkpoints: entry 3: tree head 3 is not the root")


def test_a_missing_entry(small: Path, signer: Ed25519Signer) -> None:
    path = small / "tile/entries/000.p/7"
    path.write_bytes(encode_bundle(entries_of(small)[:-1]))
    assert fault_of(small, signer) == "tile/entries/000.p/7: entry 0: it does not hold 7 entries"


def test_an_added_entry(small: Path, signer: Ed25519Signer) -> None:
    path = small / "tile/entries/000.p/7"
    path.write_bytes(encode_bundle([*entries_of(small), b"{}"]))
    assert fault_of(small, signer) == "tile/entries/000.p/7: entry 0: it does not hold 7 entries"


def test_a_bundle_cut_within_an_entry(small: Path, signer: Ed25519Signer) -> None:
    path = small / "tile/entries/000.p/7"
    path.write_bytes(path.read_bytes()[:-1])
    assert fault_of(small, signer) == "tile/entries/000.p/7: entry 6: the bundle ends within an entry"


@pytest.mark.parametrize("file", ["tile/0/000.p/1", "tile/0/000.p/7", "tile/entries/000.p/3", "tile/entries/000.p/7"])
def test_a_missing_tile(small: Path, signer: Ed25519Signer, file: str) -> None:
    (small / file).unlink()
    assert fault_of(small, signer) == f"{file}: the file is missing"


@pytest.mark.parametrize("file", ["checkpoint", "checkpoints"])
def test_a_missing_head(small: Path, signer: Ed25519Signer, file: str) -> None:
    (small / file).unlink()
    assert fault_of(small, signer) == f"{file}: the file is missing"


@pytest.mark.parametrize(
    "file",
    [
        "notes.txt",
        "tile/0/000.p/2",
        "tile/0/000.p/8",
        "tile/0/000.p/7.tmp",
        "tile/0/001",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/2",
        "checkpoint.tmp",
        "lock/inside",
    ],
)
def test_a_file_that_does_not_belong(small: Path, signer: Ed25519Signer, file: str) -> None:
    path = small / file
    if file == "lock/inside":
        (small / "lock").unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 32)
    assert "this does not belong to the log" in fault_of(small, signer)


def test_a_folder_that_does_not_belong(small: Path, signer: Ed25519Signer) -> None:
    (small / "tile/1").mkdir()
    assert fault_of(small, signer) == "tile/1: this does not belong to the log"


def test_a_link_in_place_of_a_file(small: Path, signer: Ed25519Signer, tmp_path: Path) -> None:
    (small / "tile/0/000.p/7").rename(tmp_path / "elsewhere")
    (small / "tile/0/000.p/7").symlink_to(tmp_path / "elsewhere")
    assert fault_of(small, signer) == "tile/0/000.p/7: the file cannot be read"


def test_a_checkpoint_from_another_key(small: Path, signer: Ed25519Signer) -> None:
    """Somebody rebuilt the log and signed it with a key of the same name."""
    other = Ed25519Signer.generate(ORIGIN)
    root = base64.b64decode((small / "checkpoint").read_text().splitlines()[2])
    (small / "checkpoint").write_text(sign_head(TreeHead(ORIGIN, 7, root), other))
    assert fault_of(small, signer) == "checkpoint: the checkpoint is signed by another key"


def test_a_whole_log_of_another_key(tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> None:
    forged = small_log(tmp_path / "forged", Ed25519Signer.generate(ORIGIN), clock)
    assert fault_of(forged, signer) == "checkpoint: the checkpoint is signed by another key"
    named = small_log(tmp_path / "named", Ed25519Signer.generate("minase.example/other"), clock)
    assert fault_of(named, signer) == "checkpoint: the checkpoint is of another log than the key"


def test_a_checkpoint_with_another_signature(small: Path, signer: Ed25519Signer) -> None:
    """The signature of an earlier head under the present one."""
    notes = (small / "checkpoints").read_bytes().decode().split("\n\u2014 ")
    text = (small / "checkpoint").read_text().split("\n\u2014 ")[0]
    forged = f"{text}\n\u2014 {notes[1].splitlines()[0]}\n"
    (small / "checkpoint").write_text(forged)
    assert fault_of(small, signer) == "checkpoint: the checkpoint has a signature that does not fit it"


def test_a_forked_history(small: Path, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> None:
    """The owner of the key signed two histories and put them together."""
    fork = small_log(tmp_path / "fork", signer, clock, first=100)
    ours, theirs = history_of(small), history_of(fork)
    (small / "checkpoints").write_bytes(b"".join([*ours[:2], theirs[2], *ours[3:]]))
    assert fault_of(small, signer).startswith("checkpoints: entry 1: tree head 2 is not the root of the entries")


def test_a_fork_of_the_last_head(small: Path, tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> None:
    fork = small_log(tmp_path / "fork", signer, clock, first=100)
    shutil.copy(fork / "checkpoint", small / "checkpoint")
    assert fault_of(small, signer) == "checkpoints: the history does not hold the present checkpoint"
    shutil.copy(fork / "checkpoints", small / "checkpoints")
    assert "tree head 1 is not the root of the entries" in fault_of(small, signer)


def history_of(folder: Path) -> list[bytes]:
    lines = (folder / "checkpoints").read_bytes().splitlines(keepends=True)
    return [b"".join(lines[at : at + 5]) for at in range(0, len(lines), 5)]


@pytest.mark.parametrize("gone", range(5))
def test_a_head_taken_out_of_the_history(small: Path, signer: Ed25519Signer, gone: int) -> None:
    notes = history_of(small)
    (small / "checkpoints").write_bytes(b"".join(notes[:gone] + notes[gone + 1 :]))
    assert fault_of(small, signer)


def test_heads_in_another_order(small: Path, signer: Ed25519Signer) -> None:
    notes = history_of(small)
    (small / "checkpoints").write_bytes(b"".join([notes[0], notes[2], notes[1], *notes[3:]]))
    assert fault_of(small, signer) == "checkpoints: tree head 2 is not larger than the one before it"


def test_a_head_said_twice(small: Path, signer: Ed25519Signer) -> None:
    notes = history_of(small)
    (small / "checkpoints").write_bytes(b"".join([*notes, notes[-1]]))
    assert fault_of(small, signer) == "checkpoints: tree head 5 is not larger than the one before it"


def test_a_signed_head_that_covers_no_append(small: Path, signer: Ed25519Signer) -> None:
    """Right root, right key, but no append ended there: entries name the head they belong to."""
    notes = history_of(small)
    root = grow(Edge(), entries_of(small)[:2]).edge.root()
    extra = sign_head(TreeHead(ORIGIN, 2, root), signer).encode()
    (small / "checkpoints").write_bytes(b"".join([*notes[:2], extra, *notes[2:]]))
    assert fault_of(small, signer).startswith("tile/entries/000.p/7: entry 2: the entry belongs to tree head 3")


def test_a_log_rolled_back_is_found_by_a_checkpoint_kept_elsewhere(
    small: Path, signer: Ed25519Signer, clock: ManualClock, tmp_path: Path
) -> None:
    shutil.copytree(small, tmp_path / "before")
    Ledger.open(small, signer, clock).append(*record(7))
    kept = (small / "checkpoint").read_text()
    assert check_ledger(tmp_path / "before", signer.vkey).ok
    assert "it was rolled back" in fault_of(tmp_path / "before", signer, kept)
    assert check_ledger(small, signer.vkey, kept).ok


def test_a_checkpoint_kept_elsewhere_is_compared(
    small: Path, signer: Ed25519Signer, clock: ManualClock, tmp_path: Path
) -> None:
    for note in history_of(small):
        assert check_ledger(small, signer.vkey, note.decode()).ok
    fork = small_log(tmp_path / "fork", signer, clock, first=100)
    assert "the history was forked" in fault_of(small, signer, (fork / "checkpoint").read_text())
    witnessed = (small / "checkpoint").read_text() + "\u2014 witness.example/w1 AAAA\n"
    assert check_ledger(small, signer.vkey, witnessed).ok
    for text in ("", "not a checkpoint", witnessed.replace("\n7\n", "\n6\n")):
        assert fault_of(small, signer, text).startswith("against: the checkpoint seen before")


def test_a_log_that_is_not_there(tmp_path: Path, signer: Ed25519Signer) -> None:
    assert fault_of(tmp_path / "nowhere", signer) == "checkpoint: the file is missing"


def string(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def test_a_torn_journal_excuses_nothing(small: Path, signer: Ed25519Signer) -> None:
    for torn in (b"torn", string((small / "checkpoint").read_bytes()) + string(b"")[:-1]):
        (small / "journal").write_bytes(torn)
        result = check_ledger(small, signer.vkey)
        assert result.ok
        assert result.notes == ("an append was cut short before it was recorded; nothing of it is in the log",)
    (small / "tile/0/000.p/8").write_bytes(b"x" * 256)
    assert fault_of(small, signer) == "tile/0/000.p/8: this does not belong to the log"
    (small / "tile/0/000.p/8").unlink()
    with (small / "checkpoints").open("ab") as stream:
        stream.write(b"minase")
    assert fault_of(small, signer) == "checkpoints: something follows the present checkpoint in the history"


def test_a_forged_journal_is_not_taken_for_a_crash(small: Path, signer: Ed25519Signer) -> None:
    """Whoever plants entries in the journal needs the key; the writer drops what it did not sign."""
    entry = entries_of(small)[-1].replace(b'"head":4', b'"head":5')
    edge = grow(Edge(), [*entries_of(small), entry]).edge
    note = sign_head(TreeHead(ORIGIN, 8, edge.root()), Ed25519Signer.generate(ORIGIN)).encode()
    opening = string((small / "checkpoint").read_bytes())
    (small / "journal").write_bytes(opening + string(encode_bundle([entry])) + string(note))
    assert fault_of(small, signer) == "journal: the unfinished tree head is signed by another key"


@pytest.fixture
def journaled(small: Path, signer: Ed25519Signer, clock: ManualClock) -> Path:
    """Two more appends, still in the journal."""
    ledger = Ledger.open(small, signer, clock)
    ledger.append_many(records(2, 7))
    ledger.append(*record(9))
    return small


def test_the_journal_says_what_the_log_says(journaled: Path, signer: Ed25519Signer) -> None:
    result = check_ledger(journaled, signer.vkey)
    assert (result.size, result.faults, result.notes) == (10, (), ())
    journal = (journaled / "journal").read_bytes()
    assert journal.startswith(string(history_of(journaled)[4]))
    assert journal.endswith(string(history_of(journaled)[6]))


def test_a_journal_that_says_something_else(journaled: Path, signer: Ed25519Signer) -> None:
    journal = (journaled / "journal").read_bytes()
    change(journaled / "journal", b'"rows":8', b'"rows":9')
    assert fault_of(journaled, signer) == "journal: entry 7: it does not hold this append as the log does"
    (journaled / "journal").write_bytes(journal[:-1])
    assert fault_of(journaled, signer) == "journal: entry 9: it does not hold this append as the log does"
    (journaled / "journal").write_bytes(string(b"minase") + journal)
    assert fault_of(journaled, signer) == "journal: it does not set out from a tree head of the history"


def test_every_flipped_byte_of_the_journal_is_found_or_said(journaled: Path, signer: Ed25519Signer) -> None:
    """A flip in the length of its opening makes it look torn there, which is said; every other one is a fault."""
    data = (journaled / "journal").read_bytes()
    for at in range(len(data)):
        (journaled / "journal").write_bytes(flip(data, at))
        result = check_ledger(journaled, signer.vkey)
        assert result.faults or (at < 8 and result.notes), f"byte {at}"


def test_a_tile_lost_in_a_power_cut_is_a_fault_until_the_hub_is_opened(
    journaled: Path, signer: Ed25519Signer, clock: ManualClock
) -> None:
    (journaled / "tile/entries/000.p/10").write_bytes(b"")
    result = check_ledger(journaled, signer.vkey)
    assert str(result.faults[0]) == "tile/entries/000.p/10: entry 0: it does not hold 10 entries"
    assert result.notes == ("after a power cut the next writer writes anew what the journal holds: open the hub once",)
    Ledger.open(journaled, signer, clock)
    assert check_ledger(journaled, signer.vkey).ok


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]


def test_every_single_flipped_byte_is_found(small: Path, signer: Ed25519Signer) -> None:
    for file in sorted(files_of(small)):
        path = small / file
        data = path.read_bytes()
        for at in range(len(data)):
            path.write_bytes(flip(data, at))
            assert check_ledger(small, signer.vkey).faults, f"{file}, byte {at}"
        path.write_bytes(data)
    assert check_ledger(small, signer.vkey).ok


Edit = Callable[[bytes, int], bytes]
EDITS: dict[str, Edit] = {
    "missing": lambda data, at: data[:at] + data[at + 1 :],
    "added": lambda data, at: data[:at] + b"0" + data[at:],
    "doubled": lambda data, at: data[: at + 1] + data[at : at + 1] + data[at + 1 :],
    "cut": lambda data, at: data[:at],
    "swapped": lambda data, at: data[:at] + data[at + 1 : at + 2] + data[at : at + 1] + data[at + 2 :],
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), edit=st.sampled_from(sorted(EDITS)))
def test_any_missing_added_or_swapped_byte_is_found(
    small: Path, signer: Ed25519Signer, data: st.DataObject, edit: str
) -> None:
    path = small / data.draw(st.sampled_from(sorted(files_of(small))))
    content = path.read_bytes()
    changed = EDITS[edit](content, data.draw(st.integers(0, len(content))))
    path.write_bytes(changed)
    try:
        result = check_ledger(small, signer.vkey)
        assert (result.ok and not result.notes) == (changed == content)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("file", ["tile/0/000", "tile/entries/001", "tile/1/000.p/2", "tile/0/002.p/88"])
def test_a_flipped_byte_beyond_the_first_tile_is_found(
    ledger: Ledger, tmp_path: Path, signer: Ed25519Signer, file: str
) -> None:
    ledger.append_many(records(500))
    ledger.append_many(records(100))
    path = tmp_path / "ledger" / file
    data = path.read_bytes()
    for at in (0, len(data) // 2, len(data) - 1):
        path.write_bytes(flip(data, at))
        assert not check_ledger(tmp_path / "ledger", signer.vkey).ok
    path.write_bytes(data)
    assert check_ledger(tmp_path / "ledger", signer.vkey).ok


def test_progress_is_told(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> None:
    ledger.append_many(records(600))
    steps: list[tuple[int, int]] = []
    check_ledger(tmp_path / "ledger", signer.vkey, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(256, 600), (512, 600), (600, 600)]


def test_a_malformed_key_is_no_fault_of_the_log(small: Path) -> None:
    for vkey in ("", "x", "a+b+c", f"{ORIGIN}+00000000+AAAA"):
        with pytest.raises(ValueError, match="verifier key"):
            check_ledger(small, vkey)


@pytest.fixture
def hub(small: Path, tmp_path: Path, signer: Ed25519Signer) -> Path:
    """The directory of a hub around the small log."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/ledger.vkey").write_text(signer.vkey + "\n")
    return tmp_path


def test_the_checker_runs_alone(hub: Path) -> None:
    """Without a line of the writer's code, nor any other package but `cryptography`."""
    script = (
        "import sys; sys.argv = ['check', sys.argv[1], '--json']\n"
        "import runpy\n"
        "try: runpy.run_module('umaya.ledger.check', run_name='__main__')\n"
        "finally: print(*sorted(name for name in sys.modules if name.startswith(('umaya', 'rfc8785', 'pyarrow'))))\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(hub)], capture_output=True, text=True, check=False)
    result, modules = run.stdout.splitlines()
    assert run.returncode == 0
    assert json.loads(result)["ok"] is True
    others = {name for name in modules.split() if not name.startswith("umaya.ledger.check")}
    assert others <= {"umaya", "umaya.ledger"}


def test_the_program_says_what_it_found(hub: Path, capsys: pytest.CaptureFixture[str], signer: Ed25519Signer) -> None:
    assert main([str(hub)]) == 0
    assert capsys.readouterr().out.startswith("ledger whole: 7 entries")
    change(hub / "ledger/tile/entries/000.p/7", b'"rows":4', b'"rows":9')
    assert main([str(hub), "--key", signer.vkey]) == 2
    assert capsys.readouterr().out.startswith("ledger NOT whole: tile/entries/000.p/7: entry 4: ")
    assert main([str(hub), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["faults"][0]["index"]) == (False, 4)
    with pytest.raises(SystemExit) as stop:
        main([str(hub), "--key", str(hub / "missing")])
    assert stop.value.code == 2
