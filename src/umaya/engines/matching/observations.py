"""From the positions of one vehicle to the few observations that the hidden Markov model sees.

Responsible for bad points, for where a trip must end (gap, jump), for the vehicle's noise, and for gathering positions
by distance moved, not by time, so that a vehicle that stands makes one observation, however long. Not
responsible for roads. Positions are never moved: each is only told which observation it belongs to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import length_of, metres_per_degree
from umaya.engines.kernels import inlined, inner, kernel
from umaya.engines.matching.params import Settings

STEADY_S = 3.5
"""Seconds; positions farther apart than this tell nothing about each other's noise."""
SMOOTH_M = 4.0
"""Metres of jitter that is left after smoothing."""
SPRING_MPS2 = 10.0
"""Metres a second squared; what would accelerate more, there and back again, is a bad point."""
LOOK_AHEAD = 6
"""Positions that are asked whether the vehicle came back, before a jump is believed."""
ONE_AXIS = 1.51
"""A radius that holds 68% of positions, in standard deviations of one axis."""


class Track(NamedTuple):
    """The positions of one vehicle in the order of time.

    Attributes:
        lon: float64[n], degrees.
        lat: float64[n], degrees.
        t: float64[n], seconds, ascending.
        accuracy: float64[n], metres (68% radius), NaN where unknown.
        speed: float64[n], metres a second, NaN where unknown.
        heading: float64[n], degrees clockwise from north, NaN where unknown.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    t: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    speed: NDArray[np.float64]
    heading: NDArray[np.float64]


class Observations(NamedTuple):
    """What the model sees; `k` observations of `n` positions.

    Attributes:
        of: int32[n], the observation that a position belongs to, -1 for a bad point.
        lon: float64[k], degrees, mean of its positions.
        lat: float64[k], degrees.
        sigma: float64[k], metres, standard deviation of that mean about the road.
        heading: float64[k], degrees, NaN where unknown or standing.
        begin: float64[k], seconds, time of its first position.
        end: float64[k], seconds, time of its last.
        fresh: bool[k], a new trip begins here.
        first: int32[k], row of its first position.
        last: int32[k], row of its last.
        jitter: metres, noise of a single position in one axis.
        half: positions on either side that a running mean needs to bring the jitter down.
    """

    of: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    sigma: NDArray[np.float64]
    heading: NDArray[np.float64]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    fresh: NDArray[np.bool_]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    jitter: float
    half: int


@inlined
def slack_of(jitter: float) -> float:
    """Metres by which a good position may lie farther away than the vehicle could have come."""
    return 10.0 + 6.0 * jitter


@inlined
def noise_of(jitter: float, accuracy: float) -> float:
    """Metres, noise of a position in one axis; the accuracy that it reports (NaN for none) counts where it is worse."""
    return jitter if np.isnan(accuracy) else max(jitter, accuracy / ONE_AXIS)


@inlined
def thin_of(left: float, s: Settings) -> float:
    """Metres of movement that one observation gathers, where smoothing leaves `left` metres of jitter."""
    return max(s.thin, 4.0 * left) if s.thin > 0.0 else 0.0


@kernel
def jitter_of(x: NDArray[np.float64], y: NDArray[np.float64], t: NDArray[np.float64], unknown: float) -> float:
    """Estimate the white noise of single positions from their second differences.

    For constant velocity the second difference of white noise has 6 times its variance; the median absolute deviation
    (times 1.4826) keeps turns and bad points out.

    Returns:
        Metres in one axis, at least 0.5; `unknown` with fewer than 16 steady triples.
    """
    values = np.empty(2 * len(x), np.float64)
    count = 0
    for i in range(1, len(x) - 1):
        before, after = t[i] - t[i - 1], t[i + 1] - t[i]
        if 0.0 < before <= STEADY_S and abs(after - before) < 0.5:
            values[count] = abs(x[i + 1] - 2.0 * x[i] + x[i - 1])
            values[count + 1] = abs(y[i + 1] - 2.0 * y[i] + y[i - 1])
            count += 2
    if count < 32:
        return unknown
    return float(max(0.5, 1.4826 * np.median(values[:count]) / np.sqrt(6.0)))


@inner
def _sprang(
    x: NDArray[np.float64], y: NDArray[np.float64], t: NDArray[np.float64], last: int, i: int, jitter: float
) -> bool:
    """Tell whether position i alone lies where no vehicle goes between the good one before it and the next."""
    after = i + 1
    if after >= len(x) or t[after] <= t[i] or t[after] - t[last] > 2.0 * STEADY_S:
        return False
    span = t[after] - t[last]
    dx, dy = x[after] - x[last], y[after] - y[last]
    share = (t[i] - t[last]) / span
    away = length_of(x[i] - x[last] - share * dx, y[i] - y[last] - share * dy)
    slack = 6.0 * jitter + SPRING_MPS2 * span * span / 8.0
    return bool(away > slack and away > length_of(dx, dy))


@kernel
def _clean(
    x: NDArray[np.float64], y: NDArray[np.float64], t: NDArray[np.float64], jitter: float, s: Settings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell for each position whether it is good, and whether a new trip begins with it."""
    n = len(x)
    good, fresh = np.ones(n, np.bool_), np.zeros(n, np.bool_)
    slack = slack_of(jitter)
    last = -1
    for i in range(n):
        if last < 0 or t[i] - t[last] > s.max_gap:
            fresh[i] = True
            last = i
            continue
        reach = slack + s.max_speed * (t[i] - t[last])
        if length_of(x[i] - x[last], y[i] - y[last]) <= reach:
            if _sprang(x, y, t, last, i, jitter):
                good[i] = False
            else:
                last = i
            continue
        back = False
        for j in range(i + 1, min(n, i + 1 + LOOK_AHEAD)):
            if t[j] - t[last] > s.max_gap:
                break
            reach = slack + s.max_speed * (t[j] - t[last])
            if length_of(x[j] - x[last], y[j] - y[last]) <= reach:
                back = True
                break
        if back:
            good[i] = False
        else:
            fresh[i] = True
            last = i
    return good, fresh


