"""The gate's small world with positions that come in live, and an engine whose results can be counted.

The engine `legs` makes one row of each position when the next one of its vehicle comes: `n` counts the vehicle's
positions from 0. So every lost, doubled or forgotten position shows: `n` has a hole, or stands twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.gate.collected import tell
from tests.gate.world import ACTORS, CLASSES, INSIDE, NOW, SCHEMA, World
from umaya.gate import Dataset, Gate, Words
from umaya.gate.intake import Batch, Derived, Deriver
from umaya.stores.database import Database
from umaya.stores.lake import Lake, Placement
from umaya.types.clock import ManualClock
from umaya.types.schemas import TIME

PHONES, STEWARD = ACTORS["phones"], ACTORS["steward"]
LEGS = pa.schema(
    [
        pa.field("vehicle_id", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("t", TIME, nullable=False),
    ]
)
SECOND = timedelta(seconds=1)
SECRET = bytes(range(32))


class Legs:
    """The engine."""

    schema = LEGS

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}
        self.fed: list[int] = []
        self.told: list[datetime | None] = []
        self.arrived: datetime | None = None

    @property
    def waits(self) -> bool:
        return bool(self._last)

    def feed(self, rows: pa.Table, now: datetime, tick: int, told: datetime | None = None) -> Derived:
        assert self.arrived is None or self.arrived <= now
        self.fed.append(tick)
        self.told.append(told)
        self.arrived = now
        made, late = [], 0
        times = rows.column("t").cast(pa.int64()).to_pylist()
        for vehicle, t in zip(rows.column("vehicle_id").to_pylist(), times, strict=True):
            n, before = self._last.get(vehicle, (-1, -1))
            if t <= before:
                late += 1
                continue
            if n >= 0:
                made.append({"vehicle_id": vehicle, "n": n, "t": datetime.fromtimestamp(before / 1e6, UTC)})
            self._last[vehicle] = (n + 1, t)
        return Derived(pa.Table.from_pylist(made, schema=LEGS), late)

    def final_until(self, now: datetime) -> datetime:
        return now - SECOND

    def snapshot(self) -> bytes:
        return json.dumps([self._last, self.arrived and self.arrived.isoformat()]).encode()

    def restore(self, state: bytes) -> None:
        last, arrived = json.loads(state)
        self._last = {vehicle: (n, t) for vehicle, (n, t) in last.items()}
        self.arrived = arrived and datetime.fromisoformat(arrived)


ENGINES: Mapping[str, Callable[[], Deriver]] = {"legs": Legs}


class LiveWorld(World):
    """The world, whose gate has the engine and keeps its secret."""

    def new_gate(self, without: str = "") -> Gate:
        del without
        factories: dict[str, Any] = {}
        return Gate(
            self.database,
            self.ledger,
            self.directory,
            factories,
            self.clock,
            people_secret=SECRET,
            derivers=ENGINES,
        )

    def furnish_live(self, engine: bool = True) -> None:
        """Register what comes in live, and what is derived from it; nothing is there yet."""
        self.furnish()
        title = Words("生の位置", "Live positions")
        catalogue = self.gate.catalogue
        order = ("vehicle_id", "t")
        catalogue.add_dataset(Dataset("live", "post-minase", title, SCHEMA, CLASSES, "t", "lon", "lat", order))
        tell(self.gate, self.clock, "live")
        if engine:
            classes = dict.fromkeys(LEGS.names, CLASSES["vehicle_id"])
            catalogue.add_dataset(Dataset("live-legs", "post-minase", title, LEGS, classes, "t", order=order))
            tell(self.gate, self.clock, "live-legs")
            self.gate.derivations.register(STEWARD, "live", "live-legs", "legs")


def opened_world(url: str, folder: Path, ledger: Any = None) -> LiveWorld:
    """Return the world as a fresh process finds it."""
    world = LiveWorld(Database.open(url), folder / "vault", ledger)
    world.clock = ManualClock(NOW)
    world.gate = world.new_gate()
    return world


def seconds(vehicle: str, *at: int) -> pa.Table:
    """Positions of a vehicle, so many seconds after the present of the world."""
    return pa.table(
        {
            "vehicle_id": [vehicle] * len(at),
            "t": pa.array([NOW + n * SECOND for n in at], TIME),
            "lon": [INSIDE[0]] * len(at),
            "lat": [INSIDE[1]] * len(at),
        }
    )


def batch(sequence: int | None, rows: pa.Table, source: str = "north") -> Batch:
    return Batch(source, sequence, rows)


def in_vault(folder: Path, dataset: str = "live") -> list[tuple[str, int]]:
    """Return vehicle and second of each row that lies in the vault, as whoever opened it would read them."""
    schema, lon, lat = (SCHEMA, "lon", "lat") if dataset == "live" else (LEGS, None, None)
    batches = Lake(folder).scan(dataset, schema, Placement("t", lon, lat), columns=["vehicle_id", "t"])
    table = batches.read_all()
    after = [int((t - NOW) / SECOND) for t in table.column("t").to_pylist()]
    return sorted(zip(table.column("vehicle_id").to_pylist(), after, strict=True))


def legs_in_vault(folder: Path) -> list[tuple[str, int]]:
    """Return vehicle and number of each derived row that lies in the vault."""
    table = Lake(folder).scan("live-legs", LEGS, Placement("t"), columns=["vehicle_id", "n"]).read_all()
    return sorted(zip(table.column("vehicle_id").to_pylist(), table.column("n").to_pylist(), strict=True))
