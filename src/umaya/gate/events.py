"""Declared disasters: what the postal exception for disasters rests on.

An event is declared by the municipality concerned, names an area and an end, and ends by itself; it can be ended
early. Must hold: an end only ever moves to an earlier moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Words, find_actor, find_party, is_id
from umaya.gate.hats import check_role
from umaya.gate.models import EventRow
from umaya.gate.record import Acts, digest
from umaya.gate.roles import DECLARER
from umaya.law.check import MUNICIPALITY
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.vault import Area


@dataclass(frozen=True)
class Event:
    """A declared disaster.

    Attributes:
        id: e.g. `minase-earthquake`.
        name: for people.
        municipality: id of the party that may use it.
        area: where it holds.
        start, end: half-open [start, end), UTC; `end` is the early end where there was one.
        declared_by: id of the actor.
        ended_by: id of the actor who ended it early, or None.
    """

    id: str
    name: Words
    municipality: str
    area: Area
    start: datetime
    end: datetime
    declared_by: str
    ended_by: str | None = None


class Events:
    """Declares, ends and finds.

    Args:
        acts: begins declarations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def declare(
        self, actor: Actor, event: str, name: Words, municipality: str, area: Area, start: datetime, end: datetime
    ) -> Event:
        """Declare a disaster.

        Args:
            actor: a declarer of the municipality.
            event: id, never used before.
            name: for people.
            municipality: id of a party of kind `municipality`.
            area: where.
            start: when it struck; may lie in the past.
            end: when it ends by itself; must lie in the future.

        Raises:
            InputError: when an id or a time is wrong.
            ForbiddenError: when the actor may not.
            ConflictError: when the id is taken.
        """
        _check_event(event, start, end)
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            _check_declarer(person, municipality)
            if find_party(act.session, municipality).kind != MUNICIPALITY:
                raise InputError(_place("municipality"), "the party is no municipality", "name a municipality")
            if end <= act.now:
                raise InputError(_place("end"), "the end lies in the past", "name one in the future")
            if act.session.get(EventRow, event) is not None:
                raise ConflictError(f"the id `{event}` is taken")
            geojson = area.canonical().decode()
            row = EventRow(
                id=event,
                name_ja=name.ja,
                name_en=name.en,
                municipality=municipality,
                area=geojson,
                starts=start.astimezone(UTC),
                ends=end.astimezone(UTC),
                declared_by=person.id,
                declared_at=act.now,
                entry=0,
            )
            act.session.add(row)
            body = {"event": event, "municipality": municipality, "area": digest(geojson.encode())}
            row.entry = act.record("event.declared", person.id, {**body, "starts": start, "ends": end})
            return _event(row)

    def end(self, actor: Actor, event: str) -> Event:
        """End an event now: by a declarer of its municipality; raises ConflictError when it has ended."""
        with self._acts.begin() as act:
            row = act.session.get(EventRow, event, with_for_update=True)
            if row is None:
                raise NotFoundError("there is no such event")
            person = find_actor(act.session, actor.id)
            _check_declarer(person, row.municipality)
            if row.ends <= act.now:
                raise ConflictError("the event has ended")
            row.ends = max(act.now, row.starts)
            row.ended_by = person.id
            row.ended_entry = act.record("event.ended", person.id, {"event": event, "ends": row.ends})
            return _event(row)

    def get(self, event: str) -> Event:
        """Return an event or raise NotFoundError."""
        with self._acts.database.reading() as session:
            found = find_event(session, event)
        if found is None:
            raise NotFoundError("there is no such event")
        return found

    def list(self) -> list[Event]:
        """Return every event, latest start first."""
        with self._acts.database.reading() as session:
            rows = session.scalars(select(EventRow).order_by(EventRow.starts.desc(), EventRow.id))
            return [_event(row) for row in rows]


def find_event(session: Session, event: str) -> Event | None:
    """Return an event or None."""
    row = session.get(EventRow, event)
    return None if row is None else _event(row)


def _event(row: EventRow) -> Event:
    area = Area.of_geojson(json.loads(row.area))
    name = Words(row.name_ja, row.name_en)
    return Event(row.id, name, row.municipality, area, row.starts, row.ends, row.declared_by, row.ended_by)


def _place(field: str) -> Place:
    return Place("event", field=field)


def _check_event(event: str, start: datetime, end: datetime) -> None:
    if not is_id(event):
        raise InputError(_place("id"), "the id is not in the form of an id", "use letters, digits and hyphens")
    if start.tzinfo is None or end.tzinfo is None:
        raise InputError(_place("start"), "a time has no zone", "give both times with a zone")
    if end <= start:
        raise InputError(_place("end"), "the event ends before it starts", "let it end after it starts")


def _check_declarer(person: Actor, municipality: str) -> None:
    check_role(person, DECLARER)
    if person.party != municipality:
        raise ForbiddenError("an event is declared and ended by the municipality concerned")
