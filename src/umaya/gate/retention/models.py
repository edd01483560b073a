"""Table of retention rules; the newest of a dataset holds. Moments are UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class RetentionRow(Base):
    """How many days the rows of a dataset are kept, and why so many."""

    __tablename__ = "retentions"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), index=True)
    days: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    set_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
