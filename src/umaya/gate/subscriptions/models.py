"""Table of subscriptions. Moments are UTC; `entry` is the index of the ledger entry that recorded the act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class SubscriptionRow(Base):
    """Where a party's system is told which kinds of entries."""

    __tablename__ = "subscriptions"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    made_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
    ended_at: Mapped[datetime | None]
    ended_entry: Mapped[int | None] = mapped_column(BIG)
