"""A point: what it permitted is entered only while it is permitted still, and by the point that decided it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.lists import ACTORS, INSURER, SCHEME, TOPIC, Lists
from umaya.gate.conditions import parse
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason
from umaya.types.site import Actor


@pytest.fixture
def lists(database_url: str, tmp_path: Path) -> Iterator[Lists]:
    """The world with its scheme approved, on SQLite and on PostgreSQL; two have consented."""
    database = migrated(database_url)
    world = Lists(database, tmp_path / "vault")
    world.furnish()
    world.approve()
    world.consent(1, 6)
    yield world
    database.close()


MEANWHILE: dict[str, Callable[[Lists], object]] = {
    "withdrawn": lambda lists: lists.withdraw(1),
    "protected": lambda lists: lists.gate.measures.set(ACTORS["guard"], 1, "保護"),
    "merged": lambda lists: lists.gate.merges.merge("hub", 2, 1),
    "text ended": lambda lists: lists.gate.topics.end_text(ACTORS["privacy"], TOPIC, 1),
    "scheme suspended": lambda lists: lists.gate.review.suspend(ACTORS["steward"], SCHEME, "苦情"),
    "consent expired": lambda lists: lists.clock.advance(timedelta(days=366)),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_what_is_permitted_no_longer_is_not_entered(lists: Lists, what: str) -> None:
    """The decision is held in the hand while the person withdraws: then it is worth nothing, and leaves no entry."""
    point = lists.gate.point(lists.use())
    decision = point.decide(1)
    assert decision.reason is Reason.PERMITTED
    MEANWHILE[what](lists)
    entries, uses = len(lists.ledger.entries), len(lists.gate.uses.list())
    with pytest.raises(ConflictError, match="decide again"):
        lists.gate.enter(point, [decision])
    assert (len(lists.ledger.entries), len(lists.gate.uses.list())) == (entries, uses)


def test_what_others_say_meanwhile_holds_nobody_up(lists: Lists) -> None:
    point = lists.gate.point(lists.use())
    early = point.decide(1)
    lists.withdraw(6)
    assert len(lists.gate.enter(point, [early, point.decide(6)])) == 2
    assert lists.gate.uses.get(early.use).reason is Reason.PERMITTED


def test_a_refusal_is_entered_whatever_came_after_it(lists: Lists) -> None:
    """It was refused at that moment, and that is what the ledger is to say."""
    point = lists.gate.point(lists.use())
    refused = point.decide(2)
    lists.consent(2)
    lists.gate.enter(point, [refused])
    assert lists.gate.uses.get(refused.use).reason is Reason.CONSENT_MISSING


def test_a_decision_is_entered_by_the_point_that_made_it(lists: Lists) -> None:
    """Else the record would state one reason for the use, and the ledger another."""
    decision = lists.gate.point(lists.use()).decide(1)
    with pytest.raises(ConflictError, match="another point"):
        lists.gate.enter(lists.gate.point(lists.use(reason="別の理由")), [decision])


def test_an_actor_that_was_made_up_does_not_enter_the_ledger(lists: Lists) -> None:
    """Whatever somebody types for an id, a name or a number, is kept out at this door as at the others."""
    point = lists.gate.point(lists.use(actor=Actor("taro-yamada-090", "", INSURER, frozenset())))
    lists.gate.enter(point, [point.decide(1)])
    assert (lists.ledger.kinds()[-1], lists.ledger.entries[-1].actor) == ("use.refused", "unknown")


def test_nothing_is_entered_as_nothing(lists: Lists) -> None:
    size = len(lists.ledger.entries)
    assert list(lists.gate.enter(lists.gate.point(lists.use()), [])) == []
    assert len(lists.ledger.entries) == size


def test_a_condition_that_refuses_at_a_point_stops_the_scheme(lists: Lists) -> None:
    lists.gate.review.impose(ACTORS["head"], SCHEME, [parse("max-uses-per-day: {uses: 1}")], "小さく始める")
    point = lists.gate.point(lists.use())
    lists.gate.enter(point, [point.decide(1)])
    second = point.decide(6)
    assert second.reason is Reason.CONDITION_FAILED
    lists.gate.enter(point, [second])
    assert lists.ledger.kinds()[-2:] == ["use.refused", "scheme.condition-failed"]
    assert point.decide(6).reason is Reason.SCHEME_SUSPENDED
