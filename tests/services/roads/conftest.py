"""A hub with a drawn town of seven streets, three schemes in force, and riders that the tests send out.

A----B----C
|    |    |        G hangs from B by a cul-de-sac with one home (at 1)
D----E----F
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.worlds import World, draw
from umaya.gate import Area, Event, Words
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.places.roads.background import BACKGROUND
from umaya.sample import setup
from umaya.types.clock import ManualClock
from umaya.types.schemas import HOMES, POSITIONS

QUAKE = setup.QUAKE
CHANGES: Mapping[str, Mapping[str, object]] = {
    "minase-passable-roads": {
        "dataset": "bike-positions",
        "fields": ["vehicle_id", "t", "lon", "lat"],
        "obligations": [
            {"move-to-road": {}},
            {"suppress-dead-ends": {"max_homes": 3}},
            {"link-counts": {"window_s": 600, "min_vehicles": 1, "min_turn_backs": 2}},
        ],
    },
    "minase-probe-statistics": {
        "obligations": [
            {"move-to-road": {}},
            {"suppress-dead-ends": {"max_homes": 3}},
            {"link-counts": {"window_s": 3600, "min_vehicles": 2, "min_turn_backs": 2, "fold_days": True}},
        ],
    },
}
"""Of the sample's schemes only what a town of seven streets and single riders can meet."""
STEP = timedelta(minutes=10)
SPEED_MPS = 8.0

TOWN = """
         G
         |
         |1
    A----B----C
    2    4    3
    |    |    |
    D----E----F
"""


@dataclass
class Town:
    """The drawn town in its hub."""

    hub: Hub
    clock: ManualClock
    world: World

    def ride(self, streets: str, vehicle: str, start: datetime) -> None:
        """Let a bike report once a second along the streets between lettered junctions; the hub takes it in.

        A count needs a street driven from end to end, so the first and the last street of a ride do not count.
        """
        corners = np.array([self.world.points[letter] for letter in streets])
        metres = (corners - corners[0]) * (111_320 * np.cos(np.radians(36.2)), 110_950)
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(metres, axis=0).T))])
        seconds = np.arange(0, along[-1] / SPEED_MPS + 1)
        place = np.minimum(seconds * SPEED_MPS, along[-1])
        positions = {
            "vehicle_id": pa.repeat(vehicle, len(seconds)),
            "t": pa.array([start + timedelta(seconds=s) for s in seconds.tolist()], POSITIONS.field("t").type),
            "lon": np.interp(place, along, corners[:, 0]),
            "lat": np.interp(place, along, corners[:, 1]),
        }
        self.hub.gate.intake.take(setup.PEOPLE["post-intake"], "bike-positions", pa.table(positions), "feed", 1)

    def quake(self, lasts: timedelta = timedelta(hours=24)) -> Event:
        """Let the city declare its earthquake."""
        name = Words("地震", "earthquake")
        area = Area.of_box([136.75, 36.15, 136.9, 36.3])
        officer = setup.PEOPLE["city-officer"]
        return self.hub.gate.events.declare(officer, "quake", name, setup.CITY, area, QUAKE, QUAKE + lasts)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The town on the day of its earthquake, which nobody has declared yet."""
    world = draw(TOWN, cell_m=30)
    clock = ManualClock(setup.OPENING)
    init_hub(tmp_path / "hub", Settings("town.example/umaya"), clock)
    hub = open_hub(tmp_path / "hub", clock, {})
    hub.atlas.put(world.network, BACKGROUND.empty_table())
    homes = [{"segment_id": world.segment("BG"), "homes": 1}]
    hub.atlas.put_homes(pa.Table.from_pylist(homes, schema=HOMES))
    for party in setup.PARTIES:
        hub.gate.catalogue.add_party(party)
    for person in setup.ACTORS:
        hub.gate.catalogue.add_actor(person)
    for dataset in (*setup.DATASETS, setup.TRAVERSALS):
        hub.gate.catalogue.add_dataset(dataset)
    setup.tell_purposes(hub)
    for scheme in setup.SCHEMES:
        setup.review(hub, clock, scheme, CHANGES.get(scheme))
    clock.set(QUAKE)
    yield Town(hub, clock, world)
    hub.close()
