"""The table of accounts. Moments are UTC; `entry` is the ledger index of the act. Rows are ended, never removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base

_OPEN = text("unbound_entry IS NULL")
_OF_STAFF = text("actor IS NOT NULL")
_OF_RESIDENT = text("unbound_entry IS NULL AND person IS NOT NULL")


class AccountRow(Base):
    """An identity bound to one actor, or to one person; an identity of staff may have several rows."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_issuer_subject", "issuer", "subject"),
        Index("ix_accounts_actor", "actor", sqlite_where=_OF_STAFF, postgresql_where=_OF_STAFF),
        Index(
            "uq_accounts_issuer_subject_actor",
            "issuer",
            "subject",
            "actor",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_accounts_resident",
            "issuer",
            "subject",
            unique=True,
            sqlite_where=_OF_RESIDENT,
            postgresql_where=_OF_RESIDENT,
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    actor: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    person: Mapped[int | None] = mapped_column(BigInteger)
    bound_at: Mapped[datetime]
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)
    unbound_at: Mapped[datetime | None]
    unbound_entry: Mapped[int | None] = mapped_column(BIG)
