"""Which roads are near a place: a uniform grid over road pieces, in flat arrays.

Responsible for the index and for the nearest segments of a point; knows nothing of probabilities or of time.
Both directions of a road share one entry. The order of results is by distance, then by edge: deterministic.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import inner

CELL_M = 80.0
"""Least width of a cell, metres."""


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
        piece: float64[., 4], degrees, longitude and latitude of both ends of the piece, beside each other in memory.
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
    piece: NDArray[np.float64]


def grid(net: Roads) -> Grid:
    """Index a network. Cells grow with the area so that their number stays within a few times the road pieces."""
    if not len(net.lon):
        none = np.empty(0, np.int32)
        return Grid(0.0, 0.0, 1.0, 1.0, 1, 1, np.zeros(2, np.int64), none, none, np.empty((0, 4)))
    west, south = float(net.lon.min()), float(net.lat.min())
    east, north = float(net.lon.max()), float(net.lat.max())
    kx, ky = metres_per_degree((south + north) / 2.0)
    area = ((east - west) * kx + CELL_M) * ((north - south) * ky + CELL_M)
    cell = max(CELL_M, float(np.sqrt(area / (4.0 * len(net.lon) + 1024.0))))
    width, height = cell / kx, cell / ky
    columns, rows = int((east - west) / width) + 1, int((north - south) / height) + 1
    start, edge, vertex = _fill(net, west, south, width, height, columns, rows)
    piece = np.column_stack([net.lon[vertex], net.lat[vertex], net.lon[vertex + 1], net.lat[vertex + 1]])
    return Grid(west, south, width, height, columns, rows, start, edge, vertex, piece)


@numba.njit(cache=True, nogil=True)
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


@inner
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
    """Find the nearest place on each of the nearest segments, at most `len(out_edge)` of them.

    Args:
        lon: degrees.
        lat: degrees.
        radius: metres; what is farther is not found.
        net: the roads.
        index: their grid.
        out_edge: filled with the smaller edge of each segment, nearest first.
        out_offset: filled with metres along that edge.
        out_distance: filled with metres from the point.

    Returns:
        How many were found.
    """
    kx, ky = metres_per_degree(lat)
    most = len(out_edge)
    found = 0
    left = max(int(np.floor((lon - radius / kx - index.west) / index.width)), 0)
    right = min(int(np.floor((lon + radius / kx - index.west) / index.width)), index.columns - 1)
    low = max(int(np.floor((lat - radius / ky - index.south) / index.height)), 0)
    high = min(int(np.floor((lat + radius / ky - index.south) / index.height)), index.rows - 1)
    if right < left:
        return 0
    limit = radius * radius
    for row in range(low, high + 1):
        for entry in range(index.start[row * index.columns + left], index.start[row * index.columns + right + 1]):
            ax, ay = (index.piece[entry, 0] - lon) * kx, (index.piece[entry, 1] - lat) * ky
            dx, dy = (index.piece[entry, 2] - lon) * kx - ax, (index.piece[entry, 3] - lat) * ky - ay
            square = dx * dx + dy * dy
            share = 0.0 if square <= 0.0 else min(max(-(ax * dx + ay * dy) / square, 0.0), 1.0)
            away = (ax + share * dx) * (ax + share * dx) + (ay + share * dy) * (ay + share * dy)
            if away > limit:
                continue
            distance = math.sqrt(away)
            edge = index.edge[entry]
            at = found
            known = False
            for k in range(found):
                if out_edge[k] == edge:
                    at, known = k, True
                    break
            if known and out_distance[at] <= distance:
                continue
            if not known:
                if found < most:
                    found += 1
                elif out_distance[most - 1] <= distance:
                    continue
                else:
                    at = most - 1
            while at > 0 and (
                out_distance[at - 1] > distance or (out_distance[at - 1] == distance and out_edge[at - 1] > edge)
            ):
                out_edge[at] = out_edge[at - 1]
                out_offset[at] = out_offset[at - 1]
                out_distance[at] = out_distance[at - 1]
                at -= 1
            out_edge[at] = edge
            v = index.vertex[entry]
            out_offset[at] = net.measure[v] + share * (net.measure[v + 1] - net.measure[v])
            out_distance[at] = distance
    return found
