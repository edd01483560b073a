"""What was seen of each segment in each step of time since an event: passes, and riders who should have passed.

A step ends where released windows end, or at the moment of the estimate. For each it tells:

- `passed`: a vehicle rode the segment from end to end, either way.
- `near`: near misses, the passes to be expected of the riders who came, at each end. A rider who came to a node along
  one edge usually goes on into each other edge there with a known share (passes of an ordinary day); those shares are
  summed over all who came. This holds whatever the earthquake did to the rounds, and a segment that nobody came near,
  such as one behind a closure, gets nothing.
- `missed`: the hazard of a pass that is usual for weekday and hour, scaled by how much of the town's usual traffic
  there is at the time; own passes are left out of that comparison, so that they never speak against the segment.
- `round`: detours, riders who rode the whole way round the segment (`detours`) beyond those usual there at the town's
  present traffic. A ride is seen in the window of each of its roads and may take two windows, so each is counted half
  in its own and half in the next.
- turn-backs, as rows of `Evidence.blame` (`turn_backs`).

Where neighbourhoods are told as a whole or not at all (`tell-swept`), what is told of one covers a block of time, of
one window or of several. A road that is missing from a block is taken as not passed in it, which is nearly so: a tour
may have begun or ended on it, whose ends are not told (`trim-tours`). Outside its blocks nothing is known of a
neighbourhood: that it was not told is missing by design and speaks against none of its roads. A road that is never
told must not lie in the neighbourhood of others (`areas`): it would be missing from each of their blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from umaya.engines.passability.pattern import Pattern
from umaya.engines.passability.segments import Bools, Floats, Ints, Segments
from umaya.engines.passability.turn_backs import Blame, TurnBacks, blame

NEVER = int(np.iinfo(np.int64).min)
MEMORY_H = 1.0
"""The town's traffic is compared over about so many hours past."""
DOUBT_PASSES = 20.0
"""Usual passes of the town from which its own traffic counts for more than what was planned."""
RARE = 0.25
"""Passes a day by which the ways on from a node are thought less sure than they were counted."""
MOST_ACTIVITY = 1.5
_US = 1_000_000


@dataclass(frozen=True)
class Step:
    """One step; arrays by segment, `near` by segment and end.

    Attributes:
        begin: microseconds, start of what is told of each segment.
        hours: since the step before, or the event.
        passed, near, missed, round: see the module.
        blamed: rows of `Evidence.blame` of this step.
    """

    begin: Ints
    hours: float
    passed: Bools
    near: Floats
    missed: Floats
    round: Floats
    blamed: slice


