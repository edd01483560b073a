"""What holds however positions arrive: their order within the window, the cut into batches, crashes in between."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines.live.feeds import DAY, Batch, by_arrival, feed_all, in_order, moment, seconds
from tests.engines.matching.rides import Track, blur, positions, ride
from tests.worlds import World, draw
from umaya.engines.live import LiveMatcher, LiveParams
from umaya.engines.live.names import ids_of, no_names, numbers
from umaya.engines.matching import Matcher, MatchParams
from umaya.places.roads.geodesy import degree_lengths
from umaya.types.schemas import TRAVERSALS

WORLD: World = draw(
    """
    A----B--->--C
    |    |     /
    D----E----F----G
         |    |
         H-<--I
    """,
    cell_m=20,
)
MATCHER = Matcher(WORLD.network, MatchParams(threads=1))
EAST, NORTH = (float(k) for k in degree_lengths(36.2))
CENTRE = np.array(WORLD.points["E"])
PROPERTY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def walks(draw: st.DrawFn) -> Track:
    """A ride with noise, or positions that wander over and off the world with gaps, stops and leaps."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    if draw(st.booleans()):
        path = draw(st.sampled_from(["ABCFED", "ABEFGFI", "GFIHEB", "DEBA"]))
        return blur(ride(WORLD, path, stops={path[2]: draw(st.sampled_from([0.0, 15.0]))}), 5.0, seed)
    count = draw(st.integers(1, 60))
    speed = draw(st.sampled_from([0.0, 3.0, 10.0, 60.0]))
    steps = random.normal(0.0, speed, (count, 2)) + random.normal(0.0, speed, 2)
    xy = random.uniform(-150.0, 150.0, 2) + np.cumsum(steps, axis=0)
    t = np.cumsum(random.choice([1.0, 1.0, 1.0, 5.0, 120.0], count))
    return np.column_stack([t, xy / [EAST, NORTH] + CENTRE])


FLEETS = st.lists(walks(), min_size=1, max_size=4)


def fleet(tracks: list[Track]) -> pa.Table:
    return positions({f"v{i}": track for i, track in enumerate(tracks)})


@PROPERTY
@given(FLEETS, st.integers(0, 2**32 - 1))
def test_the_order_within_the_window_changes_nothing(tracks: list[Track], seed: int) -> None:
    """Nor do positions that arrive twice."""
    table = fleet(tracks)
    random = np.random.default_rng(seed)
    twice = random.random(len(table)) < 0.1
    mixed = pa.concat_tables([table, table.filter(pa.array(twice))])
    arrival = seconds(mixed) + random.uniform(0.0, 1.99, len(mixed))
    late = np.ceil(arrival.max())
    one = [Batch(table, late)]
    other = LiveMatcher(MATCHER, LiveParams(reorder_s=2.0))
    shaken = (Batch(batch.positions, late) for batch in by_arrival(mixed, arrival, 0.5))
    assert feed_all(other, shaken).equals(feed_all(LiveMatcher(MATCHER, LiveParams(reorder_s=2.0)), one))
    assert other.counts.late + other.counts.duplicate == twice.sum()


@PROPERTY
@given(FLEETS, st.sampled_from([0.5, 3.0, 30.0]))
def test_the_cut_into_batches_changes_nothing(tracks: list[Track], interval_s: float) -> None:
    table = fleet(tracks)
    late = float(seconds(table).max()) + 1.0
    cut = (Batch(batch.positions, late) for batch in by_arrival(table, seconds(table), interval_s))
    assert feed_all(LiveMatcher(MATCHER), cut).equals(feed_all(LiveMatcher(MATCHER), [Batch(table, late)]))


