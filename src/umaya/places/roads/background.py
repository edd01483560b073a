"""The map's own background from the same extract: water and buildings.

Gives features to draw, nothing to compute with. Areas follow https://wiki.openstreetmap.org/wiki/Area: closed
ways and multipolygon relations, assembled by libosmium; areas cut by the border of the extract are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import osmium
import pyarrow as pa

from umaya.places.roads import extract

BACKGROUND = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("geometry", pa.binary(), nullable=False),
        pa.field("name_en", pa.string()),
    ]
)
"""`kind` is `water`, `waterway` or `building`; `geometry` WKB in degrees WGS 84: MultiPolygon, or LineString for a
`waterway`."""

WATERWAYS = frozenset({"river", "stream", "canal", "drain", "ditch"})
KEYS = ("building", "natural", "waterway", "landuse")


def background(path: str | Path) -> pa.Table:
    """Read water and buildings of an OpenStreetMap extract.

    Returns:
        One row a feature, schema BACKGROUND.

    Raises:
        InputError: when the file cannot be read to its end.
    """
    kinds: list[str] = []
    names: list[str | None] = []
    english: list[str | None] = []
    geometries: list[bytes] = []
    to_wkb = osmium.geom.WKBFactory()
    for feature in extract.areas_and_ways(Path(path), *KEYS):
        kind = _kind(feature.tags, is_area=feature.is_area())
        if kind is None:
            continue
        try:
            wkb = to_wkb.create_multipolygon(feature) if feature.is_area() else to_wkb.create_linestring(feature)
        except (
            RuntimeError,
            ValueError,
            osmium.InvalidLocationError,
        ):  # a node is missing from the extract, or the rings do not close
            continue
        kinds.append(kind)
        names.append(feature.tags.get("name:ja") or feature.tags.get("name"))
        english.append(feature.tags.get("name:en"))
        geometries.append(bytes.fromhex(wkb))
    return pa.table({"kind": kinds, "name": names, "geometry": geometries, "name_en": english}, schema=BACKGROUND)


def _kind(tags: Mapping[str, str], *, is_area: bool) -> str | None:
    """Return what to draw an area or a line with `tags` as, or None for nothing."""
    if not is_area:
        covered = tags.get("tunnel", "no") != "no"
        return "waterway" if tags.get("waterway") in WATERWAYS and not covered else None
    if tags.get("building", "no") != "no":
        return "building"
    wet = tags.get("natural") == "water" or tags.get("waterway") == "riverbank" or tags.get("landuse") == "reservoir"
    return "water" if wet else None
