"""A stop binds every use decided after it, one by one and in lists, in every process, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.lists import BANK, Lists
from tests.gate.rights.desk_world import DESK
from umaya.gate import Release
from umaya.gate.rights import Asked, Identity
from umaya.law.rights import RequestKind
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[Lists]:
    database = migrated(database_url)
    world = Lists(database, tmp_path / "vault")
    world.furnish()
    world.approve()
    world.consent(1, 2, 3)
    world.gate.catalogue.add_actor(DESK)
    yield world
    database.close()


def stop(world: Lists, person: int, kind: RequestKind) -> str:
    rights = world.gate.rights
    asked = Asked(BANK, person, kind, "止めてください", ground="harm")
    request = rights.submit(asked, DESK).id
    rights.desk.identify(DESK, request, Identity.PASSPORT, "控え 1")
    rights.desk.take(DESK, request)
    rights.changes.stop(DESK, request)
    return request


@pytest.mark.parametrize("kind", [RequestKind.STOP_USE, RequestKind.STOP_PROVISION])
def test_a_stop_binds_lists_and_single_decisions_of_every_process(world: Lists, kind: RequestKind) -> None:
    other = world.new_gate()
    point = other.point(world.use())
    assert point.decide(2).reason is Reason.PERMITTED
    stopped = stop(world, 2, kind)
    assert point.decide(2).reason is Reason.USE_STOPPED
    assert point.decide(3).reason is Reason.PERMITTED
    outcome = other.open(world.use())
    assert isinstance(outcome, Release)
    assert outcome.data.column("balance").to_pylist() == [20, 40]
    assert outcome.decision.people is not None
    assert outcome.decision.people.refused[Reason.USE_STOPPED] == 1
    world.gate.rights.changes.lift(DESK, stopped, "本人の希望")
    assert point.decide(2).reason is Reason.PERMITTED


def test_a_decision_that_was_made_before_a_stop_is_not_entered_after_it(world: Lists) -> None:
    point = world.new_gate().point(world.use())
    decided = point.decide(2)
    stop(world, 2, RequestKind.STOP_USE)
    with pytest.raises(ConflictError, match="permitted no longer"):
        world.gate.enter(point, [decided])


def test_a_stop_of_somebody_unknown_changes_nothing(world: Lists) -> None:
    stop(world, 4711, RequestKind.STOP_USE)
    outcome = world.gate.open(world.use())
    assert isinstance(outcome, Release)
    assert outcome.data.num_rows == 3