class Evidence:
    """All that was seen since an event.

    Args:
        since: schema `PASSAGES`, days not folded.
        roads: the segments.
        pattern: what is usual.
        start: microseconds, the event.
        end: microseconds, the moment of the estimate.
        planned: start and end (microseconds) of spans, and the share of the usual rounds planned in each; in order.
        areas: of each segment the neighbourhood with which its passes are told or withheld, one of its own where it is
            never told; None where each is told by itself.

    Attributes:
        passes: number since the event.
        last: microseconds of the last pass, `NEVER` for none.
        turned: most vehicles that turned back in one window.
        expected: passes to be expected since the event at the traffic there was; complete after `steps` was run out.
        blame: what turn-backs say.
    """

    def __init__(
        self,
        since: pa.Table,
        roads: Segments,
        pattern: Pattern,
        start: int,
        end: int,
        planned: tuple[Ints, Ints, Floats],
        areas: Ints | None = None,
    ) -> None:
        self._areas = areas
        self._roads, self._pattern, self._start, self._end, self._planned = roads, pattern, start, end, planned
        begins = since.column("window_start").cast(pa.int64()).to_numpy()
        ends = begins + since.column("window_s").to_numpy().astype(np.int64) * _US
        passes = since.column("passes").to_numpy().astype(np.float64)
        last = since.column("last_passed").cast(pa.int64()).fill_null(NEVER).to_numpy()
        counts = (passes > 0) & (last >= start) & (last <= end) & (begins < end)
        turned = (since.column("turn_backs").fill_null(0).to_numpy() > 0) & (begins >= start) & (begins < end)
        chosen = np.flatnonzero(counts | turned)
        chosen = chosen[np.lexsort((begins[chosen], ends[chosen]))]
        self._edge: Ints = since.column("edge_id").to_numpy()[chosen]
        self._passes: Floats = np.where(counts, passes, 0.0)[chosen]
        self._begins: Ints = begins[chosen]
        self._ends, first = np.unique(ends[chosen], return_index=True)
        self._rows: Ints = np.append(first, len(chosen))
        segment = roads.of_edge[self._edge]
        self.passes: Ints = np.bincount(segment, weights=self._passes, minlength=len(roads)).astype(np.int64)
        self.last: Ints = np.full(len(roads), NEVER)
        some = counts[chosen]
        np.maximum.at(self.last, segment[some], last[chosen][some])
        vehicles = np.where(turned, since.column("turn_backs").fill_null(0).to_numpy(), 0)[chosen]
        self.turned: Ints = np.zeros(len(roads), np.int64)
        np.maximum.at(self.turned, segment, vehicles)
        self.expected: Floats = np.zeros(len(roads))
        self._onward = onward_shares(roads, pattern.rate)
        self._usual_round = roads.detours.ridden(pattern.rate)
        self._all_usual = max(float(pattern.rate.sum()), 1.0)
        where = np.flatnonzero(vehicles > 0)
        step = np.searchsorted(self._rows, where, side="right") - 1
        seen = TurnBacks(self._edge[where], step, self._begins[where], vehicles[where].astype(np.int64))
        until = np.full(len(roads), NEVER)
        np.maximum.at(until, segment[some], ends[chosen][some] - 1)
        self.blame: Blame = blame(seen, roads, until, self._onward, pattern.habitual, both_ways=areas is not None)
        self._turned_by: Ints = np.full(len(roads), np.iinfo(np.int64).max)
        np.minimum.at(self._turned_by, segment[where], ends[chosen][where])

    def steps(self) -> Iterator[Step]:
        """Yield the steps in order; the last ends at the moment of the estimate."""
        before, seen, due = self._start, np.zeros(len(self._roads)), np.zeros(len(self._roads))
        blamed = np.searchsorted(self.blame.step, np.arange(len(self._ends) + 1))
        earlier = np.zeros(len(self._roads.of_edge))
        for number in range(len(self._ends) + 1):
            rows = slice(self._rows[number], self._rows[min(number + 1, len(self._ends))])
            end = self._end if number == len(self._ends) else max(before, min(int(self._ends[number]), self._end))
            hours = (end - before) / (3600 * _US)
            by_edge = _sums(self._edge[rows], self._passes[rows], len(earlier))
            passes = _sums(self._roads.of_edge, by_edge, len(self._roads))
            round_ = self._roads.detours.ridden(earlier + by_edge) / 2
            round_ -= self._usual_round * (by_edge.sum() / self._all_usual)
            earlier = by_edge
            begin = (
                np.full(len(self._roads), before) if self._areas is None else self._told_from(self._areas, rows, end)
            )
            told = begin < end
            hazard, usual = self._usual(begin, end)
            fade = np.exp(-hours / MEMORY_H)
            seen, due = seen * fade + passes, due * fade + usual
            activity = self._activity(seen, due, end)
            self.expected += activity * usual
            turns = slice(blamed[number], blamed[number + 1]) if number < len(self._ends) else slice(0, 0)
            near = self._near(rows, begin) * told[:, None]
            yield Step(self._from(rows, end), hours, passes > 0, near, activity * hazard, round_ * told, turns)
            before = end

    def _told_from(self, areas: Ints, rows: slice, end: int) -> Ints:
        """Return from when on the neighbourhood of each segment is told in a step; `end` where it is not.

        Of a road where vehicles had turned back a pass is told whatever is passed around it, so it says nothing of
        its neighbourhood.
        """
        segment = self._roads.of_edge[self._edge[rows]]
        whole = (self._passes[rows] > 0) & (self._turned_by[segment] > self._begins[rows])
        begin = np.full(int(areas.max(initial=-1)) + 1, end)
        np.minimum.at(begin, areas[segment[whole]], self._begins[rows][whole])
        of_segment: Ints = np.maximum(begin, self._start)[areas]
        return of_segment

    def _from(self, rows: slice, end: int) -> Ints:
        """Return since when at the earliest each segment was passed in a step; `end` where it was not.

        Not before turn-backs on it were told: until then nobody had passed it.
        """
        begin = np.full(len(self._roads), NEVER)
        some = self._passes[rows] > 0
        np.maximum.at(begin, self._roads.of_edge[self._edge[rows]][some], self._begins[rows][some])
        closed = np.where(self._turned_by < end, self._turned_by, NEVER)
        return np.where(begin == NEVER, end, np.maximum(begin, closed))

    def _usual(self, begin: Ints, end: int) -> tuple[Floats, Floats]:
        """Return hazard and passes usual for each segment from its own `begin` to `end`."""
        hazard, usual = np.zeros(len(self._roads)), np.zeros(len(self._roads))
        for moment in np.unique(begin[begin < end]).tolist():
            here = begin == moment
            of_all = self._pattern.between(moment, end)
            hazard[here], usual[here] = (values[here] for values in of_all)
        return hazard, usual

    def _activity(self, seen: Floats, due: Floats, end: int) -> Floats:
        """Traffic of the rest of the town against the usual, as seen from each segment."""
        begins, ends, share = self._planned
        row = int(np.searchsorted(begins, end, side="left")) - 1
        planned = float(share[row]) if row >= 0 and end <= ends[row] else 1.0
        ratio = (seen.sum() - seen + planned * DOUBT_PASSES) / (due.sum() - due + DOUBT_PASSES)
        activity: Floats = np.clip(ratio, 0.0, MOST_ACTIVITY)
        return activity

    def _near(self, rows: slice, told_from: Ints) -> Floats:
        """Sum over the riders who came to each end of each segment the share of them who usually go on into it.

        Those who may have come before `told_from`, when what is told of the segment begins, do not count.
        """
        start, _, second = self._roads.turns
        some = self._passes[rows] > 0
        edge, passes, begin = (values[rows][some] for values in (self._edge, self._passes, self._begins))
        number = start[edge + 1] - start[edge]
        came = np.repeat(np.arange(len(edge)), number)
        pair = start[edge][came] + np.arange(len(came)) - np.repeat(np.cumsum(number) - number, number)
        weight = passes[came] * self._onward[pair]
        roads, into = self._roads, second[pair]
        segment = roads.of_edge[into]
        weight *= begin[came] >= (NEVER if self._areas is None else told_from[segment])
        end = (roads.source[into] != roads.ends[segment, 0]).astype(np.int64)
        return _sums(2 * segment + end, weight, 2 * len(roads)).reshape(-1, 2)


def onward_shares(roads: Segments, rate: Floats) -> Floats:
    """Return for each of `roads.turns` the share of rides on its first edge that usually go on into its second."""
    start, first, second = roads.turns
    total = _sums(first, rate[second], len(start) - 1) + RARE
    return rate[second] / total[first]


def _sums(row: Ints, values: Floats, count: int) -> Floats:
    return np.bincount(row, weights=values, minlength=count).astype(np.float64)
