"""A hub for the tests of a resident's pages: the world of lists in it, with one list released."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.gate.lists import NOW, Lists
from tests.gate.own_town import MY_PAGE
from umaya.gate import Release
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock
from umaya.types.site import Resident

ON_THE_LIST, ALSO, NEVER_ASKED, STRANGER = Resident(4), Resident(6), Resident(5), Resident(99)
"""4 and 6 consented and were in the list; 5 is a customer who was never asked; 99 is nobody's customer."""


@contextmanager
def my_hub(directory: Path) -> Iterator[tuple[Hub, Lists]]:
    """Yield a hub with one list released, and its world."""
    clock = ManualClock(NOW)
    init_hub(directory, Settings("minase.example/umaya", demo=True), clock)
    hub = open_hub(directory, clock, {})
    world = Lists.of_gate(hub.gate, clock)
    world.furnish()
    hub.gate.catalogue.add_actor(MY_PAGE)
    world.approve()
    world.consent(4, 6)
    list_of(world)
    yield hub, world
    hub.close()


def list_of(world: Lists) -> str:
    """Release the list once more; return the use's id."""
    world.clock.advance(timedelta(minutes=1))
    outcome = world.gate.open(world.use())
    assert isinstance(outcome, Release)
    world.clock.advance(timedelta(minutes=1))
    return outcome.use
