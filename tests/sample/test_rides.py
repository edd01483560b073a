"""Riding: shortest ways, tours, motion second by second, the errors of a phone, and ordinary days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.sample.conftest import TUESDAY
from tests.sample.test_map import drawn
from umaya.sample import Day, Town, ordinary_day
from umaya.sample.days import offices_of
from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.drive import Itinerary, moves_of, track_of
from umaya.sample.rides.gps import errors, gaps
from umaya.sample.rides.rounds import tour
from umaya.sample.rides.routing import Routing
from umaya.sample.size import CENTRE
from umaya.types.schemas import POSITIONS


@pytest.fixture
def square() -> Streets:
    r"""Four corners, a blind lane at 3, a driveway off the road from 1 to 2. Rows: 1-2, 2-3, 3-4, 4-1, 3-5, driveway.

    4---3---5
    |   |
    1-6-2
      :
      7
    """
    return drawn(
        {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (150, 100), 6: (50, 0), 7: (50, -20)},
        [
            ([1, 6, 2], "residential", None),
            ([2, 3], "residential", None),
            ([3, 4], "residential", None),
            ([4, 1], "residential", None),
            ([3, 5], "residential", None),
            ([6, 7], "service", "private"),
        ],
    )


def one_stop(row: Ints, a: Floats, b: Floats, driveway: int) -> Itinerary:
    """An itinerary with one stop of 10 s in the middle of its first stretch."""
    none = np.zeros(len(row), dtype=np.int64)
    return Itinerary(
        row,
        a,
        b,
        np.zeros(len(row)),
        none,
        none > 0,
        np.array([0]),
        np.array([50.0]),
        np.array([10.0]),
        np.array([driveway]),
    )


def test_the_shortest_way_and_the_way_round(square: Streets) -> None:
    """From 1 to 3 two segments either way; with 2-3 closed only by 4; to a cut-off corner none."""
    closed = np.array([False, True, False, False, False])
    before, after = Routing.of(square, 0), Routing.of(square, 0, closed)
    source, target = np.array([0, 1]), np.array([2, 2])

    assert before.seconds[0, 2] == after.seconds[0, 2]
    assert after.paths(source, target)[0].tolist() == [0, 0, 1, 1, 1]
    assert after.paths(source, target)[1].tolist() == [3, 2, 0, 3, 2]
    assert after.paths(source, target)[2].tolist() == [False, False, False, False, False]
    cut = Routing.of(square, 0, np.array([False, False, False, False, True]))
    assert len(cut.paths(np.array([0]), np.array([4]))[0]) == 0


def test_a_tour_rides_each_street_once_and_the_blind_lane_when_there(square: Streets) -> None:
    row, forward = tour(square, Routing.of(square, 0), 0, np.arange(5))

    assert sorted(row.tolist()) == [0, 1, 2, 3, 4]
    assert row.tolist() in ([0, 1, 4, 2, 3], [3, 2, 4, 1, 0])
    assert forward[row.tolist().index(4)]


def test_a_stop_in_a_driveway_leaves_the_road_and_comes_back(square: Streets) -> None:
    """Along 1-2 with a visit to the house at 7: the truth keeps the public segment and the place of the mouth."""
    plan = one_stop(np.array([0]), np.array([0.0]), np.array([100.0]), driveway=5)
    moves = moves_of(square, [plan], np.array([0.0]), np.array([1.0]), np.random.default_rng(0))
    track = track_of(square, moves, np.array([0]), np.array([int((moves.start + moves.duration).max())]))

    assert track.xy[0] == pytest.approx([0.0, 0.0], abs=0.01)
    assert track.xy[track.private].min(axis=0)[1] == pytest.approx(-20.0, abs=0.01)
    assert track.offset[track.private] == pytest.approx(50.0)
    assert 10 <= track.private.sum() <= 30
    assert set(track.road.tolist()) == {0}
    assert np.hypot(*np.diff(track.xy, axis=0).T).max() < 12.0


def test_the_phone_errs_by_some_metres_and_remembers() -> None:
    vehicle = np.repeat([0, 1], 40_000)
    error, outlier, claimed = errors(vehicle, 2, np.random.default_rng(1))
    calm = error[~outlier]

    assert 3.0 < np.hypot(*calm.T).std() + np.hypot(*calm.T).mean() < 12.0
    assert np.corrcoef(calm[:-1, 0], calm[1:, 0])[0, 1] > 0.9
    assert np.hypot(*error[outlier].T).min() > 30.0
    assert claimed[outlier].mean() > claimed[~outlier].mean()


def test_gaps_stay_with_their_vehicle() -> None:
    vehicle = np.repeat([0, 1, 2], 20_000)
    missing = gaps(vehicle, np.random.default_rng(2))
    runs = lengths(missing)

    assert 0.01 < missing.mean() < 0.08
    assert runs.min() >= 1
    assert np.quantile(runs, 0.1) >= 20


def lengths(mask: Bools) -> Ints:
    """Lengths of runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges[1::2] - edges[::2]


