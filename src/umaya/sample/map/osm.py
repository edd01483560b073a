"""The town's map as an OpenStreetMap file, so that it takes the same importer as any real extract.

The text form OPL is put together column by column and turned into the wanted format inside libosmium.
Format: https://osmcode.org/opl-file-format/. Same tables, same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmium
import osmium.io
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.sample.map.draft import Floats, Ints

if TYPE_CHECKING:
    from umaya.sample.town import Town


def write(town: Town, path: Path) -> None:
    """Write roads, buildings and water of `town`; an existing file is replaced."""
    first_free = int(town.nodes["node_id"][-1].as_py()) + 1
    shapes = [(town.buildings, "building_id"), (town.water, "water_id")]
    corners, rings = _rings(np.concatenate([table["geometry"].to_numpy() for table, _ in shapes]), first_free)
    way_id = np.concatenate([town.ways["way_id"].to_numpy()] + [table[name].to_numpy() for table, name in shapes])
    refs = pc.binary_join(pc.cast(town.ways["nodes"].combine_chunks(), pa.list_(pa.string())), ",n")
    tags = pa.concat_arrays([_road_tags(town.ways), _building_tags(town.buildings), _water_tags(town.water)])
    way_lines = _join("w", pa.array(way_id).cast(pa.string()), " v1 T", tags, " Nn", pa.concat_arrays([refs, rings]))
    order = pa.array(np.argsort(way_id, kind="stable"))
    node_id = np.append(town.nodes["node_id"].to_numpy(), np.arange(first_free, first_free + len(corners)))
    degrees = np.concatenate([np.column_stack([town.nodes["lon"].to_numpy(), town.nodes["lat"].to_numpy()]), corners])
    text = pa.concat_arrays([_node_lines(node_id, degrees), way_lines.take(order)])
    opl = "\n".join(text.to_pylist()) + "\n"
    header = osmium.io.Header()
    header.set("generator", "umaya sample town")
    writer = osmium.SimpleWriter(str(path), header=header, overwrite=True)
    try:
        osmium.apply(osmium.io.Reader(osmium.io.FileBuffer(opl.encode(), "opl")), writer)
    finally:
        writer.close()


def _rings(geometry: Floats, first_free: int) -> tuple[Floats, pa.Array]:
    """Return the new points of polygons and lines and each one's list of references; a ring closes on its first."""
    shapes = shapely.from_wkb(geometry)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    sizes = np.bincount(owner, minlength=len(shapes))
    last = np.cumsum(sizes) - 1
    closed = shapely.get_type_id(shapes) == 3
    number: Ints = np.arange(len(xy))
    fresh = np.ones(len(xy), dtype=bool)
    fresh[last[closed]] = False
    number = first_free + np.cumsum(fresh) - 1
    number[last[closed]] = number[(last - sizes + 1)[closed]]
    offsets = pa.array(np.append(0, last + 1), pa.int32())
    lists = pa.ListArray.from_arrays(offsets, pa.array(number).cast(pa.string()))
    return np.round(xy[fresh], 7), pc.binary_join(lists, ",n")


def _node_lines(node_id: Ints, degrees: Floats) -> pa.Array:
    """Return one OPL line for each node, coordinates with seven decimals."""
    columns = []
    for axis in (0, 1):
        units = np.round(degrees[:, axis] * 1e7).astype(np.int64)
        decimals = pc.utf8_lpad(pa.array(units % 10_000_000).cast(pa.string()), 7, "0")
        columns.append(_join(pa.array(units // 10_000_000).cast(pa.string()), ".", decimals))
    return _join("n", pa.array(node_id).cast(pa.string()), " v1 x", columns[0], " y", columns[1])


def _road_tags(ways: pa.Table) -> pa.Array:
    yes = {
        name: pc.if_else(ways[name], pa.scalar("yes"), pa.scalar(None, pa.string())) for name in ("bridge", "oneway")
    }
    layer = pc.if_else(ways["bridge"], pa.scalar("1"), pa.scalar(None, pa.string()))
    columns = {"highway": ways["highway"], "service": ways["service"], "access": ways["access"], **yes, "layer": layer}
    return _tags({**columns, **_names(ways)})


def _building_tags(buildings: pa.Table) -> pa.Array:
    return _tags({"building": buildings["kind"], **_names(buildings)})


def _water_tags(water: pa.Table) -> pa.Array:
    line = pc.equal(water["kind"], "stream")
    none = pa.scalar(None, pa.string())
    area = {"natural": pc.if_else(line, none, "water"), "water": pc.if_else(line, none, water["kind"])}
    return _tags({**area, "waterway": pc.if_else(line, water["kind"], none), **_names(water)})


def _names(table: pa.Table) -> dict[str, pa.Array]:
    return {"name": table["name"], "name:ja": table["name"], "name:en": table["name_en"]}


def _tags(columns: dict[str, pa.Array]) -> pa.Array:
    """Join `key=value` for all values that are there; text is escaped as OPL asks."""
    pairs = []
    for key, values in columns.items():
        flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        for mark, code in (("%", "%25%"), (" ", "%20%"), (",", "%2c%"), ("=", "%3d%"), ("@", "%40%")):
            flat = pc.replace_substring(flat, mark, code)
        pairs.append(_join(f"{key}=", flat))
    return pc.binary_join_element_wise(*pairs, ",", null_handling="skip")


def _join(*parts: object) -> pa.Array:
    return pc.binary_join_element_wise(*(pa.scalar(p) if isinstance(p, str) else p for p in parts), "")
