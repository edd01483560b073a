"""Where rows belong in the lake: which day and area, and what a scan of a span and a box must test.

Days are in UTC, areas as `umaya.stores.mesh` has them; what has no time or place lies under `none`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from umaya.stores import mesh

NONE: Final = "none"
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True)
class Placement:
    """Which columns say when (timestamp[us, UTC]) and where (degrees, finite) a row belongs; None for none."""

    time: str | None = None
    lon: str | None = None
    lat: str | None = None


def days_of(span: tuple[datetime, datetime]) -> set[str]:
    """Return the folders of the days that a half-open span touches."""
    first = span[0].astimezone(UTC).date()
    last = (span[1].astimezone(UTC) - timedelta(microseconds=1)).date()
    return {str(first + timedelta(days=at)) for at in range((last - first).days + 1)}


def limits_of(
    schema: pa.Schema,
    placement: Placement,
    span: tuple[datetime, datetime] | None,
    box: tuple[float, float, float, float] | None,
    where: ds.Expression | None,
) -> ds.Expression | None:
    """Return what a row must meet to lie within a span and a box, and besides; None for no limit."""
    terms = [] if where is None else [where]
    if span is not None and placement.time is not None:
        start, end = (pa.scalar(moment, schema.field(placement.time).type) for moment in span)
        terms += [ds.field(placement.time) >= start, ds.field(placement.time) < end]
    if box is not None and placement.lon is not None and placement.lat is not None:
        west, south, east, north = box
        lon, lat = ds.field(placement.lon), ds.field(placement.lat)
        terms += [lon >= west, lon <= east, lat >= south, lat <= north]
    if not terms:
        return None
    whole = terms[0]
    for term in terms[1:]:
        whole &= term
    return whole


def partitions(table: pa.Table, placement: Placement) -> Iterator[tuple[str, str, pa.Table]]:
    """Yield day, area and rows of each partition; rows in time order, so that a scan can skip row groups."""
    if table.num_rows == 0:
        return
    if placement.time is None and placement.lon is None:
        yield NONE, NONE, table
        return
    days = np.zeros(table.num_rows, np.int64)
    areas = np.zeros(table.num_rows, np.int64)
    if placement.time is not None:
        moments = table.column(placement.time).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
        days = moments // _DAY_US
    if placement.lon is not None and placement.lat is not None:
        areas = mesh.cells(table.column(placement.lon).to_numpy(), table.column(placement.lat).to_numpy())
    keys = [areas, days] if placement.time is None else [moments, areas, days]
    order = np.lexsort(keys)
    days, areas = days[order], areas[order]
    starts = np.flatnonzero(np.r_[True, (days[1:] != days[:-1]) | (areas[1:] != areas[:-1])])
    rows = table.take(pa.array(order))
    for start, end in zip(starts, np.r_[starts[1:], len(order)], strict=True):
        day = NONE if placement.time is None else str(np.datetime64(int(days[start]), "D"))
        area = NONE if placement.lon is None else mesh.code(areas[start])
        yield day, area, rows.slice(start, end - start)
