"""Many hand in, few batches are settled; what is wrong with one is told to that one."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from tests.gate.people.town import CLERK, CROSS_SELL, STRANGER, Town
from umaya.gate.people import Channel
from umaya.gate.people.desk import Desk
from umaya.types.errors import ForbiddenError


def test_one_who_comes_alone_is_settled_at_once() -> None:
    batches: list[list[int]] = []

    def settle(items: Sequence[int]) -> list[None]:
        batches.append(list(items))
        return [None] * len(items)

    desk = Desk(settle)
    desk.hand_in(1)
    desk.hand_in(2)
    assert batches == [[1], [2]]


def test_who_comes_while_others_are_settled_is_in_the_next_batch() -> None:
    """The first is held up inside until all others wait: then they are settled together, but for those too many."""
    others = 30
    batches: list[int] = []
    inside, all_wait = threading.Event(), threading.Event()

    def settle(items: Sequence[int]) -> list[Exception | None]:
        batches.append(len(items))
        inside.set()
        assert all_wait.wait(60)
        return [ValueError(str(item)) if item % 2 else None for item in items]

    desk = Desk(settle, most=20)
    told: dict[int, str] = {}

    def hand_in(item: int) -> None:
        try:
            desk.hand_in(item)
            told[item] = "settled"
        except ValueError as error:
            told[item] = str(error)

    threads = [threading.Thread(target=hand_in, args=(item,)) for item in range(others + 1)]
    threads[0].start()
    assert inside.wait(60)
    for thread in threads[1:]:
        thread.start()
    while len(desk.waiting) < others:
        threading.Event().wait(0.001)
    all_wait.set()
    for thread in threads:
        thread.join()
    assert batches == [1, 20, 10]
    assert told == {item: str(item) if item % 2 else "settled" for item in range(others + 1)}


def test_what_befalls_a_batch_befalls_all_and_not_the_next() -> None:
    outcomes = iter([OSError("no space"), None])

    def settle(items: Sequence[int]) -> list[None]:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return [None] * len(items)

    desk = Desk(settle)
    with pytest.raises(OSError, match="no space"):
        desk.hand_in(1)
    desk.hand_in(2)


def test_withdrawals_of_many_threads_are_all_recorded(either_town: Town) -> None:
    """And the one that may not be stops no other."""
    town = either_town
    for person in range(20):
        town.give(person)
    errors: list[Exception] = []
    start = threading.Barrier(21)

    def withdraw(person: int) -> None:
        start.wait()
        actor = CLERK if person < 20 else STRANGER
        try:
            town.consents.withdraw(actor, person, CROSS_SELL, Channel.APP)
        except ForbiddenError as error:
            errors.append(error)

    threads = [threading.Thread(target=withdraw, args=(person,)) for person in range(21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert [town.state(person) for person in range(21)] == ["withdrawn"] * 20 + ["none"]
    assert town.ledger.kinds().count("consent.withdrawn") == 20