@kernel
def _smoothed(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    t: NDArray[np.float64],
    good: NDArray[np.bool_],
    fresh: NDArray[np.bool_],
    half: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the good positions within `half` places and seconds on either side, never across a new trip."""
    n = len(x)
    sx, sy = x.copy(), y.copy()
    for i in range(n):
        if not good[i]:
            continue
        total_x, total_y, count = x[i], y[i], 1
        for j in range(i - 1, max(-1, i - half - 1), -1):
            if fresh[j + 1] or t[i] - t[j] > half * STEADY_S:
                break
            if good[j]:
                total_x, total_y, count = total_x + x[j], total_y + y[j], count + 1
        for j in range(i + 1, min(n, i + half + 1)):
            if fresh[j] or t[j] - t[i] > half * STEADY_S:
                break
            if good[j]:
                total_x, total_y, count = total_x + x[j], total_y + y[j], count + 1
        sx[i], sy[i] = total_x / count, total_y / count
    return sx, sy


@kernel
def observe(track: Track, s: Settings) -> Observations:
    """Gather the positions of one vehicle into observations.

    A new observation begins when the smoothed track has moved `thin` metres from where the last one began.
    Its standard deviation is that of the mean of white noise (`noise_of`), joined with `sigma_z`.
    """
    n = len(track.lon)
    kx, ky = metres_per_degree(track.lat[0])
    x, y = (track.lon - track.lon[0]) * kx, (track.lat - track.lat[0]) * ky
    jitter = jitter_of(x, y, track.t, s.sigma_z)
    good, fresh = _clean(x, y, track.t, jitter, s)
    half = int(np.ceil(((jitter / SMOOTH_M) ** 2 - 1.0) / 2.0)) if jitter > SMOOTH_M else 0
    half = min(half, 8)
    sx, sy = _smoothed(x, y, track.t, good, fresh, half)
    left = jitter / np.sqrt(2.0 * half + 1.0)
    thin = thin_of(left, s)

    of = np.full(n, -1, np.int32)
    ox, oy, on = np.zeros(n), np.zeros(n), np.zeros(n)
    variance = np.zeros(n)
    hx, hy = np.zeros(n), np.zeros(n)
    first, last = np.zeros(n, np.int32), np.zeros(n, np.int32)
    starts = np.zeros(n, np.bool_)
    k = -1
    rx, ry = 0.0, 0.0
    pending = False
    for i in range(n):
        pending = pending or fresh[i]
        if not good[i]:
            continue
        if k < 0 or pending or length_of(sx[i] - rx, sy[i] - ry) >= thin:
            k += 1
            rx, ry = sx[i], sy[i]
            first[k] = i
            starts[k] = pending
            pending = False
        of[i] = k
        ox[k] += x[i]
        oy[k] += y[i]
        on[k] += 1.0
        last[k] = i
        noise = noise_of(jitter, track.accuracy[i])
        variance[k] += noise * noise
        if not np.isnan(track.heading[i]) and (np.isnan(track.speed[i]) or track.speed[i] > 2.0):
            hx[k] += np.sin(np.radians(track.heading[i]))
            hy[k] += np.cos(np.radians(track.heading[i]))
    k += 1
    heading = np.full(k, np.nan)
    sigma = np.empty(k)
    for g in range(k):
        sigma[g] = np.sqrt(s.sigma_z**2 + variance[g] / on[g] ** 2)
        if length_of(hx[g], hy[g]) > 0.5 * on[g]:
            heading[g] = np.degrees(np.arctan2(hx[g], hy[g])) % 360.0
    lon, lat = track.lon[0] + ox[:k] / on[:k] / kx, track.lat[0] + oy[:k] / on[:k] / ky
    first, last = first[:k].copy(), last[:k].copy()
    begin, end = track.t[first], track.t[last]
    return Observations(of, lon, lat, sigma, heading, begin, end, starts[:k].copy(), first, last, jitter, half)
