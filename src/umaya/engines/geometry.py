"""Road shapes as flat arrays for numeric kernels.

Responsible for turning a RoadNetwork into arrays and for metres per degree; not for finding what is near (spatial)
or for routing. Coordinates stay in degrees: a kernel multiplies differences by the metres per degree at the latitude
at hand, so that lengths are true everywhere, from one town to a nation, without a projection of the whole.
Metres per degree follow the radii of curvature of the WGS 84 ellipsoid (Torge, Geodesy, 3rd ed., section 4.1).
Not for roads across the antimeridian.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from umaya.engines.kernels import inlined, inner, kernel
from umaya.types.roads import RoadNetwork

A = 6378137.0
"""Semi-major axis of WGS 84, metres."""
E2 = 6.69437999014e-3
"""First eccentricity squared of WGS 84."""


@inlined
def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return metres per degree of longitude and of latitude at `lat` (degrees), to a relative 1e-9.

    The cosine is its series to the 16th power (error below 1e-12 up to the poles), the powers of w2 = 1 - e2 sin^2 are
    binomial series to the third power: products and sums alone, which compilers turn into wide instructions.
    """
    y = lat * (np.pi / 180.0)
    y = y * y
    c = 1.0 - y * (1.0 / 240.0)
    c = 1.0 - y * (1.0 / 182.0) * c
    c = 1.0 - y * (1.0 / 132.0) * c
    c = 1.0 - y * (1.0 / 90.0) * c
    c = 1.0 - y * (1.0 / 56.0) * c
    c = 1.0 - y * (1.0 / 30.0) * c
    c = 1.0 - y * (1.0 / 12.0) * c
    c = 1.0 - y * (1.0 / 2.0) * c
    x = E2 * (1.0 - c * c)
    root = 1.0 + x * (1.0 / 2.0 + x * (3.0 / 8.0 + x * (5.0 / 16.0)))
    east = (A * np.pi / 180.0) * root * c
    north = (A * np.pi / 180.0 * (1.0 - E2)) * root * root * root
    return east, north


@inlined
def length_of(x: float, y: float) -> float:
    """Return the length of a vector; far from the least and greatest floats, where `hypot` is needed."""
    return math.sqrt(x * x + y * y)


WKB_HEAD = 9
"""Bytes of a line in well-known binary before its vertices: byte order, type, number of vertices."""


class Roads(NamedTuple):
    """A road network as arrays; `n` edges, `m` vertices of all edges one after the other.

    Attributes:
        source: int32[n], node at the start of the edge.
        target: int32[n], node at its end.
        reverse: int32[n], the opposite edge, -1 on a one-way.
        length: float64[n], metres.
        first: int32[n + 1], first vertex of the edge; its last is `first[e + 1] - 1`.
        lon: float64[m], degrees.
        lat: float64[m], degrees.
        measure: float64[m], metres along the edge at the vertex; 0 at its first, `length` at its last.
        way: int64[n], way id.
        forward: bool[n], along the direction of the way.
        dead_end: bool[k], nodes from which only one road leads away.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    reverse: NDArray[np.int32]
    length: NDArray[np.float64]
    first: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    measure: NDArray[np.float64]
    way: NDArray[np.int64]
    forward: NDArray[np.bool_]
    dead_end: NDArray[np.bool_]


def roads(network: RoadNetwork) -> Roads:
    """Lay a network out in flat arrays.

    Raises:
        ValueError: when an edge has no length or a geometry that is not a line.
    """
    edges = network.edges
    first, coordinates = _vertices(edges["geometry"].combine_chunks())
    length = edges["length_m"].to_numpy().astype(np.float64)
    if not (length > 0).all():
        raise ValueError("the length of an edge must be greater than 0 m")
    lon, lat = np.ascontiguousarray(coordinates[:, 0]), np.ascontiguousarray(coordinates[:, 1])
    reverse = edges["reverse"].fill_null(-1).to_numpy().astype(np.int32)
    source = edges["source"].to_numpy().astype(np.int32)
    target = edges["target"].to_numpy().astype(np.int32)
    nodes = network.nodes.num_rows
    segment = edges["segment_id"].to_numpy()
    one = np.arange(len(length)) == segment
    ends = np.bincount(source[one], minlength=nodes) + np.bincount(target[one], minlength=nodes)
    return Roads(
        source=source,
        target=target,
        reverse=reverse,
        length=length,
        first=first,
        lon=lon,
        lat=lat,
        measure=_measures(first, lon, lat, length),
        way=edges["way_id"].to_numpy().astype(np.int64),
        forward=edges["forward"].to_numpy(zero_copy_only=False).astype(np.bool_),
        dead_end=ends == 1,
    )


def _vertices(geometry: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the first vertex of each line, and the vertices (m, 2) as longitude and latitude.

    Well-known binary of plain little-endian LineStrings is read as it lies; anything else by Shapely.
    """
    if isinstance(geometry, pa.ChunkedArray):
        geometry = pa.concat_arrays(geometry.chunks) if geometry.num_chunks else pa.array([], pa.binary())
    count = len(geometry)
    if count and not geometry.null_count:
        _, offsets, data = geometry.buffers()
        at = np.frombuffer(offsets, np.int32)[geometry.offset : geometry.offset + count + 1].copy()
        raw = np.array(np.frombuffer(data, np.uint8))
        first, flat = _read_lines(at, raw)
        if len(first):
            return first, flat.reshape(-1, 2)
    lines = shapely.from_wkb(geometry.to_numpy(zero_copy_only=False))
    if count and (shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING).any():
        raise ValueError("the geometry of an edge must be a LineString")
    first = np.zeros(count + 1, np.int32)
    np.cumsum(shapely.get_num_coordinates(lines), out=first[1:])
    return first, shapely.get_coordinates(lines)


