"""The demonstration hub: made once, kept in a folder, opened again where its day stopped.

The folder appears whole or not at all. `sample.json` in it says what it was made from, so that the same town and the
same day can be drawn again; the truth of the simulation is never stored with the hub.
"""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.sample.days import Day
from umaya.sample.play import MORNING, begin
from umaya.sample.quake import quake_day
from umaya.sample.setup import OPENING, PEOPLE, QUAKE, Tell, set_up
from umaya.sample.size import Size
from umaya.sample.town import Town, make_town
from umaya.types.clock import ManualClock
from umaya.types.errors import InputError, Place

FILE = "sample.json"
ORIGIN = "minase.example/umaya"


@dataclass(frozen=True)
class Sample:
    """What a demonstration hub is made from.

    Attributes:
        seed: of the town and its days.
        homes: size of the town; see `umaya.sample.size`.
    """

    seed: int = 1
    homes: int = Size.TOWN

    @cached_property
    def town(self) -> Town:
        """The town."""
        return make_town(self.seed, self.homes)

    @cached_property
    def day(self) -> Day:
        """The day of the earthquake, with its truth."""
        return quake_day(self.town, QUAKE.date(), seed=self.seed)


@dataclass(frozen=True)
class Demo:
    """An open demonstration hub, at the moment where its day stopped."""

    hub: Hub
    clock: ManualClock
    sample: Sample


def open_demo(directory: Path, sample: Sample, tell: Tell) -> Demo:
    """Open the demonstration hub in a folder, making it first where there is none.

    Args:
        directory: empty, not there yet, or a demonstration hub, which keeps the seed and size it was made with.
        sample: what to make.
        tell: is told each step.

    Raises:
        InputError: when the folder holds something else.
    """
    if directory.is_file() or (directory.exists() and any(directory.iterdir())):
        sample = _made_from(directory)
    else:
        _make(directory, sample, tell)
    clock = ManualClock(MORNING)
    hub = open_hub(directory, clock, environment={})
    tell("the morning of the earthquake")
    begin(hub, clock, sample.town, sample.day)
    clock.set(hub.roads.latest(PEOPLE["city-officer"]) or QUAKE)
    return Demo(hub, clock, sample)


def _made_from(directory: Path) -> Sample:
    file = directory / FILE
    if not file.is_file():
        advice = "name a folder that is empty or not there yet"
        raise InputError(Place(str(directory)), "the folder holds something other than a demonstration hub", advice)
    try:
        made = json.loads(file.read_text("utf-8"))
        return Sample(seed=int(made["seed"]), homes=int(made["homes"]))
    except (ValueError, KeyError, TypeError) as error:
        advice = "remove the folder to make a new one"
        raise InputError(Place(str(file)), "does not say what the demonstration was made from", advice) from error


def _make(directory: Path, sample: Sample, tell: Tell) -> None:
    fresh = directory.parent / f".{directory.name}.{uuid.uuid4().hex}"
    clock = ManualClock(OPENING - timedelta(days=1))
    try:
        init_hub(fresh, Settings(ORIGIN, demo=True), clock)
        hub = open_hub(fresh, clock, environment={})
        try:
            set_up(hub, clock, sample.town, sample.seed, tell)
        finally:
            hub.close()
        (fresh / FILE).write_text(json.dumps(asdict(sample)) + "\n", "utf-8")
        fresh.replace(directory)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
