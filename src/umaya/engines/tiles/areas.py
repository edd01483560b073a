"""Areas and points of a map's background, prepared once and cut into tiles.

Areas are clipped by GEOS, which keeps holes right; rings are turned as 4.3.3.3 of the specification asks: the outer
one has a positive area in tile units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from umaya.engines.tiles.mercator import BUFFER, EXTENT, Floats, Tile, to_unit
from umaya.engines.tiles.protobuf import (
    CLOSE_PATH,
    LINE_TO,
    MOVE_TO,
    POINT,
    POLYGON,
    Bytes,
    feature,
    field,
    layer,
    put,
    text_value,
    varint,
    zigzag,
)

Ints = NDArray[np.int64]
SMALLEST = 16.0
"""Square tile units below which an area is left out: a quarter of a pixel."""
_CLIP = (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
Texts = Mapping[str, Sequence[str | None]]


class Areas:
    """Polygons ready to be cut into tiles.

    Args:
        geometries: Polygons and MultiPolygons in degrees WGS 84.
        texts: text attributes, key to one value an area.
        from_zoom: the first zoom that holds them.
    """

    def __init__(self, geometries: NDArray[np.object_], texts: Texts, from_zoom: int) -> None:
        self._areas = shapely.transform(geometries, to_unit)
        self._size = shapely.area(self._areas)
        self._texts = texts
        self._from_zoom = from_zoom
        self._tree = shapely.STRtree(self._areas)

    def layer(self, name: str, tile: Tile) -> bytes:
        """Return the layer of a tile, empty where it holds no area."""
        if tile.z < self._from_zoom:
            return b""
        side = float(1 << tile.z) * EXTENT
        rows = np.sort(self._tree.query(shapely.box(*tile.box)))
        rows = rows[self._size[rows] * side * side >= SMALLEST]
        if not len(rows):
            return b""
        origin = np.array([tile.x, tile.y], np.float64) * EXTENT
        cut = shapely.clip_by_rect(shapely.transform(self._areas[rows], lambda unit: unit * side - origin), *_CLIP)
        parts, of_row = shapely.get_parts(shapely.simplify(cut, 1.0), return_index=True)
        whole = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) >= 1)
        parts = shapely.orient_polygons(parts[whole], exterior_cw=False)
        if not len(parts):
            return b""
        keys, tags, values = _tags(self._texts, rows[of_row[whole]])
        _, points, (rings, polygons) = shapely.to_ragged_array(parts)
        out = np.empty(24 * len(points) + 64 * len(parts) + 16 * len(rings), np.uint8)
        size = _encode(np.rint(points).astype(np.int64), np.asarray(rings), np.asarray(polygons), tags, out)
        return layer(name, out[:size].tobytes(), keys, values)


class Points:
    """Places ready to be put into tiles.

    Args:
        degrees: (n, 2) longitude, latitude.
        texts: text attributes, key to one value a place.
    """

    def __init__(self, degrees: Floats, texts: Texts) -> None:
        self._unit = to_unit(degrees)
        self._texts = texts

    def layer(self, name: str, tile: Tile) -> bytes:
        """Return the layer of a tile, empty where it holds no place."""
        places = np.floor(self._unit * (1 << tile.z) * EXTENT).astype(np.int64) - [tile.x * EXTENT, tile.y * EXTENT]
        rows = np.flatnonzero(((places >= 0) & (places < EXTENT)).all(axis=1))
        if not len(rows):
            return b""
        keys, tags, values = _tags(self._texts, rows)
        features = []
        for (x, y), tag in zip(places[rows].tolist(), tags, strict=True):
            own = b"".join(varint(number) for number in tag.tolist() if number >= 0)
            shape = varint(MOVE_TO | 1 << 3) + varint(x << 1) + varint(y << 1)
            features.append(field(2, field(2, own) + bytes([0x18, POINT]) + field(4, shape)))
        return layer(name, b"".join(features), keys, values)


def _tags(texts: Texts, rows: Ints) -> tuple[list[str], NDArray[np.int32], list[bytes]]:
    """Return the keys, for each row its tags (key, value, ...; -1, -1 where it has none), and the values."""
    numbers: dict[str, int] = {}
    tags = np.full((len(rows), 2 * len(texts)), -1, np.int32)
    for key, of_key in enumerate(texts.values()):
        for place, row in enumerate(rows.tolist()):
            text = of_key[row]
            if text is not None:
                tags[place, 2 * key : 2 * key + 2] = key, numbers.setdefault(text, len(numbers))
    return list(texts), tags, [text_value(text) for text in numbers]


@numba.njit(cache=True, nogil=True)
def _encode(points: Ints, rings: Ints, polygons: Ints, tags: NDArray[np.int32], out: Bytes) -> int:
    """Write one feature a polygon to `out`; return the bytes written."""
    at = 0
    shape = np.empty(len(out), np.uint8)
    own = np.empty(10 * max(1, tags.shape[1]), np.uint8)
    for polygon in range(len(polygons) - 1):
        size, x, y = 0, 0, 0
        for ring in range(polygons[polygon], polygons[polygon + 1]):
            first, last = rings[ring], rings[ring + 1] - 1  # the last point is the first again
            area = 0
            for i in range(first, last):
                area += points[i, 0] * points[i + 1, 1] - points[i + 1, 0] * points[i, 1]
            if last - first < 3 or area == 0:  # rounded away
                if ring == polygons[polygon]:
                    break
                continue
            size = put(shape, size, MOVE_TO | 1 << 3)
            for i in range(first, last):
                if i == first + 1:
                    size = put(shape, size, LINE_TO | (last - first - 1) << 3)
                size = put(shape, size, zigzag(points[i, 0] - x))
                size = put(shape, size, zigzag(points[i, 1] - y))
                x, y = points[i, 0], points[i, 1]
            size = put(shape, size, CLOSE_PATH | 1 << 3)
        if size == 0:
            continue
        tag_size = 0
        for i in range(tags.shape[1]):
            if tags[polygon, i] >= 0:
                tag_size = put(own, tag_size, tags[polygon, i])
        at = feature(out, at, -1, POLYGON, own, tag_size, shape, size)
    return at
