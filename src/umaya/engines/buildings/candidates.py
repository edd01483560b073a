"""Which buildings an address point may stand for, and what speaks for and against each.

Responsible for the join of points with outlines (one bulk query of a tree over outlines) and for the evidence of each
pair; weighing it is `resolve`. All evidence is geometry and numbers: nobody's name is known here.

A point of the registry marks the front of a lot, so it lies inside the building or a few metres before it. In areas of
residence indication, numbers are given by the entrance's place along the block, clockwise (Act on Indication of
Residential Address, Art. 2): neighbouring numbers are neighbouring places, and no number faces another block's street.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from scipy.spatial import cKDTree

from umaya.engines.buildings.schemas import ADDRESS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SEMI_MAJOR_M, ECCENTRICITY_2 = 6378137.0, 6.69437999014e-3
"""Of WGS 84 (Torge, Geodesy, section 4.1); without Numba, whose import takes longer than the join of a town."""
REACH_M = 15.0
"""A building farther from a point than this is not what the point marks."""
SHED_M2 = 8.0
"""A smaller building holds no letterbox."""
LOW_M = 2.2
"""A lower one is a roof over bicycles or a wall."""
STREET_M = 25.0
"""The next block's numbers across a street are nearer than this."""


@dataclass(frozen=True)
class Plane:
    """Metres around a place; distances are true to 1% within 50 km."""

    lon: float
    lat: float

    @staticmethod
    def around(lon: Floats, lat: Floats) -> Plane:
        """Return the plane of the middle of points."""
        if len(lon) == 0:
            return Plane(0.0, 0.0)
        return Plane(float(np.median(lon)), float(np.median(lat)))

    def metres(self, degrees: Floats) -> Floats:
        """Turn (n, 2) longitude, latitude into x, y."""
        w2 = 1.0 - ECCENTRICITY_2 * math.sin(math.radians(self.lat)) ** 2
        east = SEMI_MAJOR_M / math.sqrt(w2) * math.cos(math.radians(self.lat))
        north = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / w2**1.5
        result: Floats = (degrees - [self.lon, self.lat]) * np.radians([east, north])
        return result


@dataclass(frozen=True)
class Places:
    """Address points in metres.

    Attributes:
        shape: points.
        xy: the same, (n, 2).
        address: int64, the dense number of each point's address, in the order of first appearance.
        block: int64, the dense number of its block.
        before: int64, row of the point with the next lower number in the block, -1 for none.
        after: int64, row of that with the next higher number.
    """

    shape: npt.NDArray[np.object_]
    xy: Floats
    address: Ints
    block: Ints
    before: Ints
    after: Ints


@dataclass(frozen=True)
class Outlines:
    """Footprints in metres.

    Attributes:
        shape: polygons.
        area: float64, square metres.
        height: float64, metres, NaN where it is not known.
    """

    shape: npt.NDArray[np.object_]
    area: Floats
    height: Floats

    @property
    def habitable(self) -> Bools:
        """Whether a building may hold a letterbox."""
        result: Bools = (self.area >= SHED_M2) & ~(self.height < LOW_M)
        return result


@dataclass(frozen=True)
class Candidates:
    """Pairs of a point and a building in reach, by point, then by distance, then by building.

    Attributes:
        point: int64, row of the point.
        building: int64, row of the footprint.
        distance: float64, metres to the outline, 0 inside.
        farther: float64, metres farther than the nearest habitable building of the point, 0 for that one.
        rival: float64, metres by which an address of another number is nearer to the building than this one; 0 if none.
        elsewhere: bool, whether the address nearest to the building is of another block.
        out_of_order: float64, metres by which the building lies outside the stretch between the numbers beside.
        across: float64, cosine between the way to the building and the way to the next block's nearest number: 1 across
            the street, -1 on the own side, 0 inside or where no other block is near.
        shed: bool, whether it is too small or too low for a letterbox.
        area: float64, square metres.
        height: float64, metres, NaN where it is not known.
    """

    point: Ints
    building: Ints
    distance: Floats
    farther: Floats
    rival: Floats
    elsewhere: Bools
    out_of_order: Floats
    across: Floats
    shed: Bools
    area: Floats
    height: Floats


def outlines(footprints: pa.Table, plane: Plane) -> Outlines:
    """Return footprints, schema FOOTPRINTS, in metres."""
    degrees = shapely.from_wkb(footprints.column("geometry").to_numpy(zero_copy_only=False))
    shape = shapely.transform(degrees, plane.metres)
    height = footprints.column("height_m").to_numpy(zero_copy_only=False).astype(np.float64)
    return Outlines(shape, shapely.area(shape), height)


def places(points: pa.Table, plane: Plane) -> Places:
    """Return address points, schema POINTS, in metres, with their neighbours by number."""
    xy = plane.metres(np.column_stack([points.column(name).to_numpy() for name in ("lon", "lat")]))
    address, block = dense(points, ADDRESS), dense(points, ADDRESS[:3])
    before, after = _neighbours(address, block, _numbers(points))
    return Places(shapely.points(xy), xy, address, block, before, after)


