"""The day of the earthquake: riders meet closures, turn back, go round, and skip what they cannot reach.

Until the quake it is the ordinary day. After it every rider finishes the segment he is on, stands still for a while,
and goes on with what was left; before the parcels he checks all streets of his round and those close by (安全確認).
A rider learns of a closure by meeting it; from then on he takes the shortest open way.
What must hold: after the quake nobody rides a closed segment from end to end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, time

import numpy as np
from scipy.spatial import cKDTree

from umaya.sample.days import (
    JAPAN,
    Day,
    Office,
    Planned,
    day_rng,
    gather,
    hours,
    offices_of,
    plan_day,
    report,
)
from umaya.sample.map.draft import Bools, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.closures import Closed, choose_closures
from umaya.sample.rides.detour import Ride, Visit, World
from umaya.sample.rides.drive import DAY_S, Moves, moves_of
from umaya.sample.rides.plans import Visits, join, parcels, yard
from umaya.sample.rides.rounds import tour
from umaya.sample.rides.routing import Routing
from umaya.sample.town import Town

QUAKE_TIME = time(10, 42)
"""When the earth shakes unless told otherwise, Japan time."""
PARCELS = 28
"""Parcels on each of the two rides after the safety ride."""
NEIGHBOUR_M = 130.0
"""How far into the neighbouring rounds a safety ride reaches."""


def quake_day(
    town: Town, day: date, quake_time: time = QUAKE_TIME, seed: int = 0, offices: Collection[str] | None = None
) -> Day:
    """Ride a day on which an earthquake closes segments.

    Args:
        town: the town.
        day: date in Japan.
        quake_time: Japan time of the quake, from 9:00 to 15:00.
        seed: as for `ordinary_day`; until the quake riders do the same.
        offices: ids of the offices whose bikes are wanted, all if None; the closures do not depend on it.

    Raises:
        ValueError: when the quake does not fall into the working day.
    """
    if not time(9) <= quake_time <= time(15):
        raise ValueError("the quake must fall into the working day, 9:00 to 15:00")
    streets = town.streets
    shock = quake_time.hour * 3600 + quake_time.minute * 60 + quake_time.second
    every = offices_of(town)
    sources = [day_rng(seed, day, office.number) for office in every]
    planned = [plan_day(streets, office, day, rng) for office, rng in zip(every, sources, strict=True)]
    last = [_under_way(p, shock) for p in planned]
    closed = _closed(streets, every, planned, last, np.random.default_rng([seed, day.toordinal(), 1 << 20]))
    around = {cell: Routing.of(streets, cell, closed.flag) for cell in {office.cell for office in every}}
    parts = []
    for office, p, at, rng in zip(every, planned, last, sources, strict=True):
        if offices is None or office.name in offices:
            world = World(streets, office.routing, around[office.cell], closed)
            moves, start, end = _after(world, office, p, at, shock, rng)
            parts.append(report(streets, moves, p.bike, day, rng, start, end))
    moment = datetime.combine(day, quake_time, JAPAN).astimezone(UTC)
    return gather(day, parts, closed.table(streets, moment))


def _closed(
    streets: Streets, offices: list[Office], planned: list[Planned], last: list[Ints], rng: np.random.Generator
) -> Closed:
    """Choose the closures, none where a rider is at that moment."""
    busy = np.zeros(streets.public, dtype=bool)
    for p, at in zip(planned, last, strict=True):
        busy[np.concatenate([plan.row for plan in p.plans])[at]] = True
    routings = {office.cell: office.routing for office in offices}
    return choose_closures(streets, list(routings.values()), offices[0].boxes, offices[0].yards, busy, rng)


def _under_way(planned: Planned, second: int) -> Ints:
    """Return the last stretch that each rider finishes when the earth shakes at `second`, counted through all plans."""
    moves, riders = planned.moves, np.arange(len(planned.plans))
    at = np.searchsorted(moves.vehicle * DAY_S + moves.start, riders * DAY_S + second, side="right") - 1
    stretch = moves.stretch[np.maximum(at, np.searchsorted(moves.vehicle, riders))]
    turn, back = (np.concatenate([getattr(p, name) for p in planned.plans]) for name in ("b", "a"))
    row = np.concatenate([p.row for p in planned.plans])
    following = np.minimum(stretch + 1, len(row) - 1)
    # A rider who has begun a visit that turns back half-way rides back to its beginning.
    visit = np.concatenate([p.visit for p in planned.plans])
    half_way = (
        (row[following] == row[stretch]) & (turn[stretch] == back[following]) & (visit[following] == visit[stretch])
    )
    return np.where(half_way, following, stretch)


def _after(
    world: World, office: Office, planned: Planned, last: Ints, shock: int, rng: np.random.Generator
) -> tuple[Moves, Ints, Ints]:
    """Replace what comes after the quake; return all moves and each rider's hours."""
    streets, count = world.streets, len(planned.plans)
    until = planned.moves.stretch <= last[planned.moves.vehicle]
    moves = planned.moves
    finish = np.array([float((moves.start + moves.duration)[until & (moves.vehicle == k)].max()) for k in range(count)])
    first = np.cumsum([0] + [len(p.row) for p in planned.plans])
    plans = []
    for k, plan in enumerate(planned.plans):
        at = int(last[k] - first[k])
        row, forward = int(plan.row[at]), bool(plan.b[at] >= plan.a[at])
        ride = Ride(world, int(world.before.end[row] if forward else world.before.start[row]), rng)
        end = float(plan.b[at])
        ride.stand(row, end, rng.uniform(40.0, 260.0) + (rng.uniform(600.0, 1200.0) if rng.random() < 0.4 else 0.0))
        done = int(plan.visit[at]) + int(plan.serves[at])
        for visit in _remaining(world, office, k, planned.visits[k], done, rng):
            ride.visit(visit)
        plans.append(ride.itinerary())
    begin = np.maximum(finish, shock)
    new = moves_of(streets, plans, begin, planned.pace * 0.9, rng)
    start, _ = hours(streets, planned.plans, moves)
    _, end_of_day = hours(streets, plans, new)
    return _merge(moves, until, new), start, end_of_day


