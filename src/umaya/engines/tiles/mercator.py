"""The square of Web Mercator and its tiles.

Coordinates are shares of the world's side: x from 0 in the west to 1 in the east, y from 0 in the north to 1 in the
south (EPSG:3857 scaled). Spherical, as every web map is: for drawing, not for measuring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EXTENT = 4096
"""Units along the side of a tile."""
BUFFER = 64
"""Units that a tile holds beyond its sides, so that wide lines are not cut at its edge."""
MAX_LATITUDE = 85.0511287798066
MAX_ZOOM = 22


@dataclass(frozen=True, order=True)
class Tile:
    """A tile: zoom 0 to 22, column and row from the north-west.

    Raises:
        ValueError: when there is no such tile.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise ValueError(f"there is no tile {self.z}/{self.x}/{self.y}")

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, north, east, south with the buffer, as shares of the world."""
        side, margin = 1 / (1 << self.z), BUFFER / EXTENT
        west, north = (self.x - margin) * side, (self.y - margin) * side
        return west, north, west + (1 + 2 * margin) * side, north + (1 + 2 * margin) * side


def to_unit(degrees: Floats) -> Floats:
    """Turn (n, 2) longitude, latitude into (n, 2) shares of the world."""
    lat = np.radians(np.clip(degrees[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    return np.column_stack([degrees[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)])


def covering(west: float, south: float, east: float, north: float, zoom: int) -> list[Tile]:
    """Return the tiles of a zoom that touch a box in degrees, row by row."""
    corners = to_unit(np.array([[west, north], [east, south]])) * (1 << zoom)
    first, last = np.clip(np.floor(corners).astype(int), 0, (1 << zoom) - 1).tolist()
    return [Tile(zoom, x, y) for y in range(first[1], last[1] + 1) for x in range(first[0], last[0] + 1)]
