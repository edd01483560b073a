"""Weeks of ordinary rounds and the three days after an earthquake, as traversals of roads: what estimates are tried on.

Unlike `quake_day`, no positions: what was ridden is written down as if matched without error, so that a town takes
seconds. Mail is carried from Monday to Friday; at weekends a third of the riders carry parcels. After the earthquake
some riders stop for the day; on the following days fewer rounds go out, and more from day to day. In every other
earthquake riders keep to their own rounds, so that a round that does not go out leaves its streets to nobody; in the
others parcels and checks reach into the rounds of neighbours. Closures come in clusters as well as alone, a strong
aftershock may add some in the night, and they open again after hours or days. Riders tell each other of closures
overnight, and hear late that one is gone. The truth never enters a hub.

What must hold: nobody passes an obstacle while it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from umaya.places.roads import import_osm
from umaya.sample.days import JAPAN, Office, offices_of
from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.quake import safety_rows, singles
from umaya.sample.rides.drive import START_LOSS_S, Itinerary
from umaya.sample.rides.obstacles import Story, draw_story
from umaya.sample.rides.plans import Visits, itinerary, join, mail, parcels, yard
from umaya.sample.rides.rounds import tour
from umaya.sample.rides.timed import TimedRide
from umaya.sample.town import Town
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import TIME, TRAVERSALS

DAYS_AFTER = 4
"""The day of the earthquake and those after it that 72 hours reach into."""
DAY_S = 86_400.0
END_S = 16.75 * 3600
"""No visit is begun later in the day than this second."""
SATURDAY = 5

OBSTACLES = pa.schema(
    [
        pa.field("segment_id", pa.int64(), nullable=False),
        pa.field("closed_at", TIME, nullable=False),
        pa.field("opened_at", TIME, nullable=False),
    ]
)
"""Closed segments of a network and when each was closed and opened again."""


@dataclass(frozen=True)
class Aftermath:
    """An earthquake with what came before and after.

    Attributes:
        network: the roads, as imported.
        event: when the earth shook.
        first: midnight in Japan on the first ordinary day; `days` of them, whole weeks.
        ordinary: traversals of the ordinary days (schema `TRAVERSALS`).
        since: traversals from the event on.
        obstacles: schema `OBSTACLES`.
        rounds: for each day from that of the event on, rounds that went out.
        usual_rounds: rounds that usually go out on the same weekdays.
    """

    network: RoadNetwork
    event: datetime
    first: datetime
    days: int
    ordinary: pa.Table
    since: pa.Table
    obstacles: pa.Table
    rounds: tuple[int, ...]
    usual_rounds: tuple[int, ...]

    def closed(self, at: datetime) -> Ints:
        """Return the segments that are closed at a moment."""
        moment = pa.scalar(at, TIME).cast(pa.int64()).as_py()
        since, until = (self.obstacles[name].cast(pa.int64()).to_numpy() for name in ("closed_at", "opened_at"))
        return np.unique(self.obstacles["segment_id"].to_numpy()[(since <= moment) & (moment < until)])


@dataclass(frozen=True)
class Ridden:
    """Stretches of one rider on one day, in order, with seconds from midnight of the day of the earthquake.

    `office` and `which` tell the round, `bike` who rode it.
    """

    office: int
    which: int
    bike: int
    row: Ints
    a: Floats
    b: Floats
    start: Floats
    end: Floats


def aftermath(town: Town, quake: datetime, seed: int, weeks: int = 4) -> Aftermath:
    """Ride the ordinary weeks before an earthquake and the days after it.

    Args:
        town: of one cell.
        quake: aware; when the earth shakes.
        seed: of days, closures and everything else.
        weeks: ordinary weeks, 1 or more; they end on the day before the earthquake.
    """
    day = quake.astimezone(JAPAN).date()
    shock = (quake - datetime.combine(day, time(), JAPAN)).total_seconds()
    streets, offices, own = town.streets, offices_of(town), bool(seed % 2)
    ordinary = [
        ridden
        for number in range(-7 * weeks, 0)
        for office in offices
        for ridden in _ordinary(streets, office, day, number, own, _rng(seed, office, number))
    ]
    morning = [r for office in offices for r in _ordinary(streets, office, day, 0, own, _rng(seed, office, 0))]
    busy = _busy(streets, morning, shock)
    story = draw_story(streets, offices, busy, shock, np.random.default_rng([seed, 1 << 20]))
    under_way = {(r.office, r.which): _before(r, shock) for r in morning if r.start[0] < shock < r.end[-1]}
    after, rounds = _days_after(offices, story, day, shock, under_way, seed)
    network = _network(town)
    edges = _edges_of(streets, network)
    moment = datetime.combine(day, time(), JAPAN).astimezone(UTC)
    since = _traversals(streets, edges, moment, [_before(r, shock) for r in morning] + after)
    left = since["left"].cast(pa.int64()).to_numpy()
    usual = tuple(sum(_usually_out(o, day, number) for o in offices) for number in range(DAYS_AFTER))
    return Aftermath(
        network,
        quake.astimezone(UTC),
        moment - timedelta(weeks=weeks),
        7 * weeks,
        _traversals(streets, edges, moment, ordinary),
        since.filter(pa.array(left >= int(quake.timestamp() * 1e6))),
        _obstacles(story, edges, moment),
        rounds,
        usual,
    )


def _rng(seed: int, office: Office, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, office.number, number + 1000])


def _weekday(day: date, number: int) -> int:
    return (day + timedelta(days=number)).weekday()


def _usually_out(office: Office, day: date, number: int) -> int:
    count = len(office.rounds)
    return count if _weekday(day, number) < SATURDAY else -(-count // 3)


def _bike(office: Office, day: date, number: int, which: int) -> int:
    return int(office.first_bike + (which + (day.toordinal() + number)) % len(office.rounds))


def _ordinary(
    streets: Streets, office: Office, day: date, number: int, own: bool, rng: np.random.Generator
) -> list[Ridden]:
    """Ride the rounds of an ordinary day; `number` counts days from that of the earthquake."""
    weekday = _weekday(day, number)
    out = np.arange(len(office.rounds))
    if weekday >= SATURDAY:
        out = np.sort(rng.permutation(out)[: _usually_out(office, day, number)])
    done = []
    for which in out.tolist():
        visits = _plan(streets, office, which, weekday, own, rng)
        plan = itinerary(streets, office.routing, visits)
        begin = number * DAY_S + rng.uniform(9.0, 9.5) * 3600
        start, end = _timetable(streets, plan, begin, rng.uniform(0.85, 1.05), rng)
        bike = _bike(office, day, number, which)
        done.append(Ridden(office.number, which, bike, plan.row, plan.a, plan.b, start, end))
    return done


def _plan(streets: Streets, office: Office, which: int, weekday: int, own: bool, rng: np.random.Generator) -> Visits:
    """Mail in the morning and parcels in the afternoon; at weekends parcels alone; on Mondays more mail."""
    pool = office.mine[which] if own else office.pool

    def stay(low: float, high: float) -> Visits:
        return yard(office.yards, office.number, rng.uniform(low, high))

    def trip(count: int) -> Visits:
        return parcels(streets, office.routing, office.boxes, pool, office.gate, count, office.middle[which], rng)

    if weekday >= SATURDAY:
        return join([stay(60, 90), trip(28), stay(1800, 3600), trip(20), stay(60, 90)])
    share = rng.uniform(0.75, 0.9) if weekday == 0 else rng.uniform(0.55, 0.75)
    morning = mail(office.rounds[which], office.boxes, office.mine[which], share, rng)
    return join([stay(60, 90), morning, stay(2400, 3600), trip(24), stay(60, 90)])


def _timetable(
    streets: Streets, plan: Itinerary, begin: float, pace: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the seconds at which each stretch of a plan begins and ends."""
    took = np.abs(plan.b - plan.a) / (streets.speed[plan.row] * pace * rng.uniform(0.82, 1.08, len(plan.row)))
    aside = plan.stop_driveway >= 0
    drive = 2.0 * streets.length[plan.stop_driveway] / (streets.speed[plan.stop_driveway] * 0.8)
    stop = plan.stop_dwell + START_LOSS_S + np.where(aside, drive, 0.0)
    took += plan.pause + np.bincount(plan.stop_stretch, weights=stop, minlength=len(took))
    end = begin + np.cumsum(took)
    return end - took, end


