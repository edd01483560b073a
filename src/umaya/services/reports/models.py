"""The tables of reports. No name, no text that somebody wrote, no place but a point on a public road."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Float, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase


class ReportRow(ServiceBase):
    """A report."""

    __tablename__ = "road_reports"
    __table_args__ = (Index(None, "holds_until"), Index(None, "photo_until"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    party: Mapped[str] = mapped_column(String(64))
    reporter: Mapped[str] = mapped_column(String(64))
    """Id of the actor."""
    made_at: Mapped[datetime]
    segment_id: Mapped[int] = mapped_column(BigInteger)
    way_id: Mapped[int] = mapped_column(BigInteger)
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    """On the road, not where the carrier stood."""
    holds_until: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    confirmations: Mapped[int] = mapped_column(Integer)
    photo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """JPEG, masked, without any metadata."""
    photo_until: Mapped[datetime | None]
    masked: Mapped[int] = mapped_column(Integer)
    """Regions that were masked in the photo."""
    damage: Mapped[str | None] = mapped_column(String(64))
    """What a detector saw in the photo, by its own word for it."""
