"""Outlines as files give them, checked, as a table of footprints.

A fault is told with file, feature and field. By default one fault refuses the whole file; else a faulty feature is left
out, or repaired where that is certain: an open ring is closed, swapped coordinates are swapped back, a self-crossing
outline becomes the surface that its line encloses. The rest is left out even then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from umaya.engines.buildings.schemas import FOOTPRINTS
from umaya.types.errors import InputError, Place

LON, LAT = (122.0, 154.0), (20.0, 46.0)
"""Japan lies within; a longitude is never a latitude, so swapped coordinates show."""
MOST_DEG2 = 1e-4
"""About a square kilometre: no building is larger."""
UNKNOWN_HEIGHT = -9999.0
"""What PLATEAU writes where a height was not measured."""

Ring = npt.NDArray[np.float64]


class Faulty(StrEnum):
    """What becomes of a feature with a fault."""

    REFUSE = "refuse"
    LEAVE_OUT = "leave-out"
    REPAIR = "repair"


@dataclass(frozen=True)
class Fault:
    """A fault of a feature and what was done about it.

    Attributes:
        place: file, feature as a row, field.
        problem: what is wrong.
        repaired: whether the feature is in the table, repaired; else it was left out.
    """

    place: Place
    problem: str
    repaired: bool

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {'repaired' if self.repaired else 'left out'}"


@dataclass
class Draft:
    """A feature as a file gives it.

    Attributes:
        row: its place in the file, from 1.
        ref: the release's id of the building.
        gml_id: `gml:id`, where there is one.
        name: of the building.
        height: metres, as the file says it.
        polygons: each a shell and its holes, each of those a list of longitude, latitude and perhaps height.
        problem: field and problem that the reader found already.
    """

    row: int
    ref: Any = None
    gml_id: str | None = None
    name: str | None = None
    height: Any = None
    polygons: Any = field(default_factory=list)
    problem: tuple[str, str] | None = None


class BadError(Exception):
    """A fault of one feature: field, problem, and the feature repaired where that is possible."""

    def __init__(self, field_: str, problem: str, repaired: shapely.Geometry | None = None) -> None:
        super().__init__(problem)
        self.field, self.problem, self.repaired = field_, problem, repaired


def footprints(file: str, drafts: Iterable[Draft], faulty: Faulty = Faulty.REFUSE) -> tuple[pa.Table, list[Fault]]:
    """Check outlines and return them, schema FOOTPRINTS, with the faults of those left out or repaired.

    Raises:
        InputError: with `Faulty.REFUSE`, for the first fault.
    """
    taken: list[Draft] = []
    heights: list[float | None] = []
    bad: dict[int, BadError] = {}
    seen: set[str] = set()
    for draft in drafts:
        height = None
        try:
            height = _checked(draft, seen)
        except BadError as fault:
            bad[len(taken)] = fault
        draft.polygons = _packed(draft.polygons)
        taken.append(draft)
        heights.append(height)
    shapes = _shapes(taken, bad)
    if bad and faulty is Faulty.REFUSE:
        first = bad[min(bad)]
        advice = "mend the file, or say that faulty features are left out or repaired"
        raise InputError(Place(file, taken[min(bad)].row, first.field), first.problem, advice) from first
    faults = []
    for i, found in sorted(bad.items()):
        shapes[i] = found.repaired if faulty is Faulty.REPAIR else None
        faults.append(Fault(Place(file, taken[i].row, found.field), found.problem, shapes[i] is not None))
    return _table(taken, heights, shapes), faults


def _checked(draft: Draft, seen: set[str]) -> float | None:
    """Check all but the outline, and return the height."""
    if draft.problem:
        raise BadError(*draft.problem)
    if not isinstance(draft.ref, str) or not draft.ref.strip():
        raise BadError("id", "the feature has no id of its building")
    if draft.ref in seen:
        raise BadError("id", "another feature has this id")
    seen.add(draft.ref)
    return _height(draft.height)


def _height(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        height = float(value)
    except (TypeError, ValueError):
        raise BadError("height", "the height is not a number") from None
    if height == UNKNOWN_HEIGHT:
        return None
    if not np.isfinite(height) or not 0 <= height < 2000:
        raise BadError("height", "the height is not one of a building, in metres")
    return height


def _shapes(drafts: list[Draft], bad: dict[int, BadError]) -> npt.NDArray[np.object_]:
    """Return the outline of each feature, None where it has a fault; faults of outlines are added to `bad`.

    Polygons without any fault are made all at once; the others one by one.
    """
    shapes = np.empty(len(drafts), object)
    simple: list[tuple[int, Ring]] = []
    for i, draft in enumerate(drafts):
        if i in bad:
            continue
        if isinstance(draft.polygons, np.ndarray):
            simple.append((i, draft.polygons))
            continue
        try:
            shapes[i] = _shape(draft.polygons)
        except BadError as fault:
            bad[i] = fault
    rows = np.array([i for i, _ in simple], np.int64)
    if len(rows):
        corners = np.array([len(ring) for _, ring in simple])
        degrees = np.concatenate([ring for _, ring in simple])
        shapes[rows] = _made(degrees, corners, rows, drafts, bad)
    there = np.flatnonzero(shapely.is_geometry(shapes))
    area = shapely.area(shapes[there])
    for i in there[area > MOST_DEG2]:
        bad[int(i)] = BadError("geometry", "the outline is larger than any building")
        shapes[i] = None
    wrong = ~(shapely.is_valid(shapes[there]) & (area > 0)) & (area <= MOST_DEG2)
    for i in there[wrong]:
        bad[int(i)] = BadError("geometry", "the outline crosses itself or encloses nothing", _mended(shapes[i]))
        shapes[i] = None
    return shapes


def _packed(polygons: Any) -> Any:
    """Return the ring of a single polygon without holes as an array, anything else as it is."""
    if (
        not isinstance(polygons, list)
        or len(polygons) != 1
        or not isinstance(polygons[0], list)
        or len(polygons[0]) != 1
    ):
        return polygons
    try:
        ring = np.array(polygons[0][0])
    except ValueError:
        return polygons
    sound = ring.dtype == np.float64 and ring.ndim == 2 and ring.shape[1] in {2, 3} and len(ring) >= 4
    return ring[:, :2] if sound else polygons


def _made(
    degrees: Ring,
    corners: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    drafts: list[Draft],
    bad: dict[int, BadError],
) -> npt.NDArray[np.object_]:
    """Return the polygons of rings that stand one after the other; those that need a closer look get it."""
    start = np.concatenate([[0], np.cumsum(corners)[:-1]])
    with np.errstate(invalid="ignore"):
        inside = (degrees >= [LON[0], LAT[0]]).all(axis=1) & (degrees <= [LON[1], LAT[1]]).all(axis=1)
    sound = np.logical_and.reduceat(inside, start)
    sound &= (degrees[start] == degrees[start + corners - 1]).all(axis=1)
    shapes = np.empty(len(rows), object)
    of_corner = np.repeat(np.cumsum(sound) - 1, corners)
    keep = np.repeat(sound, corners)
    shapes[sound] = shapely.polygons(shapely.linearrings(degrees[keep], indices=of_corner[keep]))
    for i in np.flatnonzero(~sound):
        try:
            shapes[i] = _shape([[drafts[rows[i]].polygons]])
        except BadError as fault:
            bad[int(rows[i])] = fault
    return shapes


def _shape(polygons: Any) -> shapely.Geometry:
    if not isinstance(polygons, list) or not polygons:
        raise BadError("geometry", "the feature has no outline")
    problems: list[str] = []
    parts = []
    for rings in polygons:
        if not isinstance(rings, list) or not rings:
            raise BadError("geometry", "a polygon has no ring")
        shell, *holes = [_ring(ring, problems) for ring in rings]
        parts.append(shapely.Polygon(shell, holes))
    shape = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if problems:
        raise BadError("geometry", problems[0], _mended(shape))
    return shape


def _ring(points: Any, problems: list[str]) -> Ring:
    """Return a closed ring; what was mended is told in `problems`."""
    try:
        given = np.asarray(points)
    except ValueError:
        given = np.empty(0, object)
    if given.dtype.kind not in "iuf" or given.ndim != 2 or not len(given) or given.shape[1] not in {2, 3}:
        raise BadError("geometry", "coordinates are not pairs or triples of numbers")
    ring: Ring = given[:, :2].astype(np.float64)
    if not np.isfinite(ring).all():
        raise BadError("geometry", "a coordinate is not a finite number")
    if not _within(ring):
        ring = ring[:, ::-1]
        if not _within(ring):
            raise BadError("geometry", "coordinates lie outside Japan, or are not degrees")
        problems.append("latitude stands before longitude")
    if (ring[0] != ring[-1]).any():
        ring = np.vstack([ring, ring[:1]])
        problems.append("a ring is not closed")
    if len(ring) < 4 or len(np.unique(ring, axis=0)) < 3:
        raise BadError("geometry", "a ring has fewer than three corners")
    return ring


def _within(ring: Ring) -> bool:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return bool(low[0] >= LON[0] and high[0] <= LON[1] and low[1] >= LAT[0] and high[1] <= LAT[1])


def _mended(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the surface that an outline encloses, None where it encloses none."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    surface = shapely.union_all([part for part in parts if shapely.area(part) > 0])
    return surface if shapely.area(surface) > 0 and shapely.get_type_id(surface) in {3, 6} else None


def _table(drafts: list[Draft], heights: list[float | None], shapes: npt.NDArray[np.object_]) -> pa.Table:
    keep = np.flatnonzero(shapely.is_geometry(shapes))
    kept = [drafts[i] for i in keep]
    columns = {
        "footprint": [draft.ref for draft in kept],
        "gml_id": [draft.gml_id for draft in kept],
        "name": [draft.name for draft in kept],
        "height_m": [heights[i] for i in keep],
        "geometry": shapely.to_wkb(shapes[keep]),
    }
    return pa.table(columns, schema=FOOTPRINTS)
