"""The table of checks. No name, no text that somebody wrote, nothing of occupants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase


class CheckRow(ServiceBase):
    """A doubtful row of an address or a letterbox."""

    __tablename__ = "building_checks"
    __table_args__ = (Index(None, "party", "row_key", unique=True), Index(None, "party", "state", "office"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    party: Mapped[str] = mapped_column(String(64))
    """That serves the address."""
    office: Mapped[str] = mapped_column(String(64))
    """Of that party, the office that serves it; empty where none is told."""
    row_key: Mapped[str] = mapped_column(String(64))
    """Digest of what the row is about, so that one thing is asked once."""
    address: Mapped[str] = mapped_column(String(96))
    """Registry ids, parted by `/`."""
    letterbox: Mapped[str | None] = mapped_column(Text)
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(String(32))
    drawing: Mapped[str] = mapped_column(Text)
    """JSON of the candidates and of the outlines around."""
    state: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    """Empty while nobody answered."""
    chosen: Mapped[str] = mapped_column(Text)
    """Numbers of the candidates that were chosen, parted by blanks."""
    note: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(Integer)
    """Grows by one with every change; an answer to another is outdated."""
    added_at: Mapped[datetime]
    answered_by: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(64))
