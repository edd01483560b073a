"""What turn-backs say about which segment is closed.

A vehicle that leaves an edge by its opposite direction met something: on the edge itself, or at its far node looking
into the next one; or it had its own reasons. Which of these is not in the counts, so each turn-back is a mixture over
its *candidates*: the segment itself unless it was passed, and the segments at the far node that were not passed, each
as surely as somebody should have come through it. Passed means in the window of the turn-back or later: a pass
reopens. Where vehicles turn on ordinary days too, nothing is said of what lies beyond.

Likelihood ratio of n vehicles at a candidate that takes the share s of the blame, with r the ratio for one vehicle:
1 + s (r^n - 1). Windows multiply.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TurnBacks:
    """Rows of counts with turn-backs.

    Attributes:
        segment: row of the segment on which the vehicles turned.
        node: its far end in their direction.
        window_start: microseconds.
        vehicles: how many turned back, 1 or more.
        habitual: whether vehicles turn back on that segment on ordinary days.
    """

    segment: Ints
    node: Ints
    window_start: Ints
    vehicles: Ints
    habitual: npt.NDArray[np.bool_]


def log_ratios(
    seen: TurnBacks,
    ends: Ints,
    last_passed: Ints,
    expected: Floats,
    ratio: float,
    counted: int,
    on_edge_share: float,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Weigh for each segment all turn-backs that may concern it.

    Args:
        seen: the turn-backs.
        ends: shape (segments, 2), the nodes of each segment.
        last_passed: microseconds for each segment, the smallest integer where it was not passed.
        expected: for each segment the probability that somebody should have passed.
        ratio: for one vehicle.
        counted: vehicles that count at most, in one window and in all.
        on_edge_share: share of the segment itself.

    Returns:
        The log likelihood ratio, closed to open; and whether vehicles turned back on the segment itself.
    """
    turn, candidate = _beyond(seen, ends)
    suspect = (last_passed[candidate] < seen.window_start[turn]) & ~seen.habitual[turn]
    turn, candidate = turn[suspect], candidate[suspect]
    own_share = np.where(last_passed[seen.segment] < seen.window_start, on_edge_share, 0.0)
    total = np.bincount(turn, weights=expected[candidate], minlength=len(seen.segment)) + 1  # 1: for reasons of its own
    share = (1 - own_share[turn]) * expected[candidate] / total[turn]
    gain = ratio ** np.minimum(seen.vehicles, counted) - 1
    count = len(ends)
    own = np.bincount(seen.segment, weights=np.log1p(own_share * gain), minlength=count)
    beyond = np.bincount(candidate, weights=np.log1p(share * gain[turn]), minlength=count)
    return np.minimum(own + beyond, counted * np.log(ratio)), own > 0


def _beyond(seen: TurnBacks, ends: Ints) -> tuple[Ints, Ints]:
    """Pairs of a turn-back and a segment at its far node other than its own."""
    node = ends.ravel()
    by_node = np.argsort(node, kind="stable")
    low = np.searchsorted(node[by_node], seen.node, side="left")
    number = np.searchsorted(node[by_node], seen.node, side="right") - low
    turn = np.repeat(np.arange(len(seen.node)), number)
    within = np.arange(len(turn)) - np.repeat(np.cumsum(number) - number, number)
    candidate = by_node[low[turn] + within] // 2
    other = candidate != seen.segment[turn]
    pairs = np.unique(np.column_stack((turn[other], candidate[other])), axis=0)  # a loop has two ends at one node
    return pairs[:, 0], pairs[:, 1]
