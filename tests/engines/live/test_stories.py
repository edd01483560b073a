"""What the live matcher gives out, and when, drawn: rides at 7 m/s with noise, a position a second."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.engines.live.feeds import DAY, by_arrival, feed_all, moment, seconds
from tests.engines.matching.rides import Track, blur, driven, positions, ride, shift
from tests.worlds import World, draw
from umaya.engines.live import LiveMatcher, LiveParams
from umaya.engines.matching import Matcher, MatchParams
from umaya.types.schemas import POSITIONS, TRAVERSALS

NOISE_M = 4.0
WORLD: World = draw(
    """
    A----B----C----D
    |    |    |    |
    E----F----G----H
         |
         I
    """,
    cell_m=20,
)
MATCHER = Matcher(WORLD.network, MatchParams(threads=1))


def told(tracks: dict[str, Track] | Track, params: LiveParams | None = None) -> list[str]:
    """What is given out of rides that arrive second by second."""
    table = positions({"v": tracks} if isinstance(tracks, np.ndarray) else tracks)
    return driven(WORLD, feed_all(LiveMatcher(MATCHER, params), by_arrival(table, seconds(table))))


def whole(words: list[str]) -> list[str]:
    """The passages of whole edges."""
    return [word for word in words if word.isalpha()]


@pytest.mark.parametrize("seed", range(5))
def test_round_a_block(seed: int) -> None:
    words = told(blur(ride(WORLD, "ABFGCD")[3:-4], NOISE_M, seed))
    assert words[0] in {"(AB)", "BF"}
    assert whole(words) == ["BF", "FG", "GC"]


def test_a_passage_is_given_out_while_the_vehicle_drives_on() -> None:
    """Within a few seconds after the junction, and not when the trip ends."""
    table = positions({"v": blur(ride(WORLD, "ABCDHG"), NOISE_M)})
    live = LiveMatcher(MATCHER)
    waited = []
    for batch in by_arrival(table, seconds(table)):
        out = live.feed(batch.positions, moment(batch.second), live.sequence + 1)
        waited += [(moment(batch.second) - row["left"]).total_seconds() for row in out.to_pylist() if row["complete"]]
    assert len(waited) >= 3
    assert max(waited) <= 6.0


@pytest.mark.parametrize("seed", range(3))
def test_the_end_of_a_dead_end_is_passed_and_left_again(seed: int) -> None:
    words = told(blur(ride(WORLD, "ABFIFG", stops={"I": 20.0})[3:-4], NOISE_M, seed))
    assert whole(words) == ["BF", "FI", "IF"]


def test_a_vehicle_that_stands_passes_nothing() -> None:
    place = ride(WORLD, "AB")[10]
    stands = np.column_stack([np.arange(300.0), np.full(300, place[1]), np.full(300, place[2])])
    assert whole(told(blur(stands, NOISE_M))) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_stop_behind_a_junction_makes_no_spur(seed: int) -> None:
    """Which of three roads it stands on cannot be told; the ride on shows it."""
    words = told(blur(ride(WORLD, "ABCGH", stops={"C": 60.0})[3:], NOISE_M, seed))
    assert whole(words) == ["BC", "CG"]


def test_one_bad_point_neither_splits_a_trip_nor_adds_a_road() -> None:
    track = shift(blur(ride(WORLD, "ABCD"), 1.0), 20, 0.0, 900.0)
    live = LiveMatcher(MATCHER)
    table = positions({"v": track})
    words = driven(WORLD, feed_all(live, by_arrival(table, seconds(table))))
    assert "|" not in words
    assert whole(words) == ["BC"]
    assert live.counts.bad == 1


def test_a_place_that_others_bear_out_begins_a_new_trip() -> None:
    first, second = ride(WORLD, "ABC"), ride(WORLD, "HGF")
    far = np.vstack([first, second + np.array([len(first), 0.0, 0.0])])
    slow = LiveMatcher(Matcher(WORLD.network, MatchParams(max_speed_mps=10.0)))
    table = positions({"v": far})
    words = driven(WORLD, feed_all(slow, by_arrival(table, seconds(table))))
    assert "|" in words
    assert slow.counts.bad == 2


def test_late_duplicate_early_and_senseless_positions_are_counted_and_left_out() -> None:
    table = positions({"v": ride(WORLD, "ABCD")})
    live = LiveMatcher(MATCHER)
    clean = feed_all(LiveMatcher(MATCHER), [next(by_arrival(table, np.zeros(len(table))))])
    rows = table.slice(0, 1).to_pylist()
    ahead = rows[0] | {"t": moment(600)}
    senseless = [rows[0] | {"lon": float("nan")}, rows[0] | {"lat": 91.0}, rows[0] | {"lon": float("inf")}]
    live.feed(table, moment(60), 0)
    live.feed(pa.Table.from_pylist([rows[0], ahead, *senseless], schema=POSITIONS), moment(61), 1)
    live.feed(table.slice(len(table) - 1), moment(62), 2)
    assert (live.counts.late, live.counts.duplicate, live.counts.ahead, live.counts.invalid) == (1, 1, 1, 3)
    assert live.counts.received == len(table) + 6
    assert live.counts.vehicles == 1
    assert live.counts.passages + live.flush(moment(0) + DAY).num_rows == clean.num_rows


def test_a_table_in_many_chunks_is_taken_as_one() -> None:
    table = positions({"v": blur(ride(WORLD, "ABCD"), NOISE_M), "w": ride(WORLD, "EFGH")})
    chunks = pa.concat_tables([table.slice(first, 7) for first in range(0, len(table), 7)])
    assert chunks["t"].num_chunks > 1
    one, many = LiveMatcher(MATCHER), LiveMatcher(MATCHER)
    assert many.feed(chunks, moment(60), 0).equals(one.feed(table, moment(60), 0))


def test_a_null_is_no_position() -> None:
    row = positions({"v": ride(WORLD, "AB")}).slice(0, 1)
    for name in ("vehicle_id", "t", "lon", "lat"):
        live = LiveMatcher(MATCHER)
        at = row.column_names.index(name)
        live.feed(row.set_column(at, POSITIONS.field(name), pa.nulls(1, POSITIONS.field(name).type)), moment(1), 0)
        assert live.counts.invalid == 1


def test_a_silent_vehicle_s_trip_ends_when_time_passes() -> None:
    table = positions({"v": ride(WORLD, "ABC")[:-3]})
    live = LiveMatcher(MATCHER, LiveParams(silent_s=60.0))
    before = live.feed(table, moment(40), 0)
    assert live.feed(POSITIONS.empty_table(), moment(99), 1).num_rows == 0
    after = live.feed(POSITIONS.empty_table(), moment(100), 2)
    assert driven(WORLD, pa.concat_tables([before, after]))[-1] == "(BC)"
    assert live.flush(moment(100) + DAY).num_rows == 0


def test_a_batch_that_was_fed_is_not_taken_again() -> None:
    table = positions({"v": ride(WORLD, "ABCD")})
    live = LiveMatcher(MATCHER)
    assert live.feed(table, moment(60), 7).num_rows > 0
    counts = live.counts
    for number in (7, 3):
        assert live.feed(table, moment(61), number).equals(TRAVERSALS.empty_table())
    assert live.counts == counts
    assert live.sequence == 7


def test_vehicles_do_not_touch_each_other() -> None:
    tracks = {f"v{i}": blur(ride(WORLD, path), NOISE_M, i) for i, path in enumerate(["ABCD", "EFGH", "DCGF", "IFB"])}
    table = positions(tracks)
    together = feed_all(LiveMatcher(MATCHER), by_arrival(table, seconds(table)))
    for name, track in tracks.items():
        one = positions({name: track})
        alone = feed_all(LiveMatcher(MATCHER), by_arrival(one, seconds(one)))
        assert together.filter(pa.compute.equal(together["vehicle_id"], name)).equals(alone)


def test_forgotten_vehicles_leave_no_trace_and_their_trips_go_on_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umaya.engines.live.matcher.FORGET_LEAST", 1)
    params = LiveParams(silent_s=60.0, forget_s=60.0, ahead_s=0.0)
    live = LiveMatcher(MATCHER, params)
    first = live.feed(positions({"v": ride(WORLD, "ABCD"), "w": ride(WORLD, "EFGH")}), moment(60), 0)
    first = pa.concat_tables([first, live.feed(POSITIONS.empty_table(), moment(200), 1)])
    assert live.counts.vehicles == 0
    again = positions({"w": ride(WORLD, "EFGH", at=200.0)})
    second = pa.concat_tables([live.feed(again, moment(260), 2), live.flush(moment(260) + DAY)])
    assert live.counts.vehicles == 1
    assert driven(WORLD, second, "w") == driven(WORLD, first, "w")
    assert min(second["trip"].to_pylist()) > max(first["trip"].to_pylist())


def test_another_schema_and_a_naive_moment_are_refused_and_nothing_is_taken() -> None:
    live = LiveMatcher(MATCHER)
    table = positions({"v": ride(WORLD, "AB")})
    with pytest.raises(ValueError, match="schema"):
        live.feed(table.drop_columns("speed_mps"), moment(1), 0)
    with pytest.raises(ValueError, match="time zone"):
        live.feed(table, datetime(2026, 4, 6), 0)  # noqa: DTZ001 # naive is the point
    assert live.sequence == -1
    assert live.counts.received == 0


@pytest.mark.parametrize("wrong", [{"lag_s": 0.0}, {"silent_s": 5.0}, {"forget_s": 80.0}, {"reorder_s": -1.0}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        LiveParams(**wrong)  # type: ignore[arg-type] # floats by name


def test_a_ride_of_2019_is_matched_as_one_of_today() -> None:
    """Seconds are counted from 2020 within; no time before it is taken for none."""
    today = positions({"v": blur(ride(WORLD, "ABFGCD"), NOISE_M)})
    years = 8 * 365 * 86_400_000_000
    moved = pc.subtract(today["t"].cast(pa.int64()), years).cast(POSITIONS.field("t").type)
    then = today.set_column(today.schema.get_field_index("t"), POSITIONS.field("t"), moved)
    live, old = LiveMatcher(MATCHER), LiveMatcher(MATCHER)
    made = live.feed(today, moment(60), 0)
    again = old.feed(then, moment(60) - timedelta(microseconds=years), 0)
    assert old.counts == live.counts
    assert driven(WORLD, again) == driven(WORLD, made) != []
    back = [row["left"] + timedelta(microseconds=years) for row in again.to_pylist()]
    for one, other in zip(back, (row["left"] for row in made.to_pylist()), strict=True):
        assert abs(one - other) <= timedelta(microseconds=2)


@pytest.mark.parametrize(("every_s", "late"), [(0.5, 0), (0.0, 0), (1.0, 24)])
def test_swapped_neighbours_at_two_a_second_are_in_time_where_every_s_is_half_a_second(
    every_s: float, late: int
) -> None:
    """With the default, which is for one a second, about half of them are late."""
    t = np.arange(0.0, 26.0, 0.5)
    track = ride(WORLD, "ABCD")
    place = [np.interp(t, track[:, 0], track[:, axis]) for axis in (1, 2)]
    table = positions({"v": np.column_stack([t, *place])})
    swapped = np.arange(len(t)).reshape(-1, 2)[:, ::-1].ravel()
    live = LiveMatcher(MATCHER, LiveParams(every_s=every_s))
    for number, row in enumerate(swapped):
        live.feed(table.slice(row, 1), moment(60), number)
    assert live.counts.late == late


@pytest.mark.parametrize("page", ["decisions/0012-live-and-windows.md", "how-to/feed-positions.md"])
def test_the_pages_name_the_window_that_the_engine_has(page: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / page).read_text()
    named = re.findall(r"([\d.]+) s out of order|out of order within ([\d.]+) s", text)
    assert [float(one or other) for one, other in named] == [LiveParams().reorder_s]
