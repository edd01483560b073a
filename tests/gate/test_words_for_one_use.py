"""Words that are good for one use, and conditions that count uses: decided and spent in one step, at every door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.lists import ACTORS, SCHEME, Lists
from umaya.gate import Refusal, Release, Stream
from umaya.gate.conditions import parse
from umaya.law import ConsentTier
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason


def world_of(url: str, folder: Path, tier: ConsentTier) -> Iterator[Lists]:
    database = migrated(url)
    world = Lists(database, folder / "vault")
    world.furnish(tier=tier)
    world.approve()
    world.consent(1, 2)
    yield world
    database.close()


@pytest.fixture
def each_time(tmp_path: Path) -> Iterator[Lists]:
    """The world, where people are asked each time; two consented."""
    yield from world_of(f"sqlite:///{tmp_path / 'hub.db'}", tmp_path, ConsentTier.EACH_TIME)


@pytest.fixture
def for_a_period(tmp_path: Path) -> Iterator[Lists]:
    """The world, where people consent for a period; two did."""
    yield from world_of(f"sqlite:///{tmp_path / 'hub.db'}", tmp_path, ConsentTier.STATED_PERIOD)


def test_a_release_spends_the_words_it_rests_on(each_time: Lists) -> None:
    assert isinstance(each_time.gate.open(each_time.use(people=[1])), Release)
    second = each_time.gate.open(each_time.use())
    assert isinstance(second, Release)
    assert second.decision.people is not None
    assert second.decision.people.refused == {Reason.CONSENT_MISSING: 6, Reason.CONSENT_SPENT: 1}
    each_time.consent(1)
    assert each_time.gate.decide(each_time.use(), 1).permitted


def test_a_stream_spends_before_its_first_batch(each_time: Lists) -> None:
    stream = each_time.gate.stream(each_time.use())
    assert isinstance(stream, Stream)
    with stream:
        assert each_time.gate.decide(each_time.use(), 1).reason is Reason.CONSENT_SPENT


def test_what_a_point_decided_is_spent_when_it_is_entered(each_time: Lists) -> None:
    point = each_time.gate.point(each_time.use())
    decision = point.decide(1)
    assert decision.reason is Reason.PERMITTED
    each_time.gate.enter(point, [decision])
    assert point.decide(1).reason is Reason.CONSENT_SPENT
    assert each_time.gate.decide(each_time.use(), 1).reason is Reason.CONSENT_SPENT


def test_two_decisions_on_one_word_are_not_entered(each_time: Lists) -> None:
    """Neither of the two happens, and the ledger has neither: the word is still there."""
    point = each_time.gate.point(each_time.use())
    decisions = [point.decide(1), point.decide(1)]
    size = len(each_time.ledger.entries)
    with pytest.raises(ConflictError, match="decide again"):
        each_time.gate.enter(point, decisions)
    assert len(each_time.ledger.entries) == size
    assert point.decide(1).reason is Reason.PERMITTED


def test_a_decision_on_a_word_that_was_withdrawn_meanwhile_is_not_entered(each_time: Lists) -> None:
    point = each_time.gate.point(each_time.use())
    decision = point.decide(1)
    each_time.withdraw(1)
    with pytest.raises(ConflictError):
        each_time.gate.enter(point, [decision])


def test_a_condition_counts_what_a_point_entered(for_a_period: Lists) -> None:
    """One use a day, said the approver: two decisions of one moment are not two uses."""
    gate = for_a_period.gate
    gate.review.impose(ACTORS["head"], SCHEME, [parse("max-uses-per-day: {uses: 1}")], "小さく始める")
    point, other = gate.point(for_a_period.use()), gate.point(for_a_period.use())
    decisions = [point.decide(1), point.decide(2)]
    assert [decision.reason for decision in decisions] == [Reason.PERMITTED] * 2
    with pytest.raises(ConflictError):
        gate.enter(point, decisions)
    late = other.decide(2)
    gate.enter(point, decisions[:1])
    with pytest.raises(ConflictError):
        gate.enter(other, [late])
    assert point.decide(2).reason is Reason.CONDITION_FAILED
    refusal = gate.open(for_a_period.use())
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CONDITION_FAILED
