"""What was seen of each segment in each step of time since an event: passes, and riders who should have passed.

A step is a released window with the gap before it. For each it tells:

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
        begin: microseconds, start of its window.
        hours: since the step before, or the event.
        passed, near, missed, round: see the module.
        blamed: rows of `Evidence.blame` of this step.
    """

    begin: int
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
        areas: of each segment the neighbourhood with which its passes are told or withheld; None where each is told by
            itself. In a step in which a neighbourhood tells no pass, nothing is known of any of its segments.

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
        passes = since.column("passes").to_numpy().astype(np.float64)
        last = since.column("last_passed").cast(pa.int64()).fill_null(NEVER).to_numpy()
        counts = (passes > 0) & (last >= start) & (last <= end) & (begins < end)
        turned = (since.column("turn_backs").fill_null(0).to_numpy() > 0) & (begins >= start) & (begins < end)
        chosen = np.flatnonzero(counts | turned)
        chosen = chosen[np.argsort(begins[chosen], kind="stable")]
        self._edge: Ints = since.column("edge_id").to_numpy()[chosen]
        self._passes: Floats = np.where(counts, passes, 0.0)[chosen]
        self._begins, length = np.unique(begins[chosen], return_index=True)
        self._rows: Ints = np.append(length, len(chosen))
        self._ends = self._begins + since.column("window_s").to_numpy()[chosen[length]].astype(np.int64) * _US
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
        seen = TurnBacks(self._edge[where], step, self._begins[step], vehicles[where].astype(np.int64))
        self.blame: Blame = blame(seen, roads, self.last, self._onward, pattern.habitual)

    def steps(self) -> Iterator[Step]:
        """Yield the steps in order; the last ends at the moment of the estimate."""
        before, seen, due = self._start, np.zeros(len(self._roads)), np.zeros(len(self._roads))
        blamed = np.searchsorted(self.blame.step, np.arange(len(self._begins) + 1))
        earlier = np.zeros(len(self._roads.of_edge))
        for number in range(len(self._begins) + 1):
            rows = slice(self._rows[number], self._rows[min(number + 1, len(self._begins))])
            end = self._end if number == len(self._begins) else max(before, min(int(self._ends[number]), self._end))
            hours = (end - before) / (3600 * _US)
            hazard, usual = self._pattern.between(before, end)
            by_edge = _sums(self._edge[rows], self._passes[rows], len(earlier))
            passes = _sums(self._roads.of_edge, by_edge, len(self._roads))
            round_ = self._roads.detours.ridden(earlier + by_edge) / 2
            round_ -= self._usual_round * (by_edge.sum() / self._all_usual)
            earlier = by_edge
            told = self._told(passes)
            usual = usual * told
            fade = np.exp(-hours / MEMORY_H)
            seen, due = seen * fade + passes, due * fade + usual
            activity = self._activity(seen, due, end)
            self.expected += activity * usual
            turns = slice(blamed[number], blamed[number + 1]) if number < len(self._begins) else slice(0, 0)
            begin = self._end if number == len(self._begins) else int(self._begins[number])
            near = self._near(rows) * told[:, None]
            yield Step(begin, hours, passes > 0, near, activity * hazard * told, round_ * told, turns)
            before = end

    def _told(self, passes: Floats) -> Bools:
        """Return the segments of which something is known in a step: those whose neighbourhood tells a pass."""
        if self._areas is None:
            return np.ones(len(self._roads), np.bool_)
        told: Bools = _sums(self._areas, passes, int(self._areas.max(initial=-1)) + 1)[self._areas] > 0
        return told

    def _activity(self, seen: Floats, due: Floats, end: int) -> Floats:
        """Traffic of the rest of the town against the usual, as seen from each segment."""
        begins, ends, share = self._planned
        row = int(np.searchsorted(begins, end, side="left")) - 1
        planned = float(share[row]) if row >= 0 and end <= ends[row] else 1.0
        ratio = (seen.sum() - seen + planned * DOUBT_PASSES) / (due.sum() - due + DOUBT_PASSES)
        activity: Floats = np.clip(ratio, 0.0, MOST_ACTIVITY)
        return activity

    def _near(self, rows: slice) -> Floats:
        """Sum over the riders who came to each end of each segment the share of them who usually go on into it."""
        start, _, second = self._roads.turns
        edge, passes = self._edge[rows], self._passes[rows]
        edge, passes = edge[passes > 0], passes[passes > 0]
        number = start[edge + 1] - start[edge]
        came = np.repeat(np.arange(len(edge)), number)
        pair = start[edge][came] + np.arange(len(came)) - np.repeat(np.cumsum(number) - number, number)
        weight = passes[came] * self._onward[pair]
        roads, into = self._roads, second[pair]
        segment = roads.of_edge[into]
        end = (roads.source[into] != roads.ends[segment, 0]).astype(np.int64)
        return _sums(2 * segment + end, weight, 2 * len(roads)).reshape(-1, 2)


def onward_shares(roads: Segments, rate: Floats) -> Floats:
    """Return for each of `roads.turns` the share of rides on its first edge that usually go on into its second."""
    start, first, second = roads.turns
    total = _sums(first, rate[second], len(start) - 1) + RARE
    return rate[second] / total[first]


def _sums(row: Ints, values: Floats, count: int) -> Floats:
    return np.bincount(row, weights=values, minlength=count).astype(np.float64)
