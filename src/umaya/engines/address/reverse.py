"""Reverse: which address is nearest to a place on the earth.

Responsible for three k-d trees in flat arrays (residence numbers, parcels, towns), which may be mapped from disk, and
for the nearest entry of each. A parcel of a town with residence indication is no address there and stands in no tree.

What always holds: the answer is the nearest there is, to the metre of a plane that touches the earth at the question;
nothing beyond the reach of its level is an answer. Equal distances are answered by the smaller row.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from umaya.engines.address.index import NONE, RESIDENCE, AddressIndex, Floats, Ints, text
from umaya.engines.geometry import metres_per_degree
from umaya.engines.kernels import kernel

Level = Literal["number", "parcel", "town"]

REACH_M: dict[Level, float] = {"number": 200.0, "parcel": 200.0, "town": 3000.0}
"""How far an entry of a level may be from the place, metres. Farther away is somewhere else."""

_DEPTH = 64


class Tree(NamedTuple):
    """A k-d tree without pointers: the middle of a range parts it, by longitude and latitude in turn.

    Attributes:
        row: the row of each entry in its table.
        lon, lat: degrees, of each entry.
    """

    row: Ints
    lon: Floats
    lat: Floats


class Trees(NamedTuple):
    """The trees of an index."""

    residences: Tree
    parcels: Tree
    towns: Tree


class Nearest(NamedTuple):
    """What was found.

    Attributes:
        level: which table `row` is of: number (`points`), parcel (`parcels`) or town (`towns`).
        row: its row there.
        town: its row in `towns`.
        lon, lat: degrees, where it is.
        distance_m: metres from the place asked for.
    """

    level: Level
    row: int
    town: int
    lon: float
    lat: float
    distance_m: float


def tree(rows: Ints, lon: Floats, lat: Floats) -> Tree:
    """Return the tree of `rows`; those without a coordinate are left out."""
    known = np.isfinite(lon) & np.isfinite(lat)
    rows, axes = rows[known], (lon[known], lat[known])
    order = np.arange(len(rows))
    begin, end, depth = np.array([0]), np.array([len(rows)]), 0
    while len(begin):
        size = end - begin
        segment = np.repeat(np.arange(len(begin)), size)
        at = np.arange(len(segment)) + np.repeat(begin - np.concatenate(([0], np.cumsum(size)[:-1])), size)
        order[at] = order[at][np.lexsort((rows[order[at]], axes[depth % 2][order[at]], segment))]
        middle = (begin + end) // 2
        begin, end = np.concatenate((begin, middle + 1)), np.concatenate((middle, end))
        some = end > begin
        begin, end, depth = begin[some], end[some], depth + 1
    return Tree(rows[order].astype(np.int32), axes[0][order], axes[1][order])


def trees(index: AddressIndex) -> Trees:
    """Return the trees of an index: seconds for a prefecture, done once when the index is made."""
    points, parcels, towns = index.points, index.parcels, index.towns
    plain = np.flatnonzero(towns.flags[parcels.town] & RESIDENCE == 0) if len(parcels.town) else np.empty(0, np.int64)
    return Trees(
        tree(np.arange(len(points.town), dtype=np.int32), points.lon, points.lat),
        tree(plain.astype(np.int32), parcels.lon[plain], parcels.lat[plain]),
        tree(np.arange(len(towns.city), dtype=np.int32), towns.lon, towns.lat),
    )


def reverse(index: AddressIndex, found: Trees, lon: float, lat: float) -> tuple[Nearest, ...]:
    """Return what is near a place, the best answer first: residence number or parcel, the nearer first, then a town.

    Args:
        index: the index that `found` was made of.
        found: its trees.
        lon: degrees, -180 to 180.
        lat: degrees, -85 to 85.

    Returns:
        At most one answer a level; none when nothing is within `REACH_M`, or the place is no number.
    """
    if not (abs(lon) <= 180 and abs(lat) <= 85):
        return ()
    answers = []
    levels: tuple[tuple[Level, Tree, Ints | None], ...] = (
        ("number", found.residences, index.points.town),
        ("parcel", found.parcels, index.parcels.town),
        ("town", found.towns, None),
    )
    for level, of, town in levels:
        at, distance = nearest(of, lon, lat, REACH_M[level])
        if at != NONE:
            row = int(of.row[at])
            in_town = row if town is None else int(town[row])
            answers.append(Nearest(level, row, in_town, float(of.lon[at]), float(of.lat[at]), distance))
    return tuple(sorted(answers, key=lambda answer: (answer.level == "town", answer.distance_m)))


def nearest(of: Tree, lon: float, lat: float, reach_m: float) -> tuple[int, float]:
    """Return the position in the tree of the entry nearest to a place, or NONE, and its distance in metres."""
    east, north = metres_per_degree(lat)
    at, squared = _nearest(of.row, of.lon, of.lat, lon, lat, east, north, reach_m * reach_m)
    return int(at), math.sqrt(squared)


@kernel
def _nearest(  # type: ignore[no-untyped-def] # arrays as `Tree` has them, or mapped from a file
    rows, lons, lats, lon, lat, east, north, reach
):
    best, least = NONE, reach
    begin, end = np.empty(_DEPTH, np.int64), np.empty(_DEPTH, np.int64)
    depth, gap = np.empty(_DEPTH, np.int64), np.empty(_DEPTH, np.float64)
    begin[0], end[0], depth[0], gap[0] = 0, len(rows), 0, 0.0
    top = 1
    while top:
        top -= 1
        a, b, level = begin[top], end[top], depth[top]
        if a >= b or gap[top] > least:
            continue
        middle = (a + b) // 2
        x, y = (lons[middle] - lon) * east, (lats[middle] - lat) * north
        squared = x * x + y * y
        if squared < least or (squared == least and (best == NONE or rows[middle] < rows[best])):
            best, least = middle, squared
        off = x if level % 2 == 0 else y
        near, far = top + 1, top  # the nearer side is looked at first
        begin[far], end[far] = (a, middle) if off <= 0 else (middle + 1, b)
        begin[near], end[near] = (middle + 1, b) if off <= 0 else (a, middle)
        depth[far], depth[near], gap[far], gap[near] = level + 1, level + 1, off * off, 0.0
        top += 2
    return best, least


def label(index: AddressIndex, answer: Nearest) -> str:
    """Return the numbers of an answer as they are written: 5-22, of a parcel 103-3, of a town nothing."""
    if answer.level == "number":
        block = text(index.blocks.label, int(index.points.block[answer.row]))
        return f"{block}-{text(index.points.label, answer.row)}"
    return text(index.parcels.label, answer.row) if answer.level == "parcel" else ""
