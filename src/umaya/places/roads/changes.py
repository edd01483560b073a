"""What became of each road segment when the map was updated: the table from an older network to a newer one.

By equal lines first, then, for the rest, by way and by how much of the old line lies along a new one, so a way that was
numbered anew is found all the same. What always holds: every old segment stands in the table, and two imports of one
extract are `same` throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.places.roads.geodesy import ECCENTRICITY_2, SEMI_MAJOR_M
from umaya.places.roads.references import Floats, Ints, Lines, References
from umaya.types.roads import RoadNetwork

CHANGES = pa.schema(
    [
        pa.field("old_segment_id", pa.int64(), nullable=False),
        pa.field("old_reference", pa.string(), nullable=False),
        pa.field("relation", pa.string(), nullable=False),
        pa.field("new_segment_id", pa.int64()),
        pa.field("new_reference", pa.string()),
        pa.field("share", pa.float64(), nullable=False),
        pa.field("shift_m", pa.float64()),
        pa.field("old_start_m", pa.float64()),
        pa.field("old_end_m", pa.float64()),
        pa.field("new_start_m", pa.float64()),
        pa.field("new_end_m", pa.float64()),
        pa.field("reversed", pa.bool_()),
    ]
)
"""What became of each old segment: one row for each new segment that it lies along, one with nulls where none.

