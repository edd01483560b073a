"""The tables of lasting building ids. Nothing of letterboxes or of people stands here.

`building_events` is the history and the truth: reading it again gives the register. The others are drawn from it in the
same transaction, for looking up. Times: `day`, `valid_from` and `valid_to` say when a thing holds, `recorded_at` when
it became known here.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase


class EventRow(ServiceBase):
    """One event; never changed, never deleted."""

    __tablename__ = "building_events"
    __table_args__ = (Index(None, "area", "seq"), Index(None, "building"))

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    area: Mapped[str] = mapped_column(String(16))
    """The municipality's code; a register is one area's."""
    kind: Mapped[str] = mapped_column(String(24))
    building: Mapped[str] = mapped_column(String(160))
    day: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(160))
    why: Mapped[str] = mapped_column(String(32))
    footprint: Mapped[str] = mapped_column(String(128))
    others: Mapped[str] = mapped_column(Text)
    """Ids, parted by blanks."""
    address: Mapped[str] = mapped_column(String(96))
    """Registry ids, parted by `/`; empty for none."""
    actor: Mapped[str] = mapped_column(String(64))


class BuildingRow(ServiceBase):
    """Every id that was ever given; the key keeps one from being given twice in any area."""

    __tablename__ = "building_ids"

    building: Mapped[str] = mapped_column(String(16), primary_key=True)
    area: Mapped[str] = mapped_column(String(16))
    footprint: Mapped[str] = mapped_column(String(128))
    """Of the latest release in which it stood."""
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    fate: Mapped[str] = mapped_column(String(32))


class SuccessionRow(ServiceBase):
    """Old id to new id."""

    __tablename__ = "building_successions"
    __table_args__ = (Index(None, "successor"),)

    building: Mapped[str] = mapped_column(String(16), primary_key=True)
    successor: Mapped[str] = mapped_column(String(16), primary_key=True)
    relation: Mapped[str] = mapped_column(String(32))
    day: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(160))


class AddressRow(ServiceBase):
    """The days on which a building had an address."""

    __tablename__ = "building_addresses"
    __table_args__ = (Index(None, "address"),)

    building: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(96), primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[date | None] = mapped_column(Date)


class MergeRow(ServiceBase):
    """A merge that footprints show, and what people decided."""

    __tablename__ = "building_merges"
    __table_args__ = (Index(None, "area", "state"),)

    merge: Mapped[str] = mapped_column(String(160), primary_key=True)
    area: Mapped[str] = mapped_column(String(16))
    members: Mapped[str] = mapped_column(Text)
    footprint: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16))
    proposed_by: Mapped[str] = mapped_column(String(64))
