"""Letterboxes with their addresses and the households behind them. Vectorised: no loop over people."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.sample.map.draft import Floats, Ints
from umaya.sample.map.valleys import VALLEYS
from umaya.sample.names import GIVEN_NAMES, QUARTERS, SURNAMES, town_name
from umaya.sample.tables import HOUSEHOLDS

QUARTER_M = 420.0
"""Size of a quarter (町), metres; each has four numbered parts (丁目)."""


def ids(prefix: str, first: int, count: int, width: int) -> pa.Array:
    """Return `count` ids from `first` on, such as b00001."""
    number = pc.utf8_lpad(pa.array(np.arange(first, first + count)).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), number, "")


def addresses(cell: int, house: Floats, way: Ints, valley: Ints) -> pa.Array:
    """Return one address for each letterbox of a cell, all different.

    In the basin 水無瀬市本町二丁目3番5号 with a block number (番) for each street and a house number (号) along it,
    in the valleys 水無瀬市大字上谷12番地.

    Args:
        cell: number of the municipality.
        house: (n, 2) metres from the centre of the cell.
        way: way faced by each.
        valley: number of the valley, -1 in the basin.
    """
    square = np.floor(house / QUARTER_M + 0.5).astype(np.int64)
    quarter = np.unique(square, axis=0, return_inverse=True)[1].ravel()
    half = np.floor(2 * (house / QUARTER_M + 0.5 - square)).astype(np.int64)
    part = half[:, 0] + 2 * half[:, 1]
    area = np.where(valley >= 0, -1 - valley, quarter * 4 + part)
    block = _rank_of_group(area, way)
    number = _running(area * (way.max() + 1) + way)
    in_area = _running(area)
    names = QUARTERS + [f"{side}{name}" for side in ("東", "西", "南", "北") for name in QUARTERS]
    town = town_name(cell)[0]
    urban = _join(
        pa.scalar(town),
        pa.array(names).take(pa.array(quarter % len(names))),
        pa.array(["一丁目", "二丁目", "三丁目", "四丁目"]).take(pa.array(part)),
        _text(block + 1),
        pa.scalar("番"),
        _text(number + 1),
        pa.scalar("号"),
    )
    valleys = pa.array([v.ja for v in VALLEYS]).take(pa.array(np.maximum(valley, 0)))
    rural = _join(pa.scalar(f"{town}大字"), valleys, _text(in_area + 1), pa.scalar("番地"))
    return pc.if_else(pa.array(valley >= 0), rural, urban)


def households(letterbox_ids: pa.Array, homes: Ints, first_id: int, rng: np.random.Generator) -> pa.Table:
    """Return one household for each home behind the letterboxes (schema `HOUSEHOLDS`)."""
    count = int(homes.sum())
    surnames, given = len(SURNAMES) // 2, len(GIVEN_NAMES) // 2
    weight = 1.0 / (np.arange(surnames) + 6.0)
    family = rng.choice(surnames, size=count, p=weight / weight.sum())
    first = rng.integers(0, given, count)
    columns = []
    for part in (0, 1):
        name = pa.array(SURNAMES[part::2]).take(pa.array(family))
        columns.append(pc.binary_join_element_wise(name, pa.array(GIVEN_NAMES[part::2]).take(pa.array(first)), " "))
    members = rng.choice(np.arange(1, 7, dtype=np.int32), size=count, p=[0.31, 0.31, 0.17, 0.13, 0.06, 0.02])
    box = letterbox_ids.take(pa.array(np.repeat(np.arange(len(homes)), homes)))
    return pa.table([ids("h", first_id, count, 6), *columns, pa.array(members), box], schema=HOUSEHOLDS)


def _join(*parts: object) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _text(numbers: Ints) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _running(group: Ints) -> Ints:
    """Return 0, 1, 2, ... within each group, in row order."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.append(first, len(group)))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.repeat(first, counts)
    return rank


def _rank_of_group(area: Ints, way: Ints) -> Ints:
    """Return the rank of each row's way among the ways of its area."""
    pairs, inverse = np.unique(np.column_stack([area, way]), axis=0, return_inverse=True)
    return _running(pairs[:, 0])[inverse.ravel()]
