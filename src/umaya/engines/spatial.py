"""Which roads are near a place: a uniform grid over road pieces, in flat arrays.

Responsible for the index and for the nearest segments of a point; knows nothing of probabilities or of time.
Both directions of a road share one entry. The order of results is by distance, then by edge: deterministic.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import fused, inner, kernel

CELL_M = 80.0
"""Least width of a cell, metres."""
BLOCK = 64
"""Pieces whose distances are computed in one go."""


class Grid(NamedTuple):
    """Road pieces by cell; a piece is the stretch from a vertex to the next one of an edge.

    Attributes:
        west: degrees, western side of the grid.
        south: degrees, southern side.
        width: degrees of longitude a cell.
        height: degrees of latitude a cell.
        columns: number of columns.
        rows: number of rows.
        start: int64[columns * rows + 1], first entry of each cell.
        edge: int32, the edge of each entry (the smaller of its two directions).
        vertex: int32, the first vertex of the piece.
        begin_lon: float64, degrees, longitude of that vertex; the four columns stand in the order of the entries so
            that a search reads them in one go.
        begin_lat: float64, degrees, its latitude.
        end_lon: float64, degrees, longitude of the next vertex.
        end_lat: float64, degrees, its latitude.
    """

    west: float
    south: float
    width: float
    height: float
    columns: int
    rows: int
    start: NDArray[np.int64]
    edge: NDArray[np.int32]
    vertex: NDArray[np.int32]
    begin_lon: NDArray[np.float64]
    begin_lat: NDArray[np.float64]
    end_lon: NDArray[np.float64]
    end_lat: NDArray[np.float64]


class Near(NamedTuple):
    """What a search found, nearest first, and the room that it needs.

    Attributes:
        edge: int32[k], the smaller edge of each segment.
        offset: float64[k], metres along that edge.
        distance: float64[k], metres from the point.
        square: float64[BLOCK], squared metres to the pieces of one block.
        share: float64[BLOCK], the nearest place on each, 0 at its first vertex, 1 at the next.
        hit: int32[BLOCK], those within the radius.
    """

    edge: NDArray[np.int32]
    offset: NDArray[np.float64]
    distance: NDArray[np.float64]
    square: NDArray[np.float64]
    share: NDArray[np.float64]
    hit: NDArray[np.int32]


def grid(net: Roads) -> Grid:
    """Index a network. Cells grow with the area so that their number stays within a few times the road pieces."""
    if not len(net.lon):
        none, place = np.empty(0, np.int32), np.empty(0)
        return Grid(0.0, 0.0, 1.0, 1.0, 1, 1, np.zeros(2, np.int64), none, none, place, place, place, place)
    west, south = float(net.lon.min()), float(net.lat.min())
    east, north = float(net.lon.max()), float(net.lat.max())
    kx, ky = metres_per_degree((south + north) / 2.0)
    area = ((east - west) * kx + CELL_M) * ((north - south) * ky + CELL_M)
    cell = max(CELL_M, float(np.sqrt(area / (4.0 * len(net.lon) + 1024.0))))
    width, height = cell / kx, cell / ky
    columns, rows = int((east - west) / width) + 1, int((north - south) / height) + 1
    start, edge, vertex = _fill(net, west, south, width, height, columns, rows)
    ends = net.lon[vertex], net.lat[vertex], net.lon[vertex + 1], net.lat[vertex + 1]
    return Grid(west, south, width, height, columns, rows, start, edge, vertex, *ends)


@kernel
def _fill(
    net: Roads, west: float, south: float, width: float, height: float, columns: int, rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Count, then place, the pieces of every edge into the cells that their boxes touch."""
    start = np.zeros(columns * rows + 1, np.int64)
    cursor = np.zeros(1, np.int64)
    edges = np.zeros(0, np.int32)
    vertices = np.zeros(0, np.int32)
    for placing in (False, True):
        if placing:
            for cell in range(columns * rows):
                start[cell + 1] += start[cell]
            cursor = start[:-1].copy()
            edges = np.zeros(start[-1], np.int32)
            vertices = np.zeros(start[-1], np.int32)
        for edge in range(len(net.length)):
            if 0 <= net.reverse[edge] < edge:
                continue
            for v in range(net.first[edge], net.first[edge + 1] - 1):
                left = int((min(net.lon[v], net.lon[v + 1]) - west) / width)
                right = int((max(net.lon[v], net.lon[v + 1]) - west) / width)
                low = int((min(net.lat[v], net.lat[v + 1]) - south) / height)
                high = int((max(net.lat[v], net.lat[v + 1]) - south) / height)
                for row in range(low, min(high, rows - 1) + 1):
                    for column in range(left, min(right, columns - 1) + 1):
                        cell = row * columns + column
                        if placing:
                            edges[cursor[cell]] = edge
                            vertices[cursor[cell]] = v
                            cursor[cell] += 1
                        else:
                            start[cell + 1] += 1
    return start, edges, vertices


