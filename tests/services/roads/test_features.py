"""What leaves the map for other systems: the same roads in three formats, and nothing that runs in a spreadsheet."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import shapely

from tests.services.roads.conftest import QUAKE, STEP, Town
from umaya.sample.setup import PEOPLE
from umaya.services.roads import features


@pytest.fixture
def table(town: Town) -> pa.Table:
    """Return the download after one bike rode AB, BE, EF."""
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    town.hub.roads.advance(PEOPLE["city-map"])
    return features.download(town.hub.roads.state(PEOPLE["city-officer"]), town.hub.atlas.network)


def test_geojson_holds_the_roads_with_their_status(table: pa.Table, town: Town) -> None:
    found = json.loads(features.to_geojson(table))["features"]
    passed = {f["properties"]["segment_id"] for f in found if f["properties"]["status"] == "passed-1h"}
    assert passed == {town.world.segment(name) for name in ("AB", "BE", "EF")}
    assert {f["geometry"]["type"] for f in found} == {"LineString"}


def test_geoparquet_describes_its_geometry(table: pa.Table) -> None:
    written = pq.read_table(BytesIO(features.to_geoparquet(table)))
    geo = json.loads(written.schema.metadata[b"geo"])
    assert geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert written.column("geometry").to_pylist() == table.column("geometry").to_pylist()


def test_csv_opens_in_a_japanese_spreadsheet(table: pa.Table) -> None:
    text = features.to_csv(table)
    assert text.startswith(b"\xef\xbb\xbf"), "without the mark it is read as Shift JIS"
    rows = pyarrow.csv.read_csv(BytesIO(text[3:]))
    lines = shapely.from_wkt(rows.column("wkt").to_pylist())
    drawn = shapely.from_wkb(table.column("geometry").to_pylist())
    assert shapely.equals_exact(lines, drawn, tolerance=1e-6).all(), "to a tenth of a metre"


@pytest.mark.parametrize("name", ["=1+1", "+81", "-2", "@SUM(A1)", "\t=1"])
def test_a_road_name_never_runs_as_a_formula(table: pa.Table, name: str) -> None:
    names = pa.array([name, "本町通り", *[None] * (table.num_rows - 2)], pa.string())
    named = table.set_column(table.column_names.index("name"), "name", names)
    rows = pyarrow.csv.read_csv(BytesIO(features.to_csv(named)[3:])).column("name").to_pylist()
    assert rows[:2] == [f"'{name}", "本町通り"]
