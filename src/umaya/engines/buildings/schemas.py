"""Arrow schemas of footprints, address points, letterboxes and what they resolve to.

Coordinates are WGS 84 degrees (JGD2011 is taken as equal), longitude first; lengths metres. Evolution rule: that of
`umaya.types.schemas`.
"""

from __future__ import annotations

import pyarrow as pa

ADDRESS = ("lg_code", "machiaza_id", "blk_id", "rsdt_id", "rsdt2_id")
"""What names an address in the Address Base Registry; an empty text where a level is not used."""
_address = [pa.field(name, pa.string(), nullable=False) for name in ADDRESS]

FOOTPRINTS = pa.schema(
    [
        pa.field("footprint", pa.string(), nullable=False),
        pa.field("gml_id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("height_m", pa.float64()),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""Outlines of buildings in one release: `footprint` is the release's own id, unique in it; WKB (Multi)Polygons."""

POINTS = pa.schema(
    [*_address, pa.field("lon", pa.float64(), nullable=False), pa.field("lat", pa.float64(), nullable=False)]
)
"""Where addresses are; several rows may have one address."""

LETTERBOXES = pa.schema(
    [
        pa.field("letterbox_id", pa.string(), nullable=False),
        *_address,
        pa.field("building", pa.string()),
        pa.field("room", pa.string()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
        pa.field("real_estate_id", pa.string()),
    ]
)
"""Letterboxes as a post office keeps them, without anything of their occupants."""

_outcome = [
    pa.field("confidence", pa.float64(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
]

LINKS = pa.schema(
    [
        *_address,
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("footprint", pa.string(), nullable=False),
        *_outcome,
        pa.field("distance_m", pa.float64(), nullable=False),
        pa.field("addresses", pa.int32(), nullable=False),
        pa.field("others", pa.list_(pa.string()), nullable=False),
    ]
)
"""An address and the building that it stands for.

`addresses`: how many addresses the building has. `others`: further buildings that may share this address.
"""

DOUBTFUL = pa.schema(
    [
        *_address,
        pa.field("letterbox_id", pa.string()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
        pa.field("candidates", pa.list_(pa.string()), nullable=False),
        pa.field("confidences", pa.list_(pa.float64()), nullable=False),
        *_outcome,
    ]
)
"""A row that is not resolved: why, and between which buildings a person has to choose, the likeliest first."""

HOUSED = pa.schema(
    [
        pa.field("letterbox_id", pa.string(), nullable=False),
        *_address,
        pa.field("room", pa.string(), nullable=False),
        pa.field("footprint", pa.string(), nullable=False),
        *_outcome,
    ]
)
"""A letterbox in its building; `room` is empty where the building has none, else normalised."""
