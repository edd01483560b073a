"""What became of each road segment when the map was updated: the table from an older network to a newer one.

By equal lines first, then, for the rest, by way and by how much of the old line lies along a new one, so a way that was
numbered anew is found all the same. What always holds: every old segment stands in the table, and two imports of one
extract are `same` throughout.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.engines.alongside import STEP_M, STILL_M, Pairs, Side, pairs
from umaya.places.roads.geodesy import ECCENTRICITY_2, SEMI_MAJOR_M
from umaya.places.roads.references import Floats, Ints, References
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
    along = _kept(_along(before, after, left, free, tolerance_m), before, after)
    gone = np.setdiff1d(left, along.old)
    blocks = [_same_rows(twins, before), _paired_rows(along, before, after), _gone_rows(gone)]
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


def _along(before: References, after: References, left: Ints, free: Ints, tolerance_m: float) -> Pairs:
    """Return which of the rows `left` lie along which of the rows `free`."""
    found = pairs(_side(before, left), _side(after, free), tolerance_m)
    return replace(found, old=left[found.old], new=free[found.new])


def _side(references: References, rows: Ints) -> Side:
    """Return lines in Mercator metres on the ellipsoid: angles are true, lengths 1 / cos(latitude) too long."""
    degrees, line = shapely.get_coordinates(references.lines(rows), return_index=True)
    offsets: Ints = np.r_[0, np.cumsum(np.bincount(line, minlength=len(rows)))].astype(np.int64)
    e = np.sqrt(ECCENTRICITY_2)
    sine = np.sin(np.radians(degrees[:, 1]))
    north = np.arctanh(sine) - e * np.arctanh(e * sine)
    at: Floats = np.column_stack([np.radians(degrees[:, 0]), north]) * SEMI_MAJOR_M
    return Side(at, offsets, references.length[rows], references.way[rows])


def _kept(along: Pairs, before: References, after: References) -> Pairs:
    """Leave out pairs that only touch: where a road bends into another, a few points lie along that one too."""
    metres = along.share * before.length[along.old]
    shorter = np.minimum(before.length[along.old], after.length[along.new])
    return along.take((metres >= 0.25 * shorter) | (metres >= 5 * STEP_M))


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


def _paired_rows(along: Pairs, before: References, after: References) -> dict[str, npt.NDArray[np.generic]]:
    of_old = np.bincount(along.old, minlength=len(before.ids))[along.old]
    of_new = np.bincount(along.new, minlength=len(after.ids))[along.new]
    shares = np.bincount(along.new, weights=of_old > 1, minlength=len(after.ids))[along.new] > 0
    several_new = np.bincount(along.old, weights=of_new > 1, minlength=len(before.ids))[along.old] > 0
    longer = np.abs(before.length[along.old] - after.length[along.new])
    still = (along.shift <= STILL_M) & (longer <= np.maximum(1.0, 0.02 * before.length[along.old]))
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
        "old": along.old,
        "new": along.new,
        "relation": relation,
        "share": along.share,
        "shift_m": along.shift,
        "old_start_m": along.old_start,
        "old_end_m": along.old_end,
        "new_start_m": along.new_start,
        "new_end_m": along.new_end,
        "reversed": along.reversed.astype(float),
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