def _merge(old: Moves, until: Bools, new: Moves) -> Moves:
    columns = {f.name: np.concatenate([getattr(old, f.name)[until], getattr(new, f.name)]) for f in fields(Moves)}
    order = np.lexsort((columns["start"], columns["vehicle"]))
    return Moves(**{name: values[order] for name, values in columns.items()})


def singles(visits: Visits, last: bool = False) -> Iterator[Visit]:
    """Yield visits one by one; `last` marks the final one as the end of the day."""
    bounds = np.searchsorted(
        visits.stop_visit[order := np.argsort(visits.stop_visit, kind="stable")], np.arange(len(visits.row) + 1)
    )
    for k in range(len(visits.row)):
        rows = order[bounds[k] : bounds[k + 1]]
        stops = zip(
            visits.stop_offset[rows].tolist(),
            visits.stop_dwell[rows].tolist(),
            visits.stop_driveway[rows].tolist(),
            strict=True,
        )
        end = last and k == len(visits.row) - 1
        yield Visit(int(visits.row[k]), bool(visits.forward[k]), float(visits.turn[k]), list(stops), end)


def _remaining(
    world: World, office: Office, which: int, visits: Visits, done: int, rng: np.random.Generator
) -> Iterator[Visit]:
    """Yield what a rider does after the quake: the rest of the mail, a short rest, the safety ride, some parcels."""
    home = office.yards.driveway[office.number]
    lunch = int(visits.stop_visit[visits.stop_driveway == home][1])
    todo = list(singles(visits))
    yield from todo[done:lunch]
    if done <= lunch:
        yield from singles(yard(office.yards, office.number, rng.uniform(900.0, 1500.0)))
    row, forward = tour(world.streets, world.before, office.gate, safety_rows(world.streets, office, which))
    yield from singles(Visits.of(row, forward))
    yield from singles(yard(office.yards, office.number, rng.uniform(300.0, 900.0)))
    for last in (False, True):
        ride = parcels(
            world.streets, world.before, office.boxes, office.pool, office.gate, PARCELS, office.middle[which], rng
        )
        yield from singles(join([ride, yard(office.yards, office.number, 400.0)]), last)


def safety_rows(streets: Streets, office: Office, which: int) -> Ints:
    """Return the segments of a round and those of its neighbours close by: each is checked by more than one rider."""
    area = np.unique(np.concatenate([r.rows for r in office.rounds]))
    middle = streets.locate(area, streets.length[area] / 2)
    own = office.rounds[which].rows
    distance, _ = cKDTree(streets.locate(own, streets.length[own] / 2)).query(middle, distance_upper_bound=NEIGHBOUR_M)
    return area[np.isfinite(distance)]
