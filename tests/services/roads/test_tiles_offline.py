"""The map to take along: the PMTiles file as independent readers find it, and what the page is made of."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import mapbox_vector_tile
import pyarrow as pa
import pytest
from pmtiles.reader import MemorySource, Reader, all_tiles

from tests.web import town
from tests.web.hubs import OFFICER, make_hub
from umaya.cli.roads import page_parts
from umaya.hub import Hub
from umaya.services.roads.drawn import Drawn
from umaya.services.roads.exports import CAUTION
from umaya.services.roads.features import statuses
from umaya.services.roads.tiles_archive import write_archive
from umaya.services.roads.tiles_offline import files


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub after its earthquake."""
    hub = make_hub(tmp_path_factory.mktemp("offline") / "hub")
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def archive(hub: Hub) -> bytes:
    """The map as of the newest window."""
    drawn, sink = Drawn(hub.roads), BytesIO()
    state = hub.roads.state(OFFICER)
    write_archive(sink, state, drawn.tiles, drawn.snapshots, drawn.references, drawn.background)
    return sink.getvalue()


def test_the_archive_holds_every_road_with_what_is_known(hub: Hub, archive: bytes) -> None:
    """Read by the format's own library and an independent decoder of tiles."""
    source = MemorySource(archive)
    header = Reader(source).header()
    found: dict[int, dict[str, str]] = {}
    for (zoom, _, _), packed in all_tiles(source):
        layers = mapbox_vector_tile.decode(gzip.decompress(packed))
        if zoom == header["max_zoom"] and "roads" in layers:
            found |= {f["id"]: f["properties"] for f in layers["roads"]["features"]}
    known = statuses(hub.roads.state(OFFICER))
    assert len(found) == len(town.network()["features"])
    for segment, about in found.items():
        entry = known.get(str(segment), {"status": "no-evidence", "last_passed": None, "turn_backs": 0})
        assert about["status"] == entry["status"]
        assert about.get("last_passed") == entry["last_passed"]
        assert int(about.get("turn_backs", 0)) == entry["turn_backs"]
        assert about["reference"].startswith(f"way/{1000 + segment}@")


def test_the_archive_says_of_what_and_when_it_tells(hub: Hub, archive: bytes) -> None:
    reader = Reader(MemorySource(archive))
    header, told = reader.header(), reader.metadata()
    west, south, east, north = Drawn(hub.roads).tiles.bounds
    assert (header["min_lon_e7"], header["max_lat_e7"]) == (round(west * 1e7), round(north * 1e7))
    assert (header["max_lon_e7"], header["min_lat_e7"]) == (round(east * 1e7), round(south * 1e7))
    assert header["clustered"]
    assert told["umaya"]["at"] == "2026-11-20T20:10:00Z"
    assert told["umaya"]["event"]["id"] == "minase-earthquake"
    assert told["umaya"]["caution"] == CAUTION
    assert all(words in told["description"] for words in CAUTION.values())
    assert {layer["id"] for layer in told["vector_layers"]} >= {"roads", "water", "buildings", "offices"}


def test_the_archive_holds_reports_and_roads_that_were_passed_again(hub: Hub) -> None:
    """Reports as points of a layer of their own; that a road was passed again only while it counts as passed."""
    state = hub.roads.state(OFFICER)
    table = state.segments
    again = pa.array([town.FIRST] * table.num_rows, pa.timestamp("us", tz="UTC"))
    column = table.column_names.index("reopened")
    state = replace(state, segments=table.set_column(column, table.schema.field(column), again))
    about = {"kind": "ice", "made_at": "2026-11-20T20:00:00+00:00", "holds_until": "2026-11-21T08:00:00+00:00"}
    point = {"type": "Point", "coordinates": [town.WEST, town.SOUTH]}
    feature = {"type": "Feature", "geometry": point, "properties": {**about, "confirmations": 2}}
    drawn, sink = Drawn(hub.roads), BytesIO()
    reports = {"type": "FeatureCollection", "features": [feature]}
    write_archive(
        sink, state, drawn.tiles, drawn.snapshots, drawn.references, drawn.background, "sample", reports=reports
    )
    source = MemorySource(sink.getvalue())
    deepest = Reader(source).header()["max_zoom"]
    told: list[dict[str, Any]] = []
    found: dict[int, dict[str, Any]] = {}
    for (zoom, _, _), packed in all_tiles(source):
        layers = mapbox_vector_tile.decode(gzip.decompress(packed))
        if zoom == deepest:
            told += [f["properties"] for f in layers.get("reports", {"features": []})["features"]]
            found |= {f["id"]: f["properties"] for f in layers.get("roads", {"features": []})["features"]}
    assert told == [{**about, "confirmations": "2"}]
    assert {one["status"] for one in found.values() if "reopened" in one} == {"passed-1h", "passed-3h", "passed-24h"}
    assert all("reopened" in one for one in found.values() if one["status"].startswith("passed"))
    assert "reports" in {layer["id"] for layer in Reader(source).metadata()["vector_layers"]}


def test_a_name_never_ends_the_page(hub: Hub) -> None:
    """What stands in the page as data stays data."""
    made = files(Drawn(hub.roads), hub.roads.state(OFFICER), page_parts(), "</script><b>&")
    page = made["map.html"].decode()
    assert "</script><b>" not in page
    assert page.count("</html>") == 1
