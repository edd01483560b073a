"""A window of roads that are driven live is asked for when it is final, and not when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.services.roads.conftest import QUAKE, STEP, Town
from umaya.gate import Release
from umaya.gate.intake.derivations import Derivation
from umaya.sample.setup import PEOPLE


def test_a_window_waits_until_what_was_driven_in_it_is_final(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def final(until_s: float | None) -> None:
        until = None if until_s is None else QUAKE + timedelta(seconds=until_s)
        made = Derivation("bike-positions", "bike-traversals", "live-matching", until)
        monkeypatch.setattr(town.hub.gate.derivations, "making", lambda _: made)

    town.quake()
    town.clock.advance(2 * STEP)
    for early in (None, 0.0, STEP.total_seconds() - 1.0):
        final(early)
        assert town.hub.roads.advance(PEOPLE["city-map"]) == []
    final(STEP.total_seconds())
    (first,) = town.hub.roads.advance(PEOPLE["city-map"])
    assert isinstance(first, Release)
    final(10 * STEP.total_seconds())
    assert len(town.hub.roads.advance(PEOPLE["city-map"])) == 1
