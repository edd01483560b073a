"""Tables of break-glass. Moments are UTC; `entry` is the index of the ledger entry that recorded the act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class EmergencyRow(Base):
    """One opening, asked for: refused (`reason` says why), or open until its end; then its review.

    The area is a GeoJSON geometry in canonical JSON; texts are kept for those who review, their salted digests are in
    the ledger.
    """

    __tablename__ = "emergencies"
    __table_args__ = (Index("ix_emergencies_requester", "requester"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    reason: Mapped[str] = mapped_column(String(64))
    requester: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    dataset: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    provider: Mapped[str | None] = mapped_column(ID, ForeignKey("parties.id"), index=True)
    plan: Mapped[str | None] = mapped_column(ID, ForeignKey("schemes.id"))
    version: Mapped[int | None]
    event: Mapped[str | None] = mapped_column(ID, ForeignKey("events.id"))
    fields: Mapped[list[str]] = mapped_column(JSON)
    area: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]
    ends: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text)
    danger: Mapped[str] = mapped_column(Text)
    why_raw: Mapped[str] = mapped_column(Text)
    why_fields: Mapped[str] = mapped_column(Text)
    harm: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    end_note: Mapped[str | None] = mapped_column(Text)
    ended_entry: Mapped[int | None] = mapped_column(BIG)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    finding: Mapped[str | None] = mapped_column(String(16))
    seen: Mapped[str | None] = mapped_column(Text)
    measures: Mapped[str | None] = mapped_column(Text)
    review_entry: Mapped[int | None] = mapped_column(BIG)


class EmergencyWarningRow(Base):
    """Who was warned of an opening, whether the word reached them, and when they said that they saw it."""

    __tablename__ = "emergency_warnings"

    emergency: Mapped[str] = mapped_column(ID, ForeignKey("emergencies.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32))
    warned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    entry: Mapped[int | None] = mapped_column(BIG)
