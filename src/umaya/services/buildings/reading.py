"""Doubtful rows of a resolve, with the outlines of their candidates: what checks are made of.

Reads the columns of the files that `umaya places buildings` wrote, and no others: whatever else a file holds stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from umaya.engines.buildings.schemas import ADDRESS, DOUBTFUL
from umaya.engines.geometry import metres_per_degree
from umaya.places.buildings.files import BUILDINGS
from umaya.services.buildings.check import Candidate, Drawing, Ring
from umaya.types.errors import InputError, Place

AROUND_M: Final = 40.0
"""What is nearer to the middle of a drawing is drawn."""
REASONS: Final = frozenset(
    {
        "no-building-near",
        "between-buildings",
        "uncertain",
        "address-unknown",
        "address-doubtful",
        "several-buildings",
        "evidence-disagrees",
        "place-elsewhere",
    }
)
"""Why a row may be doubtful: what `engines.buildings.resolve` and `letterboxes` say."""
_DECIMETRES: Final = 10.0


@dataclass(frozen=True)
class NewCheck:
    """A row that is to be asked.

    Attributes:
        key: digest of what it is about.
        address: registry ids.
    """

    key: str
    address: tuple[str, ...]
    letterbox: str | None
    lon: float | None
    lat: float | None
    reason: str
    drawing: Drawing


def read_checks(doubtful: Path, buildings: Path) -> list[NewCheck]:
    """Return the doubtful rows of a resolve, each thing once.

    Args:
        doubtful: `doubtful.parquet`.
        buildings: `buildings.parquet` of the same resolve.

    Raises:
        InputError: when a file cannot be read, lacks a column, or a candidate is none of the buildings.
    """
    return list(_checks(doubtful, _read(doubtful, DOUBTFUL), _Outlines(_read(buildings, BUILDINGS))))


class _Outlines:
    """Buildings by footprint and by place."""

    def __init__(self, table: pa.Table) -> None:
        self.shapes = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
        self.told = table.drop_columns(["geometry"]).to_pylist()
        self.row = {told["footprint"]: i for i, told in enumerate(self.told)}
        self._tree = shapely.STRtree(self.shapes)
        self._corners: dict[int, list[npt.NDArray[np.float64]]] = {}

    def corners(self, i: int) -> list[npt.NDArray[np.float64]]:
        """Return the corners of each ring of a building, degrees."""
        if i not in self._corners:
            parts = shapely.get_parts(self.shapes[i])
            lines = [line for part in parts for line in (part.exterior, *part.interiors)]
            self._corners[i] = [shapely.get_coordinates(line)[:-1] for line in lines]
        return self._corners[i]

    def near(self, lon: float, lat: float) -> list[int]:
        east, north = metres_per_degree(lat)
        x, y = AROUND_M / east, AROUND_M / north
        return sorted(self._tree.query(shapely.box(lon - x, lat - y, lon + x, lat + y)).tolist())


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        return pq.read_table(path, columns=schema.names).select(schema.names).cast(schema)
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        advice = "give the file that `umaya places buildings` wrote"
        raise InputError(Place(str(path)), "cannot be read as this table", advice) from error


def _checks(path: Path, rows: pa.Table, outlines: _Outlines) -> Iterator[NewCheck]:
    seen: set[str] = set()
    for number, row in enumerate(rows.to_pylist(), start=1):
        address = tuple(row[name] for name in ADDRESS)
        key = _key(address, row)
        if key in seen:
            continue
        seen.add(key)
        if any(ref not in outlines.row for ref in row["candidates"]):
            place = Place(str(path), number, "candidates")
            raise InputError(place, "one is no building of the other file", "give both files of one resolve")
        if row["reason"] not in REASONS:
            raise InputError(Place(str(path), number, "reason"), "is no reason that is known", "resolve anew")
        if max(map(len, address)) > 18 or not all(address[:2]):
            raise InputError(Place(str(path), number, "lg_code"), "the address has no ids", "give ids of the registry")
        drawing = _drawing(row, outlines)
        yield NewCheck(key, address, row["letterbox_id"], row["lon"], row["lat"], row["reason"], drawing)


def _key(address: tuple[str, ...], row: dict[str, Any]) -> str:
    """Return a digest of a letterbox's id, or of an address and the place of its point."""
    box = row["letterbox_id"]
    told = ("letterbox", box) if box is not None else ("point", *address, f"{row['lon']:.6f}", f"{row['lat']:.6f}")
    return sha256("\0".join(told).encode()).hexdigest()


def _drawing(row: dict[str, Any], outlines: _Outlines) -> Drawing:
    chosen = [outlines.row[ref] for ref in dict.fromkeys(row["candidates"])]
    placed = row["lon"] is not None and row["lat"] is not None
    if not placed and not chosen:
        return Drawing((), (), None)
    if placed:
        lon, lat = row["lon"], row["lat"]
    else:
        lon, lat = (float(np.mean([outlines.told[i][name] for i in chosen])) for name in ("lon", "lat"))
    frame = _Frame(lon, lat)
    candidates = [_candidate(n, i, outlines, frame, placed=placed) for n, i in enumerate(chosen, 1)]
    around = [frame.rings(outlines.corners(i)) for i in outlines.near(lon, lat) if i not in chosen]
    return Drawing(tuple(candidates), tuple(around), (0, 0) if placed else None)


@dataclass(frozen=True)
class _Frame:
    """Metres about a place."""

    lon: float
    lat: float

    def metres(self, shape: shapely.Geometry) -> shapely.Geometry:
        scale = np.array(metres_per_degree(self.lat))
        return shapely.transform(shape, lambda at: (at - (self.lon, self.lat)) * scale)

    def rings(self, corners: list[npt.NDArray[np.float64]]) -> tuple[Ring, ...]:
        scale = np.array(metres_per_degree(self.lat)) * _DECIMETRES
        made = [np.rint((ring - (self.lon, self.lat)) * scale).astype(np.int64).tolist() for ring in corners]
        return tuple(tuple(map(tuple, ring)) for ring in made)


def _candidate(number: int, i: int, outlines: _Outlines, frame: _Frame, *, placed: bool) -> Candidate:
    told, shape = outlines.told[i], outlines.shapes[i]
    away = float(shapely.distance(frame.metres(shape), shapely.Point(0, 0))) if placed else None
    return Candidate(
        number,
        told["footprint"],
        told["building_id"],
        told["name"],
        round(told["area_m2"], 1),
        told["height_m"] if told["height_m"] is None else round(told["height_m"], 1),
        away if away is None else round(away, 1),
        told["lon"],
        told["lat"],
        frame.rings(outlines.corners(i)),
    )