`relation`: `same` (one to one, the line where it was), `moved` (one to one, drawn elsewhere or of another length),
`split` (one old, several new), `merged` (several old, one new), `recut` (several to several), `gone`. `share`: part of
the old segment that lies along the new one. `shift_m`: mean distance between the two. `*_start_m`, `*_end_m`: the
common stretch, metres from the start of each segment in the direction of its way. `reversed`: whether the
new way runs the other way."""

RELATIONS = ("same", "moved", "split", "merged", "recut", "gone")
TOLERANCE_M = 12.0
"""How far a road may have been moved and still be found."""
_OTHER_WAY_M = 5.0
"""How much nearer another way must be than a piece of the same way to be taken for the old one."""
_STEP_M = 4.0
_MOST_POINTS = 200
_ALONG = np.cos(np.radians(35))
_STILL_M = 0.5
_BESIDE = 0.7


@dataclass(frozen=True)
class _Pairs:
    """Old and new segments that lie along each other, one entry a pair: rows, and how they do."""

    old: Ints
    new: Ints
    share: Floats
    shift: Floats
    old_start: Floats
    old_end: Floats
    new_start: Floats
    new_end: Floats
    reversed: npt.NDArray[np.bool_]

    def take(self, kept: npt.NDArray[np.bool_]) -> _Pairs:
        return _Pairs(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def compare(old: RoadNetwork, new: RoadNetwork, tolerance_m: float = TOLERANCE_M) -> pa.Table:
    """Return what became of each segment of an older network in a newer one.

    Args:
        old: the network that references were made of.
        new: a later import of the same area.
        tolerance_m: how far a road may have been moved and still be found, more than 0.

    Returns:
        Schema CHANGES, ascending by old and new segment.
    """
    before, after = References(old), References(new)
    told, to_be = before.table(), after.table()
    twins = _equal_lines(told, to_be)
    left = np.setdiff1d(np.arange(len(before.ids)), twins[0])
    free = np.setdiff1d(np.arange(len(after.ids)), twins[1])
    pairs = _kept(_along(before, after, left, free, tolerance_m), before, after)
    gone = np.setdiff1d(left, pairs.old)
    blocks = [_same_rows(twins, before), _paired_rows(pairs, before, after), _gone_rows(gone)]
    found = {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}
    order = np.lexsort((found["new"], found["old"]))
    found = {key: column[order] for key, column in found.items()}
    none = found["new"] < 0
    matched = pa.array(found["new"], mask=none)
    columns = {
        "old_segment_id": before.ids[found["old"]],
        "old_reference": told["reference"].take(pa.array(found["old"])),
        "relation": found["relation"],
        "new_segment_id": to_be["segment_id"].take(matched),
        "new_reference": to_be["reference"].take(matched),
        "share": np.round(found["share"], 3),
        **{
            key: pa.array(np.round(found[key], 1), mask=none)
            for key in ("shift_m", "old_start_m", "old_end_m", "new_start_m", "new_end_m")
        },
        "reversed": pa.array(found["reversed"].astype(bool), mask=none),
    }
    return pa.table(columns, schema=CHANGES)


def _equal_lines(old: pa.Table, new: pa.Table) -> tuple[Ints, Ints]:
    """Return rows of old and new segments with one and the same line: of one way first, else the only such line."""
    taken_old, taken_new = np.zeros(old.num_rows, bool), np.zeros(new.num_rows, bool)
    pairs: list[tuple[Ints, Ints]] = []
    for keys in (["digest", "way_id"], ["digest"]):
        sides = []
        for table, taken in ((old, taken_old), (new, taken_new)):
            rows = table.append_column("row", pa.array(np.arange(table.num_rows))).filter(pa.array(~taken))
            once = rows.group_by(keys).aggregate([("row", "min"), ("row", "count")])
            sides.append(once.filter(pc.equal(once["row_count"], 1)).select([*keys, "row_min"]))
        joined = sides[0].join(sides[1], keys, join_type="inner", right_suffix="_new")
        rows_old, rows_new = joined["row_min"].to_numpy(), joined["row_min_new"].to_numpy()
        taken_old[rows_old], taken_new[rows_new] = True, True
        pairs.append((rows_old, rows_new))
    return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])


def _plane(lines: Lines) -> Lines:
    """Return lines in Mercator metres on the ellipsoid: angles are true, lengths 1 / cos(latitude) too long."""
    e = np.sqrt(ECCENTRICITY_2)

    def project(degrees: Floats) -> Floats:
        sine = np.sin(np.radians(degrees[:, 1]))
        north = np.arctanh(sine) - e * np.arctanh(e * sine)
        return np.column_stack([np.radians(degrees[:, 0]), north]) * SEMI_MAJOR_M

    flat: Lines = shapely.transform(lines, project)
    return flat


def _along(before: References, after: References, left: Ints, free: Ints, tolerance_m: float) -> _Pairs:
    """Find for points along the old lines the new line that each lies along, and gather them into pairs."""
    old_degrees, new_lines = before.lines(left), _plane(after.lines(free))
    old_lines = _plane(old_degrees)
    count = np.clip(np.ceil(before.length[left] / _STEP_M), 3, _MOST_POINTS).astype(np.int64)
    line = np.repeat(np.arange(len(left)), count)
    place = (np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / np.repeat(count, count)
    stretch = shapely.length(old_lines) / np.maximum(before.length[left], 1e-9)  # of the projection
    points = shapely.line_interpolate_point(old_lines[line], place, normalized=True)
    heading = _heading(old_lines[line], place * shapely.length(old_lines)[line], stretch[line])
    reach = tolerance_m * stretch[line]
    at, near = shapely.STRtree(new_lines).query(points, predicate="dwithin", distance=reach)
    located = shapely.line_locate_point(new_lines[near], points[at])
    foot = shapely.get_coordinates(shapely.line_interpolate_point(new_lines[near], located))
    step = (foot - shapely.get_coordinates(points[at])) / stretch[line[at], None]
    apart = np.hypot(step[:, 0], step[:, 1])
    beside = np.abs((step * heading[at]).sum(axis=1)) <= np.maximum(_STILL_M, _BESIDE * apart)  # not beyond its end
    cosine = (heading[at] * _heading(new_lines[near], located, stretch[line[at]])).sum(axis=1)
    cost = apart + _OTHER_WAY_M * (before.way[left][line[at]] != after.way[free][near])
    fits = beside & (np.abs(cosine) >= _ALONG)
    order = np.lexsort((near, cost, at))
    order = order[fits[order]]
    best = order[np.r_[True, np.diff(at[order]) != 0][: len(order)]]
    metres = shapely.length(new_lines)[near[best]]
    along_new = located[best] / np.maximum(metres, 1e-9) * after.length[free][near[best]]
    return _gathered(
        left,
        free,
        line[at[best]],
        near[best],
        place[at[best]],
        count,
        apart[best],
        along_new,
        cosine[best],
        before,
        after,
    )


def _heading(lines: Lines, along: Floats, metre: Floats) -> Floats:
    """Return the unit vector of each line's direction at a place along it, measured over two metres."""
    total = shapely.length(lines)
    start, end = np.clip(along - metre, 0, total), np.clip(along + metre, 0, total)
    step = shapely.get_coordinates(shapely.line_interpolate_point(lines, end)) - shapely.get_coordinates(
        shapely.line_interpolate_point(lines, start)
    )
    unit: Floats = step / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-12)[:, None]
    return unit


