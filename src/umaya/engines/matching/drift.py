"""Slow drift of a receiver, told from how its positions lie beside the roads, and taken out.

The error of a receiver has a white part and a part that stays for many seconds. On a street only the part across the
street shows; on the next street round a corner the other part does. So the drift is estimated, as a vector, from
the residuals across the road of the positions before and after, with weights that fall off exponentially
in time, by regularised least squares. Where a vehicle's residuals are no larger than its white noise
explains, there is no drift and nothing is done. Not responsible for which roads were driven.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import length_of, metres_per_degree
from umaya.engines.kernels import inner, kernel
from umaya.engines.matching.line import Line, between, vertex_before
from umaya.engines.matching.observations import Track

MEMORY_S = 10.0
"""Seconds in which the weight of a residual falls to 1/e."""
LEAST_RIDGE = 0.7
"""Least weight of "no drift", in positions; keeps the direction that no road shows from being made up."""
MOST_RIDGE = 50.0
"""Above this weight of "no drift" none is looked for."""


@inner
def _residuals(
    line: Line,
    along: NDArray[np.float64],
    piece: NDArray[np.int32],
    track: Track,
    result: NDArray[np.float64],
) -> None:
    """Fill for each position (n, 3): the unit vector across its road (east, north), metres from the road along it."""
    v = 0
    for i in range(len(along)):
        result[i] = 0.0
        p = piece[i]
        if p < 0:
            continue
        v = vertex_before(line, p, v, along[i])
        lon, lat = between(line, v, along[i])
        kx, ky = metres_per_degree(lat)
        dx, dy = (line.lon[v + 1] - line.lon[v]) * kx, (line.lat[v + 1] - line.lat[v]) * ky
        arm = length_of(dx, dy)
        if arm > 0.0:
            result[i, 0], result[i, 1] = -dy / arm, dx / arm
            result[i, 2] = (track.lon[i] - lon) * kx * result[i, 0] + (track.lat[i] - lat) * ky * result[i, 1]


@kernel
def _ridge(across: NDArray[np.float64], piece: NDArray[np.int32], jitter: float) -> tuple[float, float]:
    """Return the weight of "no drift" and the drift's standard deviation in metres, of one vehicle.

    The ratio of white variance to drift variance; the whole variance is taken from the median absolute residual.
    """
    values = np.abs(across[piece >= 0, 2])
    if len(values) < 2:
        return np.inf, 0.0
    variance = (1.4826 * np.median(values)) ** 2 - 1.1 * jitter**2
    if variance <= 0.0:
        return np.inf, 0.0
    return max(LEAST_RIDGE, jitter**2 / variance), np.sqrt(variance)


@kernel
def without_drift(
    line: Line,
    along: NDArray[np.float64],
    piece: NDArray[np.int32],
    track: Track,
    jitter: float,
) -> tuple[float, Track]:
    """Take the drift out of a vehicle's positions.

    Args:
        line: what was driven.
        along: metres from the start of its trip of each position.
        piece: the piece of each position, -1 where it is on none.
        track: the positions.
        jitter: metres, the white noise of one position in one axis.

    Returns:
        (standard deviation of the drift in metres, 0 where there is none; positions without it).
    """
    across = np.empty((len(along), 3))
    _residuals(line, along, piece, track, across)
    ridge, sigma = _ridge(across, piece, jitter)
    if ridge > MOST_RIDGE:
        return 0.0, track
    n = len(along)
    sums = np.zeros((n, 5))
    for backwards in (False, True):
        now = np.zeros(5)
        last = -1
        for j in range(n):
            i = n - 1 - j if backwards else j
            if piece[i] < 0:
                continue
            if last >= 0:
                now *= np.exp(-abs(track.t[i] - track.t[last]) / MEMORY_S)
            if backwards:
                sums[i] += now
            x, y, r = across[i]
            now[0] += x * x
            now[1] += x * y
            now[2] += y * y
            now[3] += x * r
            now[4] += y * r
            if not backwards:
                sums[i] += now
            last = i
    lon, lat = track.lon.copy(), track.lat.copy()
    for i in range(n):
        if piece[i] < 0:
            continue
        xx, xy, yy = sums[i, 0] + ridge, sums[i, 1], sums[i, 2] + ridge
        det = xx * yy - xy * xy
        east, north = (yy * sums[i, 3] - xy * sums[i, 4]) / det, (xx * sums[i, 4] - xy * sums[i, 3]) / det
        shrink = min(1.0, 2.5 * sigma / max(length_of(east, north), 1e-9))
        kx, ky = metres_per_degree(lat[i])
        lon[i] -= shrink * east / kx
        lat[i] -= shrink * north / ky
    return sigma, Track(lon, lat, track.t, track.accuracy, track.speed, track.heading)
