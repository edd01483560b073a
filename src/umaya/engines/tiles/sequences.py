"""Ascending ids and places as sequences of varints of their differences: what changed on a map, in few bytes."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.tiles.protobuf import Bytes, put, zigzag

Ints = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def gaps(ids: Ints) -> Bytes:
    """Return ascending ids as differences, the first from -1."""
    out = np.empty(10 * len(ids), np.uint8)
    at, before = 0, -1
    for identity in ids:
        at = put(out, at, identity - before)
        before = identity
    return out[:at]


@numba.njit(cache=True, nogil=True)
def marks(ids: Ints, kinds: Bytes, places: Ints) -> Bytes:
    """Return for each mark the difference of its id, its kind, and the zigzag differences of its two coordinates."""
    out = np.empty(31 * len(ids), np.uint8)
    at, before = 0, -1
    x, y = 0, 0
    for row in range(len(ids)):
        at = put(out, at, ids[row] - before)
        at = put(out, at, int(kinds[row]))
        at = put(out, at, zigzag(places[row, 0] - x))
        at = put(out, at, zigzag(places[row, 1] - y))
        before, x, y = ids[row], places[row, 0], places[row, 1]
    return out[:at]
