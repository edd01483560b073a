"""Who reads a case without working on it lists nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.breach.leak import TELL, approve_notice, leaked, searched
from tests.gate.lists import BANK, Lists
from umaya.stores.database import Database
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor

READER = Actor("third-line", "監査と担当", BANK, frozenset({"auditor", "officer"}))


def test_an_auditor_opens_no_list_of_people_even_as_an_officer(tmp_path: Path) -> None:
    """Nor does a use happen whose rows are then thrown away."""
    database = Database.open(f"sqlite:///{tmp_path / 'gate.db'}")
    database.migrate()
    world: Lists = leaked(database, tmp_path / "vault")
    approve_notice(world)
    world.gate.catalogue.add_actor(READER)
    case, before = searched(world), world.ledger.size
    with pytest.raises(ForbiddenError):
        world.gate.telling.make(READER, case, TELL)
    assert world.ledger.size == before
    database.close()
