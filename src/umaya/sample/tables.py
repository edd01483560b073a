"""Arrow schemas of the sample town and its days. Node and way ids are those of the OpenStreetMap file it writes."""

from __future__ import annotations

import pyarrow as pa

from umaya.types.schemas import TIME

TOWN_NODES = pa.schema(
    [
        pa.field("node_id", pa.int64(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
    ]
)
"""Points of roads and driveways."""

TOWN_WAYS = pa.schema(
    [
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("nodes", pa.list_(pa.int64()), nullable=False),
        pa.field("highway", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("name_en", pa.string()),
        pa.field("bridge", pa.bool_(), nullable=False),
        pa.field("oneway", pa.bool_(), nullable=False),
        pa.field("service", pa.string()),
        pa.field("access", pa.string()),
        pa.field("cell", pa.int32(), nullable=False),
        pa.field("valley", pa.int32()),
    ]
)
"""Roads, alleys, paths and private driveways. `cell` is the town of the region, `valley` null in its basin."""

TOWN_BUILDINGS = pa.schema(
    [
        pa.field("building_id", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("name_en", pa.string()),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""Buildings as WKB polygons; `kind` is the value of the building tag."""

TOWN_WATER = pa.schema(
    [
        pa.field("water_id", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("name_en", pa.string()),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""Water: `river` and `pond` are WKB polygons, `stream` a WKB line."""

OFFICES = pa.schema(
    [
        pa.field("office_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("name_en", pa.string(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("bikes", pa.int32(), nullable=False),
        pa.field("cell", pa.int32(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("offset_m", pa.float64(), nullable=False),
        pa.field("driveway_id", pa.int64(), nullable=False),
    ]
)
"""Delivery offices (集配局). The yard lies at the end of the private way `driveway_id`, which leaves the public way
`way_id` at `offset_m` metres from the way's start."""

LETTERBOXES = pa.schema(
    [
        pa.field("letterbox_id", pa.string(), nullable=False),
        pa.field("address", pa.string(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("homes", pa.int32(), nullable=False),
        pa.field("cell", pa.int32(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("offset_m", pa.float64(), nullable=False),
        pa.field("driveway_id", pa.int64()),
    ]
)
"""Letterboxes (郵便受箱), and as truth the way each is served from; `driveway_id` where a private way leads to it."""

HOUSEHOLDS = pa.schema(
    [
        pa.field("household_id", pa.string(), nullable=False),
        pa.field("head_name", pa.string(), nullable=False),
        pa.field("head_kana", pa.string(), nullable=False),
        pa.field("members", pa.int32(), nullable=False),
        pa.field("letterbox_id", pa.string(), nullable=False),
    ]
)
"""Households, one for each home."""

TRUTH = pa.schema(
    [
        pa.field("vehicle_id", pa.string(), nullable=False),
        pa.field("t", TIME, nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("from_node", pa.int64(), nullable=False),
        pa.field("to_node", pa.int64(), nullable=False),
        pa.field("offset_m", pa.float32(), nullable=False),
        pa.field("on_private", pa.bool_(), nullable=False),
        pa.field("outlier", pa.bool_(), nullable=False),
    ]
)
"""Where a vehicle truly was, row by row as its positions.

(`from_node`, `to_node`) is the public segment in the direction of travel and `offset_m` the way along it; on a
private way the segment it hangs from. `outlier` marks positions that were thrown far off on purpose.
"""

CLOSURES = pa.schema(
    [
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("from_node", pa.int64(), nullable=False),
        pa.field("to_node", pa.int64(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("offset_m", pa.float64(), nullable=False),
        pa.field("closed_at", TIME, nullable=False),
    ]
)
"""Closed segments in the direction of their way; the obstacle lies `offset_m` from `from_node`."""
