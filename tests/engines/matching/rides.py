"""Positions as a vehicle on a drawn world would report them: once a second, with or without noise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tests.worlds import World
from umaya.places.roads.geodesy import degree_lengths
from umaya.types.schemas import POSITIONS

START = int(datetime(2026, 4, 6, tzinfo=UTC).timestamp())
"""09:00 in Japan."""

Track = NDArray[np.float64]
"""Rows of seconds, longitude, latitude."""


def ride(
    world: World, path: Sequence[str], speed: float = 7.0, at: float = 0.0, stops: dict[str, float] | None = None
) -> Track:
    """Drive straight from each named point to the next, and stand where `stops` says, for so many seconds."""
    east, north = degree_lengths(36.2)
    scale = np.array([float(east), float(north)])
    t, places = [0.0], [world.points[path[0]]]
    for name in path:
        step = np.hypot(*((np.array(world.points[name]) - places[-1]) * scale)) / speed
        if name != path[0] or len(places) > 1:
            t.append(t[-1] + float(step))
            places.append(world.points[name])
        if stops and name in stops:
            t.append(t[-1] + stops[name])
            places.append(world.points[name])
    seconds = np.arange(0.0, np.floor(t[-1]) + 1.0)
    lonlat = np.array(places)
    lon, lat = (np.interp(seconds, t, lonlat[:, axis]) for axis in (0, 1))
    return np.column_stack([seconds + at, lon, lat])


def blur(track: Track, sigma_m: float, seed: int = 0) -> Track:
    """Add white noise of `sigma_m` metres in each axis."""
    east, north = degree_lengths(36.2)
    noise = np.random.default_rng(seed).normal(0.0, sigma_m, (len(track), 2))
    return track + np.column_stack([np.zeros(len(track)), noise / [float(east), float(north)]])


def shift(track: Track, row: int, east_m: float, north_m: float) -> Track:
    """Move one position by metres."""
    east, north = degree_lengths(36.2)
    moved = track.copy()
    moved[row, 1:] += [east_m / float(east), north_m / float(north)]
    return moved


def positions(tracks: dict[str, Track], heading: dict[str, float] | None = None) -> pa.Table:
    """Build a POSITIONS table, sorted."""
    rows = []
    for vehicle in sorted(tracks):
        degrees = (heading or {}).get(vehicle)
        rows += [
            {
                "vehicle_id": vehicle,
                "t": round((START + t) * 1e6),
                "lon": lon,
                "lat": lat,
                "heading_deg": degrees,
                "speed_mps": None if degrees is None else 7.0,
            }
            for t, lon, lat in tracks[vehicle]
        ]
    columns = {
        f.name: pa.array([r.get(f.name) for r in rows], pa.int64() if f.name == "t" else f.type) for f in POSITIONS
    }
    columns["t"] = columns["t"].cast(POSITIONS.field("t").type)
    return pa.table(columns, schema=POSITIONS)


def driven(world: World, traversals: pa.Table, vehicle: str = "v") -> list[str]:
    """Return what a vehicle drove as words: `AB` from end to end, `(AB)` in part, `|` between trips."""
    words: list[str] = []
    trip = None
    for row in traversals.to_pylist():
        if row["vehicle_id"] != vehicle:
            continue
        if trip is not None and row["trip"] != trip:
            words.append("|")
        trip = row["trip"]
        name = world.name(row["edge_id"])
        words.append(name if row["complete"] else f"({name})")
    return words
