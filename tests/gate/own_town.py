"""The world of lists on the ledger that hubs have, with the program that acts for residents."""

from __future__ import annotations

from pathlib import Path

from tests.databases import migrated
from tests.gate.lists import ACTORS, BANK, NOW, Lists
from umaya.gate import Release, Use
from umaya.gate import roles as r
from umaya.gate.own import PROGRAM_ID
from umaya.ledger import Ledger, create_keys, load_signer
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

MY_PAGE = Actor(PROGRAM_ID, "本人のページ", BANK, frozenset({r.PROGRAM}))


def own_world(directory: Path, url: str | None = None) -> Lists:
    """Return the world, furnished and with its scheme approved; close its database when done."""
    (directory / "keys").mkdir()
    create_keys(directory / "keys", "minase.example/umaya")
    clock = ManualClock(NOW)
    ledger = Ledger.create(directory / "ledger", load_signer(directory / "keys" / "ledger.key"), clock)
    database = migrated(url or f"sqlite:///{directory / 'hub.db'}")
    world = Lists(database, directory / "vault", ledger, clock)
    world.furnish()
    world.gate.catalogue.add_actor(MY_PAGE)
    world.approve()
    return world


def released(world: Lists, use: Use | None = None) -> str:
    """Carry a use to its release; return its id."""
    outcome = world.gate.open(world.use() if use is None else use)
    assert isinstance(outcome, Release), outcome
    return outcome.use


__all__ = ["ACTORS", "MY_PAGE", "own_world", "released"]
