"""A day of rounds: an ordinary one, or one with an earthquake. What the phones report, and apart from it the truth.

Every office draws from its own random source, made from the seed, the date and the office, so that an office's day
does not depend on how many others there are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

import numpy as np
import pyarrow as pa

from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.drive import Itinerary, Moves, Track, moves_of, track_of
from umaya.sample.rides.gps import errors, gaps
from umaya.sample.rides.plans import PARCEL_S, RIDE_END_S, Visits, itinerary, join, mail, parcels, yard
from umaya.sample.rides.rounds import Boxes, Round, plan_rounds
from umaya.sample.rides.routing import Routing
from umaya.sample.size import CENTRE
from umaya.sample.tables import CLOSURES, TRUTH
from umaya.sample.town import Town
from umaya.types.schemas import POSITIONS

JAPAN = timezone(timedelta(hours=9), "JST")


@dataclass(frozen=True)
class Day:
    """One day of all bikes.

    Attributes:
        date: the day in Japan.
        positions: what the phones reported (schema POSITIONS), by vehicle and time.
        truth_points: row by row where they truly were (schema `TRUTH`).
        closures: the segments closed on this day (schema `CLOSURES`), empty on an ordinary day.
    """

    date: date
    positions: pa.Table
    truth_points: pa.Table
    closures: pa.Table


@dataclass(frozen=True)
class Office:
    """An office's rounds and what is needed to ride them.

    Attributes:
        number, name, cell: number in the region, id, and town.
        routing: the ways of its town.
        boxes: all letterboxes; `pool` those of its area.
        yards: places of the region's offices.
        rounds: its rounds; `mine` the letterboxes of each; `middle` where each lies, metres.
        first_bike: number of its first bike.
    """

    number: int
    name: str
    cell: int
    routing: Routing
    boxes: Boxes
    yards: Boxes
    rounds: list[Round]
    mine: list[Ints]
    middle: list[Floats]
    first_bike: int

    @property
    def pool(self) -> Ints:
        """All letterboxes of the office's area."""
        return np.concatenate(self.mine)

    @property
    def gate(self) -> int:
        """The junction at which a rider from the yard comes out."""
        return int(self.routing.end[self.yards.row[self.number]])


@dataclass(frozen=True)
class Planned:
    """An office's day as planned: for each round the visits, when it begins, the rider's pace, and the bike."""

    visits: list[Visits]
    plans: list[Itinerary]
    begin: Floats
    pace: Floats
    bike: Ints
    moves: Moves


def offices_of(town: Town, wanted: Collection[str] | None = None) -> list[Office]:
    """Plan the rounds of the `wanted` offices of a town (ids; all if None). They depend on the map alone."""
    streets = town.streets
    boxes = Boxes.of(streets, town.letterboxes, town.letterboxes["homes"].to_numpy())
    yards = Boxes.of(streets, town.offices, np.ones(town.offices.num_rows, dtype=np.int64))
    cells, bikes = town.offices["cell"].to_numpy(), town.offices["bikes"].to_numpy()
    names = town.offices["office_id"].to_pylist()
    mark = np.array([wanted is None or name in wanted for name in names])
    first = np.cumsum(bikes) - bikes
    offices = []
    for cell in np.unique(cells[mark]):
        routing = Routing.of(streets, int(cell))
        here = np.flatnonzero(cells == cell)
        local = Boxes(yards.row[here], yards.offset[here], yards.homes[here], yards.driveway[here])
        rounds = plan_rounds(streets, routing, boxes, local, here, bikes[here])
        owner = np.full(streets.public, -1, dtype=np.int64)
        for k, r in enumerate(rounds):
            owner[r.row] = k
        of_box = owner[boxes.row]
        for number in here[mark[here]].tolist():
            chosen = [k for k, r in enumerate(rounds) if r.office == number]
            mine = [np.flatnonzero(of_box == k) for k in chosen]
            middle = [streets.locate(boxes.row[m], boxes.offset[m]).mean(axis=0) for m in mine]
            offices.append(
                Office(
                    number,
                    names[number],
                    int(cell),
                    routing,
                    boxes,
                    yards,
                    [rounds[k] for k in chosen],
                    mine,
                    middle,
                    int(first[number]),
                )
            )
    return offices


def ordinary_day(town: Town, day: date, seed: int, offices: Collection[str] | None = None) -> Day:
    """Ride all rounds of an ordinary day.

    A day of a prefecture is 60 million positions: ask for it office by office.

    Args:
        town: the town.
        day: date in Japan; which bike rides which round follows from it.
        seed: any non-negative integer.
        offices: ids of the offices whose bikes are wanted, all if None; what they do does not depend on it.
    """
    streets = town.streets
    parts = []
    for office in offices_of(town, offices):
        rng = day_rng(seed, day, office.number)
        planned = plan_day(streets, office, day, rng)
        parts.append(
            report(streets, planned.moves, planned.bike, day, rng, *hours(streets, planned.plans, planned.moves))
        )
    return gather(day, parts, CLOSURES.empty_table())


def day_rng(seed: int, day: date, office: int) -> np.random.Generator:
    """Return the random source of one office's day."""
    return np.random.default_rng([seed, day.toordinal(), office])


