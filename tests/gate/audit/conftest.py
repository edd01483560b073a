"""The bank's list on the ledger that hubs have, with an auditor and a search beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.lists import ACTORS as PEOPLE
from tests.gate.lists import BANK, NOW, SCHEME, Lists
from umaya.gate import Release, Use
from umaya.ledger import Ed25519Signer, Ledger
from umaya.ledger.search import LedgerSearch
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))
AUDITOR = Actor("auditor", "監査", BANK, frozenset({"auditor"}))


class Audited(Lists):
    """The world; `search` is there to be used."""

    search: LedgerSearch

    def released(self) -> Release:
        """Return a release of the list."""
        release = self.gate.open(Use(PEOPLE["seller"], SCHEME, "満期の案内", None))
        assert isinstance(release, Release)
        return release


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    """The scheme is approved, three have consented, nothing has been used."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    clock = ManualClock(NOW)
    ledger = Ledger.create(tmp_path / "ledger", SIGNER, clock)
    world = Audited(database, tmp_path / "vault", ledger, clock)
    world.furnish()
    world.gate.catalogue.add_actor(AUDITOR)
    world.approve()
    world.consent(1, 2, 3)
    world.search = LedgerSearch(ledger, SIGNER.vkey, tmp_path / "index")
    yield world
    database.close()
