"""What is older than its dataset's rule is deleted, bytes and all, and the ledger says how many rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.gate.world import ACTORS, INSIDE, MINUTE, World, positions
from umaya.gate.record import NotRecordedError
from umaya.gate.retention import Rule
from umaya.types.errors import ConflictError, ForbiddenError, InputError
from umaya.types.site import Actor

STEWARD = Actor("post-keeps", "管理", "post-minase", frozenset({"steward"}))
DAY = timedelta(days=1)


@pytest.fixture
def kept(ready: World) -> World:
    """The nine positions of 2 April; `z` of 3 April."""
    ready.gate.catalogue.add_actor(STEWARD)
    rows = positions(("z", DAY + 5 * MINUTE, INSIDE))
    ready.gate.intake.take(ACTORS["phones"], "bike-positions", rows, "feed", 1)
    return ready


def files(world: World, dataset: str) -> int:
    return len(list(world.directory.glob(f"{dataset}/day=*/area=*/*.parquet")))


def swept(world: World, dataset: str, *, pretend: bool = False) -> int:
    return next(one.rows for one in world.gate.retention.sweep(pretend=pretend) if one.due.dataset == dataset)


def test_rows_of_a_day_are_there_on_their_last_day_and_gone_after_it(kept: World) -> None:
    """With thirty days, what is of 2 April is there on 2 May and due on 3 May."""
    kept.gate.retention.set_rule(STEWARD, "bike-positions", 30, "運用の見直しに一月要る")
    kept.clock.advance(30 * DAY)
    assert swept(kept, "bike-positions") == 0
    kept.clock.advance(DAY)
    assert swept(kept, "bike-positions") == 9
    entry = kept.ledger.entries[-1]
    assert (entry.kind, entry.actor, entry.body["rows"]) == ("dataset.swept", "hub", 9)
    assert files(kept, "bike-positions") == 1, "the bytes of 3 April alone are left"
    assert swept(kept, "bike-positions") == 0, "what is gone is not counted again"


def test_rows_without_a_time_are_due_by_the_day_they_came_in(kept: World) -> None:
    kept.gate.retention.set_rule(STEWARD, "letterboxes", 10, "配達が終わるまで")
    kept.clock.advance(10 * DAY)
    assert swept(kept, "letterboxes") == 0
    kept.clock.advance(DAY)
    assert swept(kept, "letterboxes") == 2
    assert files(kept, "letterboxes") == 0


def test_what_was_swept_does_not_come_back_by_the_same_file(kept: World) -> None:
    kept.gate.retention.set_rule(STEWARD, "bike-positions", 1, "試験")
    kept.clock.advance(3 * DAY)
    swept(kept, "bike-positions")
    rows = positions(("z", DAY + 5 * MINUTE, INSIDE))
    with pytest.raises(ConflictError, match="before"):
        kept.gate.intake.take(ACTORS["phones"], "bike-positions", rows, "feed", 1)


def test_a_dataset_without_a_rule_keeps_its_rows_and_is_told(kept: World) -> None:
    kept.clock.advance(4000 * DAY)
    told: list[str] = []
    done = kept.gate.retention.sweep(tell=told.append)
    assert [(one.due.rule, one.rows) for one in done] == [(None, 0)] * len(told)
    assert {"bike-positions", "letterboxes"} <= set(told)


def test_to_pretend_counts_and_deletes_nothing(kept: World) -> None:
    kept.gate.retention.set_rule(STEWARD, "bike-positions", 1, "試験")
    kept.clock.advance(40 * DAY)
    entries, there = len(kept.ledger.entries), files(kept, "bike-positions")
    assert swept(kept, "bike-positions", pretend=True) == 10
    assert (len(kept.ledger.entries), files(kept, "bike-positions")) == (entries, there)


def test_what_cannot_be_recorded_is_not_deleted(kept: World) -> None:
    kept.gate.retention.set_rule(STEWARD, "bike-positions", 1, "試験")
    kept.clock.advance(40 * DAY)
    there = files(kept, "bike-positions")
    kept.ledger.fail_at = frozenset({"dataset.swept"})
    with pytest.raises(NotRecordedError):
        kept.gate.retention.sweep()
    assert files(kept, "bike-positions") == there
    kept.ledger.fail_at = frozenset()
    assert swept(kept, "bike-positions") == 10


def test_the_newest_rule_holds_and_says_why(kept: World) -> None:
    kept.gate.retention.set_rule(STEWARD, "bike-positions", 30, "一月")
    latest = kept.gate.retention.set_rule(STEWARD, "bike-positions", 60, "二月")
    assert kept.gate.retention.rule("bike-positions") == latest
    assert isinstance(latest, Rule)
    assert (latest.days, latest.reason) == (60, "二月")


@pytest.mark.parametrize(("days", "reason"), [(0, "理由"), (36_526, "理由"), (30, " ")])
def test_a_wrong_rule_is_refused(kept: World, days: int, reason: str) -> None:
    with pytest.raises(InputError):
        kept.gate.retention.set_rule(STEWARD, "bike-positions", days, reason)


def test_only_a_steward_of_the_owner_says_how_long(kept: World) -> None:
    other = Actor("bank-keeps", "管理", "bank-minase", frozenset({"steward"}))
    kept.gate.catalogue.add_actor(other)
    for actor in (other, ACTORS["phones"]):
        with pytest.raises(ForbiddenError):
            kept.gate.retention.set_rule(actor, "bike-positions", 30, "理由")