def _gathered(
    left: Ints,
    free: Ints,
    line: Ints,
    near: Ints,
    place: Floats,
    count: Ints,
    apart: Floats,
    along_new: Floats,
    cosine: Floats,
    before: References,
    after: References,
) -> _Pairs:
    """Return one pair for each old and new line that at least one point joins."""
    both, pair, points = np.unique(np.column_stack([line, near]), axis=0, return_inverse=True, return_counts=True)
    pair = pair.reshape(-1)
    old, new = left[both[:, 0]], free[both[:, 1]]
    half_old = 0.5 / count[both[:, 0]]
    low, high = np.full(len(both), np.inf), np.full(len(both), -np.inf)
    np.minimum.at(low, pair, place)
    np.maximum.at(high, pair, place)
    first, last = np.full(len(both), np.inf), np.full(len(both), -np.inf)
    np.minimum.at(first, pair, along_new)
    np.maximum.at(last, pair, along_new)
    half = half_old * before.length[old]
    turned = np.bincount(pair, weights=cosine, minlength=len(both)) < 0
    return _Pairs(
        old=old,
        new=new,
        share=points / count[both[:, 0]],
        shift=np.bincount(pair, weights=apart, minlength=len(both)) / np.maximum(points, 1),
        old_start=np.maximum(low - half_old, 0) * before.length[old],
        old_end=np.minimum(high + half_old, 1) * before.length[old],
        new_start=np.maximum(first - half, 0),
        new_end=np.minimum(last + half, after.length[new]),
        reversed=turned,
    )


def _kept(pairs: _Pairs, before: References, after: References) -> _Pairs:
    """Leave out pairs that only touch: where a road bends into another, a few points lie along that one too."""
    metres = pairs.share * before.length[pairs.old]
    shorter = np.minimum(before.length[pairs.old], after.length[pairs.new])
    return pairs.take((metres >= 0.25 * shorter) | (metres >= 5 * _STEP_M))


def _same_rows(twins: tuple[Ints, Ints], before: References) -> dict[str, npt.NDArray[np.generic]]:
    length, zero = before.length[twins[0]], np.zeros(len(twins[0]))
    return {
        "old": twins[0],
        "new": twins[1],
        "relation": np.full(len(zero), "same", object),
        "share": zero + 1,
        "shift_m": zero,
        "old_start_m": zero,
        "old_end_m": length,
        "new_start_m": zero,
        "new_end_m": length,
        "reversed": zero,
    }


def _paired_rows(pairs: _Pairs, before: References, after: References) -> dict[str, npt.NDArray[np.generic]]:
    of_old = np.bincount(pairs.old, minlength=len(before.ids))[pairs.old]
    of_new = np.bincount(pairs.new, minlength=len(after.ids))[pairs.new]
    shares = np.bincount(pairs.new, weights=of_old > 1, minlength=len(after.ids))[pairs.new] > 0
    several_new = np.bincount(pairs.old, weights=of_new > 1, minlength=len(before.ids))[pairs.old] > 0
    longer = np.abs(before.length[pairs.old] - after.length[pairs.new])
    still = (pairs.shift <= _STILL_M) & (longer <= np.maximum(1.0, 0.02 * before.length[pairs.old]))
    relation = np.select(
        [
            (of_old == 1) & (of_new == 1) & still,
            (of_old == 1) & (of_new == 1),
            (shares & (of_new > 1)) | (several_new & (of_old > 1)),
            of_old > 1,
        ],
        ["same", "moved", "recut", "split"],
        "merged",
    ).astype(object)
    return {
        "old": pairs.old,
        "new": pairs.new,
        "relation": relation,
        "share": pairs.share,
        "shift_m": pairs.shift,
        "old_start_m": pairs.old_start,
        "old_end_m": pairs.old_end,
        "new_start_m": pairs.new_start,
        "new_end_m": pairs.new_end,
        "reversed": pairs.reversed.astype(float),
    }


def _gone_rows(gone: Ints) -> dict[str, npt.NDArray[np.generic]]:
    zero = np.zeros(len(gone))
    numbers = dict.fromkeys(("shift_m", "old_start_m", "old_end_m", "new_start_m", "new_end_m", "reversed"), zero)
    return {
        "old": gone,
        "new": np.full(len(gone), -1),
        "relation": np.full(len(gone), "gone", object),
        "share": zero,
        **numbers,
    }
