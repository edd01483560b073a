"""The weighing of turn-backs, against the definition written out in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.graphs import two_way_network
from umaya.engines.passability.evidence import onward_shares
from umaya.engines.passability.segments import Segments
from umaya.engines.passability.turn_backs import ON_EDGE, OWN_REASONS, TurnBacks, blame

NEVER = int(np.iinfo(np.int64).min)
RATIO, COUNTED = 5.0, 3

Turn = tuple[int, int, int]
"""Edge, window and vehicles of a turn-back; a window is a step here."""
Case = tuple[list[tuple[int, int]], list[int], list[float], list[bool], list[Turn]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Segments, their last passes, passes a day of their edges, where turning is a habit, and turn-backs."""
    node = st.integers(0, 4)
    ends = draw(st.lists(st.tuples(node, node), min_size=1, max_size=8))
    last = draw(st.lists(st.sampled_from([NEVER, 0, 1, 2]), min_size=len(ends), max_size=len(ends)))
    rate = draw(st.lists(st.floats(0, 5), min_size=2 * len(ends), max_size=2 * len(ends)))
    habit = draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))
    turn = st.tuples(st.integers(0, 2 * len(ends) - 1), st.integers(0, 2), st.integers(1, 5))
    turns = draw(st.lists(turn, max_size=6, unique_by=lambda t: t[:2]))
    return ends, last, rate, habit, sorted(turns, key=lambda t: t[1])


def by_hand(case: Case) -> dict[int, float]:
    """Log likelihood ratio of each segment; segment `s` has the edges `2 s` and `2 s + 1` back."""
    ends, last, rate, habit, turns = case
    at = [node for a, b in ends for node in (a, b)]  # where each edge begins
    logs: dict[int, float] = defaultdict(float)
    most: dict[tuple[int, bool], int] = defaultdict(int)
    for edge, window, vehicles in turns:
        own = edge // 2
        group = (edge, last[own] < window)
        before, most[group] = most[group], max(most[group], vehicles)
        ways = [e for e in range(len(at)) if at[e] == at[edge ^ 1] and e // 2 != own]
        onward = {e: rate[e] / (sum(rate[o] for o in ways) + 0.25) for e in ways}
        suspects = [e for e in ways if last[e // 2] < window and not habit[own]]
        total = sum(onward[e] for e in suspects) + OWN_REASONS
        left = 1 - ON_EDGE if last[own] < window else 1.0
        shares = [(own, ON_EDGE)] + [(e // 2, left * onward[e] / total) for e in suspects]
        for segment, share in shares:
            for sign, number in ((1, most[group]), (-1, before)):
                logs[segment] += sign * math.log(1 + share * (RATIO ** min(number, COUNTED) - 1))
    return logs


@settings(max_examples=150, deadline=None)
@given(cases())
def test_equal_to_the_definition(case: Case) -> None:
    ends, last, rate, habit, turns = case
    roads = Segments(two_way_network(5, ends, [100.0] * len(ends)))
    columns = np.array(turns, np.int64).reshape(-1, 3).T
    found = blame(
        TurnBacks(columns[0], columns[1], columns[1], columns[2]),
        roads,
        np.array(last, np.int64),
        onward_shares(roads, np.array(rate)),
        np.array(habit),
    )
    logs = np.bincount(found.segment, weights=found.log_ratios(RATIO, COUNTED), minlength=len(ends))
    expected = by_hand(case)
    assert logs.tolist() == pytest.approx([expected[s] for s in range(len(ends))])
    assert (np.diff(found.step) >= 0).all()


def test_the_same_vehicles_told_in_three_windows_count_once() -> None:
    roads = Segments(two_way_network(2, [(0, 1)], [100.0]))

    def told(*vehicles: int) -> float:
        windows = np.arange(len(vehicles))
        seen = TurnBacks(np.zeros(len(vehicles), np.int64), windows, windows, np.array(vehicles))
        args = (np.array([NEVER]), np.empty(0), np.array([False]))
        return float(blame(seen, roads, *args).log_ratios(RATIO, COUNTED).sum())

    assert told(2, 2, 2) == pytest.approx(told(2))
    assert told(2, 3, 1) == pytest.approx(told(3))
