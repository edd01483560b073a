"""Reports of roads: made, confirmed, cleared, ended by time or by a pass, shown to officers, deleted.

Must hold: each act is in the ledger, by reference and kind alone, and each look of an officer before it is answered; a
photo is masked before anything of it is kept, and refused where nothing can mask it; what is stored of a place is a
point on a public road; a report of another party is answered to a carrier as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final
from uuid import UUID

import numpy as np
import pyarrow.compute as pc
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.engines.geometry import Roads, place_on_edge, roads
from umaya.engines.spatial import Grid, grid, nearest
from umaya.gate.monitoring.calendar import JAPAN
from umaya.gate.record import Acts, LedgerLike
from umaya.gate.roles import CARRIER
from umaya.places.atlas import Atlas
from umaya.services.reports.models import ReportRow
from umaya.services.reports.pace import Pace
from umaya.services.reports.photos import Mask, masked_jpeg
from umaya.services.reports.report import Report, report_of
from umaya.services.reports.rules import rule_of, rules_on
from umaya.services.reports.sweeping import Swept, sweep
from umaya.services.reports.telling import Sight, Told, tag, told
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

NEAR_M: Final = 60.0
"""Metres: a place farther from every road is refused."""
EXTENDED: Final = 3
"""A report may be confirmed so often; then somebody makes a new one, with a new photo."""
A_MINUTE: Final = 12
"""Reports that one carrier may try to make within a minute."""


class Word(StrEnum):
    """What somebody says of a report later."""

    CONFIRM = "confirm"
    CLEAR = "clear"


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
        self._pace = Pace(A_MINUTE, timedelta(minutes=1), clock)

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
            TooManyError: when the carrier tried too often within a minute.
        """
        _check(actor)
        self._pace.take(actor.id)
        now = self._acts.clock.now()
        rule, rules = rule_of(kind, now.astimezone(JAPAN).date()), rules_on(now.astimezone(JAPAN).date())
        segment, lon, lat = self._snapped(place)
        picture = None if photo is None else masked_jpeg(photo, self._mask)
        damage = picture and self._damage(picture.jpeg)
        self.sweep()
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
                damage=damage,
            )
            act.session.add(row)
            act.record("road.reported", actor.id, {"report": row.id, "kind": kind, "photo": picture is not None})
            return report_of(row, now)

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
            if report_of(row, act.now).ended(act.now, {}):
                raise ConflictError("the report no longer holds: make a new one")
            if word is Word.CLEAR:
                row.cleared_at = act.now
            elif row.confirmations >= EXTENDED:
                raise ConflictError("the report was confirmed often enough: make a new one")
            else:
                row.confirmations += 1
                row.holds_until = act.now + report_of(row, act.now).rule.holds
            kind = "road.report-cleared" if word is Word.CLEAR else "road.report-confirmed"
            act.record(kind, actor.id, {"report": row.id})
            return report_of(row, act.now)

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
            found = [report_of(row, now) for row in rows]
            return [one for one in found if not one.ended(now, last_passed)]

    def shown(self, actor: Actor, sight: Sight) -> list[Told]:
        """Return what an officer is told of the reports that hold; where that is anything, it is recorded first.

        Args:
            actor: who may see the road map.
            sight: what that map says about which reports may be told.

        Raises:
            ConflictError: when the homes of the roads are not known, so that dead ends cannot be told.
        """
        return self.news(actor, sight, "") or []

    def news(self, actor: Actor, sight: Sight, known: str) -> list[Told] | None:
        """Return what `shown` does; None, and nothing is recorded, where the officer has just that already.

        Args:
            actor: who may see the road map.
            sight: what that map says about which reports may be told.
            known: `telling.tag` of what the officer has; empty for nothing.
        """
        found = self._told(actor, sight)
        if known == tag(found):
            return None
        if found:
            with self._acts.begin() as act:
                act.record("road.reports-shown", actor.id, {"reports": len(found)})
        return found

    def photo_shown(self, actor: Actor, sight: Sight, report: str) -> bytes:
        """Return the masked photo of a report that an officer is told of; recorded first. Arguments as of `shown`.

        Raises:
            NotFoundError: when the officer is told of no such report, or it has no photo, or its time is over.
        """
        if all(one.id != report for one in self._told(actor, sight)):
            raise NotFoundError("there is no such photo")
        photo = self.photo(report)
        with self._acts.begin() as act:
            act.record("road.report-photo-shown", actor.id, {"report": report})
        return photo

    def _told(self, actor: Actor, sight: Sight) -> list[Told]:
        held = self.in_force(sight.last_passed)
        others = sight.max_homes is not None and any(one.party != actor.party for one in held)
        hidden = set(self._atlas.suppressed(sight.max_homes or 0).tolist()) if others else set()
        return told(held, actor.party, sight.areas, hidden, self._middle)

    def sweep(self, *, pretend: bool = False) -> Swept:
        """Delete the photos and the rows whose time is over; what was deleted is recorded.

        Args:
            pretend: count only.
        """
        return sweep(self._acts, pretend=pretend)

    def get(self, report: str, party: str | None = None) -> Report:
        """Return a report, of a party where one is given; raise NotFoundError when there is none."""
        with self._acts.database.reading() as session:
            row = _find(session, report)
            if row is None or (party is not None and row.party != party):
                raise NotFoundError("there is no such report")
            return report_of(row, self._acts.clock.now())

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
        edges = self._atlas.network.edges
        if isinstance(place, int):
            if not 0 <= place < edges.num_rows or edges["segment_id"][place].as_py() != place:
                raise InputError(Place("segment"), "is no road of the map", "choose one from the list")
            return place, *self._middle(place)
        net, index = self._index
        edge, offset, distance = np.empty(1, np.int32), np.empty(1), np.empty(1)
        if not nearest(*place, NEAR_M, net, index, edge, offset, distance):
            raise InputError(Place("place"), "is not near a road of the map", "choose the road by its name")
        lon, lat = place_on_edge(int(edge[0]), float(offset[0]), net)
        return int(edges["segment_id"][int(edge[0])].as_py()), float(lon), float(lat)

    def _middle(self, segment: int) -> tuple[float, float]:
        """Return longitude and latitude of the middle of a segment."""
        net, _ = self._index
        lon, lat = place_on_edge(segment, float(net.length[segment]) / 2.0, net)
        return float(lon), float(lat)


def _check(actor: Actor) -> None:
    if CARRIER not in actor.roles:
        raise ForbiddenError(f"the act needs the role `{CARRIER}`")


def _find(session: Session, report: str) -> ReportRow | None:
    try:
        return session.get(ReportRow, str(UUID(report)))
    except ValueError:
        return None
