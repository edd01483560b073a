"""Lines with an id and attributes, prepared once and cut into tiles.

Every vertex knows the largest tolerance at which Douglas and Peucker's simplification still keeps it, so simplifying
for a zoom is one comparison a vertex and the ends of a line always stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from umaya.engines.tiles.mercator import BUFFER, EXTENT, Floats, Tile, to_unit
from umaya.engines.tiles.protobuf import LINE, LINE_TO, MOVE_TO, Bytes, feature, layer, put, text_value, zigzag

Ints = NDArray[np.int64]
TOLERANCE = 2.0
"""How far a simplified line may be from the true one, in tile units: a quarter of a pixel of a 512 pixel tile."""
_POINT_BYTES = 40
_FEATURE_BYTES = 40


@dataclass(frozen=True)
class Attribute:
    """One text attribute of every line.

    Attributes:
        key: its name in the tile.
        codes: for each line a row of `values`, -1 for none.
        values: the texts.
        from_zoom: the first zoom that holds it.
    """

    key: str
    codes: NDArray[np.int32]
    values: Sequence[str]
    from_zoom: int = 0


class Lines:
    """Lines ready to be cut into tiles.

    Args:
        geometries: LineStrings in degrees WGS 84.
        ids: whole numbers from 0, one a line; they become feature ids. None for none.
        from_zoom: the first zoom that holds each line.
        attributes: what each line carries.
        full_zoom: from this zoom on nothing is simplified.
    """

    def __init__(
        self,
        geometries: NDArray[np.object_],
        ids: Ints | None,
        from_zoom: NDArray[np.uint8],
        attributes: Sequence[Attribute],
        full_zoom: int,
    ) -> None:
        _, degrees, offsets = shapely.to_ragged_array(geometries) if len(geometries) else _NOTHING
        self._unit: Floats = np.ascontiguousarray(to_unit(degrees))
        self._offsets: Ints = np.asarray(offsets[0], np.int64)
        self._worth = _worth(self._unit, self._offsets)
        self._ids = np.full(len(geometries), -1, np.int64) if ids is None else np.asarray(ids, np.int64)
        self._from_zoom = from_zoom
        self._attributes = tuple(attributes)
        self._values = {a.key: [text_value(text) for text in a.values] for a in attributes}
        self._full_zoom = full_zoom
        drawn = shapely.linestrings(self._unit, indices=np.repeat(np.arange(len(geometries)), np.diff(self._offsets)))
        self._tree = shapely.STRtree(drawn)

    def layer(self, name: str, tile: Tile) -> bytes:
        """Return the layer of a tile, empty where it holds no line."""
        rows = np.sort(self._tree.query(shapely.box(*tile.box)))
        rows = rows[self._from_zoom[rows] <= tile.z]
        if not len(rows):
            return b""
        shown = [a for a in self._attributes if a.from_zoom <= tile.z]
        codes = np.array([a.codes[rows] for a in shown], np.int32).reshape(len(shown), len(rows))
        local, used = _local_values(codes)
        tolerance = 0.0 if tile.z >= self._full_zoom else TOLERANCE
        vertices = int((self._offsets[rows + 1] - self._offsets[rows]).sum())
        out = np.empty(_POINT_BYTES * vertices + (_FEATURE_BYTES + 10 * len(shown)) * len(rows), np.uint8)
        size = _encode(
            rows, self._offsets, self._unit, self._worth, self._ids, local, tile.z, tile.x, tile.y, tolerance, out
        )
        values = [self._values[shown[row].key][code] for row, code in used]
        return layer(name, out[:size].tobytes(), [a.key for a in shown], values)


_NOTHING = (None, np.empty((0, 2)), (np.zeros(1, np.int64),))


def _local_values(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], list[tuple[int, int]]]:
    """Number the values that stand in a tile: local numbers in the shape of `codes`, and (row, code) of each."""
    local = np.full(codes.shape, -1, np.int32)
    used: list[tuple[int, int]] = []
    for row, of_row in enumerate(codes):
        there = of_row >= 0
        found, inverse = np.unique(of_row[there], return_inverse=True)
        local[row, there] = inverse + len(used)
        used += [(row, int(code)) for code in found]
    return local, used


@numba.njit(cache=True, nogil=True)
def _worth(unit: Floats, offsets: Ints) -> NDArray[np.float32]:
    """For each vertex the tolerance, in shares of the world, up to which simplification keeps it; ends: for ever."""
    worth = np.zeros(len(unit), np.float32)
    longest = 1
    for line in range(len(offsets) - 1):
        longest = max(longest, offsets[line + 1] - offsets[line])
    first, last, limit = np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.float64)
    for line in range(len(offsets) - 1):
        a, b = offsets[line], offsets[line + 1] - 1
        if b < a:
            continue
        worth[a] = worth[b] = np.inf
        first[0], last[0], limit[0] = a, b, np.inf
        waiting = 1
        while waiting:
            waiting -= 1
            a, b, most = first[waiting], last[waiting], limit[waiting]
            at, far = -1, -1.0
            for i in range(a + 1, b):
                distance = _distance(unit, i, a, b)
                if distance > far:
                    at, far = i, distance
            if at < 0:
                continue
            kept = min(far, most)
            worth[at] = kept
            for start, end in ((a, at), (at, b)):
                if end - start > 1:
                    first[waiting], last[waiting], limit[waiting] = start, end, kept
                    waiting += 1
    return worth


@numba.njit(cache=True, nogil=True)
def _distance(unit: Floats, i: int, a: int, b: int) -> float:
    dx, dy = unit[b, 0] - unit[a, 0], unit[b, 1] - unit[a, 1]
    px, py = unit[i, 0] - unit[a, 0], unit[i, 1] - unit[a, 1]
    square = dx * dx + dy * dy
    along = 0.0 if square == 0 else min(1.0, max(0.0, (px * dx + py * dy) / square))
    return float(np.hypot(px - along * dx, py - along * dy))


@numba.njit(cache=True, nogil=True)
def _clip(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float]:
    """Return the shares of a step at which it enters and leaves the tile with its buffer (Liang and Barsky, 1984).

    The first is above the second where the step does not touch it.
    """
    low, high = -float(BUFFER), float(EXTENT + BUFFER)
    enter, leave = 0.0, 1.0
    for start, step in ((x0, x1 - x0), (y0, y1 - y0)):
        if step == 0.0:
            if start < low or start > high:
                return 1.0, 0.0
            continue
        near, far = (low - start) / step, (high - start) / step
        if near > far:
            near, far = far, near
        enter, leave = max(enter, near), min(leave, far)
    return enter, leave


@numba.njit(cache=True, nogil=True)
def _encode(
    rows: Ints,
    offsets: Ints,
    unit: Floats,
    worth: NDArray[np.float32],
    ids: Ints,
    local: NDArray[np.int32],
    z: int,
    tile_x: int,
    tile_y: int,
    tolerance: float,
    out: Bytes,
) -> int:
    """Write the features of the lines `rows` to `out`; return the bytes written."""
    scale = float(1 << z) * EXTENT
    west, north = float(tile_x) * EXTENT, float(tile_y) * EXTENT
    least = np.float32(tolerance / scale)
    longest = 2
    for row in rows:
        longest = max(longest, offsets[row + 1] - offsets[row])
    points = np.empty((2 * longest, 2), np.int64)
    breaks = np.empty(longest + 1, np.int64)
    shape = np.empty(_POINT_BYTES * longest, np.uint8)
    tags = np.empty(10 * max(1, local.shape[0]), np.uint8)
    at = 0
    for number in range(len(rows)):
        row = rows[number]
        runs = _runs(unit, worth, offsets[row], offsets[row + 1], scale, west, north, least, points, breaks)
        size = _shape(points, breaks, runs, shape)
        if size == 0:
            continue
        tag_size = 0
        for key in range(local.shape[0]):
            if local[key, number] >= 0:
                tag_size = put(tags, tag_size, key)
                tag_size = put(tags, tag_size, local[key, number])
        at = feature(out, at, ids[row], LINE, tags, tag_size, shape, size)
    return at


@numba.njit(cache=True, nogil=True)
def _runs(
    unit: Floats,
    worth: NDArray[np.float32],
    start: int,
    end: int,
    scale: float,
    west: float,
    north: float,
    least: float,
    points: Ints,
    breaks: Ints,
) -> int:
    """Simplify, clip and quantise one line: `points[breaks[k]:breaks[k + 1]]` is run k; return how many runs."""
    count, runs = 0, 0
    breaks[0] = 0
    x0, y0 = unit[start, 0] * scale - west, unit[start, 1] * scale - north
    open_run = False
    for i in range(start + 1, end):
        if worth[i] < least:
            continue
        x1, y1 = unit[i, 0] * scale - west, unit[i, 1] * scale - north
        enter, leave = _clip(x0, y0, x1, y1)
        if enter <= leave:
            dx, dy = x1 - x0, y1 - y0
            if not open_run or enter > 0.0:
                if open_run:
                    runs, count = _closed(breaks, runs, count)
                points[count, 0], points[count, 1] = round(x0 + enter * dx), round(y0 + enter * dy)
                count += 1
                open_run = True
            px, py = round(x0 + leave * dx), round(y0 + leave * dy)
            if px != points[count - 1, 0] or py != points[count - 1, 1]:
                points[count, 0], points[count, 1] = px, py
                count += 1
            if leave < 1.0:
                runs, count = _closed(breaks, runs, count)
                open_run = False
        x0, y0 = x1, y1
    if open_run:
        runs, count = _closed(breaks, runs, count)
    return runs


@numba.njit(cache=True, nogil=True)
def _closed(breaks: Ints, runs: int, count: int) -> tuple[int, int]:
    """End a run, or forget it where it is a single point."""
    if count - breaks[runs] < 2:
        return runs, breaks[runs]
    breaks[runs + 1] = count
    return runs + 1, count


@numba.njit(cache=True, nogil=True)
def _shape(points: Ints, breaks: Ints, runs: int, shape: Bytes) -> int:
    """Write the commands of the runs (4.3.1 of the specification); return the bytes written."""
    at, x, y = 0, 0, 0
    for run in range(runs):
        first, last = breaks[run], breaks[run + 1]
        at = put(shape, at, MOVE_TO | 1 << 3)
        for i in range(first, last):
            if i == first + 1:
                at = put(shape, at, LINE_TO | (last - first - 1) << 3)
            at = put(shape, at, zigzag(points[i, 0] - x))
            at = put(shape, at, zigzag(points[i, 1] - y))
            x, y = points[i, 0], points[i, 1]
    return at