def _before(ridden: Ridden, shock: float) -> Ridden:
    """Cut a day off after the stretch under way at the shock, or after the one back where it turns half-way."""
    last = int(np.searchsorted(ridden.start, shock, side="right"))
    if 0 < last < len(ridden.row) and ridden.row[last] == ridden.row[last - 1]:
        last += int(ridden.a[last] == ridden.b[last - 1])
    part = slice(0, last)
    return replace(ridden, **{n: getattr(ridden, n)[part] for n in ("row", "a", "b", "start", "end")})


def _busy(streets: Streets, morning: list[Ridden], shock: float) -> Bools:
    """Return the segments with a rider on them at the shock, and those he comes from."""
    busy = np.zeros(streets.public, dtype=bool)
    for ridden in morning:
        cut = _before(ridden, shock)
        if 0 < len(cut.row) < len(ridden.row):
            busy[cut.row[-2:]] = True
    return busy


def _days_after(
    offices: list[Office], story: Story, day: date, shock: float, under_way: dict[tuple[int, int], Ridden], seed: int
) -> tuple[list[Ridden], tuple[int, ...]]:
    """Ride what is ridden after the shock; return it and how many rounds went out each day."""
    rng = np.random.default_rng([seed, 1 << 21])
    shares = (rng.uniform(0.55, 1.0), rng.uniform(0.15, 0.6), rng.uniform(0.3, 0.8), rng.uniform(0.4, 1.0))
    done: list[Ridden] = []
    rounds = []
    known: set[int] = set()
    safety = True
    for number, share in enumerate(shares):
        out = 0
        heard = {row for row in known if rng.random() < 0.85}
        for office in offices:
            usual = _usually_out(office, day, number)
            begin = max(number * DAY_S + 9.25 * 3600, shock)
            if begin - number * DAY_S > END_S:
                continue
            chosen = np.sort(rng.permutation(len(office.rounds))[: max(1, round(share * usual))])
            out += len(chosen)
            for which in chosen.tolist():
                source = np.random.default_rng([seed, office.number, number, which, 7])
                cut = under_way.get((office.number, which)) if number == 0 else None
                ride = _start(story, office, begin, cut, set(heard), source)
                _shift(ride, office, which, _weekday(day, number), own=bool(seed % 2), safety=safety)
                known |= ride.known
                if ride.stretches:
                    done.append(_ridden(ride, office, which, _bike(office, day, number, which)))
        safety = safety and not out
        rounds.append(out)
    return done, tuple(rounds)


