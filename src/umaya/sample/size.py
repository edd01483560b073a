"""How big the sample region is: from a hamlet to a prefecture, by the number of homes.

A region is a square arrangement of towns ("cells") of at most 10,000 homes, 8.6 km apart; a smaller region is one
cell that is drawn smaller. Bikes and offices follow the homes: about 200 homes to a bike, up to three offices a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from umaya.places.roads.geodesy import Plane

CENTRE = Plane(136.85, 36.24)
"""Centre of the first town, in the hills behind the Sea of Japan; the plane that all is drawn on."""
CELL_M = 8600.0
"""Distance between the centres of neighbouring towns, metres."""
HOMES_A_CELL = 10_000
HOMES_A_BIKE = 200
FULL_CELL_HOMES = 8000
"""From this many homes on a cell has its full extent."""


class Size(IntEnum):
    """Named sizes; the value is the number of homes. Any other number of homes is a size too."""

    HAMLET = 120
    TOWN = 8_000
    CITY = 60_000
    PREFECTURE = 450_000


@dataclass(frozen=True)
class Scale:
    """What follows from the number of homes.

    Attributes:
        homes: homes in the whole region.
        cells: towns in the region.
        columns: towns in a row of the region.
    """

    homes: int
    cells: int
    columns: int

    @classmethod
    def of(cls, homes: int) -> Scale:
        """Return the scale for a number of homes.

        Raises:
            ValueError: for fewer than 40 homes; a round needs some.
        """
        if homes < 40:
            raise ValueError("a sample region needs at least 40 homes")
        cells = math.ceil(homes / HOMES_A_CELL)
        return cls(homes=int(homes), cells=cells, columns=math.ceil(math.sqrt(cells)))

    def homes_in(self, cell: int) -> int:
        """Homes of one cell; they add up to `homes`."""
        return self.homes // self.cells + (1 if cell < self.homes % self.cells else 0)

    def bikes_in(self, cell: int) -> int:
        """Bikes (and so rounds) of one cell, at least two."""
        return max(2, round(self.homes_in(cell) / HOMES_A_BIKE))

    def offices_in(self, cell: int) -> int:
        """Delivery offices (集配局) of one cell."""
        return min(3, max(1, self.bikes_in(cell) // 6))

    def extent(self, cell: int) -> float:
        """Linear size of one cell, 1.0 for a full town."""
        return min(1.0, math.sqrt(self.homes_in(cell) / FULL_CELL_HOMES))

    def centre(self, cell: int) -> tuple[float, float]:
        """Centre of one cell in metres east and north of the first."""
        return (cell % self.columns) * CELL_M, (cell // self.columns) * CELL_M
