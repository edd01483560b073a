"""The still part of the road map as vector tiles: roads, water, buildings, offices, one version for each network.

Responsible for which road stands in which zoom and what it carries, and for keeping what was cut. Not for what is known
of a road (`tiles_state`), nor for who may look (the routes). What always holds: tiles of one version never change, and
the id of a feature of the layer `roads` is the segment id.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from umaya.engines.tiles import Areas, Attribute, Lines, Points, Tile
from umaya.types.roads import RoadNetwork

FORMAT = 1
"""Raised when the same network is cut into other tiles than before."""
MAX_ZOOM = 14
"""A unit of such a tile is half a metre in Japan, so nearer zooms draw these tiles larger."""
NAMES_FROM, BUILDINGS_FROM, WATER_FROM = 13, 13, 8
SMALL_ROADS_FROM = 12
FIRST_ZOOM: Mapping[str, int] = {
    **{kind + link: zoom for kind, zoom in (("motorway", 4), ("trunk", 5)) for link in ("", "_link")},
    **{
        kind + link: zoom
        for kind, zoom in (("primary", 7), ("secondary", 9), ("tertiary", 10))
        for link in ("", "_link")
    },
}
"""First zoom of each class of road; all others come with `SMALL_ROADS_FROM`."""
LAYERS = ("roads", "water", "waterways", "buildings", "offices")
KEPT_BYTES = 128 * 2**20


class Places(Protocol):
    """The roads and the background that are drawn."""

    @property
    def network(self) -> RoadNetwork:
        """The roads."""
        ...

    @property
    def background(self) -> pa.Table:
        """Schema `umaya.places.roads.background.BACKGROUND`."""
        ...


def segments_of(network: RoadNetwork) -> pa.Table:
    """Return one edge for each segment, ascending by id."""
    edges = network.edges
    return edges.filter(pc.equal(edges["edge_id"], edges["segment_id"])).combine_chunks()


def road_lines(
    segments: pa.Table,
    more: Sequence[Attribute] = (),
    max_zoom: int = MAX_ZOOM,
    small_roads_from: int = SMALL_ROADS_FROM,
    names_from: int = NAMES_FROM,
) -> Lines:
    """Return segments ready to be cut into tiles.

    Args:
        segments: schema EDGES, one row a segment.
        more: attributes beside class and names.
        max_zoom: the last zoom, in which nothing is simplified.
        small_roads_from: first zoom of roads below tertiary.
        names_from: first zoom with names.
    """
    classes = segments["highway"].combine_chunks().dictionary_encode()
    first = np.array([FIRST_ZOOM.get(kind, small_roads_from) for kind in classes.dictionary.to_pylist()], np.uint8)
    attributes = [
        attribute("highway", segments["highway"]),
        attribute("name", segments["name"], names_from),
        attribute("name_en", segments["name_en"], names_from),
        *more,
    ]
    ids = segments["segment_id"].to_numpy()
    return Lines(_shapes(segments), ids, first[classes.indices.to_numpy()], attributes, max_zoom)


def attribute(key: str, column: pa.ChunkedArray, from_zoom: int = 0) -> Attribute:
    """Return a text column as an attribute of tiles."""
    coded = column.combine_chunks().dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Attribute(key, codes, coded.dictionary.to_pylist(), from_zoom)


class Background:
    """Water, buildings and offices ready to be cut into tiles.

    Args:
        table: schema `umaya.places.roads.background.BACKGROUND`, with places of offices as points.
    """

    def __init__(self, table: pa.Table) -> None:
        kinds = np.array(table["kind"].to_pylist(), object)
        shapes = _shapes(table)
        types = shapely.get_type_id(shapes)
        area = (types == shapely.GeometryType.POLYGON) | (types == shapely.GeometryType.MULTIPOLYGON)

        def texts(rows: NDArray[np.bool_]) -> dict[str, list[str | None]]:
            chosen = table.filter(pa.array(rows))
            return {key: chosen[key].to_pylist() for key in ("name", "name_en")}

        water, building, office = area & (kinds == "water"), area & (kinds == "building"), kinds == "office"
        stream = (types == shapely.GeometryType.LINESTRING) & ((kinds == "waterway") | (kinds == "water"))
        self._parts: list[tuple[str, Callable[[str, Tile], bytes]]] = [
            ("water", Areas(shapes[water], texts(water), WATER_FROM).layer),
            ("waterways", Lines(shapes[stream], None, np.full(stream.sum(), 11, np.uint8), (), MAX_ZOOM).layer),
            ("buildings", Areas(shapes[building], {}, BUILDINGS_FROM).layer),
            ("offices", Points(shapely.get_coordinates(shapes[office]).reshape(-1, 2), texts(office)).layer),
        ]

    def layers(self, tile: Tile) -> bytes:
        """Return the layers of a tile."""
        return b"".join(part(name, tile) for name, part in self._parts)


class RoadTiles:
    """The tiles of a hub's roads. Safe for threads; prepares itself when first asked.

    Args:
        places: the roads and what lies around them.
        small_roads_from: first zoom of roads below tertiary.
    """

    def __init__(self, places: Places, small_roads_from: int = SMALL_ROADS_FROM) -> None:
        self._places = places
        self._small_roads_from = small_roads_from
        self._lock = Lock()
        self._kept: OrderedDict[Tile, bytes] = OrderedDict()
        self._kept_bytes = 0

    @cached_property
    def segments(self) -> pa.Table:
        """One edge for each segment, ascending by id."""
        return segments_of(self._places.network)

    @cached_property
    def version(self) -> str:
        """Name of what the tiles show: other roads, or other tiles of them, have another one."""
        state = hashlib.blake2b(f"{FORMAT} {self._small_roads_from}".encode(), digest_size=8)
        columns = ["segment_id", "highway", "name", "name_en", "geometry"]
        for table in (
            self.segments.select(columns),
            self._places.background.select(["kind", "name", "name_en", "geometry"]),
        ):
            with pa.ipc.new_stream(pa.PythonFile(_Hashing(state), "w"), table.schema.remove_metadata()) as stream:
                stream.write_table(table.replace_schema_metadata(None).combine_chunks())
        return state.hexdigest()

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the roads in degrees."""
        west, south, east, north = shapely.total_bounds(_shapes(self.segments)).tolist()
        return west, south, east, north

    @cached_property
    def _layers(self) -> tuple[Lines, Background]:
        return road_lines(self.segments, small_roads_from=self._small_roads_from), Background(self._places.background)

    def tile(self, tile: Tile) -> bytes:
        """Return a tile as gzip; empty where there is nothing to draw."""
        with self._lock:
            if tile in self._kept:
                self._kept.move_to_end(tile)
                return self._kept[tile]
            lines, background = self._layers
        packed = pack(lines.layer("roads", tile) + background.layers(tile))
        if not packed:  # most of the world; kept, they would be without bound
            return packed
        with self._lock:
            self._kept_bytes += len(packed) - len(self._kept.pop(tile, b""))
            self._kept[tile] = packed
            while self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return packed

    def description(self, url: str) -> dict[str, Any]:
        """Return the TileJSON 3.0.0 of the tiles at `url`, which holds `{z}`, `{x}` and `{y}`.

        `network` is the version of the tiles, `ids` a number above every segment id.
        """
        return {
            "tilejson": "3.0.0",
            "name": "umaya-roads",
            "tiles": [url],
            "bounds": list(self.bounds),
            "minzoom": min(FIRST_ZOOM.values()),
            "maxzoom": MAX_ZOOM,
            "vector_layers": vector_layers(),
            "network": self.version,
            "ids": int(self.segments["segment_id"][-1].as_py()) + 1 if self.segments.num_rows else 0,
        }


def vector_layers(**more: str) -> list[dict[str, Any]]:
    """Return what TileJSON tells of the layers; `more` are further fields of `roads`."""
    names = {"name": "String", "name_en": "String"}
    fields: dict[str, dict[str, str]] = {
        "roads": {"highway": "String", **names, **more},
        "water": names,
        "waterways": {},
        "buildings": {},
        "offices": names,
    }
    return [{"id": layer, "fields": fields[layer]} for layer in LAYERS]


def pack(content: bytes) -> bytes:
    """Return a tile as gzip, always the same bytes for the same tile; nothing stays nothing."""
    return gzip.compress(content, 6, mtime=0) if content else b""


class _Hashing:
    """A file that only digests what is written."""

    closed = False

    def __init__(self, state: Any) -> None:
        self._state = state

    def write(self, data: Any) -> int:
        self._state.update(data)
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def _shapes(table: pa.Table) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    return shapes