@PROPERTY
@given(FLEETS, st.integers(0, 2**32 - 1), st.data())
def test_a_crash_anywhere_neither_loses_nor_doubles_a_passage(
    tracks: list[Track], seed: int, data: st.DataObject
) -> None:
    """From any snapshot, the batches after it bring the same traversals again, batch by batch."""
    table = fleet(tracks)
    arrival = seconds(table) + np.random.default_rng(seed).exponential(0.5, len(table))
    batches = list(by_arrival(table, arrival, 5.0))
    live = LiveMatcher(MATCHER)
    outs, snapshots = [], [live.snapshot()]
    for number, batch in enumerate(batches):
        outs.append(live.feed(batch.positions, moment(batch.second), number))
        snapshots.append(live.snapshot())
    outs.append(live.flush(moment(batches[-1].second) + DAY))
    taken = data.draw(st.integers(0, len(batches)))
    again = LiveMatcher.restore(MATCHER, snapshots[taken])
    assert again.sequence == taken - 1
    for number, batch in enumerate(batches):
        out = again.feed(batch.positions, moment(batch.second), number)
        assert out.equals(outs[number] if number >= taken else TRAVERSALS.empty_table())
    assert again.flush(moment(batches[-1].second) + DAY).equals(outs[-1])
    assert again.counts == live.counts
    keys = in_order(pa.concat_tables(outs)).select(["vehicle_id", "trip", "seq"]).to_pylist()
    assert len({tuple(key.values()) for key in keys}) == len(keys)


@PROPERTY
@given(walks())
def test_the_parts_of_a_trip_follow_each_other(track: Track) -> None:
    table = positions({"v": track})
    rows = feed_all(LiveMatcher(MATCHER), by_arrival(table, seconds(table))).to_pylist()
    source, target = (WORLD.network.edges[name].to_numpy() for name in ("source", "target"))
    length = WORLD.network.edges["length_m"].to_numpy()
    reverse = WORLD.network.edges["reverse"].to_pylist()
    for row in rows:
        assert row["entered"] <= row["left"]
        assert row["from_m"] < row["to_m"] <= length[row["edge_id"]] + 0.01
        whole = row["from_m"] <= 0.011 and row["to_m"] > length[row["edge_id"]] - 0.02
        assert row["complete"] == whole
    for before, after in pairwise(rows):
        if before["trip"] != after["trip"]:
            assert before["trip"] < after["trip"]
            continue
        assert after["seq"] == before["seq"] + 1
        assert before["left"] <= after["entered"]
        if before["turned_back"]:
            assert reverse[before["edge_id"]] == after["edge_id"]
        elif reverse[before["edge_id"]] != after["edge_id"]:
            assert target[before["edge_id"]] == source[after["edge_id"]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=40), max_size=5))
def test_numbers_of_vehicles_are_those_of_a_dictionary(batches: list[list[str]]) -> None:
    names, known = no_names(), dict[str, int]()
    for batch in batches:
        names, found = numbers(names, pa.array(batch, pa.string()))
        assert found.tolist() == [known.setdefault(name, len(known)) for name in batch]
        if batch:
            assert ids_of(names, found).to_pylist() == batch


def test_a_snapshot_is_taken_back_for_its_own_network_only() -> None:
    live = LiveMatcher(MATCHER)
    table = positions({"v": ride(WORLD, "ABEFG")})
    live.feed(table.slice(0, 30), moment(30), 0)
    data = live.snapshot()
    other = draw("A----B----C", cell_m=20)
    with pytest.raises(ValueError, match="another network"):
        LiveMatcher.restore(other.network, data)
    with pytest.raises(ValueError, match="other parameters"):
        LiveMatcher.restore(Matcher(WORLD.network, MatchParams(thin_m=20.0)), data)
    for wrong in (b"", b"nothing of the kind", *(data[: len(data) * part // 8] for part in range(1, 8)), data[:100]):
        with pytest.raises(ValueError, match="no snapshot"):
            LiveMatcher.restore(MATCHER, wrong)
    assert LiveMatcher.restore(WORLD.network, data).params.reorder_s == live.params.reorder_s
