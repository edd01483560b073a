"""The closures of an earthquake over its days: where, from when, until when, and when riders hear that one is gone.

They come in clusters as well as alone, a strong aftershock in the night may add some, and they open again after hours
or days. Written for `aftermath`; the demonstration's day has its own (`closures`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from umaya.sample.days import Office
from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.closures import Closed, cut_off
from umaya.sample.rides.detour import World
from umaya.sample.rides.routing import Routing

AFTERSHOCK_S = (24 + 2) * 3600.0
"""Two in the morning after, when nobody is out; seconds from midnight of the day of the earthquake."""
CUT_OFF_SHARE = 1 / 6
"""At most this share of the homes loses its way to the offices."""


@dataclass
class Story:
    """All closures of an earthquake over its days, by row of `Streets`, ascending.

    Times are seconds from midnight in Japan on the day of the earthquake, and go on over the days.

    Attributes:
        streets: the segments.
        cell: the town.
        before: the ways that riders know.
        row, offset: closed segments and where on them the obstacle lies, metres.
        closed, opened: when it comes and goes; `told` when riders who knew of it hear that it is gone.
    """

    streets: Streets
    cell: int
    before: Routing
    row: Ints
    offset: Floats
    closed: Floats
    opened: Floats
    told: Floats
    _ways: dict[bytes, Routing] = field(default_factory=dict)

    def world(self, second: float) -> World:
        """Return what is closed at a moment, and the ways round all of which riders may believe it."""
        there = (self.closed <= second) & (second < self.opened)
        believed = self.flags(self.believed(second))
        key = believed.tobytes()
        if key not in self._ways:
            self._ways[key] = Routing.of(self.streets, self.cell, believed)
        return World(self.streets, self.before, self._ways[key], Closed(self.row, self.offset, self.flags(there)))

    def believed(self, second: float) -> Bools:
        """Return which closures those who knew of them still believe in."""
        return (self.closed <= second) & (second < self.told)

    def flags(self, chosen: Bools) -> Bools:
        """Return the chosen closures as flags by row."""
        flag = np.zeros(self.streets.public, dtype=bool)
        flag[self.row[chosen]] = True
        return flag

    def next_change(self, second: float) -> float:
        """Return the next moment at which anything changes."""
        moments = np.concatenate([self.closed, self.opened, self.told])
        return float(moments[moments > second].min(initial=np.inf))


def draw_story(streets: Streets, offices: list[Office], busy: Bools, shock: float, rng: np.random.Generator) -> Story:
    """Draw what is closed, where, and until when.

    Args:
        streets: all segments.
        offices: of the town.
        busy: segments with a rider on them at the shock, which stay open.
        shock: second of the day.
        rng: source of chance.
    """
    rows = _closures(streets, offices, busy, rng)
    hours = np.where(rng.random(len(rows)) < 0.25, rng.exponential(5.0, len(rows)), rng.exponential(60.0, len(rows)))
    closed = np.full(len(rows), shock)
    if rng.random() < 0.4:
        closed[rng.random(len(rows)) < 0.2] = AFTERSHOCK_S
    opened = closed + hours * 3600.0
    told = opened + rng.exponential(4 * 3600.0, len(rows))
    order = np.argsort(rows)
    offset = streets.length[rows] * rng.uniform(0.3, 0.7, len(rows))
    return Story(
        streets,
        offices[0].cell,
        offices[0].routing,
        rows[order],
        offset[order],
        closed[order],
        opened[order],
        told[order],
    )


def _closures(streets: Streets, offices: list[Office], busy: Bools, rng: np.random.Generator) -> Ints:
    """Choose segments, about half of them near one of a few places, until a sixth of the homes would be cut off."""
    routing, boxes, yards = offices[0].routing, offices[0].boxes, offices[0].yards
    rows = np.flatnonzero((routing.start >= 0) & (routing.end >= 0))
    homes: Floats = np.zeros(streets.public)
    np.add.at(homes, boxes.row, boxes.homes)
    middle = streets.locate(rows, streets.length[rows] / 2)
    places = middle[rng.integers(0, len(rows), 1 + len(rows) // 250)]
    near = np.hypot(*(middle[:, None] - places[None]).transpose(2, 0, 1)).min(axis=1)
    weight = np.where(streets.narrow[rows], 1.4, 0.8) * np.where(streets.valley[rows] >= 0, 2.5, 1.0)
    weight = weight * np.where(streets.bridge[rows], 6.0, 1.0) * (1.0 + 12.0 * np.exp(-((near / 180.0) ** 2)))
    fit = ~busy[rows] & (streets.length[rows] > 30.0) & ~streets.oneway[rows] & ~np.isin(rows, yards.row)
    rows, weight = rows[fit], weight[fit]
    # Weighted order without replacement: Efraimidis and Spirakis (2006), doi:10.1016/j.ipl.2005.11.003.
    order = rows[np.argsort(np.log(rng.random(len(rows))) / weight)[::-1]]
    wanted = max(3, round(len(rows) * rng.uniform(0.01, 0.06)))
    gate = np.array([office.gate for office in offices])
    chosen: list[int] = []
    for row in order.tolist():
        if cut_off(routing, [*chosen, row], homes, gate) <= CUT_OFF_SHARE:
            chosen.append(row)
        if len(chosen) == wanted:
            break
    return np.array(chosen, dtype=np.int64)
