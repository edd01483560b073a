"""Words that are recorded late, and requests that are used twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pyroaring import BitMap

from tests.gate.people.town import CLERK, SHOPPING, Town
from umaya.types.errors import InputError


def test_paper_dated_to_the_moment_of_a_withdrawal_does_not_undo_it(town: Town) -> None:
    town.give(7)
    town.clock.advance(timedelta(minutes=1))
    at = town.clock.now()
    town.withdraw(7)
    town.clock.advance(timedelta(minutes=5))
    town.give(7, taken_at=at)
    assert town.state(7) == "withdrawn"


def test_a_request_carries_one_word(town: Town) -> None:
    """Never unless the person asks: what was asked for once was done once."""
    asked = town.clock.now()
    town.clock.advance(timedelta(minutes=1))
    town.give(7, SHOPPING, requested_at=asked)
    with town.consents._acts.begin() as act:
        town.consents.spend(act, CLERK.id, SHOPPING, BitMap([7]), "use-1")
    town.clock.advance(timedelta(minutes=1))
    assert town.state(7, SHOPPING) == "spent"
    with pytest.raises(InputError, match="request"):
        town.give(7, SHOPPING, requested_at=asked)
    town.give(7, SHOPPING, requested_at=town.clock.now())
    assert town.state(7, SHOPPING) == "active"
