"""Table of collection notices. Moments are UTC; `entry` is the index of the ledger entry that recorded the act."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, DIGEST, ID
from umaya.stores.database import Base


class CollectionNoticeRow(Base):
    """One version of what people are told when their data are collected."""

    __tablename__ = "collection_notices"

    dataset: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    manner: Mapped[str] = mapped_column(String(16))
    purpose_ja: Mapped[str] = mapped_column(Text)
    purpose_en: Mapped[str] = mapped_column(Text)
    wording_ja: Mapped[str] = mapped_column(Text)
    wording_en: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(DIGEST)
    starts: Mapped[date]
    registered_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    registered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    entry: Mapped[int] = mapped_column(BIG)
    ended_entry: Mapped[int | None] = mapped_column(BIG)