def _start(
    story: Story, office: Office, begin: float, cut: Ridden | None, known: set[int], rng: np.random.Generator
) -> TimedRide:
    """Put a rider on the road: where the shock met him, after a while of standing, or at the gate of his office."""
    late = rng.uniform(40.0, 260.0) + (rng.uniform(600.0, 1500.0) if rng.random() < 0.4 else 0.0)
    node = office.gate
    if cut is not None:
        ways, row = story.before, int(cut.row[-1])
        node = int(ways.end[row] if cut.b[-1] > cut.a[-1] else ways.start[row])
        begin = float(cut.end[-1])
    return TimedRide(story, node, begin + late, rng.uniform(0.75, 0.95), known, rng)


def _shift(ride: TimedRide, office: Office, which: int, weekday: int, *, own: bool, safety: bool) -> None:
    """Ride what is left of a day, and, where nobody did yet, past all streets of the round (安全確認).

    The checks come first where riders keep to their own rounds, and when half of the rest is done where they do not.
    """
    streets, midnight = ride.story.streets, ride.second // DAY_S * DAY_S
    plan = _plan(streets, office, which, weekday, own, ride.rng)
    gone = max(0.0, (ride.second - midnight - 9.25 * 3600) / (END_S - 9.25 * 3600))
    visits = list(singles(plan))[int(gone * len(plan.row)) :]
    if safety:
        rows = office.rounds[which].rows if own else safety_rows(streets, office, which)
        row, forward = tour(streets, ride.story.before, ride.node, rows)
        first = 0 if own else len(visits) // 2
        visits[first:first] = singles(Visits.of(row, forward))
    for visit in visits:
        if ride.second > midnight + END_S:
            break
        ride.visit(visit)


