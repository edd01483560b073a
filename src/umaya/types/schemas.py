"""Arrow schemas of the tables that rooms hand to each other.

Evolution rule: a column keeps its name, type and meaning; new columns are nullable and go last.
Times are UTC microseconds; coordinates WGS 84 degrees, longitude first; lengths metres.
"""

from __future__ import annotations

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")

POSITIONS = pa.schema(
    [
        pa.field("vehicle_id", pa.string(), nullable=False),
        pa.field("t", TIME, nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("accuracy_m", pa.float32()),
        pa.field("speed_mps", pa.float32()),
        pa.field("heading_deg", pa.float32()),
    ]
)
"""1 Hz positions as a vehicle reports them. `heading_deg` clockwise from north, [0, 360)."""

MATCHES = pa.schema(
    [
        pa.field("vehicle_id", pa.string(), nullable=False),
        pa.field("t", TIME, nullable=False),
        pa.field("edge_id", pa.int64()),
        pa.field("way_id", pa.int64()),
        pa.field("forward", pa.bool_()),
        pa.field("offset_m", pa.float32()),
        pa.field("distance_m", pa.float32()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
    ]
)
"""One row for each position, in input order; nulls where the point is not on any road.

`offset_m` is measured along the directed edge from its start, `distance_m` from the position to the road.
"""

ROUTES = pa.schema(
    [
        pa.field("vehicle_id", pa.string(), nullable=False),
        pa.field("trip", pa.int32(), nullable=False),
        pa.field("start", TIME, nullable=False),
        pa.field("end", TIME, nullable=False),
        pa.field("edges", pa.list_(pa.int64()), nullable=False),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""What was driven, in order, as a WKB LineString; one row a trip.

A gap, a jump or a stretch off the network ends a trip.
"""

TRAVERSALS = pa.schema(
    [
        pa.field("vehicle_id", pa.string(), nullable=False),
        pa.field("trip", pa.int32(), nullable=False),
        pa.field("seq", pa.int32(), nullable=False),
        pa.field("edge_id", pa.int64(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("forward", pa.bool_(), nullable=False),
        pa.field("entered", TIME, nullable=False),
        pa.field("left", TIME, nullable=False),
        pa.field("from_m", pa.float32(), nullable=False),
        pa.field("to_m", pa.float32(), nullable=False),
        pa.field("complete", pa.bool_(), nullable=False),
        pa.field("turned_back", pa.bool_(), nullable=False),
    ]
)
"""The parts of a route, one row for each directed edge in order.

`from_m` to `to_m` is the stretch driven along the edge; `complete` when it runs from the edge's first node to
its last; `turned_back` when the vehicle left this edge the way it came, by its opposite direction (a U-turn on
the edge, or at its far node).
"""

PASSAGES = pa.schema(
    [
        pa.field("edge_id", pa.int64(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("forward", pa.bool_(), nullable=False),
        pa.field("window_start", TIME, nullable=False),
        pa.field("window_s", pa.int32(), nullable=False),
        pa.field("passes", pa.int32(), nullable=False),
        pa.field("vehicles", pa.int32(), nullable=False),
        pa.field("last_passed", TIME),
        pa.field("turn_backs", pa.int32()),
        pa.field("days", pa.int32()),
    ]
)
"""Counts for each directed edge and window.

`turn_backs`: distinct vehicles that turned back on the edge. `days`: where the same hour of several days is
folded into one window, the number of those days with a pass; otherwise null.
"""

EDGES = pa.schema(
    [
        pa.field("edge_id", pa.int64(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("forward", pa.bool_(), nullable=False),
        pa.field("source", pa.int32(), nullable=False),
        pa.field("target", pa.int32(), nullable=False),
        pa.field("reverse", pa.int64()),
        pa.field("segment_id", pa.int64(), nullable=False),
        pa.field("length_m", pa.float64(), nullable=False),
        pa.field("highway", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("name_en", pa.string()),
        pa.field("bridge", pa.bool_(), nullable=False),
        pa.field("tunnel", pa.bool_(), nullable=False),
        pa.field("layer", pa.int8(), nullable=False),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""Directed junction-to-junction edges. `edge_id` is the row number; `source` and `target` are rows of NODES.

`forward` tells whether the edge runs in the direction of its way; `reverse` is the opposite edge, null on a
one-way; `segment_id` is shared by both directions (the smaller edge_id). `geometry` is a WKB LineString in
the direction of travel.
"""

NODES = pa.schema(
    [
        pa.field("node_id", pa.int64(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
    ]
)
"""Junctions and ends of roads; `node_id` is the OpenStreetMap id."""

ACCESSES = pa.schema(
    [
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("edge_id", pa.int64(), nullable=False),
        pa.field("offset_m", pa.float64(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""Private ways (driveways, yards, private roads) and the place on the public road each hangs from.

(`lon`, `lat`) is the point of the road edge `edge_id` at `offset_m`; `geometry` is the private way itself.
"""

HOMES = pa.schema([pa.field("segment_id", pa.int64(), nullable=False), pa.field("homes", pa.int32(), nullable=False)])
"""Homes that a road segment serves. A segment that is not listed serves none."""

CELLS = pa.schema([pa.field("cell", pa.string(), nullable=False), pa.field("people", pa.int64(), nullable=False)])
"""How many different people live in a cell, a mesh code of JIS X 0410 from 1 km down to 125 m; ordered by code."""
