"""What waits at every desk: asked of each, the most pressing first, and never of somebody else's business."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from tests.web.hubs import OFFICER, VERIFIER
from umaya.gate import Words
from umaya.types.site import Actor
from umaya.web.desks import DESKS
from umaya.web.waiting import Desk, Waiting, waiting_at

NOW = datetime(2026, 4, 2, tzinfo=UTC)
HUB = cast("Any", None)


def desk(key: str, *items: Waiting, role: str = "verifier") -> Desk:
    """Return a desk at which these things wait for whoever has a role."""

    def find(hub: object, actor: Actor) -> list[Waiting]:
        del hub
        return list(items) if role in actor.roles else []

    return Desk(key, tuple(item.code for item in items), find)


def item(code: str, due: int | None = None, since: int | None = None) -> Waiting:
    """Return something that is due in, and has waited for, so many hours."""
    return Waiting(
        code,
        f"/{code}",
        Words(code, code),
        None if since is None else NOW - timedelta(hours=since),
        None if due is None else NOW + timedelta(hours=due),
    )


def test_what_is_due_first_comes_first_then_the_oldest() -> None:
    """Within a desk and among desks; without any time last."""
    one = desk("one", item("whenever"), item("young", since=1), item("old", since=9))
    two = desk("two", item("tomorrow", due=24), item("soon", due=1, since=1))
    found = waiting_at((one, two), HUB, VERIFIER)
    assert [where.key for where, _ in found] == ["two", "one"]
    assert [[one.code for one in items] for _, items in found] == [["soon", "tomorrow"], ["old", "young", "whenever"]]


def test_a_desk_at_which_nothing_waits_is_not_named() -> None:
    assert waiting_at((desk("one", item("x")), desk("two")), HUB, OFFICER) == []


def test_every_desk_has_its_own_key_and_codes() -> None:
    keys = [one.key for one in DESKS]
    assert len(set(keys)) == len(keys)
    assert all(one.codes and len(set(one.codes)) == len(one.codes) for one in DESKS)
