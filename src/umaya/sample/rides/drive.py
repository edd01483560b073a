"""From what a rider does to where he is each second.

An `Itinerary` is a list of stretches of segments, with stops on them. `moves_of` turns the itineraries of many vehicles
into motion at constant speed, `track_of` into true places at 1 Hz: speeds by class of road, time lost at stops,
driveways ridden in and out. No loop over points: every second looks up its move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets

START_LOSS_S = 1.6
"""Time lost by braking and starting again at each stop."""
DAY_S = 200_000.0
"""More seconds than a working day has."""


@dataclass(frozen=True)
class Itinerary:
    """What one vehicle does in a day.

    Attributes:
        row: segment of each stretch.
        a, b: metres along the segment where the stretch begins and ends; a > b rides against the way.
        pause: seconds of standing at the end of the stretch.
        visit: the visit that each stretch belongs to or leads to.
        serves: whether the stretch is the visit itself, not the way to it.
        stop_stretch, stop_offset, stop_dwell, stop_driveway: stops: stretch, metres along its segment, seconds, row of
            the driveway ridden or -1.
    """

    row: Ints
    a: Floats
    b: Floats
    pause: Floats
    visit: Ints
    serves: Bools
    stop_stretch: Ints
    stop_offset: Floats
    stop_dwell: Floats
    stop_driveway: Ints


@dataclass(frozen=True)
class Moves:
    """Motion at constant speed, one row each, in order of vehicle and time.

    `row` from `a` to `b` is where the vehicle is; `road`, `road_a`, `road_b` the same on the public segment; `onward`
    whether the stretch is ridden along its way. `stretch` counts through all itineraries. Times in seconds of the day.
    """

    vehicle: Ints
    start: Floats
    duration: Floats
    row: Ints
    a: Floats
    b: Floats
    road: Ints
    road_a: Floats
    road_b: Floats
    onward: Bools
    stretch: Ints


@dataclass(frozen=True)
class Track:
    """True places at 1 Hz, by vehicle and time. `second` of the day; `xy` metres; `road` the public segment."""

    vehicle: Ints
    second: Ints
    xy: Floats
    speed: Floats
    road: Ints
    offset: Floats
    onward: Bools
    private: Bools


def moves_of(streets: Streets, plans: list[Itinerary], begin: Floats, pace: Floats, rng: np.random.Generator) -> Moves:
    """Turn itineraries into moves.

    Args:
        streets: the segments.
        plans: one itinerary a vehicle.
        begin: second of the day at which each begins.
        pace: factor on the speed of each vehicle, about 1.
        rng: source of the small differences.
    """
    sizes = np.array([len(p.row) for p in plans])
    first = np.cumsum(sizes) - sizes
    vehicle = np.repeat(np.arange(len(plans)), sizes)
    row, a, b, pause = (np.concatenate([getattr(p, n) for p in plans]) for n in ("row", "a", "b", "pause"))
    stop = np.concatenate([p.stop_stretch + f for p, f in zip(plans, first, strict=True)])
    offset, dwell, driveway = (
        np.concatenate([getattr(p, n) for p in plans]) for n in ("stop_offset", "stop_dwell", "stop_driveway")
    )
    # One event for each stop and one for each end of a stretch, in the order in which they come.
    stretch = np.concatenate([stop, np.arange(len(row))])
    to = np.concatenate([offset, b])
    order = np.lexsort((np.arange(len(stretch)), np.abs(to - a[stretch]), stretch))
    stretch, to = stretch[order], to[order]
    stand = np.concatenate([dwell, pause])[order]
    drive = np.concatenate([driveway, np.full(len(row), -1)])[order]
    fresh = np.concatenate([[True], stretch[1:] != stretch[:-1]])
    origin = np.where(fresh, a[stretch], np.concatenate([[0.0], to[:-1]]))
    road = row[stretch]
    gap = np.abs(to - origin)
    quick = streets.speed[road] * pace[vehicle[stretch]] * rng.uniform(0.82, 1.08, len(road))
    ride = gap / quick + np.where((stand > 0) & (gap > 0), START_LOSS_S, 0.0)
    aside = drive >= 0
    depth = np.where(aside, streets.length[drive], 0.0)
    inside = depth / (streets.speed[drive] * 0.8)
    still = np.where(aside, drive, road)
    parts = [
        (road, origin, to, ride, origin, to),
        (drive, np.zeros_like(depth), depth, np.where(aside, inside, 0.0), to, to),
        (still, np.where(aside, depth, to), np.where(aside, depth, to), stand, to, to),
        (drive, depth, np.zeros_like(depth), np.where(aside, inside, 0.0), to, to),
    ]
    columns = [np.column_stack([p[i] for p in parts]).ravel() for i in range(6)]
    keep = columns[3] > 0
    r, x, y, duration, road_x, road_y = (c[keep] for c in columns)
    of = np.repeat(stretch, 4)[keep]
    who = vehicle[of]
    run = np.cumsum(duration) - duration
    lead = run[np.searchsorted(who, np.arange(len(plans)))]
    onward = (b >= a)[of]
    return Moves(who, run - lead[who] + begin[who], duration, r, x, y, row[of], road_x, road_y, onward, of)


def track_of(streets: Streets, moves: Moves, start: Ints, end: Ints) -> Track:
    """Return the true places of each vehicle for each whole second from `start` to `end` - 1 (arrays by vehicle)."""
    counts = np.maximum(end - start, 0)
    vehicle = np.repeat(np.arange(len(counts)), counts)
    second = np.arange(len(vehicle)) - np.repeat(np.cumsum(counts) - counts - start, counts)
    at = np.searchsorted(moves.vehicle * DAY_S + moves.start, vehicle * DAY_S + second, side="right") - 1
    done = np.clip((second - moves.start[at]) / moves.duration[at], 0.0, 1.0)
    place = moves.a[at] + (moves.b - moves.a)[at] * done
    row = moves.row[at]
    return Track(
        vehicle,
        second,
        streets.locate(row, place),
        np.abs((moves.b - moves.a) / moves.duration)[at],
        moves.road[at],
        moves.road_a[at] + (moves.road_b - moves.road_a)[at] * done,
        moves.onward[at],
        row >= streets.public,
    )
