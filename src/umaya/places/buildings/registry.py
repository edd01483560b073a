"""Lasting building ids in the database: registers by area, each the sum of its events.

An act takes the register, changes it, and writes the new events with what is drawn from them in one transaction;
two acts on one area wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from secrets import randbits
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from umaya.engines.buildings import lifecycle
from umaya.engines.buildings.identity import RandomBits, mint
from umaya.engines.buildings.register import Address, Event, Register, replay
from umaya.engines.buildings.releases import compare
from umaya.engines.buildings.schemas import ADDRESS
from umaya.places.buildings.models import AddressRow, BuildingRow, EventRow, MergeRow, SuccessionRow
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import Clock

CHUNK = 500
"""Ids in one statement."""
_COLUMNS = ("kind", "building", "day", "source", "why", "footprint", "others", "address", "actor")
"""Of an event, in the order of its attributes."""
_LOCK = 8_019_221_046  # any number, the same in every process


Rows = list[dict[str, object]]
JAPAN = ZoneInfo("Asia/Tokyo")


class Registry:
    """Building ids of any number of areas.

    Args:
        database: with the tables of `ServiceBase`.
        clock: says when an event was recorded.
        bits: chance for new ids.
    """

    def __init__(self, database: Database, clock: Clock, bits: RandomBits = randbits) -> None:
        self._database, self._clock, self._bits = database, clock, bits

    def register(self, area: str) -> Register:
        """Return the register of an area, empty where nothing was taken in."""
        with self._database.reading() as session:
            return replay(_events(session, area))

    def take_release(self, area: str, old: pa.Table, new: pa.Table, release: str, day: date) -> list[Event]:
        """Take a release of footprints in; `old` is that of the latest release, empty for the first.

        Raises:
            ConflictError: see `umaya.engines.buildings.lifecycle.take_release`.
        """
        changes = compare(old, new)
        return self._change(area, lambda known: lifecycle.take_release(known, changes, release, day, self._mint))

    def readdress(self, area: str, links: pa.Table, day: date, source: str) -> list[Event]:
        """Take the addresses of links, schema LINKS, in; their footprints are those of the latest release."""

        def act(known: Register) -> list[Event]:
            marked: dict[Address, set[str]] = {}
            for row in links.select([*ADDRESS, "footprint"]).to_pylist():
                ids = known.footprints.get(row["footprint"], ())
                marked.setdefault(tuple(row[name] for name in ADDRESS), set()).update(ids)
            of = {address: frozenset(ids) for address, ids in marked.items()}
            return lifecycle.readdress(known, of, day, source)

        return self._change(area, act)

    def answer(self, area: str, address: Address, buildings: frozenset[str], source: str, actor: str) -> list[Event]:
        """Take a person's word for the buildings of an address, from today on; none where it marks none."""
        return self._change(
            area, lambda known: lifecycle.readdress(known, {address: buildings}, self._today(known), source, actor)
        )

    def renumber(self, area: str, pairs: Mapping[Address, Address], day: date, source: str) -> list[Event]:
        """Take a change of addresses in, new ones by old ones (住居表示の実施)."""
        return self._change(area, lambda known: lifecycle.renumber(known, pairs, day, source))

    def propose(self, area: str, merge: str, actor: str) -> list[Event]:
        """Propose a merge that footprints showed."""
        return self._change(area, lambda known: lifecycle.propose(known, merge, actor, self._today(known)))

    def confirm(self, area: str, merge: str, actor: str) -> list[Event]:
        """Confirm a merge that another person proposed."""
        return self._change(area, lambda known: lifecycle.confirm(known, merge, actor, self._today(known), self._mint))

    def reject(self, area: str, merge: str, actor: str) -> list[Event]:
        """Reject a merge that another person proposed."""
        return self._change(area, lambda known: lifecycle.reject(known, merge, actor, self._today(known)))

    def _mint(self) -> str:
        return mint(self._bits)

    def _today(self, known: Register) -> date:
        return max(self._clock.now().astimezone(JAPAN).date(), known.latest)

    def _change(self, area: str, act: Callable[[Register], list[Event]]) -> list[Event]:
        """Let an area's register be changed, and write what happened."""
        with self._database.writing() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            known = replay(_events(session, area))
            events = act(known)
            self._write(session, area, known, events)
        return events

    def _write(self, session: Session, area: str, register: Register, events: list[Event]) -> None:
        now = self._clock.now()
        _insert(session, EventRow, [_row(area, event, now) for event in events])
        ended = [(event, each) for event in events if event.kind == "ended" for each in event.others]
        successions: Rows = [
            {"building": event.building, "successor": each, "relation": event.why, "day": event.day}
            | {"recorded_at": now, "source": event.source}
            for event, each in ended
        ]
        _insert(session, SuccessionRow, successions)
        _draw(session, area, register, events)


def _draw(session: Session, area: str, register: Register, events: list[Event]) -> None:
    """Write what is looked up: the buildings that events touched with their addresses, and all merges."""
    touched = sorted({event.building for event in events if event.building in register.lives})
    born = {event.building for event in events if event.kind == "born"}
    _insert(session, BuildingRow, [_building(area, register, each) for each in touched if each in born])
    known = [each for each in touched if each not in born]
    if known:
        session.execute(update(BuildingRow), [_building(area, register, each) for each in known])
    for start in range(0, len(known), CHUNK):
        session.execute(delete(AddressRow).where(AddressRow.building.in_(known[start : start + CHUNK])))
    addresses: Rows = [
        {"building": each, "address": "/".join(address), "valid_from": start, "valid_to": stop}
        for each in touched
        for address, spans in register.addresses.get(each, {}).items()
        for start, stop in spans
    ]
    _insert(session, AddressRow, addresses)
    for name, merge in register.merges.items():
        values = {"members": " ".join(merge.members), "footprint": merge.footprint, "state": merge.state}
        session.merge(MergeRow(merge=name, area=area, proposed_by=merge.proposed_by, **values))


def _insert(session: Session, table: type[ServiceBase], rows: Rows) -> None:
    if rows:
        session.execute(insert(table), rows)


def _building(area: str, register: Register, building: str) -> dict[str, object]:
    life, footprint = register.lives[building], register.standing.get(building)
    row: dict[str, object] = {"building": building, "area": area, "valid_from": life.born, "valid_to": life.ended}
    return {**row, "fate": life.fate} | ({"footprint": footprint} if footprint else {})


def _row(area: str, event: Event, now: datetime) -> dict[str, object]:
    told = {name: getattr(event, name) for name in ("kind", "building", "day", "source", "why", "footprint", "actor")}
    return {
        **told,
        "area": area,
        "recorded_at": now,
        "others": " ".join(event.others),
        "address": "/".join(event.address),
    }


def _events(session: Session, area: str) -> Iterator[Event]:
    columns = [getattr(EventRow, name) for name in _COLUMNS]
    rows = session.execute(select(*columns).where(EventRow.area == area).order_by(EventRow.seq))
    for kind, building, day, source, why, footprint, others, address, actor in rows:
        ids = tuple(address.split("/")) if address else ()
        yield Event(kind, building, day, source, why, footprint, tuple(others.split()), ids, actor)
