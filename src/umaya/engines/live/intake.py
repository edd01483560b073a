"""From rows of a batch to the positions of each vehicle in the order of time, each exactly once.

A position that follows the last one closely goes on at once. Any other waits until its vehicle has sent one that is
`reorder` later; then it goes on, and what is not later than it comes too late from then on. Not responsible for what
the positions mean (gather, trellis). The order in which the positions of a vehicle arrive within that window does
not change what goes on, nor does the cut into batches, on two conditions: the positions of the vehicle lie more than
three quarters of `every_s` apart, so that the next but one does not follow closely, and no more than `WAITING` wait.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import inner, kernel
from umaya.engines.live.decisions import close, decide, decide_all
from umaya.engines.live.driven import finish
from umaya.engines.live.gather import BAD, FRESH, add, goes_on, judge, measure
from umaya.engines.live.params import Settings as LiveSettings
from umaya.engines.live.state import EPOCH_US, WAITING, Records
from umaya.engines.live.trellis import Work, try_column
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routing import PathTable
from umaya.engines.spatial import Grid

ANEW_M = 1.0
"""Metres by which the mean of an observation must have moved for its states to be worked out anew."""
SLACK = 1 << 14
"""Pieces for which there must be room before a row is taken."""
LONG = 64
"""Rows of one vehicle in a batch above which they are sorted as a whole."""


class Rows(NamedTuple):
    """A batch as arrays: time in microseconds since 1970, the rest as in POSITIONS, NaN where unknown."""

    t: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy: NDArray[np.float32]
    speed: NDArray[np.float32]
    heading: NDArray[np.float32]


@kernel
def by_vehicle(slot: NDArray[np.int32], t: NDArray[np.int64], vehicles: int) -> NDArray[np.int64]:
    """Return the rows by vehicle, then time; equal ones in the order of the batch."""
    start = np.zeros(vehicles + 1, np.int64)
    for v in slot:
        start[v + 1] += 1
    for v in range(vehicles):
        start[v + 1] += start[v]
    order = np.empty(len(slot), np.int64)
    at = start[:-1].copy()
    for i in range(len(slot)):
        order[at[slot[i]]] = i
        at[slot[i]] += 1
    for v in range(vehicles):
        low, high = start[v], start[v + 1]
        if high - low > LONG:
            part = order[low:high].copy()
            order[low:high] = part[np.argsort(t[part], kind="mergesort")]
            continue
        for i in range(low + 1, high):
            row, k = order[i], i
            while k > low and t[order[k - 1]] > t[row]:
                order[k] = order[k - 1]
                k -= 1
            order[k] = row
    return order


@inner
def take(
    from_row: int,
    order: NDArray[np.int64],
    slot: NDArray[np.int32],
    rows: Rows,
    arrived: int,
    vehicles: Records,
    columns: Records,
    arrival: NDArray[np.int64],
    net: Roads,
    index: Grid,
    table: PathTable,
    s: Settings,
    live: LiveSettings,
    w: Work,
    out: Records,
    told: Records,
) -> int:
    """Take the rows of a batch by `order`, from place `from_row` on.

    Returns:
        The place from which to go on when `out` has room again; the number of rows when all were taken.
    """
    for i in range(from_row, len(order)):
        if told[0].used > len(out) - SLACK:
            return i
        r = order[i]
        v = slot[r]
        one = vehicles[v]
        if rows.t[r] > arrived + live.ahead_us:
            told[0].ahead += 1
            continue
        if not _admit(one, r, rows, arrived - live.forget_us, told):
            continue
        if arrival[v] != arrived:
            one.behind //= 2
        one.behind = max(one.behind, arrived - rows.t[r])
        arrival[v] = arrived
        while one.waiting > 0 and (
            one.waiting == WAITING or one.wait_t[0] <= max(one.newest - live.reorder_us, one.passed + live.follows_us)
        ):
            _go_on(one, v, columns, net, index, table, s, live, w, out, told)
    return len(order)


@inner
def patience_of(behind: int, live: LiveSettings) -> int:
    """Microseconds without an arrival after which nothing is expected of a vehicle; more where it sends in lots."""
    return int(max(live.silent_us, min(behind + behind // 2, live.hold_us)))


@inner
def end_silent(
    from_vehicle: int,
    known: int,
    now: int,
    vehicles: Records,
    columns: Records,
    arrival: NDArray[np.int64],
    ended: NDArray[np.bool_],
    net: Roads,
    index: Grid,
    table: PathTable,
    s: Settings,
    live: LiveSettings,
    w: Work,
    out: Records,
    told: Records,
) -> int:
    """End the trips of vehicles of which nothing more is expected, from number `from_vehicle` on.

    Returns:
        The number from which to go on when `out` has room again; `known` when all were seen.
    """
    for v in range(from_vehicle, known):
        if arrival[v] > now - patience_of(vehicles[v].behind, live):
            ended[v] = False
            continue
        if ended[v]:
            continue
        if told[0].used > len(out) - SLACK:
            return v
        one = vehicles[v]
        while one.waiting > 0:
            _go_on(one, v, columns, net, index, table, s, live, w, out, told)
        _end_trip(one, v, columns, net, table, s, w, out, told)
        ended[v] = True
    return known


@inner
def _admit(one, r: int, rows: Rows, oldest: int, told: Records) -> bool:  # type: ignore[no-untyped-def] # a numba record
    """Put a position among those that wait, by time; tell whether it is new and in time."""
    t = rows.t[r]
    at = one.waiting
    while at > 0 and one.wait_t[at - 1] >= t:
        at -= 1
    if t == one.passed or (at < one.waiting and one.wait_t[at] == t):
        told[0].duplicate += 1
        return False
    if t < one.passed or t < oldest:
        told[0].late += 1
        return False
    for k in range(one.waiting, at, -1):
        one.wait_t[k], one.wait_lon[k], one.wait_lat[k] = one.wait_t[k - 1], one.wait_lon[k - 1], one.wait_lat[k - 1]
        one.wait_accuracy[k], one.wait_speed[k] = one.wait_accuracy[k - 1], one.wait_speed[k - 1]
        one.wait_heading[k] = one.wait_heading[k - 1]
    one.wait_t[at], one.wait_lon[at], one.wait_lat[at] = t, rows.lon[r], rows.lat[r]
    one.wait_accuracy[at], one.wait_speed[at], one.wait_heading[at] = rows.accuracy[r], rows.speed[r], rows.heading[r]
    one.waiting += 1
    one.newest = max(one.newest, t)
    return True


@inner
def _go_on(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    columns: Records,
    net: Roads,
    index: Grid,
    table: PathTable,
    s: Settings,
    live: LiveSettings,
    w: Work,
    out: Records,
    told: Records,
) -> None:
    """Let the oldest waiting position go on into the model."""
    t, lon, lat = (one.wait_t[0] - EPOCH_US) / 1e6, one.wait_lon[0], one.wait_lat[0]
    accuracy, speed, heading = one.wait_accuracy[0], one.wait_speed[0], one.wait_heading[0]
    one.passed = one.wait_t[0]
    one.waiting -= 1
    for k in range(one.waiting):
        one.wait_t[k], one.wait_lon[k], one.wait_lat[k] = one.wait_t[k + 1], one.wait_lon[k + 1], one.wait_lat[k + 1]
        one.wait_accuracy[k], one.wait_speed[k] = one.wait_accuracy[k + 1], one.wait_speed[k + 1]
        one.wait_heading[k] = one.wait_heading[k + 1]
    kx, ky = metres_per_degree(lat)
    jitter = measure(one, t, lon, lat, kx, ky)
    verdict = judge(one, t, lon, lat, kx, ky, jitter, s)
    if verdict == BAD:
        told[0].bad += 1
        return
    noise = max(jitter, s.sigma_z)
    if verdict == FRESH:
        _end_trip(one, v, columns, net, table, s, w, out, told)
    if goes_on(one, lon, lat, kx, ky, jitter, s):
        close(one, v, columns, noise, net, table, s, w, out, told)
    add(one, t, lon, lat, jitter, accuracy, speed, heading)
    moved = np.hypot((one.mean_lon - one.tried_lon) * kx, (one.mean_lat - one.tried_lat) * ky)
    if one.count <= 2 or moved >= ANEW_M or one.count >= 2 * one.tried:
        try_column(one, v, columns, net, index, table, s, live.beam, w)
        decide(one, v, columns, noise, net, table, s, live, w, out, told)
    elif not (np.isnan(one.asked) and np.isnan(one.near)):
        decide(one, v, columns, noise, net, table, s, live, w, out, told)


@inner
def _end_trip(  # type: ignore[no-untyped-def] # a numba record
    one, v: int, columns: Records, net: Roads, table: PathTable, s: Settings, w: Work, out: Records, told: Records
) -> None:
    """Decide what is open, and end the trip; the next position begins a new one."""
    decide_all(one, v, columns, s.sigma_z, net, table, s, w, out, told)
    finish(one, v, s.sigma_z, net, out, told)
