"""The place of every single position along what was driven.

Each position is put at the nearest place of the route between the observations before and after its own. Then the
places of a trip are smoothed as a motion of nearly constant velocity (Rauch, Tung and Striebel 1965) and made to
progress: a vehicle on its route never goes back, so the least-squares fit that never decreases (isotonic
regression by pooling adjacent violators, Ayer et al. 1955) makes a stop one place. Not responsible for what was driven.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import metres_per_degree
from umaya.engines.kernels import inner, kernel
from umaya.engines.matching.line import Line
from umaya.engines.matching.observations import Observations, Track
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routes import Drive

MARGIN = 3.0
"""Standard deviations of noise by which the stretch that a position is looked for on is widened."""
PULL_M = 60.0
"""Metres along the route that count as one standard deviation when a position fits several places of it."""
REST = 1e-6
"""Relative change of the variances below which the gains of smoothing are taken to be at rest."""


@kernel
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


@inner
def _gains(t: NDArray[np.float64], sigma: float, q: float, row: NDArray[np.int32], gain: NDArray[np.float64]) -> None:
    """Compute the gains of `smooth`. They depend on the times alone and come to rest while the time step stays.

    Args:
        t: seconds, ascending.
        sigma: metres.
        q: m^2/s^3.
        row: int32[n], filled: the row of `gain` that each place uses.
        gain: float64[n, 6], filled: gain of place and of velocity, then of the smoother from the next place (2 x 2).
    """
    n = len(t)
    a, b, c, step, rows, rest = sigma * sigma, 0.0, 100.0, -1.0, 0, False
    for i in range(n):
        dt = t[i + 1] - t[i] if i + 1 < n else step
        if rest and abs(dt - step) < 1e-6:
            row[i] = rows - 1
            continue
        gain_x, gain_v = a / (a + sigma * sigma), b / (a + sigma * sigma)
        ka, kb, kc = a - gain_x * a, b - gain_x * b, c - gain_v * b
        pa = ka + dt * (2.0 * kb + dt * kc) + q * dt * dt * dt / 3.0
        pb = kb + dt * kc + q * dt * dt / 2.0
        pc = kc + q * dt
        det = max(pa * pc - pb * pb, 1e-12)
        xx, vx = ka + dt * kb, kb + dt * kc
        gain[rows, 0], gain[rows, 1] = gain_x, gain_v
        gain[rows, 2], gain[rows, 3] = (xx * pc - kb * pb) / det, (kb * pa - xx * pb) / det
        gain[rows, 4], gain[rows, 5] = (vx * pc - kc * pb) / det, (kc * pa - vx * pb) / det
        row[i] = rows
        rows += 1
        rest = abs(dt - step) < 1e-6 and abs(pa - a) <= REST * a and abs(pb - b) <= REST * b and abs(pc - c) <= REST * c
        a, b, c, step = pa, pb, pc, dt


@kernel
def smooth(s: NDArray[np.float64], t: NDArray[np.float64], sigma: float, q: float) -> None:
    """Smooth places along a route in place: state (place, velocity), white-noise acceleration.

    Args:
        s: metres.
        t: seconds, ascending.
        sigma: metres, standard deviation of a place.
        q: spectral density of the acceleration, m^2/s^3 (Bar-Shalom, Li and Kirubarajan 2001, section 6.2).
    """
    n = len(s)
    row, gain, speed = np.empty(n, np.int32), np.empty((n, 6)), np.empty(n)
    _gains(t, sigma, q, row, gain)
    x, v = s[0], 0.0
    for i in range(n):
        if i > 0:
            x += v * (t[i] - t[i - 1])
        miss = s[i] - x
        x, v = x + gain[row[i], 0] * miss, v + gain[row[i], 1] * miss
        s[i], speed[i] = x, v
    for i in range(n - 2, -1, -1):
        dx, dv = x - s[i] - speed[i] * (t[i + 1] - t[i]), v - speed[i]
        g = row[i]
        x, v = s[i] + gain[g, 2] * dx + gain[g, 3] * dv, speed[i] + gain[g, 4] * dx + gain[g, 5] * dv
        s[i] = x


@inner
def _windows(
    d: Drive,
    start: NDArray[np.float64],
    at: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> None:
    """Fill, for each observation, its place along its trip (NaN for none), and those of the ones before and after."""
    last = -1
    for k in range(len(d.at_piece)):
        p = d.at_piece[k]
        at[k] = np.nan
        if p < 0:
            continue
        at[k] = start[p] + d.at_offset[k] - d.begin[p]
        same = last >= 0 and d.trip[d.at_piece[last]] == d.trip[p]
        low[k] = at[last] if same else 0.0
        if last >= 0:
            high[last] = at[k] if same else np.inf
        last = k
    if last >= 0:
        high[last] = np.inf


@inner
def _nearest(
    lon: float, lat: float, low: float, high: float, at: float, pull: float, v: int, stop: int, line: Line
) -> float:
    """Return metres to the place of a line that fits a position best, between `low` and `high` metres.

    Looks from vertex `v` on, before vertex `stop`; a place costs its squared distance, and `pull` times the
    squared metres from `at`.
    """
    kx, ky = metres_per_degree(lat)
    best, place = np.inf, at
    bx, by = (line.lon[v] - lon) * kx, (line.lat[v] - lat) * ky
    while v + 1 < stop and line.along[v] <= high:
        ax, ay = bx, by
        bx, by = (line.lon[v + 1] - lon) * kx, (line.lat[v + 1] - lat) * ky
        begin, span = line.along[v], line.along[v + 1] - line.along[v]
        v += 1
        if begin + span < low:
            continue
        dx, dy = bx - ax, by - ay
        share = 0.0
        if span > 0.0:
            share = -(ax * dx + ay * dy) / max(dx * dx + dy * dy, 1e-12)
            share = min(max(share, (low - begin) / span, 0.0), (high - begin) / span, 1.0)
        x, y, s = ax + share * dx, ay + share * dy, begin + share * span
        cost = x * x + y * y + pull * (s - at) * (s - at)
        if cost < best:
            best, place = cost, s
    return place


@inner
def _places(
    d: Drive,
    track: Track,
    o: Observations,
    start: NDArray[np.float64],
    line: Line,
    at: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    s: NDArray[np.float64],
) -> None:
    """Fill metres from the start of its trip to the nearest place, for each position; NaN where it is on no trip."""
    margin = MARGIN * o.jitter + 5.0
    of, v, stop = -1, 0, 0
    for i in range(len(s)):
        k = o.of[i]
        s[i] = np.nan
        if k < 0 or d.at_piece[k] < 0:
            continue
        if k != of:
            of, p = k, d.at_piece[k]
            trip = d.trip[p]
            while p > 0 and d.trip[p - 1] == trip and start[p] > low[k] - margin:
                p -= 1
            v, p = line.first[p], d.at_piece[k]
            while p + 1 < len(d.edge) and d.trip[p + 1] == trip and start[p + 1] <= high[k] + margin:
                p += 1
            stop = line.first[p + 1]
            while v + 2 < stop and line.along[v + 1] < low[k] - margin:
                v += 1
        pull = (o.sigma[k] / PULL_M) ** 2
        s[i] = _nearest(track.lon[i], track.lat[i], low[k] - margin, high[k] + margin, at[k], pull, v, stop, line)


@kernel
def progress(
    d: Drive, track: Track, o: Observations, start: NDArray[np.float64], line: Line, s: Settings
) -> NDArray[np.float64]:
    """Return metres from the start of its trip for each position, NaN where it is on no trip.

    Within a trip the metres never decrease; the first is at least 0, the last at most the trip's length.
    """
    steps, n = len(d.at_piece), len(track.lon)
    at, low, high = np.empty(steps), np.empty(steps), np.empty(steps)
    place = np.empty(n)
    _windows(d, start, at, low, high)
    _places(d, track, o, start, line, at, low, high, place)
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
