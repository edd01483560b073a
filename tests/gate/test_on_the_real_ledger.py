"""The gate on the ledger that hubs have: every entry is one that it takes, and it verifies afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.world import ACTORS, World
from umaya.gate import Refusal, Release
from umaya.ledger import Ed25519Signer, Ledger, check_ledger
from umaya.stores.database import Database
from umaya.types.clock import SystemClock
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason
from umaya.types.site import Actor


@pytest.fixture
def world(tmp_path: Path) -> World:
    database = Database.open(f"sqlite:///{tmp_path / 'hub.db'}")
    database.migrate()
    signer = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))
    ledger = Ledger.create(tmp_path / "ledger", signer, SystemClock())
    world = World(database, tmp_path / "vault", ledger)
    world.furnish()
    return world


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
    result = check_ledger(tmp_path / "ledger", world.ledger._signer.vkey)
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

    monkeypatch.setattr("umaya.ledger.disk.write_in_place", broken)
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