def dense(table: pa.Table, columns: tuple[str, ...]) -> Ints:
    """Number the distinct values of some columns together, 0, 1, ... by first appearance."""
    number = np.zeros(table.num_rows, np.int64)
    for name in columns:
        codes = table.column(name).combine_chunks().dictionary_encode()
        code = codes.indices.to_numpy().astype(np.int64)
        _, number = np.unique(number * (len(codes.dictionary) + 1) + code, return_inverse=True)
    first, inverse = np.unique(number, return_index=True, return_inverse=True)[1:]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse]


def _numbers(points: pa.Table) -> Ints:
    """Return the residence number that an id tells, -1 where it is no number."""
    text = points.column("rsdt_id").to_pylist()
    return np.array([int(each) if each.isascii() and each.isdigit() else -1 for each in text], np.int64)


def _neighbours(address: Ints, block: Ints, number: Ints) -> tuple[Ints, Ints]:
    """Return the rows of the next lower and the next higher number of the same block."""
    order = np.lexsort((address, number, block))
    before, after = np.full(len(order), -1), np.full(len(order), -1)
    beside = (block[order][1:] == block[order][:-1]) & (number[order][:-1] >= 0)
    beside &= address[order][1:] != address[order][:-1]
    before[order[1:][beside]] = order[:-1][beside]
    after[order[:-1][beside]] = order[1:][beside]
    return before, after


def candidates(where: Places, buildings: Outlines, reach_m: float = REACH_M) -> Candidates:
    """Join points with the buildings in reach and gather the evidence for each pair."""
    tree = shapely.STRtree(buildings.shape)
    point, building = tree.query(where.shape, predicate="dwithin", distance=reach_m)
    way = shapely.get_coordinates(shapely.shortest_line(where.shape[point], buildings.shape[building]))
    way = way[1::2] - way[::2]
    distance = np.hypot(way[:, 0], way[:, 1])
    order = np.lexsort((building, distance, point))
    point, building = point[order].astype(np.int64), building[order].astype(np.int64)
    way, distance = way[order], distance[order]
    habitable = buildings.habitable[building]
    nearest = np.full(len(where.xy), np.inf)
    np.minimum.at(nearest, point[habitable], distance[habitable])
    rival, elsewhere = _rivals(where, point, building, distance, len(buildings.area))
    return Candidates(
        point=point,
        building=building,
        distance=distance,
        farther=np.maximum(distance - np.minimum(nearest[point], reach_m), 0.0),
        rival=rival,
        elsewhere=elsewhere,
        out_of_order=_out_of_order(where, buildings, point, building),
        across=_across(where, point, way, distance),
        shed=~habitable,
        area=buildings.area[building],
        height=buildings.height[building],
    )


def _across(where: Places, point: Ints, way: Floats, distance: Floats) -> Floats:
    """Return the cosine between the way to the building and the way to the nearest number of another block."""
    count = min(16, len(where.xy))
    if count < 2:
        return np.zeros(len(point))
    found = cKDTree(where.xy).query(where.xy, k=count, distance_upper_bound=STREET_M)
    metres, near = np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)
    foreign = np.isfinite(metres) & (where.block[np.minimum(near, len(where.xy) - 1)] != where.block[:, None])
    first = near[np.arange(len(near)), foreign.argmax(axis=1)]
    street = np.where(foreign.any(axis=1)[:, None], where.xy[np.minimum(first, len(where.xy) - 1)] - where.xy, 0.0)
    size = np.hypot(street[:, 0], street[:, 1])[point] * distance
    dot = np.einsum("ij,ij->i", street[point], way)
    return np.where(size > 1e-3, dot / np.where(size > 1e-3, size, 1.0), 0.0)


def _rivals(where: Places, point: Ints, building: Ints, distance: Floats, count: int) -> tuple[Floats, Bools]:
    """Return by how much another address is nearer to each building, and whether the nearest is of another block."""
    order = np.lexsort((point, distance, building))
    first = np.ones(len(order), bool)
    first[1:] = np.diff(building[order]) != 0
    nearest, metres = np.full(count, -1), np.full(count, np.inf)
    nearest[building[order[first]]] = point[order[first]]
    metres[building[order[first]]] = distance[order[first]]
    other = where.address[nearest[building]] != where.address[point]
    rival = np.where(other, distance - metres[building], 0.0)
    return rival, (where.block[nearest[building]] != where.block[point]) & (rival > 0)


def _out_of_order(where: Places, buildings: Outlines, point: Ints, building: Ints) -> Floats:
    """Return how far past the neighbouring numbers' points a building begins, along the line from one to the other.

    0 where it reaches between them, or where a neighbour is missing, farther than 60 m, or at the same place.
    """
    low, high = where.before[point], where.after[point]
    known = (low >= 0) & (high >= 0)
    start, stop = where.xy[np.maximum(low, 0)], where.xy[np.maximum(high, 0)]
    along = stop - start
    length = np.hypot(along[:, 0], along[:, 1])
    known &= (length > 1.0) & (length < 60.0)
    unit = along / np.where(length > 1.0, length, 1.0)[:, None]
    box = shapely.bounds(buildings.shape)[building]
    corners = np.stack([box[:, [0, 1]], box[:, [0, 3]], box[:, [2, 1]], box[:, [2, 3]]])
    along_m = np.einsum("cik,ik->ci", corners - start, unit)
    past = np.maximum(along_m.min(axis=0) - length, -along_m.max(axis=0))
    return np.where(known, np.clip(past, 0.0, STREET_M), 0.0)
