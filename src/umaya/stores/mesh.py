"""Areas of the lake: second-level mesh codes of JIS X 0410 (地域メッシュ, 2次メッシュ), about 10 km square.

A second-level cell spans 5 minutes of latitude and 7.5 minutes of longitude. Its code `ppuuqv` is made of pp, latitude
times 1.5; uu, longitude less 100; q and v, the eighths within. Cells where that has no two digits (far outside Japan)
get `g` and their row and column counted from the south-west corner of the world in the same grid.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROWS_PER_DEGREE = 12
COLUMNS_PER_DEGREE = 8
_JAPAN_ROWS = range(10 * 8, 100 * 8)  # pp from 10 to 99
_JAPAN_COLUMNS = range(100 * 8, 200 * 8)  # uu from 00 to 99
_WORLD_COLUMNS = 10_000  # more than 360 * 8 + 1


def cells(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the cell number of each point (degrees, finite): its row times 10,000 plus its column."""
    rows = np.floor(np.asarray(lat, np.float64) * ROWS_PER_DEGREE).astype(np.int64) + 90 * ROWS_PER_DEGREE
    columns = np.floor(np.asarray(lon, np.float64) * COLUMNS_PER_DEGREE).astype(np.int64) + 180 * COLUMNS_PER_DEGREE
    return rows * _WORLD_COLUMNS + columns


def code(cell: int) -> str:
    """Return the mesh code of a cell number."""
    world_row, world_column = divmod(int(cell), _WORLD_COLUMNS)
    row, column = world_row - 90 * ROWS_PER_DEGREE, world_column - 180 * COLUMNS_PER_DEGREE
    if row in _JAPAN_ROWS and column in _JAPAN_COLUMNS:
        return f"{row // 8:02d}{column // 8 - 100:02d}{row % 8}{column % 8}"
    return f"g{world_row:04d}{world_column:04d}"


class Codes:
    """The mesh codes that a box touches, as a set to ask.

    Args:
        west, south, east, north: degrees; points on the border count.
    """

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        corners = cells([west, east], [south, north])
        self._rows = range(int(corners[0]) // _WORLD_COLUMNS, int(corners[1]) // _WORLD_COLUMNS + 1)
        self._columns = range(int(corners[0]) % _WORLD_COLUMNS, int(corners[1]) % _WORLD_COLUMNS + 1)

    def __contains__(self, mesh_code: object) -> bool:
        """Return whether the cell of this code touches the box; False for what is no code."""
        if not isinstance(mesh_code, str):
            return False
        digits = mesh_code.removeprefix("g")
        if not (digits.isascii() and digits.isdigit()):
            return False
        if mesh_code.startswith("g") and len(digits) == 8:
            row, column = int(digits[:4]), int(digits[4:])
        elif len(mesh_code) == 6:
            row = int(digits[:2]) * 8 + int(digits[4]) + 90 * ROWS_PER_DEGREE
            column = (int(digits[2:4]) + 100) * 8 + int(digits[5]) + 180 * COLUMNS_PER_DEGREE
        else:
            return False
        return row in self._rows and column in self._columns
