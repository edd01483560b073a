"""Positions as they arrive: cut into batches, with their moments, and what the live matcher makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.engines.matching.rides import START
from umaya.engines.live import LiveMatcher
from umaya.types.schemas import TRAVERSALS

DAY = timedelta(days=1)


def moment(second: float) -> datetime:
    """The moment so many seconds after the start of the rides."""
    return datetime.fromtimestamp(START, UTC) + timedelta(seconds=second)


@dataclass(frozen=True)
class Batch:
    """Positions and when they arrived, seconds after the start."""

    positions: pa.Table
    second: float


def seconds(positions: pa.Table) -> np.ndarray:
    """The time of each position, seconds after the start."""
    since: np.ndarray = positions["t"].cast(pa.int64()).to_numpy() / 1e6 - START
    return since


def by_arrival(positions: pa.Table, arrival: np.ndarray, interval_s: float = 1.0) -> Iterator[Batch]:
    """Cut positions into the batches in which they arrive, in the order of their arrival."""
    order = np.argsort(arrival, kind="stable")
    which = np.floor(arrival[order] / interval_s).astype(int)
    for number in range(int(which.min()), int(which.max()) + 1):
        rows = order[which == number]
        yield Batch(positions.take(pa.array(rows)).combine_chunks(), (number + 1) * interval_s)


def feed_all(live: LiveMatcher, batches: Iterable[Batch], end: bool = True) -> pa.Table:
    """Feed batches in turn, end all trips, and return what was given out, in order."""
    parts, last = [TRAVERSALS.empty_table()], 0.0
    for batch in batches:
        parts.append(live.feed(batch.positions, moment(batch.second), live.sequence + 1))
        last = batch.second
    if end:
        parts.append(live.flush(moment(last) + DAY))
    return in_order(pa.concat_tables(parts))


def in_order(traversals: pa.Table) -> pa.Table:
    """Sort by vehicle, trip and part."""
    keys = [(name, "ascending") for name in ("vehicle_id", "trip", "seq")]
    return traversals.sort_by(keys).combine_chunks()


def live_stretches(traversals: pa.Table, vehicle: str) -> pa.Table:
    """The traversals of one vehicle."""
    return traversals.filter(pc.equal(traversals["vehicle_id"], vehicle))
