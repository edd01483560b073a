"""One rider among closures that he does not know: he meets one, turns back, and goes round by the shortest open way.

Letterboxes on a closed segment are served from both ends; what cannot be reached is skipped.
What must hold: no stretch passes the obstacle of a closed segment. A closed segment must not be one-way, or he could
not turn back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umaya.sample.map.draft import Bools, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.closures import Closed
from umaya.sample.rides.drive import Itinerary
from umaya.sample.rides.routing import Routing


@dataclass(frozen=True)
class World:
    """What a rider after the quake moves in.

    Attributes:
        streets: the segments.
        before: the ways he knows.
        after: the ways without the closed segments.
        closed: the closures.
    """

    streets: Streets
    before: Routing
    after: Routing
    closed: Closed

    def obstacle(self, row: int) -> float:
        """Return where on a closed segment the obstacle lies, metres from its first node."""
        return float(self.closed.offset[np.searchsorted(self.closed.row, row)])


@dataclass(frozen=True)
class Visit:
    """One row of `Visits`, with its stops as (offset, dwell, driveway).

    `last` marks the yard in which the day ends.
    """

    row: int
    forward: bool
    turn: float
    stops: list[tuple[float, float, int]]
    last: bool = False


class Ride:
    """One rider after the quake, as stretches and stops in the making.

    Args:
        world: streets and closures.
        node: junction at which he stands.
        rng: how close he rides up to an obstacle, how long he looks at it.
    """

    def __init__(self, world: World, node: int, rng: np.random.Generator) -> None:
        self.world = world
        self.node = node
        self.rng = rng
        self.known: set[int] = set()
        self.stretches: list[tuple[int, float, float, float]] = []
        self.stops: list[tuple[int, float, float, int]] = []

    def visit(self, visit: Visit) -> None:
        """Ride to a segment and along it, as far as the closures let."""
        routing, length = self.world.before, float(self.world.streets.length[visit.row])
        ends = (int(routing.start[visit.row]), int(routing.end[visit.row]))
        if self.world.closed.flag[visit.row]:
            if visit.stops or visit.row not in self.known:
                self._both_sides(visit, ends)
            return
        if not self.go(ends[0] if visit.forward else ends[1]):
            return
        near, far = (0.0, length) if visit.forward else (length, 0.0)
        turns = visit.turn == visit.turn
        to = visit.stops[-1][0] if visit.last else visit.turn if turns else far
        self.stops += [(len(self.stretches), *stop) for stop in visit.stops]
        self._stretch(visit.row, near, to)
        if turns:
            self._stretch(visit.row, to, near)
        else:
            self.node = ends[1] if visit.forward else ends[0]

    def _both_sides(self, visit: Visit, ends: tuple[int, int]) -> None:
        """Serve a closed segment up to the obstacle, then, if something is left, from its other end."""
        left = visit.stops
        for onward in (visit.forward, not visit.forward):
            if self.go(ends[0] if onward else ends[1]):
                left = self._approach(visit.row, onward, left)
                if not left:
                    return

    def _approach(
        self, row: int, onward: bool, stops: list[tuple[float, float, int]]
    ) -> list[tuple[float, float, int]]:
        """Ride up to the obstacle of a closed segment and back; return the stops that were not reached."""
        self.known.add(row)
        sign, entry = (1.0, 0.0) if onward else (-1.0, float(self.world.streets.length[row]))
        turn = self.world.obstacle(row) - sign * float(self.rng.uniform(4.0, 15.0))
        pause = float(self.rng.uniform(15.0, 60.0))
        if sign * (turn - entry) < 6.0:
            self.stand(row, entry, pause)
            return stops
        reached = [s for s in stops if sign * (turn - s[0]) >= 0.0]
        self.stops += [(len(self.stretches), *stop) for stop in reached]
        self._stretch(row, entry, turn, pause)
        self._stretch(row, turn, entry)
        return [s for s in stops if s not in reached]

    def go(self, target: int) -> bool:
        """Ride to a junction, meeting closures on the way; tell whether it was reached."""
        if target == self.node:
            return True
        rows, forward = self._way(self.world.before, target)
        shut = np.flatnonzero(self.world.closed.flag[rows])
        if len(shut) and not self.known.isdisjoint(rows[shut].tolist()):
            return self._go_round(target)
        if len(shut):
            at = int(shut[0])
            self._follow(rows[:at], forward[:at])
            self._approach(int(rows[at]), bool(forward[at]), [])
            return self._go_round(target)
        self._follow(rows, forward)
        return True

    def _go_round(self, target: int) -> bool:
        """Take the shortest open way, if there is one."""
        if target != self.node:
            rows, forward = self._way(self.world.after, target)
            if not len(rows):
                return False
            self._follow(rows, forward)
        return True

    def _way(self, routing: Routing, target: int) -> tuple[Ints, Bools]:
        _, rows, forward = routing.paths(np.array([self.node]), np.array([target]))
        return rows, forward

    def _follow(self, rows: Ints, forward: Bools) -> None:
        routing, length = self.world.before, self.world.streets.length
        for row, onward in zip(rows.tolist(), forward.tolist(), strict=True):
            near, far = (0.0, float(length[row])) if onward else (float(length[row]), 0.0)
            self._stretch(row, near, far)
            self.node = int(routing.end[row] if onward else routing.start[row])

    def stand(self, row: int, at: float, pause: float) -> None:
        """Stand still on a segment for `pause` seconds."""
        self._stretch(row, at, at, pause)

    def _stretch(self, row: int, a: float, b: float, pause: float = 0.0) -> None:
        self.stretches.append((row, a, b, pause))

    def itinerary(self) -> Itinerary:
        """Return what was ridden."""
        row, a, b, pause = (np.array(column) for column in zip(*self.stretches, strict=True))
        stops = np.array(self.stops, dtype=np.float64).reshape(-1, 4).T
        none = np.zeros(len(row), dtype=np.int64)
        return Itinerary(
            row, a, b, pause, none, none > 0, stops[0].astype(np.int64), stops[1], stops[2], stops[3].astype(np.int64)
        )
