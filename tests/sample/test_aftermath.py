"""Weeks of rounds and the days after an earthquake: closures that open again are met, told of, never ridden through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.sample import make_town
from umaya.sample.aftermath import DAYS_AFTER, OBSTACLES, Aftermath, aftermath
from umaya.sample.days import JAPAN
from umaya.types.schemas import TRAVERSALS

WEDNESDAY = datetime(2026, 11, 18, 10, 40, tzinfo=JAPAN)


@pytest.fixture(scope="module")
def after() -> Aftermath:
    """Five bikes, two weeks before and three days after."""
    return aftermath(make_town(3, 1000), WEDNESDAY, seed=4, weeks=2)


def times(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    moments: npt.NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return moments


def passes_of_obstacles(after: Aftermath) -> int:
    """Complete rides along a segment begun and ended while it was closed."""
    ridden = after.since.filter(pc.field("complete"))
    segment = after.network.edges["segment_id"].to_numpy()[ridden["edge_id"].to_numpy()]
    entered, left = times(ridden["entered"]), times(ridden["left"])
    obstacles = after.obstacles
    return sum(
        int(((segment == row) & (entered >= closed) & (left <= opened)).sum())
        for row, closed, opened in zip(
            obstacles["segment_id"].to_pylist(),
            times(obstacles["closed_at"]).tolist(),
            times(obstacles["opened_at"]).tolist(),
            strict=True,
        )
    )


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    homes=st.integers(300, 1200),
    hour=st.floats(0, 23.5),
    day=st.integers(0, 6),
)
def test_nobody_passes_an_obstacle_in_any_town(seed: int, homes: int, hour: float, day: int) -> None:
    quake = datetime(2026, 11, 16 + day, tzinfo=JAPAN) + timedelta(hours=hour)
    assert passes_of_obstacles(aftermath(make_town(seed, homes), quake, seed, weeks=1)) == 0


def test_tables_have_their_schemas_and_times_do_not_run_back(after: Aftermath) -> None:
    assert after.ordinary.schema.equals(TRAVERSALS)
    assert after.since.schema.equals(TRAVERSALS)
    assert after.obstacles.schema.equals(OBSTACLES)
    for table in (after.ordinary, after.since):
        assert (times(table["left"]) > times(table["entered"])).all()
        same = table["vehicle_id"].to_numpy()[1:] == table["vehicle_id"].to_numpy()[:-1]
        assert (np.diff(times(table["entered"]))[same] >= 0).all()


def test_ordinary_days_end_before_the_earthquake_and_nothing_comes_after_four_days(after: Aftermath) -> None:
    midnight = datetime(2026, 11, 18, tzinfo=JAPAN)
    assert after.first == midnight - timedelta(days=14)
    assert after.days == 14
    assert pc.max(after.ordinary["left"]).as_py() < midnight
    assert pc.min(after.since["left"]).as_py() >= after.event == WEDNESDAY.astimezone(UTC)
    assert pc.max(after.since["left"]).as_py() < midnight + timedelta(days=DAYS_AFTER)


def test_weekends_see_fewer_rounds(after: Aftermath) -> None:
    local = times(after.ordinary["left"]) // 1_000_000 + 9 * 3600
    weekday = (local // 86_400 + 3) % 7
    passes = np.bincount(weekday, minlength=7)
    assert passes[5:].max() < 0.6 * passes[:5].min()


def test_closures_open_again_over_the_days(after: Aftermath) -> None:
    numbers = [len(after.closed(after.event + timedelta(hours=h))) for h in (0, 6, 24, 72)]
    assert numbers[0] > 0
    assert numbers[-1] < numbers[0]
    assert len(after.closed(after.event - timedelta(seconds=1))) == 0


def test_fewer_rounds_go_out_than_usual(after: Aftermath) -> None:
    assert len(after.rounds) == len(after.usual_rounds) == DAYS_AFTER
    assert all(0 < out <= usual for out, usual in zip(after.rounds, after.usual_rounds, strict=True))
    assert sum(after.rounds) < sum(after.usual_rounds)


def test_riders_turn_back_at_closures(after: Aftermath) -> None:
    closed = after.closed(after.event)
    turned = after.since.filter(pc.field("turned_back"))
    segments = after.network.edges["segment_id"].to_numpy()[turned["edge_id"].to_numpy()]
    assert np.isin(segments, closed).sum() >= 3


def test_the_same_seed_gives_the_same_days(after: Aftermath) -> None:
    town = make_town(3, 1000)
    again, other = aftermath(town, WEDNESDAY, 4, weeks=2), aftermath(town, WEDNESDAY, 5, weeks=2)
    assert again.ordinary.equals(after.ordinary)
    assert again.since.equals(after.since)
    assert again.obstacles.equals(after.obstacles)
    assert not other.since.equals(after.since)
