"""Tiny neighbourhoods: rectangles and points in metres east and north of a place in Bunkyo-ku."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import shapely

from umaya.engines.buildings.schemas import FOOTPRINTS, LETTERBOXES, POINTS
from umaya.engines.geometry import metres_per_degree

LON, LAT = 139.75, 35.71
EAST, NORTH = metres_per_degree(LAT)

Box = tuple[float, float, float, float]


def at(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place in metres."""
    return LON + x / EAST, LAT + y / NORTH


def outline(box: Box) -> shapely.Polygon:
    west, south, east, north = box
    return shapely.Polygon([at(west, south), at(east, south), at(east, north), at(west, north)])


def drawn(
    boxes: Mapping[str, Box], heights: Mapping[str, float] | None = None, names: Mapping[str, str] | None = None
) -> pa.Table:
    """Footprints of rectangles (west, south, east, north in metres), 7 m high unless told."""
    columns = {
        "footprint": list(boxes),
        "gml_id": pa.nulls(len(boxes), pa.string()),
        "name": pa.array([(names or {}).get(ref) for ref in boxes], pa.string()),
        "height_m": [(heights or {}).get(ref, 7.0) for ref in boxes],
        "geometry": shapely.to_wkb([outline(box) for box in boxes.values()]) if boxes else [],
    }
    return pa.table(columns, schema=FOOTPRINTS)


def numbered(places: Mapping[str, tuple[float, float]]) -> pa.Table:
    """Address points named `block-number`, several of one address as `1-2`, `1-2'`."""
    rows = []
    for name, (x, y) in places.items():
        block, number = name.rstrip("'").split("-")
        lon, lat = at(x, y)
        ids = {"lg_code": "131059", "machiaza_id": "0001001", "blk_id": block, "rsdt_id": number, "rsdt2_id": ""}
        rows.append({**ids, "lon": lon, "lat": lat})
    return pa.Table.from_pylist(rows, POINTS)


def boxes_of(*rows: dict[str, object]) -> pa.Table:
    """Letterboxes: `id`, `at` as `block-number`, and what else LETTERBOXES has; `place` in metres."""
    made = []
    for row in rows:
        block, number = str(row.pop("at")).split("-")
        ids = {"lg_code": "131059", "machiaza_id": "0001001", "blk_id": block, "rsdt_id": number, "rsdt2_id": ""}
        place = row.pop("place", None)
        if isinstance(place, tuple):
            row["lon"], row["lat"] = at(*place)
        made.append({**dict.fromkeys(LETTERBOXES.names), **ids, "letterbox_id": row.pop("id"), **row})
    return pa.Table.from_pylist(made, LETTERBOXES)
