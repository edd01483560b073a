"""Tiles of the road map over HTTP, the differences of its states, single segments, and who may ask."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import mapbox_vector_tile
import pytest

from tests.web import town
from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, OFFICER, PlayedRoads, make_hub
from umaya.engines.tiles import covering
from umaya.hub import Hub
from umaya.services.roads.features import document
from umaya.services.roads.tiles import RoadTiles, segments_of
from umaya.services.roads.tiles_state import STATUSES, Snapshots

API = "/api/v1/roads"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub after its earthquake."""
    hub = make_hub(tmp_path_factory.mktemp("tiles") / "hub")
    yield hub
    hub.close()


def read_state(body: bytes) -> tuple[dict[str, Any], dict[int, str], list[tuple[int, int, float, float]]]:
    """Read a state as its format is described, knowing nothing of the writer: head, status of what changed, marks."""
    assert body[:4] == b"URS1"
    size = int.from_bytes(body[4:8], "little")
    head = json.loads(body[8 : 8 + size])
    numbers: list[int] = []
    value = shift = 0
    for byte in body[8 + size :]:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    rest = iter(numbers)
    changed: dict[int, str] = {}
    for status, count in head["changed"]:
        segment = -1
        for _ in range(count):
            segment += next(rest)
            changed[segment] = status
    marks = []
    segment, lon, lat = -1, 0, 0
    for _ in range(head["marks"] or 0):
        segment += next(rest)
        kind = next(rest)
        steps = [(n >> 1) ^ -(n & 1) for n in (next(rest), next(rest))]
        lon, lat = lon + steps[0], lat + steps[1]
        marks.append((segment, kind, lon / 1e6, lat / 1e6))
    assert next(rest, None) is None
    return head, changed, marks


def test_the_tiles_hold_every_road_once_it_is_near_enough(hub: Hub) -> None:
    """The ids are the segments' own; names in both languages; water, buildings and offices beside them."""
    client = client_of(hub, OFFICER)
    told = client.get(f"{API}/tiles.json").json()
    assert told["tilejson"] == "3.0.0"
    west, south, east, north = told["bounds"]
    found: dict[int, dict[str, Any]] = {}
    layers = set()
    for tile in covering(west, south, east, north, told["maxzoom"]):
        answer = client.get(told["tiles"][0].format(z=tile.z, x=tile.x, y=tile.y))
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        content = mapbox_vector_tile.decode(answer.content)
        layers |= set(content)
        found |= {f["id"]: f["properties"] for f in content["roads"]["features"]}
    segments = segments_of(town.road_network())
    assert set(found) == set(segments["segment_id"].to_pylist())
    names = {row["segment_id"]: row for row in segments.to_pylist()}
    assert all(
        about.get(key) == names[segment][key]
        for segment, about in found.items()
        for key in ("name", "name_en", "highway")
    )
    assert layers == {"roads", "water", "buildings", "offices"}


