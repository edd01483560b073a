"""From positions in the order of time to the observations that the model sees, one position at a time.

The same ideas as in matching.observations, without looking ahead: a place that cannot be reached is a suspect until
others bear it out; the noise of single positions is a running median; the running mean is exponential, with the
same variance. Not responsible for roads, nor for the order of positions (intake).
"""

from __future__ import annotations

import numpy as np

from umaya.engines.kernels import inlined, inner
from umaya.engines.live.state import UNKNOWN
from umaya.engines.matching.observations import SMOOTH_M, STEADY_S, noise_of, slack_of, thin_of
from umaya.engines.matching.params import Settings

BEAR_OUT = 3
"""Positions that must agree on a place that could not be reached, before the vehicle is believed to be there."""
FIRST_JITTER_M = 10.0
"""Noise that a vehicle is taken to have before any is measured: rather too much, so that nothing is decided rashly."""
LEAST_JITTER_M = 0.5
"""Least noise of a single position."""
MEDIAN = 1.4826 / np.sqrt(6.0)
"""Standard deviation of white noise in terms of the median absolute second difference."""

MEMORY = 6.0
"""Positions after which the mean of an observation forgets the oldest: who moves a few metres after a long stop is seen
to have moved. Little is lost: the noise that is left in the mean is below that of the map."""
USUAL_M = 5.0
"""Noise up to which times are as they are set; beyond, they grow with the positions that a mean as good needs."""

BRAKING = (3, 4)
"""Positions of an observation at which it ends early, so that the way to a stop does not weigh on the stop's place."""
BRAKED = 0.6
"""Share of the usual movement that must have been made then."""

GOOD, BAD, FRESH = 0, 1, 2
"""What a position is: reached, not reached, or the first of a new trip."""


@inlined
def slower(noise: float) -> float:
    """How many times as long the same certainty takes with that noise, in metres, as with the usual."""
    return max(1.0, (noise / USUAL_M) ** 2)


@inner
def measure(one, t: float, lon: float, lat: float, kx: float, ky: float) -> float:  # type: ignore[no-untyped-def] # a numba record
    """Update the vehicle's noise by one position; return metres in one axis.

    The median of absolute second differences is followed by steps of a share up or down, smaller ones the longer.
    """
    before, after = one.last_t[1] - one.last_t[0], t - one.last_t[1]
    if 0.0 < before <= STEADY_S and abs(after - before) < 0.5:
        one.measured += 1
        step = max(0.01, 1.0 / (one.measured + 8.0))
        for axis in range(2):
            if axis == 0:
                bend = abs(lon - 2.0 * one.last_lon[1] + one.last_lon[0]) * kx
            else:
                bend = abs(lat - 2.0 * one.last_lat[1] + one.last_lat[0]) * ky
            one.spread *= 1.0 + step if bend > one.spread else 1.0 / (1.0 + step)
        one.spread = max(one.spread, LEAST_JITTER_M / MEDIAN)
    one.last_t[0], one.last_lon[0], one.last_lat[0] = one.last_t[1], one.last_lon[1], one.last_lat[1]
    one.last_t[1], one.last_lon[1], one.last_lat[1] = t, lon, lat
    return float(max(LEAST_JITTER_M, MEDIAN * one.spread))


@inner
def judge(one, t: float, lon: float, lat: float, kx: float, ky: float, jitter: float, s: Settings) -> int:  # type: ignore[no-untyped-def] # a numba record
    """Tell what a position is, and remember it as the last good one or as a suspect."""
    slack = slack_of(jitter)
    verdict = GOOD
    if np.isnan(one.good_t) or t - one.good_t > s.max_gap:
        verdict = FRESH
    else:
        away = np.hypot((lon - one.good_lon) * kx, (lat - one.good_lat) * ky)
        if away > slack + s.max_speed * (t - one.good_t):
            away = np.hypot((lon - one.suspect_lon) * kx, (lat - one.suspect_lat) * ky)
            agrees = one.suspects > 0 and away <= slack + s.max_speed * (t - one.suspect_t)
            one.suspects = one.suspects + 1 if agrees else 1
            if one.suspects < BEAR_OUT:
                one.suspect_t, one.suspect_lon, one.suspect_lat = t, lon, lat
                return BAD
            verdict = FRESH
    one.suspects = 0
    one.good_t, one.good_lon, one.good_lat = t, lon, lat
    return verdict


@inner
def goes_on(one, lon: float, lat: float, kx: float, ky: float, jitter: float, s: Settings) -> bool:  # type: ignore[no-untyped-def] # a numba record
    """Smooth the track by one position; tell whether it has left the observation that is being gathered.

    The farthest place from the observation before is remembered: there the vehicle turned, if it turned.
    """
    half = min(8.0, np.ceil(((jitter / SMOOTH_M) ** 2 - 1.0) / 2.0)) if jitter > SMOOTH_M else 0.0
    if one.count == 0 and one.closed == 0 and one.edge == UNKNOWN:
        one.even_lon, one.even_lat = lon, lat
        one.back_lon, one.back_lat = lon, lat
    else:
        share = 1.0 / (half + 1.0)
        one.even_lon += share * (lon - one.even_lon)
        one.even_lat += share * (lat - one.even_lat)
    if one.count == 0:
        return False
    away = np.hypot((one.even_lon - one.back_lon) * kx, (one.even_lat - one.back_lat) * ky)
    if away > one.far_m:
        one.far_m, one.far_lon, one.far_lat = away, one.even_lon, one.even_lat
    thin = thin_of(jitter / np.sqrt(2.0 * half + 1.0), s)
    moved = np.hypot((one.even_lon - one.from_lon) * kx, (one.even_lat - one.from_lat) * ky)
    return bool(moved >= thin or (BRAKING[0] <= one.count <= BRAKING[1] and moved >= BRAKED * thin))


@inner
def add(one, t: float, lon: float, lat: float, jitter: float, accuracy: float, speed: float, heading: float) -> None:  # type: ignore[no-untyped-def] # a numba record
    """Add a position to the observation that is being gathered, the first one of it or one more."""
    if one.count == 0:
        one.from_lon, one.from_lat = one.even_lon, one.even_lat
        one.far_m, one.far_lon, one.far_lat = 0.0, one.even_lon, one.even_lat
        one.begin = t
        one.mean_lon, one.mean_lat, one.variance, one.head_x, one.head_y = lon, lat, 0.0, 0.0, 0.0
    one.count += 1
    share = 1.0 / min(one.count, MEMORY * slower(jitter))
    one.mean_lon += share * (lon - one.mean_lon)
    one.mean_lat += share * (lat - one.mean_lat)
    one.end = t
    noise = noise_of(jitter, accuracy)
    one.variance = (1.0 - share) ** 2 * one.variance + (share * noise) ** 2
    if not np.isnan(heading) and (np.isnan(speed) or speed > 2.0):
        one.head_x += np.sin(np.radians(heading))
        one.head_y += np.cos(np.radians(heading))
