"""Residents of the demonstration: each stands for what they said."""

from __future__ import annotations

from pathlib import Path

from umaya.gate.people import Channel
from umaya.hub import Settings, init_hub, open_hub
from umaya.law import day_in_japan
from umaya.sample import Town
from umaya.sample.bank import PEOPLE, TOPIC, set_up_bank
from umaya.sample.customers import customers
from umaya.sample.residents import residents
from umaya.sample.setup import OPENING
from umaya.types.clock import ManualClock


def test_one_consented_one_withdrew_and_one_was_never_asked(village: Town, tmp_path: Path) -> None:
    """All three are customers of the bank, and nobody of them is protected; they stay who they are."""
    clock = ManualClock(OPENING)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya"), clock)
    hub = open_hub(tmp_path / "hub", clock, environment={})
    try:
        assert residents(hub) == []  # nobody said anything yet
        people = customers(village, seed=1)
        set_up_bank(hub, clock, people)
        consented, withdrew, silent = (found.resident.person for found in residents(hub))
        state = hub.gate.projection.latest()
        words = state.topic(TOPIC, day_in_japan(clock.now()))
        assert consented in words.active
        assert withdrew in words.withdrawn
        assert silent not in people.asked
        assert silent < people.deposits.num_rows
        assert not {consented, withdrew, silent} & set(state.measures)
        hub.gate.consents.withdraw(PEOPLE["bank-teller"], consented, TOPIC, Channel.COUNTER)
        assert [found.resident.person for found in residents(hub)] == [consented, withdrew, silent]
    finally:
        hub.close()
