"""Plays the day of the earthquake into a hub: positions arrive window by window, and the city's map moves on.

Knows the hub only as the post office's intake program and the city's map program do. The clock of the hub is moved
by the play, so that the gate's own rules about time hold throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from umaya.gate import Event, Refusal
from umaya.hub import Hub
from umaya.sample.days import JAPAN, Day
from umaya.sample.setup import EVENT, PEOPLE, QUAKE, declare
from umaya.sample.town import Town
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError

STEP = timedelta(minutes=10)
"""Positions arrive in the hub so often; also the window of the scheme."""
END = datetime.combine(QUAKE.date(), time(17), JAPAN)
"""When the last bikes are back."""


@dataclass(frozen=True)
class Step:
    """One step of the play.

    Attributes:
        at: the moment in the hub.
        points: positions that arrived.
        releases: windows that were released.
    """

    at: datetime
    points: int
    releases: int


def begin(hub: Hub, town: Town, day: Day) -> Event:
    """Take in the morning until the earthquake, and have the city declare it. Does nothing the second time."""
    known = [event for event in hub.gate.events.list() if event.id == EVENT]
    if known:
        return known[0]
    _arrive(hub, day.positions, datetime.combine(QUAKE.date(), time(0), JAPAN), QUAKE)
    return declare(hub, town)


def play(hub: Hub, clock: ManualClock, day: Day) -> Iterator[Step]:
    """Yield after each window of the rest of the day; the caller sets the pace, the hub's clock the start."""
    while clock.now() < END:
        start = clock.now()
        clock.advance(STEP)
        points = _arrive(hub, day.positions, start, start + STEP)
        outcomes = hub.roads.advance(PEOPLE["city-map"])
        refused = [outcome.reason for outcome in outcomes if isinstance(outcome, Refusal)]
        if refused:
            raise ConflictError(f"the live map was refused: {refused[0]}")
        yield Step(clock.now(), points, len(outcomes))


def _arrive(hub: Hub, positions: pa.Table, start: datetime, end: datetime) -> int:
    """Let the positions of [start, end) arrive; return how many."""
    rows = positions.filter((pc.field("t") >= start) & (pc.field("t") < end))
    if rows.num_rows:
        hub.gate.intake.take(PEOPLE["post-intake"], "bike-positions", rows, f"dcat/{start:%Y%m%dT%H%M}", 1)
    return int(rows.num_rows)
