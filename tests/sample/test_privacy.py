"""What the city holds after the day of the earthquake, read as an attacker would: no delivery stands in it.

A hamlet's day is played through the gate. The truth of the simulation says where the bikes really were.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from umaya.sample.demo import Demo, Sample, open_demo
from umaya.sample.evaluate import MAX_HOMES, segments_of
from umaya.sample.play import play
from umaya.sample.setup import PEOPLE
from umaya.services.roads.drawn import Drawn
from umaya.types.schemas import PASSAGES

MINIMUM = {"minase-probe-statistics": 2, "minase-passable-roads": 1}
"""Least number of vehicles in each scheme."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("privacy") / "hub"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    """A hamlet's hub after the whole day."""
    demo = open_demo(folder, Sample(seed=5, homes=400), lambda step: None)
    for _ in play(demo.hub, demo.clock, demo.sample.day):
        pass
    yield demo
    demo.hub.close()


@pytest.fixture(scope="module")
def released(demo: Demo, folder: Path) -> dict[str, pa.Table]:
    """Every file of released passages, as it lies on the disk, by scheme."""
    del demo
    files = sorted((folder / "products" / "roads").rglob("*.parquet"))
    assert len(files) == 13, "12 windows of half an hour and the usual pattern"
    tables: dict[str, list[pa.Table]] = {scheme: [] for scheme in MINIMUM}
    for file in files:
        scheme = next(name for name in MINIMUM if name in str(file))
        tables[scheme].append(pq.read_table(file, partitioning=None))
    return {scheme: pa.concat_tables(parts) for scheme, parts in tables.items()}


def test_no_file_of_the_city_holds_a_point_a_vehicle_or_anything_but_counts(released: dict[str, pa.Table]) -> None:
    """The columns are those of `PASSAGES` and no other; none is a text or a coordinate."""
    for table in released.values():
        assert table.schema.equals(PASSAGES)
        assert table.num_rows > 0
        assert not any(pa.types.is_floating(field.type) or pa.types.is_string(field.type) for field in table.schema)


def test_no_vehicle_is_named_in_any_byte_of_the_products(demo: Demo, folder: Path) -> None:
    vehicles = [name.encode() for name in pc.unique(demo.sample.day.positions["vehicle_id"]).to_pylist()]
    for file in (folder / "products").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not [name for name in vehicles if name in content]


def test_no_suppressed_road_is_released_though_bikes_were_there(demo: Demo, released: dict[str, pa.Table]) -> None:
    network = demo.hub.atlas.network
    suppressed = demo.hub.atlas.suppressed(MAX_HOMES)
    truth = demo.sample.day.truth_points
    visited = np.intersect1d(segments_of(network, truth["from_node"], truth["to_node"]), suppressed)
    assert len(visited) > 0, "a day without a visit to a dead end would prove nothing"
    segment = network.edges["segment_id"].to_numpy()
    for table in released.values():
        assert not np.isin(segment[table["edge_id"].to_numpy()], suppressed).any()


def test_no_number_is_below_its_minimum(released: dict[str, pa.Table]) -> None:
    """One bike alone that turned back may be a delivery; passes and vehicles are told together or not at all."""
    for scheme, table in released.items():
        vehicles, passes = table["vehicles"].to_numpy(), table["passes"].to_numpy()
        assert (vehicles[passes > 0] >= MINIMUM[scheme]).all()
        assert (vehicles[passes == 0] == 0).all()
        assert (pc.drop_null(table["turn_backs"]).to_numpy() >= 2).all()
        assert (pc.is_valid(table["turn_backs"]).to_numpy() | (passes > 0)).all(), "a row with nothing is a hint"


def test_no_time_is_finer_than_a_window(released: dict[str, pa.Table]) -> None:
    """Otherwise the minutes between two roads that one bike passed tell where it stopped."""
    live, usual = released["minase-passable-roads"], released["minase-probe-statistics"]
    told = live.filter(pc.is_valid(live["last_passed"]))
    assert told.num_rows > 0
    assert told["last_passed"].equals(told["window_start"])
    assert usual["last_passed"].null_count == usual.num_rows


def test_what_the_officer_downloads_lies_on_public_roads_that_are_not_suppressed(demo: Demo) -> None:
    """Every line of the download is the whole of one public segment: no part of it, no point beside it."""
    atlas = demo.hub.atlas
    table = Drawn(demo.hub.roads).export(demo.hub.roads.state(PEOPLE["city-officer"])).table
    ids = table["segment_id"].to_numpy()
    assert len(ids) > 0
    assert not np.isin(ids, atlas.suppressed(MAX_HOMES)).any()
    assert (
        table["geometry"].combine_chunks().equals(atlas.network.edges["geometry"].combine_chunks().take(pa.array(ids)))
    )
