"""Release series: counts of one dataset reach a recipient once for each moment and place, in one form.

Two releases of counts that overlap can be subtracted from each other: other windows, another threshold, a larger area
each tell something that neither tells alone. So the product (obligations with their parameters and the columns), the
dataset, the recipient and the area make a *series*, and the windows of every series that a recipient has of a dataset
are disjoint, in time or in place, whichever schemes they come from.

Must hold: a window is known here in the transaction that permitted its use, so two uses that overlap are never both
permitted, in whatever process; a use of which nothing left does not count, so it can be asked for again. Rows that the
hub derived from others count as those others. Raw rows (an emergency) are no series.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
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
from umaya.vault import Area, Window


@dataclass(frozen=True)
class Told:
    """What a recipient was told for a time that a use asks for again.

    Attributes:
        areas: for each such window the area, None for everywhere.
    """

    areas: tuple[Area | None, ...] = ()

    def overlaps(self, area: Area | None) -> bool:
        """Return whether any of them shares a place with `area` (None for everywhere)."""
        return any(area is None or told is None or area.intersection(told) is not None for told in self.areas)


NOTHING_TOLD: Final = Told()


def find_told(session: Session, recipient: str, dataset: str, window: Window | None) -> Told:
    """Return what a recipient was told of a dataset for any time within a window."""
    if window is None:
        return NOTHING_TOLD
    query = (
        select(SeriesRow.area)
        .join(SeriesWindowRow, SeriesWindowRow.series == SeriesRow.id)
        .join(UseRow, UseRow.id == SeriesWindowRow.use)
        .where(
            SeriesRow.recipient == recipient,
            SeriesRow.dataset == _origin(session, dataset),
            SeriesWindowRow.starts < window[1],
            SeriesWindowRow.ends > window[0],
            UseRow.state != UseState.FAILED.value,
        )
        .distinct()
    )
    return Told(tuple(None if text is None else Area.of_geojson(json.loads(text)) for text in session.scalars(query)))


def add_window(session: Session, use: str, recipient: str, decision: Decision) -> None:
    """Note the window of a permitted use in its series; within the act that permitted it, after the use's own row."""
    if decision.window is None or decision.dataset is None:
        return
    row = _series(session, recipient, decision.dataset, decision)
    if session.get(SeriesRow, row.id) is None:
        session.add(row)
        session.flush()
    session.add(SeriesWindowRow(use=use, series=row.id, starts=decision.window[0], ends=decision.window[1]))


def _series(session: Session, recipient: str, dataset: str, decision: Decision) -> SeriesRow:
    steps = [[step.name, step.parameters] for step in decision.obligations]
    product = digest(rfc8785.dumps([dataset, list(decision.columns), steps]))
    area = None if decision.area is None else decision.area.canonical().decode()
    origin = _origin(session, dataset)
    name = hashlib.sha256(rfc8785.dumps([recipient, origin, product, area])).hexdigest()
    return SeriesRow(id=name, recipient=recipient, dataset=origin, product=product, area=area)


def _origin(session: Session, dataset: str) -> str:
    """Return the dataset that rows came from before the hub derived others of them."""
    source = session.scalar(select(DerivationRow.source).where(DerivationRow.derived == dataset))
    return dataset if source is None else source
