"""The place of every single position along what was driven.

Each position is put at the nearest place of the route between the observations before and after its own. Then the
places of a trip are smoothed as a motion of nearly constant velocity (Rauch, Tung and Striebel 1965) and made to
progress: a vehicle on its route never goes back, so the least-squares fit that never decreases (isotonic
regression by pooling adjacent violators, Ayer et al. 1955) makes a stop one place. Not responsible for what was driven.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, nearest_on_edge
from umaya.engines.matching.observations import Observations, Track
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routes import Drive, piece_starts

MARGIN = 3.0
"""Standard deviations of noise by which the stretch that a position is looked for on is widened."""
PULL_M = 60.0
"""Metres along the route that count as one standard deviation when a position fits several places of it."""


@numba.njit(cache=True, nogil=True)
def pool(s: NDArray[np.float64]) -> None:
    """Replace values by the nearest sequence (least squares) that never decreases, in place."""
    value, count = np.empty(len(s)), np.empty(len(s), np.int64)
    blocks = 0
    for i in range(len(s)):
        value[blocks], count[blocks] = s[i], 1
        blocks += 1
        while blocks > 1 and value[blocks - 2] > value[blocks - 1]:
            total = count[blocks - 2] + count[blocks - 1]
            value[blocks - 2] = (value[blocks - 2] * count[blocks - 2] + value[blocks - 1] * count[blocks - 1]) / total
            count[blocks - 2] = total
            blocks -= 1
    i = 0
    for b in range(blocks):
        s[i : i + count[b]] = value[b]
        i += count[b]


@numba.njit(cache=True, nogil=True)
def smooth(s: NDArray[np.float64], t: NDArray[np.float64], sigma: float, q: float) -> None:
    """Smooth places along a route in place: state (place, velocity), white-noise acceleration.

    Args:
        s: metres.
        t: seconds, ascending.
        sigma: metres, standard deviation of a place.
        q: spectral density of the acceleration, m^2/s^3 (Bar-Shalom, Li and Kirubarajan 2001, section 6.2).
    """
    n = len(s)
    kept = np.empty((n, 5))
    predicted = np.empty((n, 5))
    x, v, a, b, c = s[0], 0.0, sigma * sigma, 0.0, 100.0
    for i in range(n):
        if i > 0:
            dt = t[i] - t[i - 1]
            x += v * dt
            a += dt * (2.0 * b + dt * c) + q * dt**3 / 3.0
            b += dt * c + q * dt**2 / 2.0
            c += q * dt
        predicted[i, 0], predicted[i, 1], predicted[i, 2], predicted[i, 3], predicted[i, 4] = x, v, a, b, c
        gain_x, gain_v = a / (a + sigma * sigma), b / (a + sigma * sigma)
        miss = s[i] - x
        x, v = x + gain_x * miss, v + gain_v * miss
        c -= gain_v * b
        b -= gain_x * b
        a -= gain_x * a
        kept[i, 0], kept[i, 1], kept[i, 2], kept[i, 3], kept[i, 4] = x, v, a, b, c
    for i in range(n - 2, -1, -1):
        s[i + 1] = x
        dt = t[i + 1] - t[i]
        a, b, c = kept[i, 2], kept[i, 3], kept[i, 4]
        pa, pb, pc = predicted[i + 1, 2], predicted[i + 1, 3], predicted[i + 1, 4]
        det = max(pa * pc - pb * pb, 1e-12)
        xx, xv, vx, vv = a + dt * b, b, b + dt * c, c
        dx, dv = x - predicted[i + 1, 0], v - predicted[i + 1, 1]
        wx, wv = (pc * dx - pb * dv) / det, (pa * dv - pb * dx) / det
        x, v = kept[i, 0] + xx * wx + xv * wv, kept[i, 1] + vx * wx + vv * wv
    s[0] = x


@numba.njit(cache=True, nogil=True)
def nearest_places(  # noqa: PLR0912 # windows first, then positions
    d: Drive, track: Track, o: Observations, net: Roads
) -> NDArray[np.float64]:
    """Return metres from the start of its trip to the nearest place, for each position; NaN where it is on no trip."""
    n = len(track.lon)
    start = piece_starts(d)
    steps = len(d.at_piece)
    at = np.full(steps, np.nan)
    low, high = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        if d.at_piece[k] >= 0:
            at[k] = start[d.at_piece[k]] + d.at_offset[k] - d.begin[d.at_piece[k]]
    last = -1
    for k in range(steps):
        if d.at_piece[k] < 0:
            continue
        p = d.at_piece[k]
        same = last >= 0 and d.trip[d.at_piece[last]] == d.trip[p]
        low[k] = at[last] if same else 0.0
        if same:
            high[last] = at[k]
        elif last >= 0:
            high[last] = np.inf
        last = k
    if last >= 0:
        high[last] = np.inf
    margin = MARGIN * o.jitter + 5.0
    s = np.full(n, np.nan)
    for i in range(n):
        k = o.of[i]
        if k < 0 or d.at_piece[k] < 0:
            continue
        p = d.at_piece[k]
        trip = d.trip[p]
        lo, hi = low[k] - margin, high[k] + margin
        while p > 0 and d.trip[p - 1] == trip and start[p] > lo:
            p -= 1
        best = np.inf
        while p < len(d.edge) and d.trip[p] == trip and start[p] <= hi:
            a, b = max(d.begin[p], d.begin[p] + lo - start[p]), min(d.end[p], d.begin[p] + hi - start[p])
            if b >= a:
                offset, distance = nearest_on_edge(d.edge[p], a, b, track.lon[i], track.lat[i], net)
                place = start[p] + offset - d.begin[p]
                cost = distance**2 + ((place - at[k]) / PULL_M * o.sigma[k]) ** 2
                if cost < best:
                    best, s[i] = cost, place
            p += 1
    return s


@numba.njit(cache=True, nogil=True)
def progress(d: Drive, track: Track, o: Observations, net: Roads, s: Settings) -> NDArray[np.float64]:
    """Return metres from the start of its trip for each position, NaN where it is on no trip.

    Within a trip the metres never decrease; the first is at least 0, the last at most the trip's length.
    """
    place: NDArray[np.float64] = nearest_places(d, track, o, net)
    start = piece_starts(d)
    n = len(place)
    rows, along, t = np.empty(n, np.int64), np.empty(n), np.empty(n)
    count, trip, length = 0, -1, 0.0
    for i in range(n + 1):
        now = d.trip[d.at_piece[o.of[i]]] if i < n and not np.isnan(place[i]) else -1
        if count > 0 and (i == n or (now >= 0 and now != trip)):
            smooth(along[:count], t[:count], max(o.jitter, s.sigma_z), s.q_acceleration)
            pool(along[:count])
            for j in range(count):
                place[rows[j]] = min(max(along[j], 0.0), length)
            count = 0
        if now < 0:
            continue
        if count == 0:
            trip, p = now, d.at_piece[o.of[i]]
            while p + 1 < len(d.edge) and d.trip[p + 1] == trip:
                p += 1
            length = start[p] + d.end[p] - d.begin[p]
        rows[count], along[count], t[count] = i, place[i], track.t[i]
        count += 1
    return place
