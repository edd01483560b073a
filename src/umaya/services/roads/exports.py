"""The state of the roads for other systems: GeoJSON, GeoParquet, KML and CSV, all of one table.

Translates and decides nothing. What always holds: every file says of which disaster and moment it tells, of which
version of the map, and that "passed" is no guarantee; every road carries a reference that survives a map update.
Coordinates are WGS 84, longitude first. GeoJSON is RFC 7946, GeoParquet 1.1.0, KML OGC 2.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import shapely

from umaya.places.roads.references import References
from umaya.services.roads.features import event_of, iso, statuses
from umaya.services.roads.service import MapState
from umaya.types.roads import RoadNetwork

CAUTION = {
    "ja": "「通れた」は通行を保証しません。配達の車両が通った記録です。現地の規制と標識に従ってください。",
    "en": "“Passed” is no guarantee. It means that a delivery bike got through. Follow closures and signs on site.",
}
"""The words that stand above the map too."""
FACTS = ("passes", "last_passed", "turn_backs", "p_blocked")
REFERENCE = ("reference", "way_id", "from_m", "to_m", "from_node", "to_node", "digest")
KML_STYLES: Mapping[str, tuple[str, int]] = {
    "no-evidence": ("ffb3b3b3", 2),
    "passed-24h": ("fff28b00", 3),
    "passed-3h": ("ffbe6600", 4),
    "passed-1h": ("ff8f1100", 5),
    "probably-blocked": ("ff0000ce", 6),
}
"""Status to the colour (alpha, blue, green, red, as KML has them) and width of its line."""


@dataclass(frozen=True)
class Export:
    """What leaves for other systems.

    Attributes:
        table: one row a segment with evidence: segment_id, those of `REFERENCE`, name, highway, status, those of
            `FACTS`, event, at, version, geometry (WKB).
        about: event, moment, caution in both languages, version of the map.
    """

    table: pa.Table
    about: Mapping[str, Any]


def export(state: MapState, network: RoadNetwork, references: References, version: str) -> Export:
    """Return the state of every segment of which something is known.

    Args:
        state: of the roads.
        network: the roads.
        references: those of the network.
        version: name of the map's roads, as their tiles have it.
    """
    known = statuses(state)
    status = pa.table(
        {
            "segment_id": pa.array([int(segment) for segment in known], pa.int64()),
            "status": pa.array([entry["status"] for entry in known.values()], pa.string()),
        }
    )
    table = status.join(state.segments.select(["segment_id", *FACTS]), "segment_id").sort_by("segment_id")
    edges = network.edges.take(table["segment_id"].combine_chunks())  # a segment has the id of its first edge
    named = references.table(table["segment_id"].to_numpy())
    rows = table.num_rows
    columns = {
        "segment_id": table["segment_id"],
        **{name: named[name] for name in REFERENCE},
        "name": edges["name"],
        "highway": edges["highway"],
        "status": table["status"],
        **{name: table[name] for name in FACTS},
        "event": pa.repeat(state.event.id, rows),
        "at": pa.repeat(pa.scalar(state.at, pa.timestamp("us", tz="UTC")), rows),
        "version": pa.repeat(version, rows),
        "geometry": edges["geometry"],
    }
    return Export(pa.table(columns), about(state, version))


def about(state: MapState, version: str) -> dict[str, Any]:
    """Return what every file says of itself."""
    return {"event": event_of(state), "at": iso(state.at), "caution": CAUTION, "version": version}


def to_geojson(content: Export) -> bytes:
    """Return a FeatureCollection; what it says of itself is its member `umaya`."""
    columns = [name for name in content.table.column_names if name != "geometry"]
    rows = [
        {k: iso(v) if isinstance(v, datetime) else v for k, v in row.items()}
        for row in content.table.select(columns).to_pylist()
    ]
    shapes = (json.loads(text) for text in shapely.to_geojson(_shapes(content.table)))
    features = [{"type": "Feature", "properties": r, "geometry": g} for r, g in zip(rows, shapes, strict=True)]
    told = {"type": "FeatureCollection", "umaya": content.about, "features": features}
    return json.dumps(told, ensure_ascii=False).encode()


def to_geoparquet(content: Export) -> bytes:
    """Return GeoParquet; what it says of itself stands in the file's metadata under `umaya`."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["LineString"]}  # no crs means OGC:CRS84
    if content.table.num_rows:
        column["bbox"] = shapely.total_bounds(_shapes(content.table)).tolist()
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    told = {"geo": json.dumps(geo), "umaya": json.dumps(content.about, ensure_ascii=False)}
    sink = BytesIO()
    pq.write_table(content.table.replace_schema_metadata(told), sink)
    return sink.getvalue()