@kernel
def _read_lines(at: NDArray[np.int32], raw: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Read lines of well-known binary; an empty first array where one is no plain little-endian LineString."""
    count = len(at) - 1
    first = np.zeros(count + 1, np.int32)
    for i in range(count):
        a, size = at[i], at[i + 1] - at[i]
        plain = size >= WKB_HEAD and raw[a] == 1 and raw[a + 1] == 2 and not (raw[a + 2] | raw[a + 3] | raw[a + 4])
        points = (size - WKB_HEAD) // 16
        if not plain or size != WKB_HEAD + 16 * points or points != raw[a + 5] + 256 * raw[a + 6] + 65536 * raw[a + 7]:
            return np.zeros(0, np.int32), np.zeros(0)
        first[i + 1] = first[i] + points
    flat = np.empty(2 * first[count])
    into = flat.view(np.uint8)
    for i in range(count):
        into[16 * first[i] : 16 * first[i + 1]] = raw[at[i] + WKB_HEAD : at[i + 1]]
    return first, flat


def _measures(
    first: NDArray[np.int32], lon: NDArray[np.float64], lat: NDArray[np.float64], length: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Metres along each edge at its vertices, scaled so that the last equals the edge's length."""
    if not len(lon):
        return np.empty(0)
    phi = np.radians((lat[1:] + lat[:-1]) / 2.0)
    w2 = 1.0 - E2 * np.sin(phi) ** 2
    east = A / np.sqrt(w2) * np.cos(phi) * np.radians(np.diff(lon))
    north = A * (1.0 - E2) / w2**1.5 * np.radians(np.diff(lat))
    return _accumulated(first, np.hypot(east, north), length)  # type: ignore[no-any-return] # numba


@kernel
def _accumulated(
    first: NDArray[np.int32], step: NDArray[np.float64], length: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum steps edge by edge, so that an edge has the same measures to the last bit in whatever network it lies."""
    measure = np.zeros(len(step) + 1)
    for e in range(len(length)):
        last = first[e + 1] - 1
        for v in range(first[e] + 1, last + 1):
            measure[v] = measure[v - 1] + step[v - 1]
        scale = length[e] / max(measure[last], 1e-9)
        for v in range(first[e] + 1, last):
            measure[v] *= scale
        measure[last] = length[e]
    return measure


@inner
def place_on_edge(edge: int, offset: float, net: Roads) -> tuple[float, float]:
    """Return longitude and latitude of the point `offset` metres along `edge`, clipped to its ends."""
    low, high = net.first[edge], net.first[edge + 1] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if net.measure[middle] <= offset:
            low = middle
        else:
            high = middle
    span = net.measure[high] - net.measure[low]
    share = 0.0 if span <= 0.0 else min(max((offset - net.measure[low]) / span, 0.0), 1.0)
    return net.lon[low] + share * (net.lon[high] - net.lon[low]), net.lat[low] + share * (net.lat[high] - net.lat[low])


@inner
def nearest_on_edge(edge: int, low: float, high: float, lon: float, lat: float, net: Roads) -> tuple[float, float]:
    """Return (metres along `edge`, metres away) of its place nearest to a point, between `low` and `high` metres."""
    kx, ky = metres_per_degree(lat)
    best, best_offset = np.inf, low
    for v in range(net.first[edge], net.first[edge + 1] - 1):
        start, stop = net.measure[v], net.measure[v + 1]
        if stop < low:
            continue
        if start > high:
            break
        ax, ay = (net.lon[v] - lon) * kx, (net.lat[v] - lat) * ky
        dx, dy = (net.lon[v + 1] - lon) * kx - ax, (net.lat[v + 1] - lat) * ky - ay
        square = dx * dx + dy * dy
        share = 0.0 if square <= 0.0 else -(ax * dx + ay * dy) / square
        if stop > start:
            least, most = (low - start) / (stop - start), (high - start) / (stop - start)
            share = min(max(share, least, 0.0), most, 1.0)
        else:
            share = 0.0
        distance = length_of(ax + share * dx, ay + share * dy)
        if distance < best:
            best, best_offset = distance, start + share * (stop - start)
    return best_offset, best
