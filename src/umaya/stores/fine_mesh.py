"""Small cells of JIS X 0410: third-level (基準地域メッシュ, about 1 km) and its halves, quarters and eighths (125 m).

Responsible for the numbers of cells and their codes; `umaya.stores.mesh` has the large ones. A third-level code has
eight digits `ppuuqvrw`; each halving adds one: 1 south-west, 2 south-east, 3 north-west, 4 north-east. Only Japan has
codes: 20 to 46 degrees north, 122 to 154 degrees east.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

LEVELS: Final = {"1km": 0, "500m": 1, "250m": 2, "125m": 3}
"""Name to the number of halvings of a third-level cell."""
FINEST: Final = 3
_ROWS_PER_DEGREE: Final = 120  # of the third level
_COLUMNS_PER_DEGREE: Final = 80
_CODE: Final = re.compile(r"[0-9]{4}[0-7]{2}[0-9]{2}[1-4]{0,3}", re.ASCII)

Ints = npt.NDArray[np.int64]


def in_japan(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which points (degrees) have a code; False where a coordinate is no number."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return (x >= 122) & (x < 154) & (y >= 20) & (y < 46)


def rows_columns(lon: npt.ArrayLike, lat: npt.ArrayLike, level: int = FINEST) -> tuple[Ints, Ints]:
    """Return row and column of each point (degrees, in Japan), counted from 0 degrees north and 0 degrees east.

    Row and column of the coarser cell that holds a cell are its own, shifted right by one.
    """
    scale = 1 << level
    row = np.floor(np.asarray(lat, np.float64) * (_ROWS_PER_DEGREE * scale)).astype(np.int64)
    column = np.floor(np.asarray(lon, np.float64) * (_COLUMNS_PER_DEGREE * scale)).astype(np.int64)
    return row, column


def code(row: int, column: int, level: int) -> str:
    """Return the code of a cell."""
    halves = [1 + 2 * (row >> n & 1) + (column >> n & 1) for n in reversed(range(level))]
    third_row, third_column = row >> level, column >> level
    second_row, second_column = third_row // 10, third_column // 10
    large = f"{second_row // 8:02d}{second_column // 8 - 100:02d}{second_row % 8}{second_column % 8}"
    return large + f"{third_row % 10}{third_column % 10}" + "".join(map(str, halves))


def bounds(mesh_code: str) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a cell, degrees.

    Raises:
        ValueError: when this is no code of a third-level cell or of a part of one.
    """
    if not _CODE.fullmatch(mesh_code):
        raise ValueError("no code of a cell of 1 km or less")
    pp, uu, q, v, r, w = (int(part) for part in (mesh_code[:2], mesh_code[2:4], *mesh_code[4:8]))
    row, column = (pp * 8 + q) * 10 + r, ((uu + 100) * 8 + v) * 10 + w
    for half in mesh_code[8:]:
        row, column = 2 * row + (int(half) - 1) // 2, 2 * column + (int(half) - 1) % 2
    scale = 1 << (len(mesh_code) - 8)
    high, wide = _ROWS_PER_DEGREE * scale, _COLUMNS_PER_DEGREE * scale
    return column / wide, row / high, (column + 1) / wide, (row + 1) / high