def test_a_day_is_the_same_again_and_office_by_office(town: Town, day: Day) -> None:
    """The same seed gives the same bytes; what one office does does not depend on who else is asked for."""
    second = town.offices["office_id"][1].as_py()
    alone = ordinary_day(town, TUESDAY, 1, offices={second})
    bikes = pa.array(np.unique(alone.positions["vehicle_id"].to_numpy()))

    for ours, whole in ((alone.positions, day.positions), (alone.truth_points, day.truth_points)):
        assert ours.equals(whole.filter(pc.is_in(whole["vehicle_id"], bikes)).combine_chunks())
    assert len(bikes) == town.offices["bikes"][1].as_py()


def test_positions_are_in_order_and_believable(town: Town, day: Day) -> None:
    """Sorted, unique, 1 Hz with gaps, below 25 m/s but for marked outliers, near the truth, about 9:00 to 16:30."""
    seen, truth = day.positions, day.truth_points
    t = seen["t"].cast(pa.int64()).to_numpy() // 1_000_000
    same = (seen["vehicle_id"].to_numpy()[1:] == seen["vehicle_id"].to_numpy()[:-1]) & True
    step = np.diff(t)
    xy = CENTRE.to_metres(np.column_stack([seen["lon"].to_numpy(), seen["lat"].to_numpy()]))
    true = CENTRE.to_metres(np.column_stack([truth["lon"].to_numpy(), truth["lat"].to_numpy()]))
    outlier = truth["outlier"].to_numpy()
    fair = same & ~outlier[1:] & ~outlier[:-1]
    hour = (t % 86400) / 3600 + 9

    assert seen.schema.equals(POSITIONS)
    assert seen.select(["vehicle_id", "t"]).equals(truth.select(["vehicle_id", "t"]))
    assert seen["vehicle_id"].to_pylist()[::10_000] == sorted(seen["vehicle_id"].to_pylist()[::10_000])
    assert len(pc.unique(seen["vehicle_id"])) == 40
    assert (step[same] >= 1).all()
    assert 0.95 < (step[same] == 1).mean() < 1.0
    assert (np.hypot(*np.diff(true, axis=0).T) / np.maximum(step, 1))[same].max() < 14.0
    assert (np.hypot(*np.diff(xy, axis=0).T) / np.maximum(step, 1))[fair].max() < 25.0
    assert np.hypot(*(xy - true).T)[~outlier].mean() == pytest.approx(4.7, abs=1.5)
    assert 9.0 <= hour.min() < 9.1
    assert 16.0 < np.quantile(hour, 0.995) < 17.5
    assert 0.02 < truth["on_private"].to_numpy().mean() < 0.6


def test_the_truth_lies_on_its_segment(town: Town, day: Day) -> None:
    """Off private ways, the true place is the given place on the given segment."""
    truth = day.truth_points.filter(pc.invert(day.truth_points["on_private"]))
    truth = truth.take(pa.array(np.arange(0, truth.num_rows, 97)))
    streets = town.streets
    key = {}
    for k in range(streets.public):
        key[streets.way_id[k], streets.start_node[k], streets.end_node[k]] = (k, True)
        key.setdefault((streets.way_id[k], streets.end_node[k], streets.start_node[k]), (k, False))
    found = [key[k] for k in zip(*(truth[c].to_numpy() for c in ("way_id", "from_node", "to_node")), strict=True)]
    row = np.array([k for k, _ in found])
    onward = np.array([f for _, f in found])
    along = truth["offset_m"].to_numpy().astype(np.float64)
    place = streets.locate(row, np.where(onward, along, streets.length[row] - along))
    true = CENTRE.to_metres(np.column_stack([truth["lon"].to_numpy(), truth["lat"].to_numpy()]))

    assert np.hypot(*(place - true).T).max() < 0.1


def test_rounds_cover_every_letterbox_with_like_work(town: Town) -> None:
    offices = offices_of(town)
    mine = np.concatenate([m for o in offices for m in o.mine])
    sizes = np.array([len(m) for o in offices for m in o.mine])

    assert sorted(mine.tolist()) == list(range(town.letterboxes.num_rows))
    assert sizes.max() < 1.8 * sizes.min()


def test_usual_streets_see_several_bikes_in_a_week(village: Town) -> None:
    """Rounds are ridden by another bike each day, so a minimum of vehicles over days can be met."""
    days = [ordinary_day(village, date(2026, 11, 16) + timedelta(days=k), 3).truth_points for k in range(3)]
    week = pa.concat_tables(days)
    low, high = (f(week["from_node"], week["to_node"]) for f in (pc.min_element_wise, pc.max_element_wise))
    pairs = pa.table({"low": low, "high": high, "vehicle": week["vehicle_id"]})
    counts = pairs.group_by(["low", "high"]).aggregate([("vehicle", "count_distinct")])

    assert (counts["vehicle_count_distinct"].to_numpy() >= 2).mean() > 0.7
