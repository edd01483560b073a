"""Traversals written by hand over a drawn world, as a matcher would give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tests.worlds import World
from umaya.types.schemas import TRAVERSALS

MORNING = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)
"""09:00 in Japan, a Monday."""


@dataclass(frozen=True)
class Drive:
    """One trip of a vehicle: stretches by two letters, a minute each.

    A stretch ending in `*` was not driven to its end; the vehicle turned back on an edge that is followed by its
    opposite direction.
    """

    vehicle: str
    stretches: str
    minute: float = 0.0
    trip: int = 0


def traversals(world: World, drives: Sequence[Drive]) -> pa.Table:
    """Build a `TRAVERSALS` table."""
    rows = []
    edges = world.network.edges
    for drive in drives:
        names = drive.stretches.split()
        for seq, name in enumerate(names):
            edge_id = world.edge(name[0], name[1])
            length = edges["length_m"][edge_id].as_py()
            entered = MORNING + timedelta(minutes=drive.minute + seq)
            rows.append(
                {
                    "vehicle_id": drive.vehicle,
                    "trip": drive.trip,
                    "seq": seq,
                    "edge_id": edge_id,
                    "way_id": edges["way_id"][edge_id].as_py(),
                    "forward": edges["forward"][edge_id].as_py(),
                    "entered": entered,
                    "left": entered + timedelta(minutes=1),
                    "from_m": 0.0,
                    "to_m": length / 2 if name.endswith("*") else length,
                    "complete": not name.endswith("*"),
                    "turned_back": seq + 1 < len(names) and names[seq + 1][:2] == name[1::-1],
                }
            )
    return pa.Table.from_pylist(rows, schema=TRAVERSALS)
