"""Reports of roads: made, confirmed, cleared, ended by time or by a pass.

Must hold: each act is in the ledger, by reference and kind alone; a photo is masked before anything of it is kept, and
refused where nothing can mask it; what is stored of a place is a point on a public road; a report of another party is
answered to a carrier as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final
from uuid import UUID

import numpy as np
import pyarrow.compute as pc
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from umaya.engines.geometry import Roads, place_on_edge, roads
from umaya.engines.spatial import Grid, grid, nearest
from umaya.gate.monitoring.calendar import JAPAN
from umaya.gate.record import Acts, LedgerLike
from umaya.gate.roles import CARRIER
from umaya.places.atlas import Atlas
from umaya.services.reports.models import ReportRow
from umaya.services.reports.photos import Mask, masked_jpeg
from umaya.services.reports.rules import KindRule, rule_of, rules_on
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

NEAR_M: Final = 60.0
"""Metres: a place farther from every road is refused."""
EXTENDED: Final = 3
"""A report may be confirmed so often; then somebody makes a new one, with a new photo."""


class Word(StrEnum):
    """What somebody says of a report later."""

    CONFIRM = "confirm"
    CLEAR = "clear"


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
        has_photo: whether a masked photo is kept.
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

    def ended(self, now: datetime, last_passed: Mapping[int, datetime]) -> str:
        """Return why it no longer holds: `cleared`, `passed` or `over`; empty while it holds.

        Args:
            now: the present.
            last_passed: by segment, the start of the last window with a pass.
        """
        if self.cleared_at is not None:
            return "cleared"
        passed = last_passed.get(self.segment)
        if passed is not None and passed >= self.made_at and _rule(self).cleared_by_pass:
            return "passed"
        return "over" if now >= self.holds_until else ""


class RoadReports:
    """Takes reports and finds them.

    Args:
        database: of the services.
        ledger: where every act is recorded.
        atlas: the roads.
        clock: the present.
        entropy: returns so many random bytes.
        mask: finds what must not be seen in a photo; None where no detector is at hand.
        damage: returns a detector's word for what is in a masked photo, None for nothing; none by default.
    """

    def __init__(
        self,
        database: Database,
        ledger: LedgerLike,
        atlas: Atlas,
        clock: Clock,
        entropy: Callable[[int], bytes],
        mask: Mask | None = None,
        damage: Callable[[bytes], str | None] = lambda _: None,
    ) -> None:
        self._acts = Acts(database, ledger, clock, entropy)
        self._atlas = atlas
        self._mask = mask
        self._damage = damage

    @cached_property
    def _index(self) -> tuple[Roads, Grid]:
        net = roads(self._atlas.network)
        return net, grid(net)

    @property
    def takes_photos(self) -> bool:
        """Whether photos can be masked here; where they cannot, they are refused."""
        return self._mask is not None

    def make(
        self,
        actor: Actor,
        kind: str,
        place: tuple[float, float] | int,
        photo: bytes | None = None,
    ) -> Report:
        """Take a report in.

        Args:
            actor: a carrier.
            kind: of `rules.KINDS`.
            place: longitude and latitude, snapped to the nearest road; or the segment that was chosen by its name.
            photo: as the phone made it; only its masked form is kept.

        Raises:
            ForbiddenError: when the actor is no carrier.
            InputError: when there is no such kind, no road near the place, or the photo is none or cannot be masked.
        """
        _check(actor)
        now = self._acts.clock.now()
        rule, rules = rule_of(kind, now.astimezone(JAPAN).date()), rules_on(now.astimezone(JAPAN).date())
        segment, lon, lat = self._snapped(place)
        picture = None if photo is None else masked_jpeg(photo, self._mask)
        with self._acts.begin() as act:
            row = ReportRow(
                id=self._acts.new_id(),
                kind=kind,
                party=actor.party,
                reporter=actor.id,
                made_at=now,
                segment_id=segment,
                way_id=self._atlas.network.edges["way_id"][segment].as_py(),
                lon=lon,
                lat=lat,
                holds_until=now + rule.holds,
                confirmations=0,
                photo=picture and picture.jpeg,
                photo_until=picture and now + rules.photo,
                masked=picture.regions if picture else 0,
                damage=picture and self._damage(picture.jpeg),
            )
            act.session.add(row)
            _forget_photos(act.session, now)
            act.record("road.reported", actor.id, {"report": row.id, "kind": kind, "photo": picture is not None})
            return _report(row)

    def say(self, actor: Actor, report: str, word: Word) -> Report:
        """Confirm a report, so that it holds anew, or say that it is over.

        Raises:
            ForbiddenError: when the actor is no carrier.
            NotFoundError: when the own party has no such report.
            ConflictError: when it no longer holds, or was confirmed too often.
        """
        _check(actor)
        with self._acts.begin() as act:
            row = _find(act.session, report)
            if row is None or row.party != actor.party:
                raise NotFoundError("there is no such report")
            if _report(row).ended(act.now, {}):
                raise ConflictError("the report no longer holds: make a new one")
            if word is Word.CLEAR:
                row.cleared_at = act.now
            elif row.confirmations >= EXTENDED:
                raise ConflictError("the report was confirmed often enough: make a new one")
            else:
                row.confirmations += 1
                row.holds_until = act.now + _rule(_report(row)).holds
            kind = "road.report-cleared" if word is Word.CLEAR else "road.report-confirmed"
            act.record(kind, actor.id, {"report": row.id})
            return _report(row)

    def of_party(self, actor: Actor) -> list[Report]:
        """Return what the own party's carriers reported and still holds, the latest first."""
        _check(actor)
        return [one for one in self.in_force({}) if one.party == actor.party]

    def in_force(self, last_passed: Mapping[int, datetime]) -> list[Report]:
        """Return every report that holds, the latest first; the caller says who may see the road map.

        Args:
            last_passed: by segment, the start of the last window with a pass; ends reports of some kinds.
        """
        now = self._acts.clock.now()
        wanted = select(ReportRow).where(ReportRow.holds_until > now, ReportRow.cleared_at.is_(None))
        with self._acts.database.reading() as session:
            rows = session.scalars(wanted.order_by(ReportRow.made_at.desc(), ReportRow.id))
            return [one for one in map(_report, rows) if not one.ended(now, last_passed)]

    def get(self, report: str, party: str | None = None) -> Report:
        """Return a report, of a party where one is given; raise NotFoundError when there is none."""
        with self._acts.database.reading() as session:
            row = _find(session, report)
            if row is None or (party is not None and row.party != party):
                raise NotFoundError("there is no such report")
            return _report(row)

    def photo(self, report: str, party: str | None = None) -> bytes:
        """Return the masked photo of a report; raise NotFoundError when there is none, or its time is over."""
        with self._acts.database.reading() as session:
            row = _find(session, report)
            over = row is None or row.photo_until is None or self._acts.clock.now() >= row.photo_until
            if row is None or over or row.photo is None or (party is not None and row.party != party):
                raise NotFoundError("there is no such photo")
            return row.photo

    def ended(self, report: Report) -> str:
        """Return why a report no longer holds now, passes left aside; empty while it holds."""
        return report.ended(self._acts.clock.now(), {})

    def road(self, segment: int) -> Mapping[str, str | None]:
        """Return the names of a road, `name` and `name_en`; None where it has none."""
        edges = self._atlas.network.edges
        return {name: edges[name][segment].as_py() for name in ("name", "name_en")}

    def named(self, text: str, most: int = 20) -> list[int]:
        """Return segments of roads whose name holds a text, for who has no position; the longest first."""
        edges = self._atlas.network.edges
        found = edges.filter(pc.equal(edges["edge_id"], edges["segment_id"]))
        holds = pc.match_substring(pc.fill_null(found["name"], ""), text, ignore_case=True)
        english = pc.match_substring(pc.fill_null(found["name_en"], ""), text, ignore_case=True)
        found = found.filter(pc.or_(holds, english)).sort_by([("length_m", "descending")])
        ids: list[int] = found["segment_id"].slice(0, most).to_pylist()
        return ids

    def _snapped(self, place: tuple[float, float] | int) -> tuple[int, float, float]:
        """Return the segment of a place, and the point on it."""
        edges, (net, index) = self._atlas.network.edges, self._index
        if isinstance(place, int):
            if not 0 <= place < edges.num_rows or edges["segment_id"][place].as_py() != place:
                raise InputError(Place("segment"), "is no road of the map", "choose one from the list")
            lon, lat = place_on_edge(place, float(net.length[place]) / 2.0, net)
            return place, float(lon), float(lat)
        edge, offset, distance = np.empty(1, np.int32), np.empty(1), np.empty(1)
        if not nearest(*place, NEAR_M, net, index, edge, offset, distance):
            raise InputError(Place("place"), "is not near a road of the map", "choose the road by its name")
        lon, lat = place_on_edge(int(edge[0]), float(offset[0]), net)
        return int(edges["segment_id"][int(edge[0])].as_py()), float(lon), float(lat)


def _check(actor: Actor) -> None:
    if CARRIER not in actor.roles:
        raise ForbiddenError(f"the act needs the role `{CARRIER}`")


def _rule(report: Report) -> KindRule:
    return rule_of(report.kind, report.made_at.astimezone(JAPAN).date())


def _find(session: Session, report: str) -> ReportRow | None:
    try:
        return session.get(ReportRow, str(UUID(report)))
    except ValueError:
        return None


def _forget_photos(session: Session, now: datetime) -> None:
    session.execute(update(ReportRow).where(ReportRow.photo_until <= now).values(photo=None, photo_until=None))


def _report(row: ReportRow) -> Report:
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
        row.photo_until is not None,
        row.masked,
        row.damage,
    )