@kernel
def near_room(most: int) -> Near:
    """Return room for searches of at most `most` segments."""
    edge, offset, distance = np.empty(most, np.int32), np.empty(most), np.empty(most)
    return Near(edge, offset, distance, np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.int32))


@kernel
def nearest(
    lon: float,
    lat: float,
    radius: float,
    net: Roads,
    index: Grid,
    out_edge: NDArray[np.int32],
    out_offset: NDArray[np.float64],
    out_distance: NDArray[np.float64],
) -> int:
    """Find the nearest place on each of the nearest segments, at most `len(out_edge)` of them; see `search`."""
    square, share, hit = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.int32)
    return int(search(lon, lat, radius, net, index, Near(out_edge, out_offset, out_distance, square, share, hit)))


@inner
def search(lon: float, lat: float, radius: float, net: Roads, index: Grid, near: Near) -> int:
    """Find the nearest place on each of the nearest segments.

    Args:
        lon: degrees.
        lat: degrees.
        radius: metres; what is farther is not found.
        net: the roads.
        index: their grid.
        near: filled, nearest first; equal distances by edge.

    Returns:
        How many were found, at most the length of `near.edge`.
    """
    kx, ky = metres_per_degree(lat)
    found = 0
    left = max(int(np.floor((lon - radius / kx - index.west) / index.width)), 0)
    right = min(int(np.floor((lon + radius / kx - index.west) / index.width)), index.columns - 1)
    low = max(int(np.floor((lat - radius / ky - index.south) / index.height)), 0)
    high = min(int(np.floor((lat + radius / ky - index.south) / index.height)), index.rows - 1)
    if right < left:
        return 0
    limit = radius * radius
    for row in range(low, high + 1):
        entry = index.start[row * index.columns + left]
        stop = index.start[row * index.columns + right + 1]
        while entry < stop:
            count = min(stop - entry, BLOCK)
            _measure(lon, lat, kx, ky, index, entry, count, near)
            hits = 0
            for i in range(count):
                near.hit[hits] = i
                hits += near.square[i] <= limit
            for h in range(hits):
                found = _insert(near.hit[h], entry + near.hit[h], found, net, index, near)
            entry += count
    for i in range(found):
        near.distance[i] = math.sqrt(near.distance[i])
    return found


@inner
def _measure(lon: float, lat: float, kx: float, ky: float, index: Grid, entry: int, count: int, near: Near) -> None:
    """Fill squared distance and nearest place of `count` pieces; without a branch, so that it runs several at once."""
    begin_lon, begin_lat = index.begin_lon[entry : entry + count], index.begin_lat[entry : entry + count]
    end_lon, end_lat = index.end_lon[entry : entry + count], index.end_lat[entry : entry + count]
    squares, shares = near.square, near.share
    for i in range(count):
        ax, ay = (begin_lon[i] - lon) * kx, (begin_lat[i] - lat) * ky
        dx, dy = (end_lon[i] - lon) * kx - ax, (end_lat[i] - lat) * ky - ay
        square = max(dx * dx + dy * dy, 1e-12)
        share = min(max(-(ax * dx + ay * dy) / square, 0.0), 1.0)
        x, y = ax + share * dx, ay + share * dy
        shares[i] = share
        squares[i] = x * x + y * y


@fused
def _insert(i: int, entry: int, found: int, net: Roads, index: Grid, near: Near) -> int:
    """Put piece `i` of the block into its place among those found, unless a nearer one of its segment is there.

    While a search goes on, `near.distance` holds squares. Returns how many are found then.
    """
    square, edge, most = near.square[i], index.edge[entry], len(near.edge)
    at = 0
    while at < found and near.edge[at] != edge:
        at += 1
    if at < found:
        if near.distance[at] <= square:
            return found
    elif found < most:
        found += 1
    elif near.distance[most - 1] <= square:
        return found
    else:
        at = most - 1
    while at > 0 and (near.distance[at - 1] > square or (near.distance[at - 1] == square and near.edge[at - 1] > edge)):
        near.edge[at] = near.edge[at - 1]
        near.offset[at] = near.offset[at - 1]
        near.distance[at] = near.distance[at - 1]
        at -= 1
    v = index.vertex[entry]
    near.edge[at], near.distance[at] = edge, square
    near.offset[at] = net.measure[v] + near.share[i] * (net.measure[v + 1] - net.measure[v])
    return found
