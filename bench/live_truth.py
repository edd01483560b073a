"""What really was passed, and how passages that a matcher gives compare with it.

A true passage is an edge of a vehicle's true route but the first and the last, which are driven in part; its moment is
the time of the first position after it, so it is late by half a second on average. It is complete with the first
position from then on that is truly `COMPLETE_M` from the junction: nearer, with noise of that size, no position tells
behind the junction from before it, and vehicles that deliver often stand there. A passage that was given is right when
the same vehicle truly passed the same edge in the same direction within `WITHIN_S` seconds of it, each true passage
once. Missed are the true ones that are left, false the given ones that are left.
Ways drawn twice over the same vertices count as one. Not responsible for running anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from tracks import Ints, Truth, same_shape

COMPLETE_M = 5.0
"""Metres from the junction at which a position completes a passage: the noise of the tracks."""
WITHIN_S = 120.0
"""Seconds by which the moment of a passage may be wrong: who stands at a junction may stand before or behind it."""


@dataclass(frozen=True)
class Passages:
    """Passages of whole edges; `t` in microseconds, `edge` with ways drawn twice as one.

    For true ones only (empty for given ones): `complete` is the time of the position that completes it, -1 where the
    track ends before; `crossed` when the junction at its end was crossed, between two positions in proportion to their
    distances from it.
    """

    vehicle: NDArray[np.int64]
    edge: Ints
    t: Ints
    complete: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    crossed: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.t)


def true_passages(truth: Truth) -> Passages:
    """Return what was truly passed."""
    shape = shapes(truth)
    t = truth.positions["t"].cast(pa.int64()).to_numpy()
    vehicle, edge, moment, complete, crossed = [], [], [], [], []
    places = np.column_stack([truth.lon, truth.lat])
    nodes = np.column_stack([truth.network.nodes["lon"].to_numpy(), truth.network.nodes["lat"].to_numpy()])
    ends = nodes[truth.network.edges["target"].to_numpy()]
    scale = np.array([111_320.0 * np.cos(np.radians(truth.lat.mean())), 110_950.0])
    for v, (route, _) in truth.driven.items():
        rows = np.flatnonzero(truth.vehicle == v)
        at, first_after = 0, np.full(len(route), -1, np.int64)
        for row in rows:
            ahead = at
            while ahead < len(route) and route[ahead] != truth.edge[row]:
                ahead += 1
            if ahead < len(route):
                first_after[at:ahead] = t[row]
                at = ahead
        inner = np.arange(1, len(route) - 1)
        inner = inner[first_after[inner] >= 0]
        vehicle.append(np.full(len(inner), v, np.int64))
        edge.append(shape[route[inner]])
        moment.append(first_after[inner])
        for k in inner:
            first = int(np.searchsorted(t[rows], first_after[k]))
            metres = np.hypot(*((places[rows[max(first - 1, 0) :]] - ends[route[k]]) * scale).T)
            away = metres[min(first, 1) :] >= COMPLETE_M
            complete.append(t[rows[first + np.argmax(away)]] if away.any() else -1)
            share = metres[0] / max(metres[0] + metres[1], 1e-9)
            crossed.append(t[rows[first - 1]] + round(share * (t[rows[first]] - t[rows[first - 1]])))
    times = (np.concatenate(moment), np.array(complete, dtype=np.int64), np.array(crossed, dtype=np.int64))
    return Passages(np.concatenate(vehicle), np.concatenate(edge), *times)


def shapes(truth: Truth) -> Ints:
    """Return for each edge the first one over the same vertices."""
    return same_shape(shapely.from_wkb(truth.network.edges["geometry"].to_numpy(zero_copy_only=False)))


def given_passages(traversals: pa.Table, vehicles: list[str], shape: Ints) -> Passages:
    """Return the whole edges of traversals."""
    whole = traversals.filter(traversals["complete"])
    vehicle = pa.compute.index_in(whole["vehicle_id"], pa.array(vehicles, pa.string())).to_numpy().astype(np.int64)
    return Passages(vehicle, shape[whole["edge_id"].to_numpy()], whole["left"].cast(pa.int64()).to_numpy())


def pair(true: Passages, given: Passages) -> NDArray[np.int64]:
    """Return for each given passage the true one that it is, -1 for a false one."""
    orders = [np.lexsort((p.t, p.edge, p.vehicle)) for p in (true, given)]
    sides = [(p.vehicle[o], p.edge[o], p.t[o]) for p, o in zip((true, given), orders, strict=True)]
    found = _pair(*sides[0], *sides[1], round(WITHIN_S * 1e6))
    result = np.full(len(given), -1, np.int64)
    has = found >= 0
    result[orders[1][has]] = orders[0][found[has]]
    return result


@numba.njit(cache=True)  # type: ignore[untyped-decorator] # numba has no types
def _pair(v: Ints, e: Ints, t: Ints, given_v: Ints, given_e: Ints, given_t: Ints, within: int) -> Ints:
    """Go through both in order and join what is of one vehicle, one edge and near in time."""
    found = np.full(len(given_v), -1, np.int64)
    i = 0
    for k in range(len(given_v)):
        while i < len(v) and (
            v[i] < given_v[k]
            or (v[i] == given_v[k] and (e[i] < given_e[k] or (e[i] == given_e[k] and t[i] < given_t[k] - within)))
        ):
            i += 1
        if i < len(v) and v[i] == given_v[k] and e[i] == given_e[k] and t[i] <= given_t[k] + within:
            found[k] = i
            i += 1
    return found


def shares(true: Passages, given: Passages) -> dict[str, float]:
    """Return right and missed over the true passages, false over the given ones, and how wrong the moments are."""
    found = pair(true, given)
    right = found[found >= 0]
    off = (given.t[found >= 0] - true.t[right]) / 1e6
    return {
        "true": len(true),
        "right": len(right) / len(true),
        "missed": 1.0 - len(right) / len(true),
        "false": float((found < 0).sum()) / max(len(given), 1),
        "moment_median_s": float(np.median(np.abs(off))),
        "moment_p90_s": float(np.percentile(np.abs(off), 90.0)),
    }
