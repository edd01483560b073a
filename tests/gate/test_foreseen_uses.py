"""Foreseeing a use: a count of people who were named tells what they said, so nobody looks without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.gate.lists import SECRET, Lists
from umaya.gate.record import NotRecordedError
from umaya.ledger.people_tree import people_root
from umaya.stores.database import Database


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    database = Database.open(f"sqlite:///{tmp_path / 'gate.db'}")
    database.migrate()
    world = Lists(database, tmp_path / "vault")
    world.furnish()
    world.approve()
    world.consent(1, 6)
    yield world
    database.close()


def test_who_is_named_is_recorded_before_their_count_is_told(lists: Lists) -> None:
    before = len(lists.ledger.entries)
    told = lists.gate.foresee(replace(lists.use(), people=[2, 6]))
    assert told.people is not None
    assert (told.people.asked, len(told.people.permitted)) == (2, 1)
    (entry,) = lists.ledger.entries[before:]
    root = people_root(np.array([2, 6], np.uint32), str(entry.body["question"]), SECRET)
    assert (entry.kind, entry.actor) == ("person.explained", lists.use().actor.id)
    assert entry.body["people"] == f"sha256:{root.hex()}"


def test_nothing_is_told_that_could_not_be_recorded(lists: Lists) -> None:
    lists.ledger.fail_at = frozenset({"person.explained"})
    with pytest.raises(NotRecordedError):
        lists.gate.foresee(replace(lists.use(), people=[2]))


def test_everybody_together_leaves_no_trace(lists: Lists) -> None:
    before = len(lists.ledger.entries)
    told = lists.gate.foresee(lists.use())
    assert told.people is not None
    assert (told.people.asked, len(lists.ledger.entries)) == (8, before)
