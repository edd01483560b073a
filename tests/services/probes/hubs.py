"""A hub of a drawn town that takes positions in live, and riders whose passages can be counted."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.worlds import World, draw
from umaya.gate.intake import Batch
from umaya.gate.roles import OPERATOR
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.places.live import LIVE_TRAVERSALS
from umaya.places.roads.background import BACKGROUND
from umaya.sample import setup
from umaya.services.probes.service import ProbeService
from umaya.stores.lake import Lake, Placement
from umaya.types.clock import ManualClock
from umaya.types.schemas import HOMES, POSITIONS
from umaya.types.site import Actor

QUAKE = setup.QUAKE
SPEED_MPS = 8.0
FEED = setup.PEOPLE["post-intake"]
COLLECTOR = Actor("post-collector", "端末の受け口", setup.POST, frozenset({OPERATOR}))
"""A person, who may sign in at the demonstration's provider; programs ask with tokens."""
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

    def warm(self) -> None:
        """Have the engine compiled, so that no test waits for that; lets other services take rows in afterwards."""
        service = ProbeService(self.hub.gate, tick_s=0.0)
        first = self.ride("2A", "nobody", QUAKE - timedelta(days=1))
        service.offer(FEED, "bike-positions", 1, Batch("warm", 0, first)).result(280)
        service.close()

    def ride(self, streets: str, vehicle: str, start: datetime) -> pa.Table:
        """Return what a bike reports, once a second, along the streets between lettered junctions."""
        corners = np.array([self.world.points[letter] for letter in streets])
        metres = (corners - corners[0]) * (111_320 * np.cos(np.radians(36.2)), 110_950)
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(metres, axis=0).T))])
        seconds = np.arange(0, along[-1] / SPEED_MPS + 1)
        place = np.minimum(seconds * SPEED_MPS, along[-1])
        return pa.table(
            {
                "vehicle_id": pa.repeat(vehicle, len(seconds)),
                "t": pa.array([start + timedelta(seconds=s) for s in seconds.tolist()], POSITIONS.field("t").type),
                "lon": np.interp(place, along, corners[:, 0]),
                "lat": np.interp(place, along, corners[:, 1]),
            }
        )


def make_town(folder: Path, at: datetime = setup.OPENING) -> World:
    """Make the town's hub, closed; what people were told holds from a moment on."""
    world = draw(TOWN, cell_m=30)
    clock = ManualClock(at)
    init_hub(folder, Settings("town.example/umaya", demo=True), clock)
    hub = open_hub(folder, clock, {})
    hub.atlas.put(world.network, BACKGROUND.empty_table())
    homes = [{"segment_id": world.segment("BG"), "homes": 1}]
    hub.atlas.put_homes(pa.Table.from_pylist(homes, schema=HOMES))
    for party in setup.PARTIES:
        hub.gate.catalogue.add_party(party)
    for person in (*setup.ACTORS, COLLECTOR):
        hub.gate.catalogue.add_actor(person)
    for dataset in setup.DATASETS:
        hub.gate.catalogue.add_dataset(dataset)
    setup.tell_purposes(hub)
    setup.derive(hub)
    hub.close()
    return world


def open_town(folder: Path, world: World, at: datetime = QUAKE) -> Town:
    """Open the town's hub at a moment, that of the earthquake by default."""
    clock = ManualClock(at)
    return Town(open_hub(folder, clock, {}), clock, world)


def arrow(rows: pa.Table, **said: str) -> bytes:
    """Return rows as an Arrow IPC stream, with what it says of itself."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema.with_metadata(said or None)) as writer:
        writer.write_table(rows.replace_schema_metadata(said or None))
    return sink.getvalue()


def as_json(rows: pa.Table, **said: Any) -> bytes:
    """Return rows as a JSON batch."""
    return json.dumps({**said, "positions": rows.to_pylist()}, default=lambda moment: moment.isoformat()).encode()


def in_vault(hub: Hub) -> list[tuple[str, datetime]]:
    """Return vehicle and time of each position that lies in the vault."""
    lake = Lake(hub.directory / "vault")
    scan = lake.scan("bike-positions", POSITIONS, Placement("t", "lon", "lat"), columns=["vehicle_id", "t"])
    table = scan.read_all()
    return sorted(zip(table.column("vehicle_id").to_pylist(), table.column("t").to_pylist(), strict=True))


def traversals(hub: Hub) -> list[Mapping[str, Any]]:
    """Return the traversals that lie in the vault, by vehicle and order."""
    lake = Lake(hub.directory / "vault")
    place = Placement("left", "lon", "lat")
    table = lake.scan("bike-traversals", LIVE_TRAVERSALS, place, columns=LIVE_TRAVERSALS.names).read_all()
    order = [(name, "ascending") for name in ("vehicle_id", "trip", "seq")]
    rows: list[Mapping[str, Any]] = table.sort_by(order).to_pylist()
    return rows
