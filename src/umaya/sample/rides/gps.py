"""What a phone makes of a true track: correlated noise, rare outliers, gaps.

The error is a first-order autoregressive process (Gauss-Markov) of 4 to 6 m standard deviation and about half a minute
of memory, as is usual for single-frequency receivers between houses, plus a little white noise.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from umaya.sample.map.draft import Bools, Floats, Ints

MEMORY = 0.97
"""Autocorrelation of the error from one second to the next."""
WHITE_M = 0.5
OUTLIERS_A_SECOND = 1.0 / 9000.0
GAPS_A_SECOND = 1.0 / 1500.0


def errors(vehicle: Ints, vehicles: int, rng: np.random.Generator) -> tuple[Floats, Bools, Floats]:
    """Return the error (n, 2) in metres, which positions are outliers, and the accuracy the phone claims in metres.

    Args:
        vehicle: number of the vehicle of each second, ascending.
        vehicles: how many there are.
        rng: source of the noise.
    """
    sigma = rng.uniform(3.6, 5.4, vehicles)[vehicle]
    white = rng.standard_normal((2, len(vehicle)), dtype=np.float32) * np.sqrt(1 - MEMORY**2)
    drift = lfilter([1.0], [1.0, -MEMORY], white, axis=1).T
    error = drift * (sigma / np.sqrt(2.0) * 1.2)[:, None] + WHITE_M * rng.standard_normal(
        (len(vehicle), 2), dtype=np.float32
    )
    starts = np.flatnonzero(rng.random(len(vehicle)) < OUTLIERS_A_SECOND)
    outlier = _spread(starts, rng.integers(1, 5, len(starts)), vehicle)
    far, angle = rng.uniform(60.0, 220.0, len(starts)), rng.uniform(0, 2 * np.pi, len(starts))
    jump = np.column_stack([far * np.cos(angle), far * np.sin(angle)])
    which = np.maximum(np.searchsorted(starts, np.flatnonzero(outlier), side="right") - 1, 0)
    if len(starts):
        error[outlier] += jump[which]
    claimed = sigma * rng.uniform(0.8, 1.6, len(vehicle)) * np.where(outlier, 3.0, 1.0)
    return error, outlier, claimed


def gaps(vehicle: Ints, rng: np.random.Generator) -> Bools:
    """Mark the seconds that are missing: gaps of 20 to 90 s, two or three an hour."""
    starts = np.flatnonzero(rng.random(len(vehicle)) < GAPS_A_SECOND)
    return _spread(starts, rng.integers(20, 91, len(starts)), vehicle)


def _spread(starts: Ints, lengths: Ints, vehicle: Ints) -> Bools:
    """Mark `lengths` rows from each of `starts` on, within the same vehicle."""
    step = np.zeros(len(vehicle) + 1, dtype=np.int64)
    stop = np.minimum(starts + lengths, np.searchsorted(vehicle, vehicle[starts], side="right"))
    np.add.at(step, starts, 1)
    np.add.at(step, stop, -1)
    return np.asarray(np.cumsum(step[:-1]) > 0)
