"""Sweeps: what was passed is told of whole neighbourhoods, when they were swept; else nothing is told of them.

A rider with parcels rides to some homes; which roads were passed then tells which. A rider who sweeps a neighbourhood
(the mail of a whole round, the ride of safety checks after an earthquake) passes nearly every road whoever gets
something. So of a neighbourhood (`neighbourhoods`) either nearly all is told or nothing.

What one window does not fill waits: passes add up over the windows of a *frame*, a fixed part of the day, until they
make up enough of the roads. Then all are told together as one block of time, and the neighbourhood begins anew. The
block begins with the frame, or where the neighbourhood was told before in it, with the end of that block, and not with
the first window in which anything was passed: what is swept in the last window of a frame is told of the whole frame.

A closed road is met by one vehicle now and by another hours later, so turn-backs add up over the frame too: once
several vehicles turned back on a road that nobody passed in the frame, that is told, whatever was passed around it.
Until the frame ends, a pass of it is then told by itself, or with its neighbourhood and the window in which it was
passed: it opened again. In a later frame it waits for its neighbourhood like any other.

What always holds:

- Windows lie on one grid, whoever asks and how often, and frames begin and end on it. So the blocks of a neighbourhood
  are disjoint in time. Turn-backs are told since the frame began, but of other vehicles each time. While the data stays
  as it was, no pass or turn-back is told twice: what two releases tell can be added up.
- That a neighbourhood was not told says only that too few of its roads were passed; of a road, that fewer than
  several turned back.
- How often, by how many and when within its block a road was passed is not told.

Within a block, a road that is missing was not passed, is a dead end with few homes, or its pass was cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.types.clock import microseconds
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import PASSAGES, TIME, TRAVERSALS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_US = 1_000_000
_VEHICLES = 32
"""Bits of the number of a vehicle."""


@dataclass(frozen=True)
class Sweeping:
    """When a neighbourhood counts as swept.

    Attributes:
        window_s: length of a window in seconds, 1 or more.
        percent: least share of a neighbourhood's roads that must have been passed, 1 to 100, where nothing can have
            waited: in the first window of a frame, or of the data, and in the one after it was told.
        percent_held: the same in all other windows, also where all was passed in one of them.
        hold_s: length of a frame in seconds, a whole number of windows; that of a window where nothing waits.
        min_turn_backs: least number of distinct vehicles that turned back on a road, 2 or more.
    """

    window_s: int
    percent: int
    percent_held: int
    hold_s: int
    min_turn_backs: int

    def __post_init__(self) -> None:
        if self.window_s < 1 or self.hold_s < self.window_s or self.hold_s % self.window_s:
            raise ValueError("expected window_s of 1 or more and hold_s of a whole number of windows")
        if not (1 <= self.percent <= 100 and 1 <= self.percent_held <= 100 and self.min_turn_backs > 1):
            raise ValueError("expected percentages of 1 to 100 and min_turn_backs of 2 or more")


def tell_swept(
    traversals: pa.Table,
    network: RoadNetwork,
    of_edge: Ints,
    suppressed: Ints,
    window: tuple[datetime, datetime],
    since: datetime,
    sweeping: Sweeping,
) -> pa.Table:
    """Tell what may be told of the roads passed in a window, and of those that waited for it.

    A traversal belongs to the window in which it was `left`; complete ones are passes.

    Args:
        traversals: schema `TRAVERSALS`, in any order.
        network: the roads that they were matched to.
        of_edge: neighbourhood of each edge, from `neighbourhoods`.
        suppressed: segments that are never told; they count neither as passed nor as roads.
        window: aware start and end, both whole numbers of `window_s` since 1970 (UTC).
        since: aware; where the data begins. What waited before the frame, or before this, is not told.
        sweeping: what is asked.

    Returns:
        Schema `PASSAGES`, sorted by the end of what a row tells, edge_id. `window_start` and `window_s` are those of
        the block: `passes` and `vehicles` 1 say that the edge was passed in it, once or oftener. `turn_backs` of
        `min_turn_backs`, told at the first edge of a road, says that at least so many vehicles turned back on that
        road, from whichever end, and that nobody passed it.

    Raises:
        ValueError: when a time is naive or not on the grid, or the traversals have another schema.
    """
    if not traversals.schema.equals(TRAVERSALS):
        raise ValueError("traversals do not have the schema of umaya.types.schemas")
    length = sweeping.window_s * _US
    start, end, begin = (microseconds(moment) for moment in (*window, since))
    if start % length or end % length or end < start:
        raise ValueError(f"expected a window of whole multiples of {sweeping.window_s} s")
    frame_us = sweeping.hold_s * _US
    at = max(start - start % frame_us, min(begin - begin % length, start))
    driven, places, parts = _Driven.of(traversals), _Places.of(network, of_edge, suppressed), []
    frame = _Frame(places, sweeping, max(at, begin))
    while at < end:
        if at % frame_us == 0:
            frame = _Frame(places, sweeping, max(at, begin))
        # Of a window that began before the data nothing was ever asked for, so it waits for the next.
        rows = frame.add(driven.between(max(at, begin), at + length), max(at, begin), at + length, at >= begin)
        if at >= start:
            parts.append(rows)
        at += length
    return _passages(parts, network, sweeping.min_turn_backs)


@dataclass(frozen=True)
class _Driven:
    """Traversals by the time at which they were left."""

    left: Ints
    edge: Ints
    vehicle: Ints
    complete: Bools
    turned: Bools

    @classmethod
    def of(cls, traversals: pa.Table) -> _Driven:
        rows = traversals.sort_by("left")
        vehicle = pc.rank(rows["vehicle_id"], sort_keys="ascending", tiebreaker="dense").to_numpy().astype(np.int64)
        flags = (rows[name].to_numpy(zero_copy_only=False) for name in ("complete", "turned_back"))
        return cls(rows["left"].cast(pa.int64()).to_numpy(), rows["edge_id"].to_numpy(), vehicle, *flags)

    def between(self, start: int, end: int) -> _Driven:
        rows = slice(*np.searchsorted(self.left, [start, end]))
        return _Driven(self.left[rows], self.edge[rows], self.vehicle[rows], self.complete[rows], self.turned[rows])


@dataclass(frozen=True)
class _Places:
    """Segment and neighbourhood of each edge; whether it may be told; roads of each neighbourhood that may be."""

    segment: Ints
    area: Ints
    told: Bools
    roads: Ints

    @classmethod
    def of(cls, network: RoadNetwork, area: Ints, suppressed: Ints) -> _Places:
        segment = network.edges.column("segment_id").to_numpy()
        told = ~np.isin(segment, suppressed)
        first = told & (segment == np.arange(len(segment)))
        return cls(segment, area, told, np.bincount(area[first], minlength=int(area.max(initial=-1)) + 1))


class _Frame:
    """What waits to be told.

    Args:
        places: the roads.
        sweeping: what is asked.
        at: microseconds, where it begins.
    """

    def __init__(self, places: _Places, sweeping: Sweeping, at: int) -> None:
        edges = len(places.segment)
        self._places, self._sweeping, self._begin = places, sweeping, at
        self._since = np.full(len(places.roads), at)
        """From when on the next block of each neighbourhood tells."""
        self._passed = np.zeros(edges, np.bool_)
        """Edges passed since then; `_waits` those of them that were not told alone."""
        self._waits = np.zeros(edges, np.bool_)
        self._ever = np.zeros(edges, np.bool_)
        """Segments passed in the frame."""
        self._met = np.empty(0, np.int64)
        """Segment and vehicle, as one number, of each turn-back that was not told; `_blamed` of those that were."""
        self._blamed = np.empty(0, np.int64)
        self._closed = np.zeros(edges, np.bool_)
        """Segments on which turn-backs were told, and no pass since."""

    def add(self, driven: _Driven, start: int, end: int, whole: bool) -> Ints:
        """Add a window; return rows of edge, begin, end and whether it tells a pass (1) or turn-backs (0).

        Args:
            driven: what was left in it.
            start: microseconds.
            end: microseconds.
            whole: whether anything may be told at its end.
        """
        places = self._places
        edge = driven.edge[driven.complete]
        now = np.zeros(len(places.segment), np.bool_)
        now[edge[places.told[edge]]] = True
        self._passed |= now
        self._waits |= now
        self._ever[places.segment[now]] = True
        turned = (places.segment[driven.edge] << _VEHICLES | driven.vehicle)[driven.turned & places.told[driven.edge]]
        self._met = np.union1d(self._met, np.setdiff1d(turned, self._blamed))
        self._met = self._met[~self._ever[self._met >> _VEHICLES]]
        if not whole:
            return np.empty((0, 4), np.int64)
        swept, since = self._swept(start, end)
        alone = self._alone(now)
        blocked = self._blocked()
        rows = [(swept, since, 1), (alone, np.full(len(alone), start), 1)]
        rows.append((blocked, np.full(len(blocked), self._begin), 0))
        found = np.concatenate([np.column_stack([e, b, np.full((len(e), 2), (end, kind))]) for e, b, kind in rows])
        return found[np.argsort(found[:, 0], kind="stable")]

    def _swept(self, start: int, end: int) -> tuple[Ints, Ints]:
        """Take the edges of neighbourhoods that are swept now, and since when what is told of each counts."""
        places, asked = self._places, self._sweeping
        on = np.zeros(len(places.segment), np.bool_)
        on[places.segment[self._passed]] = True
        seen = np.bincount(places.area[on], minlength=len(places.roads))
        percent = np.where(self._since >= start, asked.percent, asked.percent_held)
        swept = (seen * 100 >= places.roads * percent) & (seen > 0)
        here = swept[places.area]
        edges = np.flatnonzero(self._waits & here)
        # Nobody had passed a segment that was told as turned back on: if it is passed, then in this window.
        since = np.where(self._closed[places.segment[edges]], start, self._since[places.area[edges]])
        self._passed[here] = self._waits[here] = False
        self._since[swept] = end
        self._closed[places.segment[edges]] = False
        return edges, since

    def _alone(self, now: Bools) -> Ints:
        """Take the edges, passed now, of segments that had been told as turned back on."""
        edges = np.flatnonzero(self._waits & now & self._closed[self._places.segment])
        self._waits[edges] = False
        self._closed[self._places.segment[edges]] = False
        return edges

    def _blocked(self) -> Ints:
        """Take the segments on which enough vehicles turned back."""
        segment = self._met >> _VEHICLES
        blocked = np.bincount(segment, minlength=len(self._closed)) >= self._sweeping.min_turn_backs
        self._closed |= blocked
        told = blocked[segment]
        self._blamed, self._met = np.union1d(self._blamed, self._met[told]), self._met[~told]
        return np.flatnonzero(blocked)


def _passages(parts: list[Ints], network: RoadNetwork, turn_backs: int) -> pa.Table:
    edge, begin, end, kind = np.concatenate([np.empty((0, 4), np.int64), *parts]).T
    passed = kind == 1
    rows = network.edges.select(["way_id", "forward"]).take(pa.array(edge))
    columns = {
        "edge_id": edge,
        "way_id": rows["way_id"],
        "forward": rows["forward"],
        "window_start": pa.array(begin).cast(TIME),
        "window_s": ((end - begin) // _US).astype(np.int32),
        "passes": kind.astype(np.int32),
        "vehicles": kind.astype(np.int32),
        "last_passed": pa.array(begin, mask=~passed).cast(TIME),
        "turn_backs": pa.array(np.full(len(edge), turn_backs, np.int32), mask=passed),
        "days": pa.nulls(len(edge), pa.int32()),
    }
    return pa.table(columns, schema=PASSAGES)
