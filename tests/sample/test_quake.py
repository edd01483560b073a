"""The day of the earthquake: closures are met, turned back from, gone round, and never ridden through."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sample.conftest import WEDNESDAY
from tests.sample.test_map import drawn
from tests.sample.test_rides import lengths
from umaya.sample import QUAKE_TIME, Day, Town, make_town, quake_day
from umaya.sample.days import offices_of
from umaya.sample.map.draft import Bools, Ints
from umaya.sample.rides.closures import Closed
from umaya.sample.rides.detour import Ride, Visit, World
from umaya.sample.rides.routing import Routing
from umaya.sample.size import CENTRE
from umaya.sample.tables import CLOSURES


@pytest.fixture
def world() -> World:
    r"""The segment from 2 to 3 is closed half-way; round by 4 is longer. Rows: 1-2, 2-3, 3-4, 4-1, 3-5.

    4---3---5
    |   x
    1---2
    """
    streets = drawn(
        {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (-60, 100), 5: (150, 100)},
        [([a, b], "residential", None) for a, b in ((1, 2), (2, 3), (3, 4), (4, 1), (3, 5))],
    )
    flag = np.array([False, True, False, False, False])
    return World(
        streets, Routing.of(streets, 0), Routing.of(streets, 0, flag), Closed(np.array([1]), np.array([50.0]), flag)
    )


def test_a_rider_meets_the_closure_and_goes_round(world: World) -> None:
    """From 1 to the lane 3-5: up to the obstacle, back, round by 4; the second time round at once."""
    ride = Ride(world, 0, np.random.default_rng(0))
    ride.visit(Visit(4, True, np.nan, []))
    first = ride.itinerary()
    ride.go(0)

    assert first.row.tolist() == [0, 1, 1, 0, 3, 2, 4]
    assert 35.0 < first.b[1] == first.a[2] < 50.0
    assert first.pause[1] >= 15.0
    assert ride.itinerary().row.tolist()[7:] == [4, 2, 3]


def test_letterboxes_on_a_closed_segment_are_served_from_both_ends(world: World) -> None:
    ride = Ride(world, 1, np.random.default_rng(0))
    ride.visit(Visit(1, True, np.nan, [(20.0, 9.0, -1), (80.0, 9.0, -1)]))
    done = ride.itinerary()

    assert done.row.tolist() == [1, 1, 0, 3, 2, 1, 1]
    assert done.stop_offset.tolist() == [20.0, 80.0]
    assert done.stop_stretch.tolist() == [0, 5]
    assert done.b[5] > 50.0


def test_what_cannot_be_reached_is_skipped(world: World) -> None:
    """With the lane 3-5 closed at its mouth, nothing behind it is ridden and the rider goes on from where he is."""
    flag = np.array([False, False, False, False, True])
    shut = World(
        world.streets, world.before, Routing.of(world.streets, 0, flag), Closed(np.array([4]), np.array([3.0]), flag)
    )
    ride = Ride(shut, 2, np.random.default_rng(0))

    assert not ride.go(4)
    assert ride.node == 2
    assert ride.go(3)


def stays(day: Day, closure: dict[str, Any]) -> list[tuple[float, float]]:
    """Return the least and greatest metres from the first node of each stay on a closed segment after the quake."""
    truth = day.truth_points.filter(pc.greater_equal(day.truth_points["t"], pa.scalar(closure["closed_at"])))
    way, a, b = (truth[c].to_numpy() for c in ("way_id", "from_node", "to_node"))
    ends = [closure["from_node"], closure["to_node"]]
    here: Bools = (way == closure["way_id"]) & np.isin(a, ends) & np.isin(b, ends)
    offset = truth["offset_m"].to_numpy()
    along = np.where(a == closure["from_node"], offset, closure["length"] - offset)
    vehicle = truth["vehicle_id"].to_numpy()
    joined = here[1:] & here[:-1] & (vehicle[1:] == vehicle[:-1])
    first: Ints = np.flatnonzero(here & ~np.concatenate([[False], joined]))
    last: Ints = np.flatnonzero(here & ~np.concatenate([joined, [False]]))
    return [(float(along[i : j + 1].min()), float(along[i : j + 1].max())) for i, j in zip(first, last, strict=True)]


def closed_segments(town: Town, day: Day) -> list[dict[str, Any]]:
    """Return the closures with the length of their segment."""
    streets = town.streets
    at = {
        (w, a, b): k
        for k, (w, a, b) in enumerate(zip(streets.way_id, streets.start_node, streets.end_node, strict=True))
    }
    rows = day.closures.to_pylist()
    return [r | {"length": float(streets.length[at[r["way_id"], r["from_node"], r["to_node"]]])} for r in rows]


def test_closures_are_segments_on_the_rounds(town: Town, quake: Day) -> None:
    """Twelve to twenty different public segments of the town, the obstacle on the road, from the quake on."""
    closures = closed_segments(town, quake)
    ids = {(c["way_id"], c["from_node"], c["to_node"]) for c in closures}

    assert quake.closures.schema.equals(CLOSURES)
    assert 12 <= len(ids) == len(closures) <= 20
    assert all(0.0 < c["offset_m"] < c["length"] for c in closures)
    assert {c["closed_at"] for c in closures} == {datetime(2026, 11, 18, 1, 42, tzinfo=UTC)}


def test_nobody_passes_a_closure(town: Town, quake: Day) -> None:
    """After the quake each stay on a closed segment keeps to one side of the obstacle."""
    for closure in closed_segments(town, quake):
        for low, high in stays(quake, closure):
            assert high <= closure["offset_m"] or low >= closure["offset_m"]


def test_riders_turn_back_at_closures(town: Town, quake: Day) -> None:
    """At most closures some rider comes within 20 m of the obstacle."""
    met = 0
    for closure in closed_segments(town, quake):
        near = [min(abs(edge - closure["offset_m"]) for edge in stay) for stay in stays(quake, closure)]
        met += any(n < 20.0 for n in near)

    assert met >= 0.7 * quake.closures.num_rows


def test_most_streets_are_tried_within_four_hours(town: Town, quake: Day) -> None:
    start = quake.closures["closed_at"][0].as_py()
    truth = quake.truth_points.filter(
        pc.and_(
            pc.greater_equal(quake.truth_points["t"], pa.scalar(start)),
            pc.less(quake.truth_points["t"], pa.scalar(start + timedelta(hours=4))),
        )
    )
    a, b = truth["from_node"].to_numpy(), truth["to_node"].to_numpy()
    tried = np.unique(np.column_stack([np.minimum(a, b), np.maximum(a, b)]), axis=0)

    assert len(tried) > 0.85 * town.streets.public


def test_work_goes_on_after_the_quake(quake: Day) -> None:
    """All bikes ride on, some after a pause of ten minutes or more, and speeds stay believable."""
    truth = quake.truth_points
    t = truth["t"].cast(pa.int64()).to_numpy() // 1_000_000
    shock = int(quake.closures["closed_at"][0].as_py().timestamp())
    vehicle = truth["vehicle_id"].to_numpy()
    xy = CENTRE.to_metres(np.column_stack([truth["lon"].to_numpy(), truth["lat"].to_numpy()]))
    same = vehicle[1:] == vehicle[:-1]
    step = np.hypot(*np.diff(xy, axis=0).T)
    still = same & (step < 0.01) & (t[1:] > shock) & (t[1:] < shock + 1800)

    assert (step / np.maximum(np.diff(t), 1))[same].max() < 14.0
    assert len(np.unique(vehicle[t > shock + 7200])) >= 36
    assert (lengths(still) > 540).sum() >= 5


def test_hardly_anybody_is_cut_off(town: Town, quake: Day) -> None:
    """With all closures at once, at least 94% of the homes keep a way to an office."""
    streets = town.streets
    shut = {(c["way_id"], c["from_node"], c["to_node"]) for c in quake.closures.to_pylist()}
    keys = zip(streets.way_id.tolist(), streets.start_node.tolist(), streets.end_node.tolist(), strict=True)
    flag = np.array([key in shut for key in keys])[: streets.public]
    routing = Routing.of(streets, 0, flag)
    office = offices_of(town)[0]
    near = np.minimum(routing.seconds[office.gate, routing.start], routing.seconds[office.gate, routing.end])
    reached = np.isfinite(near[office.boxes.row])

    assert flag.sum() == quake.closures.num_rows
    assert office.boxes.homes[reached].sum() >= 0.94 * office.boxes.homes.sum()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), homes=st.integers(60, 900), hour=st.integers(9, 14))
def test_nobody_passes_a_closure_in_any_town(seed: int, homes: int, hour: int) -> None:
    region = make_town(seed, homes)
    day = quake_day(region, WEDNESDAY, time(hour, 20), seed)

    for closure in closed_segments(region, day):
        for low, high in stays(day, closure):
            assert high <= closure["offset_m"] or low >= closure["offset_m"]


def test_until_the_quake_the_day_is_ordinary(village: Town) -> None:
    """The same seed with a later quake: the true places before the earlier one are the same."""
    early, late = (quake_day(village, WEDNESDAY, at, 2).truth_points for at in (QUAKE_TIME, time(11, 30)))
    moment = pa.scalar(quake_day(village, WEDNESDAY, QUAKE_TIME, 2).closures["closed_at"][0].as_py())
    before = [
        t.filter(pc.less(t["t"], moment)).select(["vehicle_id", "t", "lon", "lat"]).to_pylist() for t in (early, late)
    ]
    places = [{(p["vehicle_id"], p["t"]): (p["lon"], p["lat"]) for p in part} for part in before]
    shared = places[0].keys() & places[1].keys()

    assert len(shared) > 0.9 * len(places[0])
    assert all(places[0][k] == places[1][k] for k in shared)


def test_the_same_seed_gives_the_same_day(village: Town) -> None:
    one, same = quake_day(village, WEDNESDAY, seed=4), quake_day(village, WEDNESDAY, seed=4)

    assert one.positions.equals(same.positions)
    assert one.closures.equals(same.closures)
    assert not one.positions.equals(quake_day(village, WEDNESDAY, seed=5).positions)


def test_a_quake_at_night_is_refused(village: Town) -> None:
    with pytest.raises(ValueError, match="working day"):
        quake_day(village, WEDNESDAY, time(3, 0))
