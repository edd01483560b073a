"""Address points to buildings: one building with a confidence, or a doubtful row with its candidates; never a guess.

Several addresses may share a building. An address whose point marks one building may reach further buildings that
carry no number of their own (houses behind it, a row of narrow ones): they are told as `others`, because a letterbox
with that address may be in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from umaya.engines.buildings.candidates import (
    REACH_M,
    Bools,
    Candidates,
    Floats,
    Ints,
    Places,
    Plane,
    candidates,
    outlines,
    places,
)
from umaya.engines.buildings.params import ResolveParams, calibrated
from umaya.engines.buildings.schemas import ADDRESS, DOUBTFUL, LINKS

OUTBUILDING_M2, OUTBUILDING_M = 20.0, 4.5
"""A building both smaller and lower than these is more likely a garage or a store than a house."""
MOST_CANDIDATES = 6
"""So many candidates of a doubtful row are told."""
SHARED_M = 2.0
"""A building without a number may share an address though another number is so much nearer."""
ACROSS = 0.5
"""From this cosine on a building is across the street."""


@dataclass(frozen=True)
class Resolved:
    """What address points resolve to.

    Attributes:
        links: schema LINKS, points in their order.
        doubtful: schema DOUBTFUL, points in their order; with `links`, every point once.
    """

    links: pa.Table
    doubtful: pa.Table


def resolve(points: pa.Table, footprints: pa.Table, params: ResolveParams | None = None) -> Resolved:
    """Resolve address points.

    Args:
        points: schema POINTS.
        footprints: schema FOOTPRINTS.
        params: None for the calibrated ones.

    Returns:
        Reasons of links: `inside`; `shared` where the building has other addresses too; `in-front` of it. Reasons of
        doubtful points: `no-building-near`, `between-buildings` where two are about as likely, `uncertain` else.
    """
    params = params or calibrated()
    plane = Plane.around(*(points.column(name).to_numpy() for name in ("lon", "lat")))
    where = places(points, plane)
    pairs = usable(candidates(where, outlines(footprints, plane)))
    chance, none = probabilities(pairs, len(where.xy), params)
    best = _best(pairs.point, chance, len(where.xy))
    found = best >= 0
    confidence = np.where(found, chance[best] if len(chance) else 0.0, none)
    sure = found & (confidence >= params.sure)
    names = footprints.column("footprint")
    links = _links(points, where, pairs, best, confidence, sure, names)
    return Resolved(links, _doubtful(points, pairs, chance, confidence, none, ~sure, names))


def usable(pairs: Candidates) -> Candidates:
    """Leave out buildings that hold no letterbox."""
    keep = ~pairs.shed
    return Candidates(**{name: column[keep] for name, column in vars(pairs).items()})


def is_outbuilding(pairs: Candidates) -> Bools:
    """Whether a building looks like a garage or a store; False where its height is not known."""
    return (pairs.area < OUTBUILDING_M2) & (pairs.height < OUTBUILDING_M)


def evidence(pairs: Candidates) -> Floats:
    """Return one row a pair, one column for each weight of a building in `ResolveParams`."""
    return np.column_stack(
        [
            pairs.distance == 0,
            pairs.distance / 5,
            np.log1p(pairs.farther),
            np.log1p(pairs.rival),
            pairs.elsewhere,
            np.log1p(pairs.out_of_order),
            np.maximum(pairs.across, 0.0),
            is_outbuilding(pairs),
            np.clip(np.log(pairs.area / 60.0), -2.0, 2.0),
        ]
    ).astype(np.float64)


def evidence_of_none(pairs: Candidates, count: int) -> Floats:
    """Return one row a point: 1, the distance of the nearest in units of 5 m, whether the next is within a metre."""
    first = np.flatnonzero(np.diff(pairs.point, prepend=-1) != 0)
    nearest, second = np.full(count, REACH_M), np.full(count, np.inf)
    nearest[pairs.point[first]] = pairs.distance[first]
    next_ = first + 1
    next_ = next_[next_ < len(pairs.point)]
    next_ = next_[pairs.point[next_] == pairs.point[next_ - 1]]
    second[pairs.point[next_]] = pairs.distance[next_]
    return np.column_stack([np.ones(count), nearest / 5, second - nearest < 1.0])


def probabilities(pairs: Candidates, count: int, params: ResolveParams) -> tuple[Floats, Floats]:
    """Return the probability of each pair, and for each of `count` points that of none; they add up to 1 a point."""
    weights = np.array(params.weights())
    split = len(weights) - 3
    utility, none = evidence(pairs) @ weights[:split], evidence_of_none(pairs, count) @ weights[split:]
    top = none.copy()
    np.maximum.at(top, pairs.point, utility)
    power, idle = np.exp(utility - top[pairs.point]), np.exp(none - top)
    total = idle + np.bincount(pairs.point, weights=power, minlength=count)
    return power / total[pairs.point], idle / total


def _best(point: Ints, chance: Floats, count: int) -> Ints:
    """Return the likeliest pair of each point, the first of equals, -1 where there is none."""
    best = np.full(count, -1, np.int64)
    order = np.lexsort((-np.arange(len(point)), chance, point))  # the last of a point is its likeliest
    best[point[order]] = order
    return best


def _links(
    points: pa.Table,
    where: Places,
    pairs: Candidates,
    best: Ints,
    confidence: Floats,
    sure: Bools,
    names: pa.ChunkedArray,
) -> pa.Table:
    row = np.flatnonzero(sure)
    chosen = best[row]
    building, distance = pairs.building[chosen], pairs.distance[chosen]
    addresses = _addresses(where.address[row], building)
    reason = np.where(addresses > 1, "shared", np.where(distance == 0, "inside", "in-front"))
    columns = {name: points.column(name).take(row) for name in (*ADDRESS, "lon", "lat")}
    told = {
        "footprint": names.take(building),
        "confidence": confidence[row],
        "reason": reason,
        "distance_m": distance,
        "addresses": addresses.astype(np.int32),
        "others": _others(where, pairs, row, building, names),
    }
    return pa.table({**columns, **told}, schema=LINKS)


def _addresses(address: Ints, building: Ints) -> Ints:
    """Return for each link how many addresses its building has."""
    both = np.unique(np.column_stack([building, address]), axis=0)
    return np.bincount(both[:, 0], minlength=int(building.max(initial=0)) + 1)[building]


def _others(where: Places, pairs: Candidates, row: Ints, building: Ints, names: pa.ChunkedArray) -> pa.Array:
    """Return for each linked point the buildings without a number of their own that are as near to it as to any."""
    free = ~np.isin(pairs.building, building) & (pairs.rival <= SHARED_M) & ~is_outbuilding(pairs)
    free &= (pairs.across < ACROSS) & ~pairs.elsewhere & np.isin(pairs.point, row)
    of_address, other = where.address[pairs.point[free]], pairs.building[free]
    pair = np.unique(np.column_stack([of_address, other]), axis=0)
    start = np.searchsorted(pair[:, 0], where.address[row])
    stop = np.searchsorted(pair[:, 0], where.address[row], side="right")
    return _lists(names, pair[:, 1], start, stop)


def _lists(values: pa.ChunkedArray, index: Ints, start: Ints, stop: Ints) -> pa.Array:
    """Return the list `values[index[start:stop]]` for each start and stop."""
    size = stop - start
    offsets = np.concatenate([[0], np.cumsum(size)])
    flat = np.repeat(start - offsets[:-1], size) + np.arange(offsets[-1])
    taken = values.take(index[flat]).combine_chunks()
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), taken)


def _doubtful(
    points: pa.Table,
    pairs: Candidates,
    chance: Floats,
    confidence: Floats,
    none: Floats,
    unsure: Bools,
    names: pa.ChunkedArray,
) -> pa.Table:
    row = np.flatnonzero(unsure)
    order = np.lexsort((-chance, pairs.point))
    start = np.searchsorted(pairs.point[order], row)
    stop = np.minimum(np.searchsorted(pairs.point[order], row, side="right"), start + MOST_CANDIDATES)
    second = (
        np.where(stop - start > 1, chance[order[np.minimum(start + 1, max(len(order) - 1, 0))]], 0.0)
        if len(order)
        else np.zeros(len(row))
    )
    nothing = (stop == start) | (none[row] > confidence[row])
    tie = second > confidence[row] / 2
    reason = np.where(nothing & ~tie, "no-building-near", np.where(tie, "between-buildings", "uncertain"))
    columns = {name: points.column(name).take(row) for name in (*ADDRESS, "lon", "lat")}
    told = {
        "letterbox_id": pa.nulls(len(row), pa.string()),
        "candidates": _lists(names, pairs.building[order], start, stop),
        "confidences": _lists(pa.chunked_array([pa.array(chance, pa.float64())]), order, start, stop),
        "confidence": np.where(stop == start, 0.0, confidence[row]),
        "reason": reason,
    }
    return pa.table({name: ({**columns, **told})[name] for name in DOUBTFUL.names}, schema=DOUBTFUL)
