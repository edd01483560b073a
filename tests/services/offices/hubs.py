"""A hub with a drawn valley road, three offices along it, and people who live beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.worlds import World, draw
from umaya.gate.collection import Manner
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.law import day_in_japan
from umaya.places.offices import Office, OfficeService
from umaya.places.roads.background import BACKGROUND
from umaya.sample import offices as sample
from umaya.sample import setup
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

OFFICER = setup.PEOPLE["city-officer"]
STRANGER = Actor("insurer-officer", "他社 花子", "insurer-minase", frozenset({"officer"}))
TOWN = "A----------B----------C----------D"
"""Eleven characters of 100 m between two letters; offices at A, B and D."""
KIOSK = frozenset({OfficeService.MAIL, OfficeService.KIOSK})
MAIL = frozenset({OfficeService.MAIL})


@dataclass
class Valley:
    """The hub and its world."""

    hub: Hub
    clock: ManualClock
    world: World


def offices_of(world: World) -> list[Office]:
    """Return the offices west (A, with a kiosk), middle (B) and east (D)."""
    rows = (("west", "A", KIOSK), ("middle", "B", MAIL), ("east", "D", MAIL))
    return [
        Office(
            office_id=name,
            name=f"{name}局",
            name_en=name.capitalize(),
            lon=world.points[at][0],
            lat=world.points[at][1],
            services=services,
            kiosks=int(OfficeService.KIOSK in services),
            weekdays="09:00-12:00/13:00-17:00",
        )
        for name, at, services in rows
    ]


def residents(world: World, **people: int) -> pa.Table:
    """Return so many people who live at each letter."""
    letters = [letter for letter, count in people.items() for _ in range(count)]
    at = np.array([world.points[letter] for letter in letters])
    person = pa.array(range(len(letters)), pa.uint32())
    return pa.table([person, at[:, 0], at[:, 1]], sample.RESIDENTS.schema)


def make_valley(folder: Path, **people: int) -> Valley:
    """Return an open hub in which the scheme of counts is in force and nobody was counted yet."""
    world = draw(TOWN, cell_m=100)
    clock = ManualClock(setup.OPENING)
    init_hub(folder, Settings("minase.example/offices", demo=True), clock)
    hub = open_hub(folder, clock, {})
    hub.atlas.put(world.network, BACKGROUND.empty_table())
    for party in setup.PARTIES:
        hub.gate.catalogue.add_party(party)
    for actor in setup.ACTORS:
        hub.gate.catalogue.add_actor(actor)
    hub.gate.catalogue.add_dataset(sample.RESIDENTS)
    today = day_in_japan(clock.now())
    _, purpose, told, days, reason = {one[0]: one for one in setup.COLLECTIONS}["residents"]
    hub.gate.collections.register(setup.PEOPLE["post-privacy"], "residents", Manner.PUBLISHED, purpose, told, today)
    hub.gate.retention.set_rule(setup.PEOPLE["post-steward"], "residents", days, reason)
    sample.review_counts(hub, clock, setup.PEOPLE)
    clock.advance(timedelta(hours=1))
    hub.gate.intake.take(setup.PEOPLE["post-intake"], "residents", residents(world, **people), "residents", 1)
    hub.offices.register.put(offices_of(world))
    return Valley(hub, clock, world)
