"""A rider and his clock, among closures that open again while he rides.

What must hold: nobody passes an obstacle while it is there. A closure may come only while nobody is out.
"""

from __future__ import annotations

import numpy as np

from umaya.sample.rides.detour import Ride, Visit
from umaya.sample.rides.drive import START_LOSS_S
from umaya.sample.rides.obstacles import Story


class TimedRide(Ride):
    """One rider and his clock.

    Args:
        story: the closures.
        node: junction at which he stands.
        second: what his clock shows.
        pace: factor on his speed.
        known: rows of closures that he has heard of; grows as he meets more.
        rng: of his riding.
    """

    def __init__(
        self, story: Story, node: int, second: float, pace: float, known: set[int], rng: np.random.Generator
    ) -> None:
        super().__init__(story.world(second), node, rng)
        self.story = story
        self.second = second
        self.pace = pace
        self.known = known
        self.times: list[tuple[float, float]] = []
        self._until = story.next_change(second)
        self._look()

    def visit(self, visit: Visit) -> None:
        routing = self.world.before
        ends = (int(routing.start[visit.row]), int(routing.end[visit.row]))
        if not visit.stops and self._believes(visit.row):
            return
        reached = self.go(ends[0] if visit.forward else ends[1])
        self._look()
        if reached or self.world.closed.flag[visit.row]:
            super().visit(visit)

    def go(self, target: int) -> bool:
        self._look()
        if target == self.node:
            return True
        rows, forward = self._way(self.world.before, target)
        if self._believed_rows[rows].any():
            return self._go_round(target)
        shut = np.flatnonzero(self.world.closed.flag[rows])
        if not len(shut):
            self._follow(rows, forward)
            return len(rows) > 0
        at = int(shut[0])
        self._follow(rows[:at], forward[:at])
        self._approach(int(rows[at]), bool(forward[at]), [])
        self._look()
        return self._go_round(target)

    def _approach(
        self, row: int, onward: bool, stops: list[tuple[float, float, int]]
    ) -> list[tuple[float, float, int]]:
        self._look()
        if not self.world.closed.flag[row]:
            return stops  # opened while he rode there
        return super()._approach(row, onward, stops)

    def _believes(self, row: int) -> bool:
        return bool(self._believed_rows[row])

    def _look(self) -> None:
        """Take in what has changed by now, and what he has met."""
        if self.second >= self._until:
            self.world = self.story.world(self.second)
            self._until = self.story.next_change(self.second)
        believed = self.story.flags(self.story.believed(self.second))
        mine = np.zeros_like(believed)
        mine[list(self.known)] = True
        self._believed_rows = believed & mine

    def _stretch(self, row: int, a: float, b: float, pause: float = 0.0) -> None:
        streets = self.story.streets
        number = len(self.stretches)
        super()._stretch(row, a, b, pause)
        took = abs(b - a) / (streets.speed[row] * self.pace * self.rng.uniform(0.82, 1.08)) + pause
        for which, _, dwell, driveway in reversed(self.stops):
            if which != number:
                break
            took += dwell + START_LOSS_S
            if driveway >= 0:
                took += 2.0 * streets.length[driveway] / (streets.speed[driveway] * 0.8)
        self.times.append((self.second, self.second + took))
        self.second += took