def plan_day(streets: Streets, office: Office, day: date, rng: np.random.Generator) -> Planned:
    """Plan all rounds of an office for one ordinary day."""
    count = len(office.rounds)
    share = rng.uniform(0.6, 0.8)
    begin = rng.uniform(9.0, 9.5, count) * 3600
    pace = rng.uniform(0.85, 1.05, count)
    mornings = [mail(r, office.boxes, m, share, rng) for r, m in zip(office.rounds, office.mine, strict=True)]
    stays = rng.uniform(2400.0, 3600.0, count)
    heads = [
        join([yard(office.yards, office.number, 60.0), m, yard(office.yards, office.number, s)])
        for m, s in zip(mornings, stays, strict=True)
    ]
    trial = moves_of(streets, [itinerary(streets, office.routing, h) for h in heads], begin, pace, rng)
    noon = np.array([float((trial.start + trial.duration)[trial.vehicle == k].max()) for k in range(count)])
    visits = []
    for k, head in enumerate(heads):
        todo = max(4, int((RIDE_END_S - noon[k] - 900.0) / PARCEL_S))
        trips = [
            parcels(streets, office.routing, office.boxes, office.pool, office.gate, n, office.middle[k], rng)
            for n in (todo // 2, todo - todo // 2)
        ]
        rest = yard(office.yards, office.number, rng.uniform(500.0, 900.0))
        visits.append(join([head, trips[0], rest, trips[1], yard(office.yards, office.number, 90.0)]))
    plans = [itinerary(streets, office.routing, v) for v in visits]
    bike = office.first_bike + (np.arange(count) + day.toordinal()) % count
    return Planned(visits, plans, begin, pace, bike, moves_of(streets, plans, begin, pace, rng))


def hours(streets: Streets, plans: list[Itinerary], moves: Moves) -> tuple[Ints, Ints]:
    """Return first second and one past the last of each rider: from inside the yard to inside the yard."""
    count = len(plans)
    first = np.searchsorted(moves.vehicle, np.arange(count))
    last = np.searchsorted(moves.vehicle, np.arange(count), side="right") - 1
    # A day begins with riding into the yard and ends with riding out of it: both are left out.
    begin = np.ceil(moves.start[first] + np.where(moves.row[first] >= streets.public, moves.duration[first], 0.0))
    out = moves.row[last] >= streets.public
    end = np.floor(np.where(out, moves.start[last], moves.start[last] + moves.duration[last]))
    return begin.astype(np.int64), end.astype(np.int64)


def report(
    streets: Streets, moves: Moves, bike: Ints, day: date, rng: np.random.Generator, start: Ints, end: Ints
) -> tuple[Ints, pa.Table, pa.Table]:
    """Return the bike of each row, the positions and the truth of one office's day, in order of bike and time."""
    order = np.argsort(bike)
    track = track_of(streets, moves, start, end)
    error, outlier, claimed = errors(track.vehicle, len(bike), rng)
    keep = ~gaps(track.vehicle, rng)
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(np.argsort(order)[track.vehicle[rows]], kind="stable")]
    return bike[track.vehicle[rows]], *_tables(streets, track, rows, day, error, outlier, claimed, bike, rng)


def _tables(
    streets: Streets,
    track: Track,
    rows: Ints,
    day: date,
    error: Floats,
    outlier: Bools,
    claimed: Floats,
    bike: Ints,
    rng: np.random.Generator,
) -> tuple[pa.Table, pa.Table]:
    midnight = int(datetime.combine(day, time(), JAPAN).astimezone(UTC).timestamp())
    t = pa.array((midnight + track.second[rows]) * 1_000_000).cast(pa.timestamp("us")).cast(POSITIONS.field("t").type)
    names = pa.array([f"bike-{b + 1:03d}" for b in range(int(bike.max()) + 1)])
    vehicle = names.take(pa.array(bike[track.vehicle[rows]]))
    seen = CENTRE.to_degrees(track.xy[rows] + error[rows])
    speed = np.maximum(0.0, track.speed[rows] + rng.standard_normal(len(rows), dtype=np.float32) * 0.3)
    heading, moving = _heading(track, rows, rng)
    positions = pa.table(
        [
            vehicle,
            t,
            np.round(seen[:, 0], 7),
            np.round(seen[:, 1], 7),
            claimed[rows].astype(np.float32),
            speed.astype(np.float32),
            pa.array(heading.astype(np.float32), mask=~moving),
        ],
        schema=POSITIONS,
    )
    return positions, _truth(streets, track, rows, vehicle, t, outlier)


def _truth(streets: Streets, track: Track, rows: Ints, vehicle: pa.Array, t: pa.Array, outlier: Bools) -> pa.Table:
    true = CENTRE.to_degrees(track.xy[rows])
    road, onward = track.road[rows], track.onward[rows]
    along = np.where(onward, track.offset[rows], streets.length[road] - track.offset[rows])
    return pa.table(
        [
            vehicle,
            t,
            np.round(true[:, 0], 7),
            np.round(true[:, 1], 7),
            streets.way_id[road],
            np.where(onward, streets.start_node[road], streets.end_node[road]),
            np.where(onward, streets.end_node[road], streets.start_node[road]),
            along.astype(np.float32),
            track.private[rows],
            outlier[rows],
        ],
        schema=TRUTH,
    )


def _heading(track: Track, rows: Ints, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """Return the heading a phone reports, and whether it moves fast enough to report one."""
    before = np.maximum(rows - 1, 0)
    step = track.xy[rows] - track.xy[before]
    moving = (np.hypot(*step.T) > 0.8) & (track.vehicle[rows] == track.vehicle[before])
    angle = np.degrees(np.arctan2(step[:, 0], step[:, 1])) + 6.0 * rng.standard_normal(len(rows), dtype=np.float32)
    return np.where(np.mod(angle, 360.0) < 359.99, np.mod(angle, 360.0), 0.0), moving


def gather(day: date, parts: list[tuple[Ints, pa.Table, pa.Table]], closures: pa.Table) -> Day:
    """Put the offices' parts together; bikes are numbered office after office, so the order is kept."""
    positions = pa.concat_tables([p[1] for p in parts]).combine_chunks()
    truth = pa.concat_tables([p[2] for p in parts]).combine_chunks()
    return Day(day, positions, truth, closures)
