"""The gate on the ledger that hubs have: every entry is one that it takes, and it verifies afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.world import ACTORS, World
from umaya.gate import Refusal, Release
from umaya.gate.uses import UseState
from umaya.ledger import Ed25519Signer, Ledger, check_ledger
from umaya.types.clock import SystemClock
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason
from umaya.types.site import Actor

PROJECT = Path(__file__).resolve().parents[2]
SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))


def at(directory: Path) -> World:
    """Return the world that lies in a folder, as a process that starts there opens it."""
    database = migrated(f"sqlite:///{directory / 'hub.db'}")
    return World(database, directory / "vault", Ledger.open(directory / "ledger", SIGNER, SystemClock()))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    Ledger.create(tmp_path / "ledger", SIGNER, SystemClock())
    world = at(tmp_path)
    world.furnish()
    yield world
    world.database.close()


def test_every_act_fits_the_ledger(world: World, tmp_path: Path) -> None:
    """All that a hub does in its first form, then the independent checker."""
    gate, scheme = world.gate, world.submit()
    gate.review.send_back(ACTORS["second-line"], scheme, "期間が長い")
    world.approve(purpose="{ja: 別の目的, en: Another purpose}")
    world.declare()
    assert isinstance(gate.open(world.use()), Release)
    assert isinstance(gate.open(world.use(event="no such event; at all")), Refusal)
    odd = Actor("水無瀬 太郎", "太郎", "city-minase", frozenset())
    assert isinstance(gate.open(world.use(actor=odd, scheme="'; --")), Refusal)
    world.approve(scheme="failing", obligations="[{fails: {}}]")
    with pytest.raises(ValueError, match="cannot do it"):
        gate.open(world.use(scheme="failing"))
    gate.events.end(ACTORS["mayor"], "quake")
    gate.review.suspend(ACTORS["steward"], scheme, "苦情")
    size = world.ledger.size
    result = check_ledger(tmp_path / "ledger", SIGNER.vkey)
    assert result.ok, result.faults
    assert result.size == size > 30


def test_the_receipt_is_that_of_the_use(world: World) -> None:
    world.approve()
    world.declare()
    release = world.gate.open(world.use())
    assert isinstance(release, Release)
    assert release.receipt.startswith("c2sp.org/tlog-proof@v1\n")
    assert f"index {release.entry}\n" in release.receipt


def test_a_ledger_folder_that_cannot_be_written_gives_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.approve()
    world.declare()

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("umaya.ledger.disk.write_at", broken)
    refusal = world.gate.open(world.use())
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.entry) == (Reason.LEDGER_UNAVAILABLE, None)
    assert world.seen == []
    with pytest.raises(Exception, match="did not happen"):
        world.gate.events.end(ACTORS["mayor"], "quake")
    monkeypatch.undo()
    assert isinstance(world.gate.open(world.use()), Release)
    with pytest.raises(ConflictError):
        world.declare()


def test_a_process_killed_while_it_releases_leaves_the_entry_and_no_data(world: World, tmp_path: Path) -> None:
    """SIGKILL within an obligation. The next process finds the use open and the log whole, and goes on."""
    world.approve(obligations="[{dies: {}}]")
    world.declare()
    size = world.ledger.size
    use = "from pathlib import Path; from tests.gate.test_on_the_real_ledger import at; "
    use += f"world = at(Path({str(tmp_path)!r})); world.gate.open(world.use()); print('released')"
    killed = subprocess.run([sys.executable, "-c", use], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, ""), killed.stderr
    after = at(tmp_path)
    (left,) = after.gate.uses.list()
    assert (left.state, left.rows, left.closing_entry) == (UseState.OPEN, None, None)
    assert after.ledger.size == size + 1 == left.entry + 1
    assert check_ledger(tmp_path / "ledger", SIGNER.vkey).ok
    assert isinstance(after.gate.open(after.use(event=None)), Refusal)
    after.database.close()