def to_csv(content: Export) -> bytes:
    """Return CSV with the geometry as WKT; UTF-8 with a byte order mark, as spreadsheets in Japan expect.

    A text that a spreadsheet would run as a formula (anybody can name a road in OpenStreetMap) gets an apostrophe.
    """
    table = content.table.drop_columns("geometry")
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            safe = pc.replace_substring_regex(table[field.name], "^([=+@\\-\t\r])", "'\\1")
            table = table.set_column(at, field.name, safe)
    table = table.append_column("caution", pa.repeat(f"{CAUTION['ja']} / {CAUTION['en']}", table.num_rows))
    table = table.append_column("wkt", pa.array(shapely.to_wkt(_shapes(content.table)), pa.string()))
    sink = BytesIO()
    pyarrow.csv.write_csv(table, sink)
    return b"\xef\xbb\xbf" + sink.getvalue()


def to_kml(content: Export) -> bytes:
    """Return KML: a placemark a road, its facts as extended data, its status as colour and width."""
    event = content.about["event"]["name"]
    told = [f"{content.about['at']} UTC", *CAUTION.values(), f"version {content.about['version']}"]
    styles = [
        f'<Style id="{status}"><LineStyle><color>{colour}</color><width>{width}</width></LineStyle></Style>'
        for status, (colour, width) in KML_STYLES.items()
    ]
    columns = [name for name in content.table.column_names if name != "geometry"]
    rows = content.table.select(columns).to_pylist()
    places = (_placemark(row, line) for row, line in zip(rows, _shapes(content.table), strict=True))
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
            f"<name>{_text(event['ja'])} / {_text(event['en'])}</name>",
            f"<description>{_text(' / '.join(told))}</description>",
            *styles,
            *places,
            "</Document></kml>\n",
        ]
    ).encode()


def _placemark(row: Mapping[str, Any], line: shapely.LineString) -> str:
    told = {
        key: iso(value) if isinstance(value, datetime) else value for key, value in row.items() if value is not None
    }
    data = "".join(f"<Data name={quoteattr(key)}><value>{_text(value)}</value></Data>" for key, value in told.items())
    vertices = " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in shapely.get_coordinates(line).tolist())
    passed = f"<TimeStamp><when>{iso(row['last_passed'])}</when></TimeStamp>" if row["last_passed"] else ""
    return (
        f'<Placemark id="segment-{row["segment_id"]}"><name>{_text(row["name"] or row["reference"])}</name>{passed}'
        f"<styleUrl>#{row['status']}</styleUrl><ExtendedData>{data}</ExtendedData>"
        f"<LineString><coordinates>{vertices}</coordinates></LineString></Placemark>"
    )


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: object) -> str:
    """Return a value as XML text; characters that XML 1.0 (2.2) does not know are left out."""
    return escape(_NOT_XML.sub("", str(value)))


def _shapes(table: pa.Table) -> Any:
    return shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))


FORMATS: Mapping[str, tuple[Callable[[Export], bytes], str]] = {
    "geojson": (to_geojson, "application/geo+json"),
    "parquet": (to_geoparquet, "application/vnd.apache.parquet"),
    "kml": (to_kml, "application/vnd.google-earth.kml+xml"),
    "csv": (to_csv, "text/csv; charset=utf-8"),
}
"""Ending of a file to its writer and media type."""
