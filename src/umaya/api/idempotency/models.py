"""Table of idempotency keys, in the services' database. Moments are UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase


class KeyRow(ServiceBase):
    """A key of an actor; `content` is a keyed digest of what was asked, `status` None while it is under way."""

    __tablename__ = "idempotency_keys"

    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    """The answer as JSON; None where it is not kept."""
    use: Mapped[str | None] = mapped_column(String(64))
    """Id of the use that an answer with rows was about."""
