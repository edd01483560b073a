"""A report as it is kept, without the one who made it, and when it ends. No store, no clock of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from umaya.gate.monitoring.calendar import JAPAN
from umaya.services.reports.models import ReportRow
from umaya.services.reports.rules import KindRule, rule_of


@dataclass(frozen=True)
class Report:
    """What was reported of a road.

    Attributes:
        kind: of `rules.KINDS`.
        party: of the carrier.
        made_at: when it was reported.
        segment, way, lon, lat: the road, and the point on it.
        holds_until: unless it is confirmed or cleared.
        cleared_at: when somebody said that it is over.
        confirmations: how often somebody said that it still is.
        has_photo: whether there is a masked photo whose time is not over.
        masked: regions masked in it.
        damage: what a detector saw in it.
    """

    id: str
    kind: str
    party: str
    made_at: datetime
    segment: int
    way: int
    lon: float
    lat: float
    holds_until: datetime
    cleared_at: datetime | None
    confirmations: int
    has_photo: bool
    masked: int
    damage: str | None

    @property
    def rule(self) -> KindRule:
        """The rule of its kind on its day."""
        return rule_of(self.kind, self.made_at.astimezone(JAPAN).date())

    def ended(self, now: datetime, last_passed: Mapping[int, datetime]) -> str:
        """Return why it no longer holds: `cleared`, `passed` or `over`; empty while it holds.

        Args:
            now: the present.
            last_passed: by segment, the start of the last window with a pass.
        """
        if self.cleared_at is not None:
            return "cleared"
        passed = last_passed.get(self.segment)
        if passed is not None and passed >= self.made_at and self.rule.cleared_by_pass:
            return "passed"
        return "over" if now >= self.holds_until else ""


def report_of(row: ReportRow, now: datetime) -> Report:
    """Return what a row says at the present."""
    return Report(
        row.id,
        row.kind,
        row.party,
        row.made_at,
        row.segment_id,
        row.way_id,
        row.lon,
        row.lat,
        row.holds_until,
        row.cleared_at,
        row.confirmations,
        row.photo_until is not None and now < row.photo_until,
        row.masked,
        row.damage,
    )
