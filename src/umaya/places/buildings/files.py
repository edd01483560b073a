"""What buildings and links are written as: GeoParquet 1.1, Parquet, and GeoJSON for a map.

Each file is whole under its name or not there. Evolution rule: that of `umaya.types.schemas`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from umaya.engines.buildings.candidates import Plane, outlines
from umaya.engines.buildings.schemas import ADDRESS
from umaya.stores.durable import make_folder, publish

BUILDINGS = pa.schema(
    [
        pa.field("building_id", pa.string()),
        pa.field("footprint", pa.string(), nullable=False),
        pa.field("gml_id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("height_m", pa.float64()),
        pa.field("area_m2", pa.float64(), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("addresses", pa.int32(), nullable=False),
        pa.field("letterboxes", pa.int32(), nullable=False),
        pa.field("rooms", pa.int32(), nullable=False),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
)
"""Every footprint as a building; `lon`, `lat` lie within it. `building_id` is null where no ids were asked for."""
GEOPARQUET_VERSION = "1.1.0"


def building_table(
    footprints: pa.Table, links: pa.Table, housed: pa.Table, ids: Mapping[str, str] | None = None
) -> pa.Table:
    """Return one row a footprint, schema BUILDINGS.

    Args:
        footprints: schema FOOTPRINTS.
        links: schema LINKS.
        housed: schema HOUSED.
        ids: building ids by footprint.
    """
    refs = footprints.column("footprint")
    shapes = shapely.from_wkb(footprints.column("geometry").to_numpy(zero_copy_only=False))
    inside = shapely.point_on_surface(shapes)
    lon, lat = shapely.get_x(inside), shapely.get_y(inside)
    columns = {name: footprints.column(name) for name in FOOTPRINT_COLUMNS}
    counted = {
        "building_id": pa.array([(ids or {}).get(ref) for ref in refs.to_pylist()], pa.string()),
        "area_m2": outlines(footprints, Plane.around(lon, lat)).area,
        "lon": lon,
        "lat": lat,
        "addresses": _distinct(refs, links, ADDRESS),
        "letterboxes": _distinct(refs, housed, ("letterbox_id",)),
        "rooms": _distinct(refs, housed.filter(pa.compute.not_equal(housed["room"], "")), ("room",)),
    }
    return pa.table({name: {**columns, **counted}[name] for name in BUILDINGS.names}, schema=BUILDINGS)


FOOTPRINT_COLUMNS = ("footprint", "gml_id", "name", "height_m", "geometry")


def _distinct(refs: pa.ChunkedArray, table: pa.Table, columns: tuple[str, ...]) -> pa.Array:
    """Count for each building the distinct values of some columns among the rows that name it."""
    pairs = table.select(["footprint", *columns]).group_by(["footprint", *columns]).aggregate([])
    counts = pairs.group_by("footprint").aggregate([([], "count_all")])
    of = dict(zip(counts["footprint"].to_pylist(), counts["count_all"].to_pylist(), strict=True))
    return pa.array([of.get(ref, 0) for ref in refs.to_pylist()], pa.int32())


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write `NAME.parquet` for each table; one with a `geometry` column is described as GeoParquet."""
    make_folder(folder, folder.parent)
    for name, table in tables.items():
        publish(folder / f"{name}.parquet", partial(_write_parquet, _described(table)))


def write_maps(folder: Path, buildings: pa.Table, doubtful: pa.Table) -> None:
    """Write `buildings.geojson` and `doubtful.geojson`; a doubtful row without a place has a null geometry."""
    shapes = shapely.from_wkb(buildings.column("geometry").to_numpy(zero_copy_only=False))
    told = buildings.drop_columns(["geometry"])
    publish(folder / "buildings.geojson", partial(_write_features, shapely.to_geojson(shapes), told))
    lon, lat = (doubtful.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in ("lon", "lat"))
    points = shapely.to_geojson(shapely.points(lon, lat))
    points = np.where(np.isfinite(lon) & np.isfinite(lat), points, "null")
    told = doubtful.drop_columns(["lon", "lat"])
    publish(folder / "doubtful.geojson", partial(_write_features, points, told))


def _write_features(shapes: np.ndarray, told: pa.Table, sink: IO[bytes]) -> None:
    sink.write(b'{"type":"FeatureCollection","features":[')
    for i, (shape, properties) in enumerate(zip(shapes, told.to_pylist(), strict=True)):
        text = json.dumps(properties, ensure_ascii=False, allow_nan=False)
        feature = f'{{"type":"Feature","geometry":{shape},"properties":{text}}}'
        sink.write((",\n" if i else "\n").encode() + feature.encode())
    sink.write(b"\n]}\n")


def _write_parquet(table: pa.Table, sink: IO[bytes]) -> None:
    pq.write_table(table, sink, compression="zstd")


def _described(table: pa.Table) -> pa.Table:
    if "geometry" not in table.column_names:
        return table
    column: dict[str, object] = {"encoding": "WKB", "geometry_types": ["Polygon", "MultiPolygon"]}
    if table.num_rows:
        shapes = shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False))
        column["bbox"] = shapely.total_bounds(shapes).tolist()
    geo = {"version": GEOPARQUET_VERSION, "primary_column": "geometry", "columns": {"geometry": column}}
    return table.replace_schema_metadata({"geo": json.dumps(geo)})
