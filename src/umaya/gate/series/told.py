"""Release series: counts of one dataset reach a recipient once for each moment and place, in one form.

Two releases of counts that overlap can be subtracted from each other: other windows, another threshold, a larger area
each tell something that neither tells alone. So the product (obligations with their parameters, the columns and the
event), the dataset, the recipient and the area make a *series*. Within a series windows are disjoint: what it tells of
the time before a window, it worked out from the data as for every window, and tells once. Two different series that
share a place are disjoint in all the time that their releases were made of, the lookback included, because what each
tells of longer ago is cut in another way.

Must hold: a window is known here in the transaction that permitted its use, so two uses that overlap are never both
permitted, in whatever process; a use of which nothing left does not count, so it can be asked for again. Rows that the
hub derived from others count as those others. Raw rows (an emergency) are no series.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.intake.derivations import DerivationRow
from umaya.gate.models import UseRow
from umaya.gate.record import digest
from umaya.gate.series.models import SeriesRow, SeriesWindowRow
from umaya.gate.use import Decision
from umaya.gate.uses import UseState
from umaya.vault import Area, Owed, Window


@dataclass(frozen=True)
class Counted:
    """Counts that were told, or are asked for.

    Attributes:
        product: as `product_of` makes it.
        place: the area in canonical GeoJSON, None for everywhere.
        window: of the use.
        since: the start of what was read: of the window, or of the lookback before it.
    """

    product: str
    place: str | None
    window: Window
    since: datetime

    def overlaps(self, other: Counted) -> bool:
        """Return whether the two could be subtracted from each other."""
        if self.product == other.product and self.place == other.place:
            return self.window[0] < other.window[1] and other.window[0] < self.window[1]
        if self.since >= other.window[1] or other.since >= self.window[1]:
            return False
        if self.place is None or other.place is None:
            return True
        return _area(self.place).intersection(_area(other.place)) is not None


NOTHING_TOLD: Final[tuple[Counted, ...]] = ()


def product_of(dataset: str, columns: Sequence[str], obligations: Sequence[Owed], event: str | None) -> str:
    """Return the digest of what makes two releases of one dataset the same counts of different windows.

    The event is part of it because nothing is read from before its start.
    """
    steps = [[step.name, step.parameters] for step in obligations]
    return digest(rfc8785.dumps([dataset, list(columns), steps, event]))


def place_of(area: Area | None) -> str | None:
    """Return an area as series keep it: canonical GeoJSON, None for everywhere."""
    return None if area is None else area.canonical().decode()


def find_told(
    session: Session, recipient: str, dataset: str, window: Window | None, lookback: timedelta
) -> tuple[Counted, ...]:
    """Return what a recipient was told of a dataset from any time within a window or the lookback before it."""
    if window is None:
        return NOTHING_TOLD
    query = (
        select(SeriesRow, SeriesWindowRow)
        .join(SeriesWindowRow, SeriesWindowRow.series == SeriesRow.id)
        .join(UseRow, UseRow.id == SeriesWindowRow.use)
        .where(
            SeriesRow.recipient == recipient,
            SeriesRow.dataset == _origin(session, dataset),
            SeriesWindowRow.since < window[1],
            SeriesWindowRow.ends > window[0] - lookback,
            UseRow.state != UseState.FAILED.value,
        )
    )
    rows = session.execute(query)
    return tuple(Counted(it.product, it.area, (told.starts, told.ends), told.since) for it, told in rows)


def add_window(session: Session, use: str, recipient: str, decision: Decision) -> None:
    """Note the window of a permitted use in its series; within the act that permitted it, after the use's own row."""
    if decision.window is None or decision.dataset is None:
        return
    row = _series(session, recipient, decision.dataset, decision)
    if session.get(SeriesRow, row.id) is None:
        session.add(row)
        session.flush()
    starts, ends = decision.window
    since = starts if decision.span is None else decision.span[0]
    session.add(SeriesWindowRow(use=use, series=row.id, since=since, starts=starts, ends=ends))


def _series(session: Session, recipient: str, dataset: str, decision: Decision) -> SeriesRow:
    product = product_of(dataset, decision.columns, decision.obligations, decision.event)
    place = place_of(decision.area)
    origin = _origin(session, dataset)
    name = hashlib.sha256(rfc8785.dumps([recipient, origin, product, place])).hexdigest()
    return SeriesRow(id=name, recipient=recipient, dataset=origin, product=product, area=place)


@lru_cache(maxsize=64)
def _area(place: str) -> Area:
    return Area.of_geojson(json.loads(place))


def _origin(session: Session, dataset: str) -> str:
    """Return the dataset that rows came from before the hub derived others of them."""
    source = session.scalar(select(DerivationRow.source).where(DerivationRow.derived == dataset))
    return dataset if source is None else source
