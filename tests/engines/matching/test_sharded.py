"""Matching area by area gives what matching on the whole network gives, whatever border the vehicles cross."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.matching.rides import blur, positions, ride
from tests.worlds import World, draw
from umaya.engines.matching import Matched, Matcher, MatchParams
from umaya.engines.matching import shards as module
from umaya.engines.matching.sharded import ShardedMatcher
from umaya.engines.matching.shards import CutShards, Shard, area_box, area_of, merge
from umaya.places.roads import import_osm
from umaya.types.schemas import POSITIONS

PARAMS = MatchParams(threads=1, max_route_m=150.0)


def town(streets: int = 9) -> World:
    """A lattice of streets 60 m apart about a place where four areas meet."""
    return draw(
        "\n".join(_street(row, streets) for row in range(2 * streets - 1)),
        cell_m=12,
    )


def _street(row: int, streets: int) -> str:
    if row % 2:
        return "    ".join("|" * streets)
    letters = [chr(0x4E00 + row // 2 * streets + column) for column in range(streets)]
    return "----".join(letters)


WORLD = town()


@pytest.fixture
def small_areas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Areas of about 180 m, so that a small town lies in many."""
    monkeypatch.setattr(module, "AREA_ROWS", 620)
    monkeypatch.setattr(module, "AREA_COLUMNS", 500)


def wanderings(count: int, steps: int, seed: int = 1, world: World = WORLD) -> pa.Table:
    """Vehicles that go from crossing to crossing by whim, with noise."""
    rng = np.random.default_rng(seed)
    links: dict[str, list[str]] = {}
    for name in world.ways:
        links.setdefault(name[0], []).append(name[1])
        links.setdefault(name[1], []).append(name[0])
    tracks = {}
    for v in range(count):
        path = [str(rng.choice(sorted(links)))]
        for _ in range(steps):
            path.append(str(rng.choice(links[path[-1]])))
        tracks[f"v{v:02d}"] = blur(ride(world, path), 4.0, seed + v)
    return positions(tracks)


def assert_same_lines(one: pa.ChunkedArray, other: pa.ChunkedArray) -> None:
    """The vertices of each line are those of the other, to a tenth of a millimetre."""
    (a, rows), (b, other_rows) = (
        shapely.get_coordinates(shapely.from_wkb(lines.to_numpy()), return_index=True) for lines in (one, other)
    )
    assert np.array_equal(rows, other_rows)
    assert np.allclose(a, b, rtol=0, atol=1e-9)


def assert_same(one: Matched, other: Matched) -> None:
    for left, right in zip(
        (one.matches, one.routes, one.traversals), (other.matches, other.routes, other.traversals), strict=True
    ):
        assert left.schema.equals(right.schema)
        assert left.num_rows == right.num_rows
        for name in left.column_names:
            a, b = left[name], right[name]
            if name == "geometry":
                assert_same_lines(a, b)
            elif pa.types.is_floating(a.type):
                assert a.is_null().equals(b.is_null())
                assert np.allclose(a.fill_null(0).to_numpy(), b.fill_null(0).to_numpy(), rtol=0, atol=1e-6)
            elif pa.types.is_timestamp(a.type):
                apart = a.cast(pa.int64()).to_numpy() - b.cast(pa.int64()).to_numpy()
                assert np.abs(apart).max(initial=0) <= 2
            else:
                assert a.to_pylist() == b.to_pylist(), name


@pytest.mark.usefixtures("small_areas")
@pytest.mark.parametrize("most_areas", [1, 4, 100])
def test_vehicles_that_cross_borders_are_matched_as_on_the_whole_network(most_areas: int) -> None:
    table = wanderings(12, 25)
    shards = CutShards(WORLD.network, PARAMS)
    assert len(shards.areas()) >= 9
    sharded = ShardedMatcher(shards, PARAMS, most_areas=most_areas)
    assert_same(sharded.match(table), Matcher(WORLD.network, PARAMS).match(table))


def test_a_line_that_lacks_a_vertex_or_lies_a_millimetre_off_is_not_the_same() -> None:
    line = [[139.0, 35.0], [139.1, 35.1], [139.2, 35.0]]
    whole, cut, moved = (
        pa.chunked_array([[shapely.to_wkb(shapely.linestrings(each))]])
        for each in (line, line[:2], [*line[:2], [139.2, 35.00000001]])
    )
    assert_same_lines(whole, whole)
    for other in (cut, moved):
        with pytest.raises(AssertionError):
            assert_same_lines(whole, other)


