"""The vault: datasets at rest, and the one way to read them.

Must hold: `open` is the only method that reads rows, it spends the grant before it reads the first, and what it read
goes to the obligations that the grant seals; only what they leave is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from umaya.stores.lake import Lake, Pending, Placement
from umaya.types.clock import Clock
from umaya.vault.area import Area
from umaya.vault.grant import Grant, Turnstile
from umaya.vault.layout import Layout
from umaya.vault.obligations import ObligationContext, Obligations, Window


class Vault:
    """Personal data below one directory.

    Args:
        directory: readable by the hub's own user alone; made when first written to.
        secret: the mint's.
        clock: tells when a grant is late.
        obligations: what chains are made of.
    """

    def __init__(self, directory: Path, secret: bytes, clock: Clock, obligations: Obligations) -> None:
        self._lake = Lake(directory)
        self._turnstile = Turnstile(secret, clock)
        self._obligations = obligations
        self._swept: set[str] = set()

    def open(self, grant: Grant) -> pa.Table:
        """Return what the grant's obligations leave of the rows that it permits.

        (1) The grant is spent, or nothing is read. (2) Only permitted columns and rows are scanned. (3) They go
        through the chain. (4) Rows that were read only for context, before the window, are dropped.

        Raises:
            GrantError: when the grant opens nothing.
            NotFoundError, ValueError: when an obligation cannot be made; others as the obligations raise.
        """
        self._turnstile.spend(grant)  # (1)
        chain = self._obligations.chain(grant.obligations)
        rows = self._scan(grant)  # (2)
        context = ObligationContext(grant.scheme, grant.window, grant.span, grant.area)
        left = chain.run(rows, context)  # (3)
        return _within(left, grant.layout.placement.time, grant.window)  # (4)

    def _scan(self, grant: Grant) -> pa.Table:
        layout, place = grant.layout, grant.layout.placement
        table = self._lake.scan(
            grant.dataset,
            layout.schema,
            place,
            columns=_needed(grant, place),
            span=grant.span,
            box=None if grant.area is None else grant.area.box,
        ).read_all()
        if grant.area is not None:
            table = _inside(table, place, grant.area)
        order = [(name, "ascending") for name in layout.order if name in grant.columns]
        table = table.select(list(grant.columns))
        return table.sort_by(order) if order else table

    def stage(self, dataset: str, layout: Layout, table: pa.Table, name: str) -> AbstractContextManager[Pending]:
        """Write rows so that nobody sees them yet; see `Lake.stage`. Sweeps what crashed writes left, once."""
        if dataset not in self._swept:
            self._lake.sweep(dataset)
            self._swept.add(dataset)
        return self._lake.stage(dataset, table, layout.placement, name)


def _needed(grant: Grant, place: Placement) -> Sequence[str]:
    """Return the columns to read: the permitted ones, and the coordinates where an area must be tested."""
    if grant.area is None or place.lon is None or place.lat is None:
        return grant.columns
    return list(dict.fromkeys([*grant.columns, place.lon, place.lat]))


def _inside(table: pa.Table, place: Placement, area: Area) -> pa.Table:
    if place.lon is None or place.lat is None:
        return table.slice(0, 0)  # rows without a place lie in no area
    if area.is_box or table.num_rows == 0:
        return table  # the scan has tested the box
    return table.filter(pa.array(area.covers(table.column(place.lon).to_numpy(), table.column(place.lat).to_numpy())))


def _within(table: pa.Table, time: str | None, window: Window | None) -> pa.Table:
    if time is None or window is None or time not in table.column_names:
        return table
    moments = table.column(time)
    start, end = (pa.scalar(moment, moments.type) for moment in window)
    return table.filter(pc.and_(pc.greater_equal(moments, start), pc.less(moments, end)))
