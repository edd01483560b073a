"""What holds for every input: rows, places on roads, chains of edges, order of vehicles, threads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines.matching.rides import Track, blur, positions, ride
from tests.worlds import World, draw
from umaya.engines.matching import Matcher, MatchParams
from umaya.places.roads.geodesy import degree_lengths
from umaya.types.schemas import MATCHES, POSITIONS, ROUTES, TRAVERSALS

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


@st.composite
def walks(draw: st.DrawFn) -> Track:
    """Positions that wander over and off the world, with gaps, stops, leaps and equal times."""
    count = draw(st.integers(1, 60))
    seed = draw(st.integers(0, 2**32 - 1))
    speed = draw(st.sampled_from([0.0, 3.0, 10.0, 60.0]))
    random = np.random.default_rng(seed)
    steps = random.normal(0.0, speed, (count, 2)) + random.normal(0.0, speed, 2)
    xy = random.uniform(-150.0, 150.0, 2) + np.cumsum(steps, axis=0)
    t = np.cumsum(random.choice([0.0, 1.0, 1.0, 1.0, 5.0, 120.0], count))
    return np.column_stack([t, xy / [EAST, NORTH] + CENTRE])


PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PROPERTY
@given(walks())
def test_every_position_has_its_row_and_lies_on_its_edge(track: Track) -> None:
    table = positions({"v": track})
    matched = MATCHER.match(table)
    assert matched.matches.schema.equals(MATCHES)
    assert matched.matches.select(["vehicle_id", "t"]).equals(table.select(["vehicle_id", "t"]))
    lines = shapely.from_wkb(WORLD.network.edges["geometry"].to_numpy(zero_copy_only=False))
    length = WORLD.network.edges["length_m"].to_numpy()
    for row in matched.matches.to_pylist():
        values = [row[name] for name in MATCHES.names[2:]]
        if row["edge_id"] is None:
            assert values == [None] * len(values)
            continue
        assert None not in values
        gap = shapely.distance(lines[row["edge_id"]], shapely.Point(row["lon"], row["lat"]))
        assert gap * EAST < 0.01
        assert -0.01 <= row["offset_m"] <= length[row["edge_id"]] + 0.01
        assert row["distance_m"] <= 50.01


@PROPERTY
@given(walks())
def test_the_parts_of_a_trip_join(track: Track) -> None:
    matched = MATCHER.match(positions({"v": track}))
    parts = matched.traversals
    assert parts.schema.equals(TRAVERSALS)
    assert matched.routes.schema.equals(ROUTES)
    source, target = (WORLD.network.edges[name].to_numpy() for name in ("source", "target"))
    length = WORLD.network.edges["length_m"].to_numpy()
    reverse = WORLD.network.edges["reverse"].to_pylist()
    rows = parts.to_pylist()
    for row in rows:
        assert row["entered"] <= row["left"]
        assert row["from_m"] < row["to_m"] <= length[row["edge_id"]] + 0.01
        whole = row["from_m"] < 0.02 and row["to_m"] > length[row["edge_id"]] - 0.02
        assert row["complete"] == whole
    for before, after in pairwise(rows):
        if before["trip"] != after["trip"]:
            assert not before["turned_back"]
            continue
        assert after["seq"] == before["seq"] + 1
        assert before["left"] == after["entered"]
        turned = reverse[before["edge_id"]] == after["edge_id"]
        assert before["turned_back"] == turned
        if turned:
            assert length[before["edge_id"]] - before["to_m"] == pytest.approx(after["from_m"], abs=0.1)
        else:
            assert target[before["edge_id"]] == source[after["edge_id"]]
            assert after["from_m"] == pytest.approx(0.0, abs=0.1)


@PROPERTY
@given(walks())
def test_routes_and_traversals_tell_the_same(track: Track) -> None:
    matched = MATCHER.match(positions({"v": track}))
    parts = matched.traversals.to_pylist()
    for route in matched.routes.to_pylist():
        mine = [row for row in parts if row["trip"] == route["trip"]]
        assert route["edges"] == [row["edge_id"] for row in mine]
        assert (route["start"], route["end"]) == (mine[0]["entered"], mine[-1]["left"])
        line = shapely.transform(shapely.from_wkb(route["geometry"]), lambda c: c * [EAST, NORTH])
        metres = sum(row["to_m"] - row["from_m"] for row in mine)
        assert line.length == pytest.approx(metres, rel=1e-3, abs=0.1)


@settings(max_examples=20, deadline=None)
@given(st.lists(walks(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_a_vehicle_s_result_does_not_depend_on_the_others(tracks: list[Track], random: object) -> None:
    names = [f"v{i}" for i in range(len(tracks))]
    together = MATCHER.match(positions(dict(zip(names, tracks, strict=True))))
    back = MATCHER.match(positions(dict(zip(names, reversed(tracks), strict=True))))
    for i, track in enumerate(tracks):
        alone = MATCHER.match(positions({names[i]: track}))
        other = names[len(names) - 1 - i]
        for table in ("matches", "routes", "traversals"):
            mine = _of(getattr(together, table), names[i])
            assert mine.equals(getattr(alone, table))
            assert mine.drop_columns("vehicle_id").equals(_of(getattr(back, table), other).drop_columns("vehicle_id"))


def _of(table: pa.Table, vehicle: str) -> pa.Table:
    return table.filter(pa.compute.equal(table["vehicle_id"], vehicle)).combine_chunks()


def test_threads_and_a_second_run_change_nothing() -> None:
    tracks = {f"v{i}": blur(ride(WORLD, "ABEFGFI"), 4.0, i) for i in range(6)}
    table = positions(tracks)
    first = MATCHER.match(table)
    for threads in (1, 3):
        again = Matcher(WORLD.network, MatchParams(threads=threads)).match(table)
        assert first.matches.equals(again.matches)
        assert first.routes.equals(again.routes)
        assert first.traversals.equals(again.traversals)


def test_progress_counts_every_position() -> None:
    seen: list[int] = []
    table = positions({f"v{i}": ride(WORLD, "ABE") for i in range(4)})
    MATCHER.match(table, progress=seen.append)
    assert sum(seen) == len(table)


def test_no_positions_give_empty_tables() -> None:
    matched = MATCHER.match(POSITIONS.empty_table())
    assert matched.matches.equals(MATCHES.empty_table())
    assert matched.routes.equals(ROUTES.empty_table())
    assert matched.traversals.equals(TRAVERSALS.empty_table())


def test_a_network_without_roads_matches_nothing() -> None:
    empty = type(WORLD.network)(
        WORLD.network.edges.slice(0, 0), WORLD.network.nodes.slice(0, 0), WORLD.network.accesses.slice(0, 0)
    )
    matched = Matcher(empty).match(positions({"v": ride(WORLD, "AB")}))
    assert matched.matches["edge_id"].null_count == matched.matches.num_rows > 0


@pytest.mark.parametrize("fault", ["schema", "vehicles", "times", "split vehicle", "not finite"])
def test_tables_that_break_the_contract_are_refused(fault: str) -> None:
    table = positions({"a": ride(WORLD, "AB"), "b": ride(WORLD, "AB")})
    half = len(table) // 2
    broken = {
        "schema": table.drop_columns("heading_deg"),
        "vehicles": pa.concat_tables([table.slice(half), table.slice(0, half)]),
        "times": table.take(pa.array(list(range(half - 1, -1, -1)))),
        "split vehicle": pa.concat_tables([table.slice(0, 3), table.slice(half), table.slice(3, half - 3)]),
        "not finite": table.set_column(2, POSITIONS.field("lon"), pa.array([float("nan")] * len(table))),
    }
    with pytest.raises(ValueError, match=r"schema|sorted|finite"):
        MATCHER.match(broken[fault])


@pytest.mark.parametrize(("name", "value"), [("sigma_z_m", 0.0), ("beta_m", -1.0), ("max_candidates", 99)])
def test_parameters_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        MatchParams(**{name: value})  # type: ignore[arg-type] # one of several fields