def test_a_browser_keeps_a_tile_for_itself_as_long_as_the_map_is_the_same(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    told = client.get(f"{API}/tiles.json").json()
    west, south, east, north = told["bounds"]
    tile = covering(west, south, east, north, 12)[0]
    url = told["tiles"][0].format(z=tile.z, x=tile.x, y=tile.y)
    first = client.get(url)
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(url.split("?")[0] + "?v=0123")
    assert other.headers["cache-control"] == "private, no-cache", "not for ever under the name of another map"


def test_a_tile_without_anything_is_no_content(hub: Hub) -> None:
    assert client_of(hub, OFFICER).get(f"{API}/tiles/14/0/0.mvt").status_code == 204


@pytest.mark.parametrize(("tile", "status"), [("3/8/0", 404), ("15/0/0", 422), ("a/0/0", 422), ("3/-1/0", 422)])
def test_a_tile_that_is_not_there_is_a_problem(hub: Hub, tile: str, status: int) -> None:
    assert client_of(hub, OFFICER).get(f"{API}/tiles/{tile}.mvt").status_code == status


@pytest.mark.parametrize("path", ["tiles.json", "tiles/12/3604/1605.mvt", "changes", "segments/8", "passages.kml"])
def test_only_officers_of_the_municipality_see_the_map(hub: Hub, path: str) -> None:
    assert client_of(hub, AUDITOR).get(f"{API}/{path}").status_code == 403


def test_the_version_names_the_roads() -> None:
    """The same roads have one version in every process; a new name on one road is another map."""
    roads = PlayedRoads(cast("Any", None))
    version = RoadTiles(roads.atlas).version
    assert RoadTiles(roads.atlas).version == version
    edges = roads.atlas.network.edges
    names = edges["name"].to_pylist()
    at = edges.column_names.index("name")
    network = type(roads.atlas.network)(
        edges.set_column(at, edges.schema.field(at), [["新しい名", *names[1:]]]),
        roads.atlas.network.nodes,
        roads.atlas.network.accesses,
    )
    roads.atlas.network = network
    assert RoadTiles(roads.atlas).version != version


def test_tiles_that_are_kept_are_bounded_and_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = RoadTiles(PlayedRoads(cast("Any", None)).atlas)
    wanted = [tile for zoom in (11, 12, 13, 14) for tile in covering(*tiles.bounds, zoom)]
    first = [tiles.tile(tile) for tile in wanted]
    monkeypatch.setattr("umaya.services.roads.tiles.KEPT_BYTES", 4000)
    bounded = RoadTiles(PlayedRoads(cast("Any", None)).atlas)
    assert [bounded.tile(tile) for tile in wanted] == first
    assert sum(map(len, bounded._kept.values())) <= max(4000, *map(len, first))
    assert [bounded.tile(tile) for tile in wanted] == first
    assert mapbox_vector_tile.decode(gzip.decompress(first[-1]))


@pytest.mark.parametrize("at", [town.FIRST, town.FIRST + 4 * town.STEP, town.FIRST + 17 * town.STEP])
def test_the_whole_state_is_what_the_json_says(hub: Hub, at: datetime) -> None:
    query = {"at": at.isoformat()}
    client = client_of(hub, OFFICER)
    head, changed, marks = read_state(client.get(f"{API}/changes", params=query).content)
    state = hub.roads.state(OFFICER, at)
    want = document(state)
    assert head["since"] is None
    assert {key: head[key] for key in ("at", "stage", "event", "windows")} == {
        key: want[key] for key in ("at", "stage", "event", "windows")
    }
    assert changed == {int(i): e["status"] for i, e in want["segments"].items() if e["status"] != "no-evidence"}
    blocked = {int(i) for i, e in want["segments"].items() if e["status"] == "probably-blocked"}
    assert {segment for segment, kind, *_ in marks if kind & 1} == blocked
    assert {segment for segment, kind, *_ in marks if kind & 2} == {
        int(i) for i, e in want["segments"].items() if e["turn_backs"]
    }
    assert all(
        town.WEST < lon < town.WEST + 0.1 and town.SOUTH - 0.01 < lat < town.SOUTH + 0.1 for *_, lon, lat in marks
    )


def test_differences_lead_from_any_moment_to_any_other(hub: Hub) -> None:
    """Forwards and backwards, the state that a reader ends with is the one asked for."""
    client = client_of(hub, OFFICER)
    held: dict[int, str] = {}
    since = None
    for window in (0, 5, 17, 3, 3, 0):
        query = {"at": (town.FIRST + town.STEP * window).isoformat(), **({"since": since} if since else {})}
        head, changed, _ = read_state(client.get(f"{API}/changes", params=query).content)
        assert head["since"] == since
        held |= changed
        want = document(hub.roads.state(OFFICER, town.FIRST + town.STEP * window))["segments"]
        known = {segment: status for segment, status in held.items() if status != "no-evidence"}
        assert known == {int(i): e["status"] for i, e in want.items() if e["status"] != "no-evidence"}
        assert head["totals"]["probably-blocked"]["count"] == list(known.values()).count("probably-blocked")
        since = head["version"]


def test_what_did_not_change_takes_no_bytes(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    whole = client.get(f"{API}/changes").content
    head, *_ = read_state(whole)
    again, changed, _ = read_state(client.get(f"{API}/changes", params={"since": head["version"]}).content)
    assert (again["changed"], again["marks"], changed) == ([], None, {})
    assert again["version"] == head["version"]


def test_a_version_that_is_not_known_gets_everything(hub: Hub) -> None:
    head, changed, _ = read_state(client_of(hub, OFFICER).get(f"{API}/changes", params={"since": "00ff"}).content)
    assert head["since"] is None
    assert changed


def test_snapshots_that_are_kept_are_few(monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    """A reader who comes back after too long gets everything again."""
    monkeypatch.setattr("umaya.services.roads.tiles_state.KEPT", 2)
    snapshots = Snapshots(segments_of(town.road_network()))
    states = [hub.roads.state(OFFICER, town.FIRST + town.STEP * n) for n in (0, 4, 8)]
    first = read_state(snapshots.difference(states[0], None))[0]["version"]
    assert read_state(snapshots.difference(states[1], first))[0]["since"] == first
    snapshots.of(states[2])
    assert read_state(snapshots.difference(states[2], first))[0]["since"] is None


def test_a_segment_tells_its_names_its_reference_and_what_is_known(hub: Hub) -> None:
    bridge = town.closed()[0]
    told = client_of(hub, OFFICER).get(f"{API}/segments/{bridge}").json()
    assert (told["name"], told["name_en"], told["bridge"]) == ("駅前通り", "Ekimae-dori", True)
    assert told["reference"].startswith(f"way/{told['way_id']}@0.0-200.0#")
    assert (told["status"], told["p_blocked"], told["turn_backs"]) == ("probably-blocked", 0.93, 3)
    assert told["status"] in STATUSES
    assert client_of(hub, OFFICER).get(f"{API}/segments/1").status_code == 404, "the id of an edge, not of a segment"


def test_a_calm_town_has_tiles_and_segments_and_no_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    hub = make_hub(tmp_path_factory.mktemp("calm") / "hub", disaster=False)
    client = client_of(hub, OFFICER)
    assert client.get(f"{API}/tiles.json").status_code == 200
    assert client.get(f"{API}/changes").status_code == 409
    assert "status" not in client.get(f"{API}/segments/8").json()
    hub.close()
