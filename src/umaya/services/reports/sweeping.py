"""Deletes photos and rows of reports whose time is over, by the dated rules.

Must hold: what is deleted is counted in the ledger. When to sweep is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, true, update

from umaya.gate.catalogue import HUB
from umaya.gate.record import Acts
from umaya.services.reports.models import ReportRow
from umaya.services.reports.rules import spans


@dataclass(frozen=True)
class Swept:
    """What was deleted, or is due: photos of rows that stay, and rows."""

    photos: int
    rows: int


def sweep(acts: Acts, *, pretend: bool) -> Swept:
    """Delete what is due, or only count it.

    Args:
        acts: of the services' database.
        pretend: count only.
    """
    rows = _rows_due(acts.clock.now())
    photos = and_(ReportRow.photo_until <= acts.clock.now(), ~rows)
    with acts.database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(ReportRow).where(due)) for due in (photos, rows)]
    found = Swept(*(count or 0 for count in counts))
    if pretend or found == Swept(0, 0):
        return found
    with acts.begin() as act:
        gone = act.session.scalars(delete(ReportRow).where(rows).returning(ReportRow.id)).all()
        emptied = update(ReportRow).where(photos).values(photo=None, photo_until=None).returning(ReportRow.id)
        done = Swept(len(act.session.scalars(emptied).all()), len(gone))
        act.record("road.reports-swept", HUB, {"photos": done.photos, "reports": done.rows})
    return done


def _rows_due(now: datetime) -> ColumnElement[bool]:
    """Whether a report ended so long ago as the rules of its day say."""
    return or_(*(_ended_by(now - rules.row, *days) for rules, days in spans()))


def _ended_by(end: datetime, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    after = true() if since is None else ReportRow.made_at >= since
    before = true() if until is None else ReportRow.made_at < until
    return and_(func.coalesce(ReportRow.cleared_at, ReportRow.holds_until) <= end, after, before)
