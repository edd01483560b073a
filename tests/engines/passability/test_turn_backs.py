"""The weighing of turn-backs, against the definition written out in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.engines.passability.turn_backs import TurnBacks, log_ratios

NEVER = int(np.iinfo(np.int64).min)
RATIO, COUNTED, ON_EDGE = 5.0, 3, 0.8


@st.composite
def cases(
    draw: st.DrawFn,
) -> tuple[list[tuple[int, int]], list[int], list[float], list[tuple[int, int, int, int, bool]]]:
    """Segments, their last passes and expectations, and turn-backs at ends of them."""
    node = st.integers(0, 4)
    ends = draw(st.lists(st.tuples(node, node), min_size=1, max_size=8))
    last = draw(st.lists(st.sampled_from([NEVER, 0, 10, 20]), min_size=len(ends), max_size=len(ends)))
    expected = draw(st.lists(st.floats(0, 1), min_size=len(ends), max_size=len(ends)))
    turns = []
    for _ in range(draw(st.integers(0, 5))):
        segment = draw(st.integers(0, len(ends) - 1))
        end = ends[segment][draw(st.integers(0, 1))]
        turns.append((segment, end, draw(st.sampled_from([0, 10, 20])), draw(st.integers(1, 5)), draw(st.booleans())))
    return ends, last, expected, turns


@settings(max_examples=200, deadline=None)
@given(cases())
def test_equal_to_the_definition(
    case: tuple[list[tuple[int, int]], list[int], list[float], list[tuple[int, int, int, int, bool]]],
) -> None:
    ends, last, expected, turns = case
    logs: dict[int, float] = defaultdict(float)
    met = set()
    for segment, node, window, vehicles, habitual in turns:
        gain = RATIO ** min(vehicles, COUNTED) - 1
        own = ON_EDGE if last[segment] < window else 0.0
        if own:
            met.add(segment)
            logs[segment] += math.log(1 + own * gain)
        beyond = [s for s, pair in enumerate(ends) if s != segment and node in pair and last[s] < window]
        total = sum(expected[s] for s in beyond) + 1
        for s in beyond if not habitual else []:
            logs[s] += math.log(1 + (1 - own) * expected[s] / total * gain)

    columns = np.array(turns, np.int64).reshape(-1, 5).T
    got, got_met = log_ratios(
        TurnBacks(columns[0], columns[1], columns[2], columns[3], columns[4].astype(bool)),
        np.array(ends, np.int64),
        np.array(last, np.int64),
        np.array(expected),
        RATIO,
        COUNTED,
        ON_EDGE,
    )
    cap = COUNTED * math.log(RATIO)
    assert got.tolist() == pytest.approx([min(logs[s], cap) for s in range(len(ends))])
    assert set(np.flatnonzero(got_met).tolist()) == met
