"""Simulated traffic: many vehicles that replay moved tracks over a tiled network, and how their positions arrive.

Each vehicle has a track of the set, a tile, a phase and a fraction of a second; it drives the track's 1,800 s, is
silent for 450 s, and begins anew, so that four vehicles of five report at any time. A position arrives after 0.05 s
plus an exponential delay of mean 0.15 s; one of a hundred 0.5 to 4 s later than that, so behind its followers; two of
a thousand never; five of a thousand twice. All of it follows from the seed and from hashes of vehicle and second, so
that the arrival of any position can be asked for afterwards. Not responsible for matching.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from live_truth import Passages, true_passages
from networks import field, tile
from tracks import Ints, Truth
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import POSITIONS, TIME

DRIVE_S, CYCLE_S = 1_800, 2_250
START_US = 1_790_000_000_000_000
Floats = NDArray[np.float64]


def _uniform(vehicle: Ints, second: Ints, salt: int) -> Floats:
    """Return numbers in [0, 1) that follow from vehicle, second and salt (SplitMix64)."""
    z = vehicle.astype(np.uint64) << np.uint64(32) | second.astype(np.uint64)
    z = z + np.uint64(salt * 0x9E3779B97F4A7C15 % (1 << 64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ z >> np.uint64(shift)) * np.uint64(factor)
    return ((z ^ z >> np.uint64(31)) >> np.uint64(11)) / float(1 << 53)


@dataclass(frozen=True)
class Batch:
    """Positions that arrived within one interval, and the second at which it ended."""

    positions: pa.Table
    at_s: float


class Traffic:
    """Vehicles on the road.

    Args:
        truth: the set whose tracks are replayed; each is 1,800 s at 1 Hz.
        vehicles: how many; four of five report at any time.
        edges: least directed edges of the tiled network.
        seed: of everything that is drawn.
    """

    def __init__(self, truth: Truth, vehicles: int, edges: int, seed: int) -> None:
        self.truth, self.vehicles = truth, vehicles
        layout = field(truth.network, edges)
        self.network: RoadNetwork = tile(truth.network, layout)
        self.tracks = len(truth.vehicles)
        shape = (self.tracks, DRIVE_S)
        self.lon = truth.positions["lon"].to_numpy().reshape(shape)
        self.lat = truth.positions["lat"].to_numpy().reshape(shape)
        rng = np.random.default_rng(seed)
        self.track = rng.integers(0, self.tracks, vehicles)
        tiles = rng.integers(0, layout.count, vehicles)
        shifts = np.array([layout.shift(number) for number in range(layout.count)])
        self.east, self.north = shifts[tiles].T
        self.tile = tiles
        self.phase = rng.integers(0, CYCLE_S, vehicles)
        self.part_us = rng.integers(0, 1_000_000, vehicles)
        self.ids = pa.array([f"bike-{number:06d}" for number in range(vehicles)])
        self.seed = seed

    def arrivals(self, vehicle: Ints, second: Ints) -> Floats:
        """Return the second at which the position of a vehicle's second arrives; infinite when it never does."""
        delay = 0.05 - 0.15 * np.log1p(-_uniform(vehicle, second, self.seed))
        slow = _uniform(vehicle, second, self.seed + 1)
        delay += np.where(slow < 0.01, 0.5 + 350.0 * slow, 0.0)
        lost = _uniform(vehicle, second, self.seed + 2) < 0.002
        on_road = (second + self.phase[vehicle]) % CYCLE_S < DRIVE_S
        return np.where(lost | ~on_road, np.inf, second + self.part_us[vehicle] / 1e6 + delay)

    def batches(self, seconds: int, interval_s: float) -> Iterator[Batch]:
        """Yield what arrives in each interval, in random order."""
        everybody = np.arange(self.vehicles)
        vehicle, second, arrival = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        rng = np.random.default_rng(self.seed)
        boundary = interval_s
        for now in range(seconds):
            this = np.full(self.vehicles, now, np.int64)
            at = self.arrivals(everybody, this)
            twice = np.flatnonzero((_uniform(everybody, this, self.seed + 3) < 0.005) & np.isfinite(at))
            come = np.flatnonzero(np.isfinite(at))
            vehicle = np.concatenate([vehicle, come, twice])
            second = np.concatenate([second, this[come], this[twice]])
            arrival = np.concatenate([arrival, at[come], at[twice] + 0.3])
            while boundary <= now + 1:
                here = arrival < boundary
                rows = rng.permutation(np.flatnonzero(here))
                yield Batch(self._table(vehicle[rows], second[rows]), boundary)
                vehicle, second, arrival = vehicle[~here], second[~here], arrival[~here]
                boundary += interval_s

    def _table(self, vehicle: Ints, second: Ints) -> pa.Table:
        row = (second + self.phase[vehicle]) % CYCLE_S
        track = self.track[vehicle]
        nothing = pa.nulls(len(vehicle), pa.float32())
        return pa.table(
            [
                self.ids.take(pa.array(vehicle)),
                pa.array(START_US + second * 1_000_000 + self.part_us[vehicle]).cast(TIME),
                pa.array(self.lon[track, row] + self.east[vehicle]),
                pa.array(self.lat[track, row] + self.north[vehicle]),
                nothing,
                nothing,
                nothing,
            ],
            schema=POSITIONS,
        )

    def true_passages(self, seconds: int) -> Passages:
        """Return what is truly passed from the second 0 to `seconds`, on the edges of the network."""
        base = true_passages(self.truth)
        start = self.truth.positions["t"].cast(pa.int64()).to_numpy().min()
        at, after = (base.t - start) // 1_000_000, (base.complete - base.t) // 1_000_000
        before = base.t - base.crossed
        order = np.argsort(base.vehicle, kind="stable")
        first = np.searchsorted(base.vehicle[order], np.arange(self.tracks + 1))
        count = np.diff(first)[self.track]
        vehicle = np.repeat(np.arange(self.vehicles), count)
        place = np.arange(len(vehicle)) - np.repeat(np.cumsum(count) - count, count)
        row = order[first[self.track[vehicle]] + place]
        parts = []
        for cycle in range(-1, seconds // CYCLE_S + 2):
            second = at[row] - self.phase[vehicle] + cycle * CYCLE_S
            here = (second >= 0) & (second < seconds)
            v = vehicle[here]
            edge = base.edge[row[here]] + self.tile[v] * self.truth.network.edges.num_rows
            t = START_US + second[here] * 1_000_000 + self.part_us[v]
            wait = after[row[here]]
            crossed = t - before[row[here]]
            parts.append((v, edge, t, np.where(wait < 0, -1, t + wait * 1_000_000), crossed))
        return Passages(*(np.concatenate(column) for column in zip(*parts, strict=True)))
