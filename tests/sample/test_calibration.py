"""The calibration holds on earthquakes that it was not fitted to: fixed small ones, drawn and released here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from umaya.engines.disclosure import link_counts
from umaya.engines.passability import Segments, estimate, usual_pattern
from umaya.sample import make_town
from umaya.sample.aftermath import aftermath
from umaya.sample.days import JAPAN
from umaya.types.schemas import TIME

HORIZONS = (1, 3, 6, 24, 72)
SEEDS = range(3000, 3006)


@dataclass(frozen=True)
class Told:
    """Of all segments, earthquakes and horizons: closed in truth, the probability told, passed since, ever usual."""

    closed: npt.NDArray[np.bool_]
    p: npt.NDArray[np.float64]
    passed: npt.NDArray[np.bool_]
    usual: npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def told() -> Told:
    parts = []
    for seed in SEEDS:
        quake = datetime(2026, 10, 5 + seed % 10, 9 + seed % 5, 30, tzinfo=JAPAN)
        after = aftermath(make_town(seed, 1200), quake, seed, weeks=3)
        end = after.first + timedelta(days=after.days)
        ordinary = link_counts(after.ordinary, after.first, end, 3600, 2, 2, True)
        live = link_counts(after.since, after.event, after.event + timedelta(hours=72), 600, 1, 2, False)
        usual, roads = usual_pattern(ordinary, after.network, after.days), Segments(after.network)
        known = np.isin(np.arange(len(roads)), roads.of_edge[usual["edge_id"].to_numpy()])
        for hours in HORIZONS:
            now = after.event + timedelta(hours=hours)
            since = live.filter(pc.field("window_start") < pa.scalar(now, TIME))
            table = estimate(roads, since, usual, after.event, now)
            closed = np.isin(roads.ids, after.closed(now))
            parts.append((closed, table["p_blocked"].to_numpy(), table["passed_since"].to_numpy(), known))
    return Told(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@pytest.mark.slow
def test_of_roads_told_with_a_probability_about_that_share_is_closed(told: Told) -> None:
    """In four ranges of the probability, within what chance and other towns allow: a factor of three of the odds."""
    for low, high in ((0.0, 0.1), (0.1, 0.4), (0.4, 0.8), (0.8, 1.0)):
        here = (told.p >= low) & (told.p < high)
        assert here.sum() >= 30
        mean, share = told.p[here].mean(), told.closed[here].mean()
        assert 1 / 3 < (share / (1 - share)) / (mean / (1 - mean)) < 3, (low, high, mean, share)


@pytest.mark.slow
def test_far_better_than_telling_everybody_the_same_and_than_not_passed(told: Told) -> None:
    """Against the share of closed roads, and against the best that "usually passed, now not" could tell here."""
    rule = told.usual & ~told.passed
    simple = np.where(rule, told.closed[rule].mean(), told.closed[~rule].mean())
    ours, base, other = (
        float(np.mean((p - told.closed) ** 2)) for p in (told.p, np.full_like(told.p, told.closed.mean()), simple)
    )
    assert ours < 0.75 * base
    assert ours < 0.8 * other


@pytest.mark.slow
def test_most_of_what_is_called_blocked_is(told: Told) -> None:
    called = told.p >= 0.5
    assert told.closed[called].mean() > 0.65
    assert called[told.closed].mean() > 0.25
