"""What is kept of each vehicle: one row of fixed size in flat structured arrays.

`VEHICLE` holds the positions that wait for earlier ones, the observation that is being gathered, and what was decided
last; `COLUMN` one column of the Viterbi trellis. A vehicle's columns are a ring of `RING` rows: `closed` of them are
complete but undecided, the one after them is tentative and is worked out anew while its observation grows.
Not responsible for what the numbers mean to the model (gather, trellis, decisions, driven).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umaya.engines.kernels import inner

WAITING = 8
"""Positions of one vehicle that may wait for earlier ones; with more the oldest goes on before its time."""
RING = 16
"""Columns of one vehicle; when they are used up the older half is decided."""
STATES = 12
"""States of one column; the least likely beyond are left out."""
NEVER = np.iinfo(np.int64).min
"""The time of what has not been."""
FIRST_TRIP = np.iinfo(np.int32).min
"""The trip before the first: trips are numbered by seconds from 2020, which may lie before it."""
EPOCH_US = 1_577_836_800_000_000
"""Microseconds from 1970 to the start of 2020; kernels count seconds from there."""
OFF = -1
"""The edge of a state off the network."""
UNKNOWN = -2
"""The edge of a vehicle of which nothing was decided yet."""

VEHICLE = np.dtype(
    [
        # intake: microseconds
        ("newest", np.int64),
        ("passed", np.int64),
        ("behind", np.int64),
        ("wait_t", np.int64, (WAITING,)),
        ("wait_lon", np.float64, (WAITING,)),
        ("wait_lat", np.float64, (WAITING,)),
        ("wait_accuracy", np.float32, (WAITING,)),
        ("wait_speed", np.float32, (WAITING,)),
        ("wait_heading", np.float32, (WAITING,)),
        ("waiting", np.int32),
        # gather: seconds and degrees
        ("suspects", np.int32),
        ("good_t", np.float64),
        ("good_lon", np.float64),
        ("good_lat", np.float64),
        ("suspect_t", np.float64),
        ("suspect_lon", np.float64),
        ("suspect_lat", np.float64),
        ("last_t", np.float64, (2,)),
        ("last_lon", np.float64, (2,)),
        ("last_lat", np.float64, (2,)),
        ("spread", np.float64),
        ("measured", np.int32),
        ("count", np.int32),
        ("tried", np.int32),
        ("tried_lon", np.float64),
        ("tried_lat", np.float64),
        ("mean_lon", np.float64),
        ("mean_lat", np.float64),
        ("even_lon", np.float64),
        ("even_lat", np.float64),
        ("from_lon", np.float64),
        ("from_lat", np.float64),
        ("far_lon", np.float64),
        ("far_lat", np.float64),
        ("far_m", np.float64),
        ("back_lon", np.float64),
        ("back_lat", np.float64),
        ("begin", np.float64),
        ("end", np.float64),
        ("variance", np.float64),
        ("head_x", np.float64),
        ("head_y", np.float64),
        # trellis
        ("first", np.int32),
        ("closed", np.int32),
        # route: what was decided last, and the piece that is being driven
        ("edge", np.int32),
        ("on", np.int32),
        ("offset", np.float64),
        ("at_lon", np.float64),
        ("at_lat", np.float64),
        ("at_begin", np.float64),
        ("at_end", np.float64),
        ("tip_lon", np.float64),
        ("tip_lat", np.float64),
        ("piece_begin", np.float64),
        ("piece_end", np.float64),
        ("entered", np.float64),
        ("held", np.int32),
        ("asked", np.float64),
        ("held_begin", np.float64),
        ("held_end", np.float64),
        ("held_entered", np.float64),
        ("held_left", np.float64),
        ("gone", np.float64),
        ("near", np.float64),
        ("trip", np.int32),
        ("part", np.int32),
    ],
    align=True,
)
"""One vehicle. `behind` is how long before their arrival the positions of its last batches lay, at most. `edge` is the
state decided last (OFF, UNKNOWN), `on` the edge of the open piece or -1 between trips, `held` that of a piece that was
left by a U-turn which is not borne out yet, or -1; `asked` since when there is a question that time alone decides,
`near` since when the vehicle is at the end of the open piece or beyond, `gone` when it came there, where the piece was
given out for that; NaN for none, as every time of what has not been."""

COLUMN = np.dtype(
    [
        ("lon", np.float64),
        ("lat", np.float64),
        ("begin", np.float64),
        ("end", np.float64),
        ("from_lon", np.float64),
        ("from_lat", np.float64),
        ("far_lon", np.float64),
        ("far_lat", np.float64),
        ("points", np.int32),
        ("states", np.int32),
        ("edge", np.int32, (STATES,)),
        ("offset", np.float32, (STATES,)),
        ("score", np.float32, (STATES,)),
        ("back", np.int8, (STATES,)),
    ],
    align=True,
)
"""One observation and its states, the likeliest first; `back` is the state of the column before, -1 for none."""

PIECE = np.dtype(
    [
        ("vehicle", np.int32),
        ("trip", np.int32),
        ("part", np.int32),
        ("edge", np.int32),
        ("begin", np.float32),
        ("end", np.float32),
        ("entered", np.float64),
        ("left", np.float64),
        ("complete", np.bool_),
        ("turned", np.bool_),
    ],
    align=True,
)
"""A stretch of a directed edge that was driven, final."""

TOLD = np.dtype(
    [
        ("late", np.int64),
        ("duplicate", np.int64),
        ("ahead", np.int64),
        ("bad", np.int64),
        ("off_road", np.int64),
        ("used", np.int64),
    ],
    align=True,
)
"""What a kernel tells besides pieces: counts of positions, and how many pieces it wrote."""

Records = NDArray[np.void]


@inner
def begin_vehicles(vehicles: Records, first: int, spread: float) -> None:
    """Set the rows from `first` on to vehicles of which nothing is known."""
    for v in range(first, len(vehicles)):
        one = vehicles[v]
        one.newest = NEVER
        one.passed = NEVER
        one.edge = UNKNOWN
        one.on = -1
        one.held = -1
        one.spread = spread
        one.good_t = np.nan
        one.last_t[:] = np.nan
        one.asked = np.nan
        one.gone = np.nan
        one.near = np.nan
        one.trip = FIRST_TRIP


def longer(vehicles: Records, columns: Records, used: int, room: int, spread: float) -> tuple[Records, Records]:
    """Return copies with room for `room` vehicles, of which the first `used` are kept."""
    more, more_columns = np.zeros(room, VEHICLE), np.zeros(room * RING, COLUMN)
    more[:used] = vehicles[:used]
    more_columns[: used * RING] = columns[: used * RING]
    begin_vehicles(more, used, spread)
    return more, more_columns


def kept(vehicles: Records, columns: Records, rows: NDArray[np.int64]) -> tuple[Records, Records]:
    """Return the vehicles of `rows` alone, with their columns."""
    return vehicles[rows], columns.reshape(-1, RING)[rows].reshape(-1)


def live_columns(vehicles: Records) -> NDArray[np.int64]:
    """Return the rows of the columns that mean something: the closed ones of each vehicle and its tentative one."""
    count = vehicles["closed"].astype(np.int64) + (vehicles["tried"] > 0)
    owner = np.repeat(np.arange(len(vehicles)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    rows: NDArray[np.int64] = owner * RING + (vehicles["first"][owner] + place) % RING
    return rows
