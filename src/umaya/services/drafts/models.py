"""The table of drafts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase


class DraftRow(ServiceBase):
    """A scheme document in the making; `document` is JSON as it was typed, right or wrong."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "owner", "updated_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    """Id of the actor."""
    party: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    """Grows by one with every save; a form that was made from another is outdated."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
