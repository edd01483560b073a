"""What the road map's API tells as JSON: roads and background as GeoJSON, and the state of each road.

Translates and decides nothing; downloads for other systems are `exports`. GeoJSON is RFC 7946.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.services.roads.service import MapState
from umaya.types.roads import RoadNetwork

WEB_STATUS = {"1h": "passed-1h", "3h": "passed-3h", "24h": "passed-24h", "older": "no-evidence", "none": "no-evidence"}
"""Age of the last pass to the status that the map shows where a road is not probably blocked.

A pass of more than a day ago is no evidence any more; when it was is told all the same.
"""


def roads(network: RoadNetwork) -> dict[str, Any]:
    """Return the segments as a FeatureCollection; the feature id is the segment id."""
    segments = _segments(network)
    properties = segments.select(["highway", "name", "name_en", "bridge"]).to_pylist()
    ids = segments.column("segment_id").to_pylist()
    shapes = _geojson(segments.column("geometry"))
    return _collection(
        {"type": "Feature", "id": i, "properties": p, "geometry": g}
        for i, p, g in zip(ids, properties, shapes, strict=True)
    )


def background(table: pa.Table) -> dict[str, Any]:
    """Return water, buildings and offices as a FeatureCollection."""
    properties = table.select(["kind", "name", "name_en"]).to_pylist()
    shapes = _geojson(table.column("geometry"))
    return _collection(
        {"type": "Feature", "properties": p, "geometry": g} for p, g in zip(properties, shapes, strict=True)
    )


def document(state: MapState) -> dict[str, Any]:
    """Return the state of the map as the page and the API show it; times are ISO 8601 in UTC."""
    return {
        "at": iso(state.at),
        "stage": state.stage,
        "event": event_of(state),
        "windows": span_of(state),
        "segments": statuses(state),
    }


def event_of(state: MapState) -> dict[str, Any]:
    """Return the declared disaster of a state."""
    return {
        "id": state.event.id,
        "name": {"ja": state.event.name.ja, "en": state.event.name.en},
        "start": iso(state.event.start),
        "end": iso(state.event.end),
    }


def span_of(state: MapState) -> dict[str, Any]:
    """Return the ends of the first and the last window that are out, and the length of one."""
    first, last = (state.windows[0], state.windows[-1]) if state.windows else (None, None)
    return {
        "first": iso(first.end) if first else None,
        "last": iso(last.end) if last else None,
        "step_s": int((first.end - first.start).total_seconds()) if first else None,
    }


def statuses(state: MapState) -> dict[str, dict[str, Any]]:
    """Return segment id to its status for the map; segments of which nothing was ever told are left out."""
    kept = state.segments.filter(
        pc.field("passed_since") | (pc.field("status") == "probably-blocked") | (pc.field("turn_backs") > 0)
    )
    return {
        str(row["segment_id"]): {
            "status": "probably-blocked" if row["status"] == "probably-blocked" else WEB_STATUS[row["age_class"]],
            "last_passed": iso(row["last_passed"]),
            "p_blocked": round(row["p_blocked"], 3),
            "turn_backs": row["turn_backs"],
            "reopened": iso(row["reopened"]),
        }
        for row in kept.to_pylist()
    }


def _segments(network: RoadNetwork) -> pa.Table:
    return network.edges.filter(pc.field("edge_id") == pc.field("segment_id"))


def _geojson(wkb: pa.ChunkedArray) -> list[Any]:
    return [json.loads(text) for text in shapely.to_geojson(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)))]


def _collection(features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
