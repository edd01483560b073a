"""Plays the day of the earthquake into a hub: positions arrive live, and the city's map moves on.

Knows the hub only as the post office's intake program and the city's map program do. The clock of the hub is moved
by the play, so that the gate's own rules about time hold throughout. Each batch has the number of its minute, so what
is played again after a stop is not taken twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from umaya.gate import Event, Refusal
from umaya.gate.intake import Batch
from umaya.hub import Hub
from umaya.sample.days import JAPAN, Day
from umaya.sample.setup import EVENT, PEOPLE, QUAKE, declare
from umaya.sample.town import Town
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, UmayaError

STEP = timedelta(minutes=10)
"""What is told of together."""
FEED: Final = timedelta(minutes=2)
"""Positions arrive in the hub so often; windows become final within twice that."""
END = datetime.combine(QUAKE.date(), time(17), JAPAN)
"""When the last bikes are back."""
OVER: Final = END + 2 * FEED
"""When the last window is final."""
MORNING: Final = datetime.combine(QUAKE.date(), time(8), JAPAN)


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


def begin(hub: Hub, clock: ManualClock, town: Town, day: Day) -> Event:
    """Let the morning until the earthquake arrive, and have the city declare it. Does nothing the second time.

    Args:
        hub: its clock is `clock`.
        clock: stands at `MORNING` or before; moved to the earthquake.
        town: of the hub.
        day: of the earthquake.
    """
    known = [event for event in hub.gate.events.list() if event.id == EVENT]
    if known:
        clock.set(QUAKE)
        return known[0]
    clock.set(MORNING)
    _arrive(hub, day.positions, datetime.combine(QUAKE.date(), time(0), JAPAN), MORNING)
    while clock.now() < QUAKE:
        start = clock.now()
        clock.set(min(start + STEP, QUAKE))
        _arrive(hub, day.positions, start, clock.now())
    return declare(hub, town)


def play(hub: Hub, clock: ManualClock, day: Day) -> Iterator[Step]:
    """Yield after each step of the rest of the day; the caller sets the pace, the hub's clock the start."""
    while clock.now() < OVER:
        points, releases, until = 0, 0, min(clock.now() + STEP, OVER)
        while clock.now() < until:
            start = clock.now()
            clock.advance(FEED)
            points += _arrive(hub, day.positions, start, start + FEED)
            releases += _map_moves_on(hub)
        yield Step(clock.now(), points, releases)


def _map_moves_on(hub: Hub) -> int:
    """Let the city's program ask for the windows that are final; return how many were released."""
    outcomes = hub.roads.advance(PEOPLE["city-map"])
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, Refusal)]
    if refused:
        raise ConflictError(f"the live map was refused: {refused[0]}")
    return len(outcomes)


def _arrive(hub: Hub, positions: pa.Table, start: datetime, end: datetime) -> int:
    """Let the positions of [start, end) arrive, or that time pass; return how many."""
    rows = positions.filter((pc.field("t") >= start) & (pc.field("t") < end))
    sender, dataset = PEOPLE["post-intake"], "bike-positions"
    if rows.num_rows == 0:
        hub.probes.pass_time(sender, dataset, 1)
        return 0
    batch = Batch("dcat", int(start.timestamp()) // 60, rows)
    outcome = hub.probes.offer(sender, dataset, 1, batch).result()
    if isinstance(outcome, UmayaError):
        raise outcome
    return int(rows.num_rows)