@pytest.mark.usefixtures("small_areas")
def test_a_second_call_uses_what_is_prepared_and_gives_the_same() -> None:
    table = wanderings(3, 6, seed=9)
    shards = Counting(CutShards(WORLD.network, PARAMS))
    sharded = ShardedMatcher(shards, PARAMS, most_areas=100, keep=100)
    first = sharded.match(table)
    loaded = shards.loads
    assert_same(first, sharded.match(table))
    assert shards.loads == loaded


class Counting:
    """Shards that count how often they are asked for."""

    def __init__(self, shards: CutShards) -> None:
        self.shards = shards
        self.loads = 0

    def load(self, area: int) -> Shard | None:
        self.loads += 1
        return self.shards.load(area)


@pytest.mark.usefixtures("small_areas")
def test_a_shard_is_much_smaller_than_the_network_and_holds_whole_roads() -> None:
    params = MatchParams(threads=1, max_route_m=50.0, radius_m=10.0)
    shards = CutShards(WORLD.network, params)
    shard = shards.load(shards.areas()[0])
    assert shard is not None
    assert shard.network.edges.num_rows < WORLD.network.edges.num_rows / 2
    whole = WORLD.network.edges
    for name in ("way_id", "forward", "length_m", "geometry"):
        assert shard.network.edges[name].to_pylist() == whole[name].take(pa.array(shard.edge)).to_pylist()
    reverse = shard.network.edges["reverse"].to_pylist()
    assert [shard.edge[e] for e in reverse] == whole["reverse"].take(pa.array(shard.edge)).to_pylist()


@pytest.mark.usefixtures("small_areas")
def test_all_shards_together_are_the_network() -> None:
    shards = CutShards(WORLD.network, PARAMS)
    parts = [shard for area in shards.areas() if (shard := shards.load(area)) is not None]
    whole = merge(parts)
    assert whole.network.edges.equals(WORLD.network.edges)
    assert whole.network.nodes.equals(WORLD.network.nodes)


@pytest.mark.usefixtures("small_areas")
def test_where_no_roads_are_nothing_is_matched_and_others_are_not_disturbed() -> None:
    table = wanderings(2, 5)
    away = blur(ride(WORLD, sorted(WORLD.points)[:2]), 1.0)
    away[:, 1:] += 3.0
    lost = positions({"z": away})
    both = ShardedMatcher(CutShards(WORLD.network, PARAMS), PARAMS).match(pa.concat_tables([table, lost]))
    assert both.matches["edge_id"].slice(table.num_rows).null_count == lost.num_rows
    alone = Matcher(WORLD.network, PARAMS).match(table)
    assert both.matches["edge_id"].slice(0, table.num_rows).to_pylist() == alone.matches["edge_id"].to_pylist()


def test_no_positions_give_empty_tables() -> None:
    result = ShardedMatcher(CutShards(WORLD.network, PARAMS), PARAMS).match(POSITIONS.empty_table())
    assert result.matches.num_rows == result.routes.num_rows == result.traversals.num_rows == 0


def test_unsorted_vehicles_are_refused() -> None:
    table = wanderings(2, 2)
    with pytest.raises(ValueError, match="sorted by vehicle_id"):
        ShardedMatcher(CutShards(WORLD.network, PARAMS), PARAMS).match(table.take(pa.array(range(len(table))[::-1])))


@given(lon=st.floats(-179.9, 179.9), lat=st.floats(-80.0, 80.0))
def test_a_place_lies_in_the_box_of_its_area(lon: float, lat: float) -> None:
    west, south, east, north = area_box(int(area_of(np.array([lon]), np.array([lat]))[0]))
    assert west <= lon <= east
    assert south <= lat <= north


@pytest.mark.parametrize("name", ["nerima-deliver_s5", "liechtenstein-move_s5"])
def test_on_real_roads_the_result_is_that_of_the_whole(name: str, shared_data: Path) -> None:
    folder = shared_data / "tracks"
    network = import_osm(folder / f"{name.split('-', maxsplit=1)[0]}-net.osm.pbf")
    read = pq.read_table(folder / name / "positions.parquet").slice(0, 20 * 1800)
    table = pa.table(
        {f.name: read[f.name] if f.name in read.column_names else pa.nulls(len(read), f.type) for f in POSITIONS}
    ).cast(POSITIONS)
    params = MatchParams(threads=1)
    shards = CutShards(network, params)
    assert len(shards.areas()) > 1
    assert_same(ShardedMatcher(shards, params).match(table), Matcher(network, params).match(table))
