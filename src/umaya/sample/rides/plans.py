"""What each rider sets out to do on an ordinary day: the mail of a round, lunch at the office, parcels afterwards.

A plan is a list of visits: segments to be ridden, in order and direction, with stops on them. `itinerary` puts the
shortest ways between the visits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.drive import Itinerary
from umaya.sample.rides.rounds import Boxes, Round, tour
from umaya.sample.rides.routing import Routing

RIDE_END_S = 16.45 * 3600
"""When riders mean to be back for good, second of the day in Japan time."""
PARCEL_S = 165.0
"""Time that one parcel takes with the way to it, seconds; sizes the afternoon."""


@dataclass(frozen=True)
class Visits:
    """Segments to be ridden.

    Attributes:
        row, forward: segment and direction.
        turn: metres along the segment where the rider turns back to where he came from, NaN where he rides through.
        pause: seconds of standing at the turn or at the end.
        stop_visit, stop_offset, stop_dwell, stop_driveway: the stops, by visit.
    """

    row: Ints
    forward: Bools
    turn: Floats
    pause: Floats
    stop_visit: Ints
    stop_offset: Floats
    stop_dwell: Floats
    stop_driveway: Ints

    @classmethod
    def of(cls, row: Ints, forward: Bools, stops: tuple[Ints, Floats, Floats, Ints] | None = None) -> Visits:
        """Return visits that ride through, with `stops` as (visit, offset, dwell, driveway)."""
        none = (np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.int64))
        return cls(row, forward, np.full(len(row), np.nan), np.zeros(len(row)), *(stops or none))

    def ends(self, routing: Routing) -> tuple[Ints, Ints]:
        """Return the junction where each visit begins and where it leaves the rider."""
        entry = np.where(self.forward, routing.start[self.row], routing.end[self.row])
        far = np.where(self.forward, routing.end[self.row], routing.start[self.row])
        return entry, np.where(np.isnan(self.turn), far, entry)


def join(parts: list[Visits]) -> Visits:
    """Put visits one after the other."""
    first = np.cumsum([0] + [len(p.row) for p in parts])
    columns = {f.name: [getattr(p, f.name) for p in parts] for f in fields(Visits)}
    columns["stop_visit"] = [p.stop_visit + f for p, f in zip(parts, first, strict=False)]
    return Visits(**{name: np.concatenate(values) for name, values in columns.items()})


def yard(office: Boxes, which: int, stay: float) -> Visits:
    """Return the visit to an office's yard for `stay` seconds."""
    stop = (np.zeros(1, np.int64), office.offset[[which]], np.array([stay]), office.driveway[[which]])
    return Visits.of(office.row[[which]], np.ones(1, dtype=bool), stop)


def mail(round_: Round, boxes: Boxes, mine: Ints, share: float, rng: np.random.Generator) -> Visits:
    """Return the round's visits of one day.

    Args:
        round_: the round.
        boxes: all letterboxes.
        mine: the letterboxes of the round.
        share: of letterboxes with mail today, 0 to 1.
        rng: chooses them and how long each takes.
    """
    today = mine[rng.random(len(mine)) < share]
    position = dict(zip(round_.row.tolist(), range(len(round_.row)), strict=True))
    visit = np.array([position[r] for r in boxes.row[today].tolist()], dtype=np.int64)
    kept, renumbered = np.unique(visit, return_inverse=True)
    dwell = 8.0 + rng.gamma(2.2, 6.0, len(today)).clip(0, 32.0) + np.minimum(3.0 * (boxes.homes[today] - 1), 90.0)
    dwell += np.where(rng.random(len(today)) < 0.12, rng.uniform(45.0, 150.0, len(today)), 0.0)
    stops = (renumbered.ravel(), boxes.offset[today], dwell, boxes.driveway[today])
    return Visits.of(round_.row[kept], round_.forward[kept], stops)


def parcels(
    streets: Streets,
    routing: Routing,
    boxes: Boxes,
    pool: Ints,
    at: int,
    count: int,
    centre: Floats,
    rng: np.random.Generator,
) -> Visits:
    """Return a parcel and redelivery ride from junction `at` to `count` letterboxes of `pool`, most near `centre`.

    Some end with a turn back at the door: on a through road one in eight, on a blind lane every second.
    """
    places = streets.locate(boxes.row[pool], boxes.offset[pool])
    weight = np.exp(-np.hypot(*(places - centre).T) / 700.0) + 0.03
    chosen = pool[rng.choice(len(pool), size=min(count, len(pool)), replace=False, p=weight / weight.sum())]
    row, forward = tour(streets, routing, at, np.unique(boxes.row[chosen]))
    order = np.argsort(row)
    visit = order[np.searchsorted(row[order], boxes.row[chosen])]
    stops = (visit, boxes.offset[chosen], rng.uniform(40.0, 150.0, len(chosen)), boxes.driveway[chosen])
    visits = Visits.of(row, forward, stops)
    last = np.where(forward, -np.inf, np.inf)
    np.maximum.at(last, visit[forward[visit]], boxes.offset[chosen][forward[visit]])
    np.minimum.at(last, visit[~forward[visit]], boxes.offset[chosen][~forward[visit]])
    tip = np.where(forward, routing.end[row], routing.start[row])
    degree = np.bincount(np.concatenate([routing.start[routing.start >= 0], routing.end[routing.end >= 0]]))
    back = (rng.random(len(row)) < np.where(degree[tip] == 1, 0.5, 0.12)) & ~streets.oneway[row]
    visits.turn[back] = last[back]
    return visits


def itinerary(streets: Streets, routing: Routing, visits: Visits) -> Itinerary:
    """Put the shortest ways between visits; the first and the last visit are the office's yard."""
    entry, leave = visits.ends(routing)
    leg, row, forward = routing.paths(leave[:-1], entry[1:])
    length = streets.length
    back = np.flatnonzero(~np.isnan(visits.turn))
    near = np.where(visits.forward, 0.0, length[visits.row])
    far = np.where(np.isnan(visits.turn), np.where(visits.forward, length[visits.row], 0.0), visits.turn)
    near[0] = visits.stop_offset[0]
    far[-1] = visits.stop_offset[-1]
    count = len(visits.row)
    key = np.concatenate([3 * (leg + 1), 3 * np.arange(count) + 1, 3 * back + 2])
    order = np.argsort(key, kind="stable")
    stretch_of = np.flatnonzero(key[order] % 3 == 1)
    return Itinerary(
        row=np.concatenate([row, visits.row, visits.row[back]])[order],
        a=np.concatenate([np.where(forward, 0.0, length[row]), near, far[back]])[order],
        b=np.concatenate([np.where(forward, length[row], 0.0), far, near[back]])[order],
        pause=np.concatenate([np.zeros(len(row)), visits.pause, np.zeros(len(back))])[order],
        visit=key[order] // 3,
        serves=key[order] % 3 > 0,
        stop_stretch=stretch_of[visits.stop_visit],
        stop_offset=visits.stop_offset,
        stop_dwell=visits.stop_dwell,
        stop_driveway=visits.stop_driveway,
    )
