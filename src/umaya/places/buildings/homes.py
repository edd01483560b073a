"""Homes on each road from letterboxes in their buildings: what dead-end suppression asks for.

A home is a letterbox, or a room where letterboxes of a building share one. It counts on the road that its address's
point is nearest to, the front of its building, not where the building's middle lies. Doubtful letterboxes count at
their own place or their address's: a home that nobody can put into a building is a home on a road all the same.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from umaya.engines.buildings.letterboxes import Housed
from umaya.engines.buildings.schemas import ADDRESS
from umaya.places.roads.homes import homes_per_segment
from umaya.types.roads import RoadNetwork

DOORS = pa.schema([("lon", pa.float64()), ("lat", pa.float64()), ("homes", pa.int64())])


def doors(housed: Housed, points: pa.Table) -> tuple[pa.Table, int]:
    """Return places with their homes, columns `lon`, `lat`, `homes`, and the number of homes without any place.

    Args:
        housed: letterboxes in buildings, and doubtful ones.
        points: address points, schema POINTS; of several of one address the first counts.
    """
    place: dict[tuple[str, ...], tuple[float, float]] = {}
    for row in points.to_pylist():
        place.setdefault(tuple(row[name] for name in ADDRESS), (row["lon"], row["lat"]))
    homes: dict[tuple[object, ...], tuple[float, float] | None] = {}
    for row in housed.housed.to_pylist():
        address = tuple(row[name] for name in ADDRESS)
        home = (row["footprint"], row["room"]) if row["room"] else (row["letterbox_id"],)
        homes.setdefault(home, place.get(address))
    for row in housed.doubtful.to_pylist():
        own = None if row["lon"] is None or row["lat"] is None else (row["lon"], row["lat"])
        homes.setdefault((row["letterbox_id"],), own or place.get(tuple(row[name] for name in ADDRESS)))
    known = [at for at in homes.values() if at is not None]
    if not known:
        return DOORS.empty_table(), len(homes)
    at, count = np.unique(np.array(known), axis=0, return_counts=True)
    return pa.table({"lon": at[:, 0], "lat": at[:, 1], "homes": count}, schema=DOORS), len(homes) - len(known)


def homes_per_edge(housed: Housed, points: pa.Table, network: RoadNetwork) -> tuple[pa.Table, int]:
    """Count homes on road segments, schema `HOMES`, as `Atlas.put_homes` takes them; and those without any place."""
    table, lost = doors(housed, points)
    return homes_per_segment(table, network), lost
