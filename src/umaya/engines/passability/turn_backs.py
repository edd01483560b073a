"""What turn-backs say about which segment is closed.

A vehicle that leaves an edge by its opposite direction met something: on the edge itself, or at its far node looking
into the next one; or it had its own reasons. Which of these is not in the counts, so each turn-back is a mixture over
its *candidates*: the segment itself, and the segments beyond that were not passed, each as surely as a ride usually
goes on into it. Passed means in the window of the turn-back or later. If the segment itself was, all the blame is
beyond; what is said of the segment itself its pass clears (`process`). Where vehicles turn on ordinary days too,
nothing is said of what lies beyond.

Likelihood ratio of n vehicles at a candidate that takes the share s of the blame, with r the ratio for one vehicle:
1 + s (r^n - 1). The same vehicles may be counted in several windows, so n is the most in one window, and a window adds
only what it raises that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umaya.engines.passability.segments import Bools, Floats, Ints, Segments

ON_EDGE = 0.8
"""Probability that what stopped a vehicle on a segment nobody passed lies on it and not just beyond its end."""
OWN_REASONS = 0.2
"""Weight of reasons of its own against all ways on, for a vehicle that turned at the far end of a segment."""


@dataclass(frozen=True)
class TurnBacks:
    """Rows of counts with turn-backs.

    Attributes:
        edge: directed edge on which the vehicles turned.
        step: in which step of the estimate.
        window_start: microseconds.
        vehicles: how many turned back, 1 or more.
    """

    edge: Ints
    step: Ints
    window_start: Ints
    vehicles: Ints


@dataclass(frozen=True)
class Blame:
    """Which segment (row) may be what stopped them, with its share of the blame; by step.

    `vehicles` are the most that turned back on the edge in one window until then, `before` until the window before.
    """

    step: Ints
    segment: Ints
    share: Floats
    vehicles: Ints
    before: Ints

    def log_ratios(self, ratio: float, counted: int) -> Floats:
        """Return the log likelihood ratio, closed to open, that each row adds; beyond `counted` vehicles none."""

        def log_ratio(vehicles: Ints) -> Floats:
            return np.log1p(self.share * (ratio ** np.minimum(vehicles, counted) - 1))

        return log_ratio(self.vehicles) - log_ratio(self.before)


def blame(
    seen: TurnBacks, roads: Segments, last_passed: Ints, onward: Floats, habitual: Bools, *, both_ways: bool = False
) -> Blame:
    """Share out the blame for all turn-backs.

    Args:
        seen: the turn-backs.
        roads: the segments.
        last_passed: microseconds for each segment, the smallest integer where it was not passed.
        onward: for each of `roads.turns` the share of rides on its first edge that usually go on into its second.
        habitual: for each segment whether vehicles turn back on it on ordinary days.
        both_ways: whether a turn-back on an edge may have been one on its opposite, so that what lies beyond either end
            is suspect.
    """
    own = roads.of_edge[seen.edge]
    most, before = _most(seen, last_passed[own] < seen.window_start)
    start, _, second = roads.turns
    row, edge = np.arange(len(own)), seen.edge
    if both_ways:
        back = roads.reverse[edge]
        row, edge = np.concatenate([row, row[back >= 0]]), np.concatenate([edge, back[back >= 0]])
    number = start[edge + 1] - start[edge]
    turn = np.repeat(row, number)
    pair = np.repeat(start[edge], number) + np.arange(len(turn)) - np.repeat(np.cumsum(number) - number, number)
    beyond = roads.of_edge[second[pair]]
    suspect = (last_passed[beyond] < seen.window_start[turn]) & ~habitual[own[turn]]
    turn, beyond, weight = turn[suspect], beyond[suspect], onward[pair[suspect]]
    total = np.bincount(turn, weights=weight, minlength=len(own)) + OWN_REASONS
    beyond_share = np.where(last_passed[own] < seen.window_start, 1 - ON_EDGE, 1.0)
    share = np.concatenate([np.full(len(own), ON_EDGE), beyond_share[turn] * weight / total[turn]])
    row = np.concatenate([np.arange(len(own)), turn])
    segment = np.concatenate([own, beyond])
    blamed = np.flatnonzero(share > 0)
    order = blamed[np.lexsort((segment[blamed], seen.step[row[blamed]]))]
    row = row[order]
    return Blame(seen.step[row], segment[order], share[order], most[row], before[row])


def _most(seen: TurnBacks, since_pass: Bools) -> tuple[Ints, Ints]:
    """Return the most vehicles on the same edge until each row and until the row before; a pass begins anew."""
    if not len(seen.edge):
        return seen.vehicles, seen.vehicles
    group = seen.edge * 2 + since_pass
    order = np.lexsort((seen.window_start, group))
    first = np.append(True, np.diff(group[order]) > 0)
    lift = np.cumsum(first) * (int(seen.vehicles.max()) + 1)  # keeps the groups apart in one running maximum
    running = np.maximum.accumulate(seen.vehicles[order] + lift) - lift
    most, before = np.empty_like(running), np.empty_like(running)
    most[order] = running
    before[order] = np.where(first, 0, np.append(0, running[:-1]))
    return most, before
