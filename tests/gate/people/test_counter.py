"""A clerk sees and corrects what the clerk itself took today; never whom it was about."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest

from tests.gate.people.town import ACTORS, CLERK, CRASH, CROSS_SELL, OTHER_CLERK, PRIVACY, WITHDRAWAL, WORDING, Town
from umaya.gate.people import Channel
from umaya.gate.people.counter import Counter
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError


def counter(town: Town) -> Counter:
    return Counter(town.acts, town.consents)


def test_today_lists_the_clerks_own_words_latest_first_and_nobodys_number(either_town: Town) -> None:
    town = either_town
    given = town.give(123456)
    town.clock.advance(timedelta(minutes=1))
    town.withdraw(123456, CRASH)
    town.give(8, actor=OTHER_CLERK)
    slips = counter(town).today(CLERK)
    assert [(slip.kind, slip.topic) for slip in slips] == [("withdrawn", CRASH), ("given", CROSS_SELL)]
    last = slips[-1]
    assert (last.entry, last.good_through, last.text) == (given.entry, given.good_through, 1)
    assert (last.wording, last.withdrawal, last.has_evidence) == (WORDING, WITHDRAWAL, False)
    assert "123456" not in str([asdict(slip) for slip in slips])
    assert counter(town).slip(CLERK, given.entry) == last


def test_the_day_ends_at_midnight_in_japan(town: Town) -> None:
    town.give(7)
    town.clock.advance(timedelta(hours=11, minutes=59))
    assert len(counter(town).today(CLERK)) == 1
    town.clock.advance(timedelta(minutes=1))
    assert counter(town).today(CLERK) == []


def test_a_mistake_is_corrected_by_a_withdrawal_that_counts_at_once(either_town: Town) -> None:
    town = either_town
    first, second = town.give(7), town.give(8)
    desk = counter(town)
    desk.correct(CLERK, [first.entry, second.entry])
    assert (town.state(7), town.state(8)) == ("withdrawn", "withdrawn")
    assert [(slip.kind, slip.corrected) for slip in desk.today(CLERK)] == [
        ("withdrawn", False),
        ("withdrawn", False),
        ("given", True),
        ("given", True),
    ]
    with pytest.raises(ConflictError):
        desk.correct(CLERK, [first.entry])


def test_what_cannot_be_corrected(town: Town) -> None:
    """What another took, what is none, nothing, a withdrawal; one wrong among several, and nothing happens."""
    own, others = town.give(7), town.give(8, actor=OTHER_CLERK)
    desk = counter(town)
    for entries in ([others.entry], [own.entry, others.entry], [0]):
        with pytest.raises(NotFoundError):
            desk.correct(CLERK, entries)
    with pytest.raises(ConflictError):
        desk.correct(CLERK, [])
    town.withdraw(9)
    with pytest.raises(ConflictError):
        desk.correct(CLERK, [desk.today(CLERK)[0].entry])
    assert (town.state(7), town.state(8)) == ("active", "active")


def test_what_somebody_else_said_since_does_not_show(town: Town) -> None:
    """The person withdrew in the app: that is theirs, and the clerk who took the consent is not told."""
    entry = town.give(7).entry
    town.consents.withdraw(ACTORS["my-page"], 7, CROSS_SELL, Channel.APP)
    (slip,) = counter(town).today(CLERK)
    assert (slip.entry, slip.kind, slip.corrected) == (entry, "given", False)


def test_only_clerks_have_a_counter(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        counter(town).today(PRIVACY)
