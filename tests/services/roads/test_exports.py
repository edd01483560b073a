"""What leaves the map for other systems: the same roads in four formats, each read back by an independent reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import shapely

from tests.services.roads.conftest import QUAKE, STEP, Town
from umaya.places.roads.references import References
from umaya.sample.setup import PEOPLE
from umaya.services.roads import exports
from umaya.services.roads.drawn import Drawn
from umaya.services.roads.exports import CAUTION, Export
from umaya.web.languages import load_catalogue

KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture
def content(town: Town) -> Export:
    """Return the export after one bike rode AB, BE, EF."""
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    town.hub.roads.advance(PEOPLE["city-map"])
    return Drawn(town.hub.roads).export(town.hub.roads.state(PEOPLE["city-officer"]))


def renamed(content: Export, name: str) -> Export:
    """Return the export with the first road of another name."""
    names = pa.array([name, "本町通り", *[None] * (content.table.num_rows - 2)], pa.string())
    at = content.table.column_names.index("name")
    return replace(content, table=content.table.set_column(at, "name", names))


def geojson(content: Export) -> list[tuple[dict[str, object], shapely.Geometry]]:
    features = json.loads(exports.to_geojson(content))["features"]
    return [(f["properties"], shapely.from_geojson(json.dumps(f["geometry"]))) for f in features]


def geoparquet(content: Export) -> list[tuple[dict[str, object], shapely.Geometry]]:
    rows = pq.read_table(BytesIO(exports.to_geoparquet(content))).to_pylist()
    return [(row, shapely.from_wkb(row["geometry"])) for row in rows]


def csv(content: Export) -> list[tuple[dict[str, object], shapely.Geometry]]:
    rows = pyarrow.csv.read_csv(BytesIO(exports.to_csv(content)[3:])).to_pylist()
    return [(row, shapely.from_wkt(str(row["wkt"]))) for row in rows]


def kml(content: Export) -> list[tuple[dict[str, object], shapely.Geometry]]:
    found = []
    for mark in ElementTree.fromstring(exports.to_kml(content)).iter(f"{KML}Placemark"):
        row: dict[str, object] = {d.attrib["name"]: d.findtext(f"{KML}value") for d in mark.iter(f"{KML}Data")}
        text = mark.findtext(f"{KML}LineString/{KML}coordinates") or ""
        line = shapely.LineString([tuple(map(float, place.split(","))) for place in text.split()])
        assert mark.findtext(f"{KML}styleUrl") == f"#{row['status']}"
        found.append((row, line))
    return found


@pytest.mark.parametrize("read", [geojson, geoparquet, csv, kml])
def test_every_format_holds_the_same_roads(
    content: Export, town: Town, read: Callable[[Export], list[tuple[dict[str, object], shapely.Geometry]]]
) -> None:
    """Status, reference, way, event, version of the map and place, as an independent reader finds them."""
    found = read(content)
    passed = {int(str(row["segment_id"])) for row, _ in found if row["status"] == "passed-1h"}
    assert passed == {town.world.segment(name) for name in ("AB", "BE", "EF")}
    drawn = shapely.from_wkb(content.table["geometry"].to_pylist())
    for (row, line), want, geometry in zip(found, content.table.to_pylist(), drawn, strict=True):
        for key in ("segment_id", "reference", "way_id", "digest", "status", "event", "version", "from_node"):
            assert str(row[key]) == str(want[key]), key
        assert shapely.equals_exact(line, geometry, tolerance=1e-6), "to a tenth of a metre"


def test_a_reference_is_that_of_the_network(content: Export, town: Town) -> None:
    references = References(town.hub.atlas.network).table()
    known = dict(zip(references["segment_id"].to_pylist(), references["reference"].to_pylist(), strict=True))
    for row in content.table.to_pylist():
        assert row["reference"] == known[row["segment_id"]]


def test_every_file_says_of_what_and_when_it_tells_and_cautions(content: Export) -> None:
    at = "2026-"
    told = json.loads(exports.to_geojson(content))["umaya"]
    metadata = pq.read_table(BytesIO(exports.to_geoparquet(content))).schema.metadata
    assert json.loads(metadata[b"umaya"]) == told
    assert told["event"]["id"] == "quake"
    assert told["at"].startswith(at)
    assert told["caution"] == CAUTION
    description = ElementTree.fromstring(exports.to_kml(content)).findtext(f"{KML}Document/{KML}description") or ""
    for words in (told["at"], told["version"], *CAUTION.values()):
        assert words in description
    row = csv(content)[0][0]
    assert str(row["at"]).startswith(at)
    assert all(words in str(row["caution"]) for words in CAUTION.values())


def test_the_caution_is_the_one_above_the_map() -> None:
    for language in ("ja", "en"):
        assert load_catalogue(language).gettext("roads.caution") == CAUTION[language]


def test_geoparquet_describes_its_geometry(content: Export, tmp_path: Path) -> None:
    """For readers of GeoParquet 1.1, and for those that read it as plain Parquet (DuckDB)."""
    file = tmp_path / "roads.parquet"
    file.write_bytes(exports.to_geoparquet(content))
    geo = json.loads(pq.read_schema(file).metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert len(geo["columns"]["geometry"]["bbox"]) == 4
    [(count,)] = duckdb.sql(f"SELECT count(DISTINCT reference) FROM '{file}'").fetchall()
    assert count == content.table.num_rows


def test_csv_opens_in_a_japanese_spreadsheet(content: Export, tmp_path: Path) -> None:
    text = exports.to_csv(content)
    assert text.startswith(b"\xef\xbb\xbf"), "without the mark it is read as Shift JIS"
    file = tmp_path / "roads.csv"
    file.write_bytes(text)
    assert len(duckdb.sql(f"SELECT way_id, reference FROM read_csv('{file}')").fetchall()) == content.table.num_rows


@pytest.mark.parametrize("name", ["=1+1", "+81", "-2", "@SUM(A1)", "\t=1"])
def test_a_road_name_never_runs_as_a_formula(content: Export, name: str) -> None:
    rows = [row["name"] for row, _ in csv(renamed(content, name))]
    assert rows[:2] == [f"'{name}", "本町通り"]


@pytest.mark.parametrize("name", ["<b>&\"'", "\x00\x0b橋\ufffe", "]]>"])
def test_a_road_name_never_breaks_the_kml(content: Export, name: str) -> None:
    mark = next(ElementTree.fromstring(exports.to_kml(renamed(content, name))).iter(f"{KML}Placemark"))
    assert mark.findtext(f"{KML}name") == name.replace("\x00\x0b", "").replace("\ufffe", "")


def test_a_map_of_which_nothing_is_known_is_empty_in_every_format(town: Town) -> None:
    town.quake()
    empty = Drawn(town.hub.roads).export(town.hub.roads.state(PEOPLE["city-officer"]))
    assert [read(empty) for read in (geojson, geoparquet, csv, kml)] == [[], [], [], []]
    assert empty.about["at"] == QUAKE.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert isinstance(QUAKE, datetime)
