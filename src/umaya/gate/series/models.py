"""Tables of release series."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import DIGEST, ID
from umaya.stores.database import Base


class SeriesRow(Base):
    """A release series; the area is a GeoJSON geometry in canonical JSON, NULL for everywhere."""

    __tablename__ = "release_series"
    __table_args__ = (Index("ix_release_series_recipient", "recipient", "dataset"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 over the columns below, hex."""
    recipient: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    dataset: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"))
    """The one from which rows came first, where the scheme's was derived."""
    product: Mapped[str] = mapped_column(DIGEST)
    area: Mapped[str | None] = mapped_column(Text)


class SeriesWindowRow(Base):
    """A window of a series, and the use that it was permitted to."""

    __tablename__ = "release_windows"
    __table_args__ = (Index("ix_release_windows_series", "series", "ends"),)

    use: Mapped[str] = mapped_column(ID, ForeignKey("uses.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(64), ForeignKey("release_series.id"))
    since: Mapped[datetime]
    """The start of what was read for it: of the window, or of the lookback before it."""
    starts: Mapped[datetime]
    ends: Mapped[datetime]
