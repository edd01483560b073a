"""The road map at one moment as one PMTiles 3 file: roads, background and what was known, for use without a network.

Every tile of the map is in it, as gzip, with what is known of each road as attributes; from the zoom of small roads on
also the reference that survives a map update. What always holds: the file says of which disaster and moment it tells,
of which version of the map, and that "passed" is no guarantee.
Format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from umaya.engines.tiles import Attribute, Points, covering
from umaya.places.roads.references import References
from umaya.services.roads.exports import about
from umaya.services.roads.features import event_of
from umaya.services.roads.service import MapState
from umaya.services.roads.tiles import (
    FIRST_ZOOM,
    MAX_ZOOM,
    SMALL_ROADS_FROM,
    Background,
    RoadTiles,
    attribute,
    pack,
    road_lines,
    vector_layers,
)
from umaya.services.roads.tiles_state import ON_REOPENED, STATUSES, Snapshots

FIELDS = dict.fromkeys(("status", "last_passed", "turn_backs", "p_blocked", "reopened"), "String")
REPORTED = ("kind", "made_at", "holds_until", "confirmations")
"""What a point of the layer `reports` carries."""
ATTRIBUTION = "© OpenStreetMap contributors"
FIRST = min(FIRST_ZOOM.values())
NONE: Mapping[str, Any] = {"type": "FeatureCollection", "features": []}


def write_archive(
    sink: IO[bytes],
    state: MapState,
    tiles: RoadTiles,
    snapshots: Snapshots,
    references: References,
    background: pa.Table,
    attribution: str = ATTRIBUTION,
    reports: Mapping[str, Any] | None = None,
) -> int:
    """Write the map at a moment, and return how many tiles it holds.

    Args:
        sink: the file.
        state: of the roads.
        tiles: of the roads' network, for its version and bounds.
        snapshots: of the same network.
        references: of the same network.
        background: schema BACKGROUND.
        attribution: who made the map.
        reports: what carriers reported of roads, a FeatureCollection of points; no layer of it by default.
    """
    lines = road_lines(tiles.segments, _known(state, tiles.segments, snapshots, references), names_from=0)
    ground = Background(background)
    reported = _reported(reports or NONE)
    west, south, east, north = tiles.bounds
    wanted = [tile for zoom in range(FIRST, MAX_ZOOM + 1) for tile in covering(west, south, east, north, zoom)]
    writer = Writer(sink)
    count = 0
    for number, tile in sorted((zxy_to_tileid(tile.z, tile.x, tile.y), tile) for tile in wanted):
        content = pack(lines.layer("roads", tile) + ground.layers(tile) + reported.layer("reports", tile))
        if content:
            writer.write_tile(number, content)
            count += 1
    writer.finalize(
        _header(tiles.bounds), metadata(state, tiles.version, attribution, with_reports=reports is not None)
    )
    return count


def _reported(reports: Mapping[str, Any]) -> Points:
    """Return reports as points, with their facts as texts."""
    features = reports["features"]
    places = np.array([feature["geometry"]["coordinates"] for feature in features], np.float64).reshape(-1, 2)
    return Points(places, {key: [str(feature["properties"][key]) for feature in features] for key in REPORTED})


def metadata(state: MapState, version: str, attribution: str, *, with_reports: bool = False) -> dict[str, Any]:
    """Return what the file says of itself."""
    names = event_of(state)["name"]
    told = about(state, version)
    return {
        "name": f"{names['ja']} / {names['en']}",
        "description": f"{told['at']} UTC. {' '.join(told['caution'].values())}",
        "attribution": attribution,
        "type": "overlay",
        "version": "1.0.0",
        "vector_layers": [
            *vector_layers(**FIELDS, reference="String"),
            *([{"id": "reports", "fields": dict.fromkeys(REPORTED, "String")}] if with_reports else []),
        ],
        "umaya": told,
    }


def _header(bounds: tuple[float, float, float, float]) -> Mapping[str, Any]:
    west, south, east, north = (round(degree * 1e7) for degree in bounds)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": 12,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _known(state: MapState, segments: pa.Table, snapshots: Snapshots, references: References) -> tuple[Attribute, ...]:
    """Return what is known of each segment as attributes, in every zoom: nobody can be asked later."""
    ids = segments["segment_id"]
    facts = state.segments.take(pc.index_in(ids, state.segments["segment_id"]))
    snapshot = snapshots.of(state)
    status = Attribute("status", snapshot.status.astype(np.int32), STATUSES)
    last = _iso(facts["last_passed"])
    again = pc.if_else(pa.array((snapshot.kind & ON_REOPENED) != 0), _iso(facts["reopened"]), None)
    turned = pc.if_else(pc.greater(facts["turn_backs"], 0), pc.cast(facts["turn_backs"], pa.string()), None)
    likely = pc.if_else(
        pc.equal(facts["status"], "probably-blocked"),
        pc.cast(pc.round(pc.cast(facts["p_blocked"], pa.float64()), 2), pa.string()),
        None,
    )
    return (
        status,
        attribute("last_passed", last),
        attribute("turn_backs", turned),
        attribute("p_blocked", likely),
        attribute("reopened", again),
        attribute("reference", references.table()["reference"], SMALL_ROADS_FROM),
    )


def _iso(times: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.strftime(pc.cast(times, pa.timestamp("s", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
