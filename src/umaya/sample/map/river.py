"""The river that runs through every town from west to east, as a curve with a width, in metres of its cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from umaya.sample.map.draft import Floats, smooth


@dataclass(frozen=True)
class River:
    """A river along x: `y(x)` is its middle. It leaves the cell where the next town's river begins.

    Attributes:
        level: y at both ends of the cell, metres.
        swing: height of the long bend, metres.
        phase: shift of the bends, radians.
        width: metres from bank to bank.
        reach: the river runs from -reach to reach, metres.
    """

    level: float
    swing: float
    phase: float
    width: float
    reach: float

    def y(self, x: Floats | float) -> Floats:
        """Return the middle of the river at `x`."""
        x = np.asarray(x, dtype=np.float64)
        fade = smooth((self.reach - np.abs(x)) / (0.35 * self.reach))
        long = np.sin(2 * np.pi * x / (0.92 * self.reach) + self.phase)
        short = np.sin(2 * np.pi * x / (0.38 * self.reach) + 2.0 * self.phase)
        return self.level + fade * self.swing * (long + 0.3 * short)

    def line(self) -> Floats:
        """Return the middle line, (n, 2)."""
        x = np.linspace(-self.reach, self.reach, 160)
        return np.column_stack([x, self.y(x)])

    def polygon(self) -> shapely.Polygon:
        """Return the water's surface."""
        return shapely.LineString(self.line()).buffer(self.width / 2, cap_style="flat", quad_segs=2)

    def distance(self, xy: Floats) -> Floats:
        """Return how far (n, 2) points lie from the bank, negative in the water; good to a few percent near it."""
        slope = (self.y(xy[:, 0] + 1.0) - self.y(xy[:, 0] - 1.0)) / 2.0
        return np.abs(xy[:, 1] - self.y(xy[:, 0])) / np.hypot(1.0, slope) - self.width / 2