def _ridden(ride: TimedRide, office: Office, which: int, bike: int) -> Ridden:
    row, a, b, _ = (np.array(column) for column in zip(*ride.stretches, strict=True))
    start, end = (np.array(column) for column in zip(*ride.times, strict=True))
    return Ridden(office.number, which, bike, row, a, b, start, end)


def _network(town: Town) -> RoadNetwork:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "town.osm.pbf"
        town.write_osm(file)
        return import_osm(file)


@dataclass(frozen=True)
class _Edges:
    """Edge of the network for each public row of `Streets`, along its way and against it (-1: none); its columns."""

    forward: Ints
    back: Ints
    segment: Ints
    way: Ints
    length: Floats


def _edges_of(streets: Streets, network: RoadNetwork) -> _Edges:
    edges, ids = network.edges, network.nodes["node_id"].to_numpy()
    source, target = (ids[edges[name].to_numpy()] for name in ("source", "target"))
    way = edges["way_id"].to_numpy()
    public = slice(0, streets.public)
    wanted_way, start, end = streets.way_id[public], streets.start_node[public], streets.end_node[public]
    triples = np.concatenate(
        [np.column_stack(t) for t in ((way, source, target), (wanted_way, start, end), (wanted_way, end, start))]
    )
    _, key = np.unique(triples, axis=0, return_inverse=True)
    key = key.ravel()
    found = np.full(int(key.max()) + 1, -1)
    found[key[: len(way)]] = np.arange(len(way))
    forward, back = found[key[len(way) :]].reshape(2, -1)
    return _Edges(forward, back, edges["segment_id"].to_numpy(), way, edges["length_m"].to_numpy())


def _traversals(streets: Streets, edges: _Edges, midnight: datetime, parts: list[Ridden]) -> pa.Table:
    """Write what was ridden as traversals, by bike and time; stretches that stand still are left out."""
    who = np.repeat(np.arange(len(parts)), [len(p.row) for p in parts])
    row, a, b, start, end = (np.concatenate([getattr(p, n) for p in parts]) for n in ("row", "a", "b", "start", "end"))
    bike = np.array([p.bike for p in parts])
    onward = b > a
    edge = np.where(onward, edges.forward[row], edges.back[row])
    keep = (a != b) & (edge >= 0)
    who, row, a, b, start, end, onward, edge = (v[keep] for v in (who, row, a, b, start, end, onward, edge))
    full = edges.length[edge]
    scale = full / streets.length[row]
    begin = np.where(onward, a, streets.length[row] - a) * scale
    to = np.where(onward, b, streets.length[row] - b) * scale
    turned = np.zeros(len(edge), dtype=bool)
    turned[:-1] = (who[1:] == who[:-1]) & (row[1:] == row[:-1]) & (onward[1:] != onward[:-1])
    origin = int(midnight.timestamp()) * 1_000_000
    entered, left = (pa.array((origin + v * 1e6).astype(np.int64)).cast(TIME) for v in (start, end))
    seq = np.arange(len(who)) - np.searchsorted(who, who)
    names = pa.array([f"bike-{n + 1:03d}" for n in range(int(bike.max(initial=0)) + 1)])
    table = pa.table(
        [
            names.take(pa.array(bike[who])),
            who.astype(np.int32),
            seq.astype(np.int32),
            edge,
            edges.way[edge],
            onward,
            entered,
            left,
            begin.astype(np.float32),
            to.astype(np.float32),
            (begin <= 0.01) & (to >= full - 0.01),
            turned,
        ],
        schema=TRAVERSALS,
    )
    return table.sort_by([("vehicle_id", "ascending"), ("entered", "ascending")])


def _obstacles(story: Story, edges: _Edges, midnight: datetime) -> pa.Table:
    origin = int(midnight.timestamp()) * 1_000_000
    moments = (pa.array((origin + v * 1e6).astype(np.int64)).cast(TIME) for v in (story.closed, story.opened))
    return pa.table([edges.segment[edges.forward[story.row]], *moments], schema=OBSTACLES)
