"""Tables of records of third-party provision, and of what the law wants to know of parties. Days are days in Japan."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class ParticularsRow(Base):
    """A party's address and representative from a day on, until the next row of it."""

    __tablename__ = "party_particulars"

    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    address_ja: Mapped[str] = mapped_column(Text)
    address_en: Mapped[str] = mapped_column(Text)
    representative_ja: Mapped[str | None] = mapped_column(Text)
    representative_en: Mapped[str | None] = mapped_column(Text)
    company: Mapped[bool]
    entry: Mapped[int] = mapped_column(BIG)


class ProvisionRecordRow(Base):
    """A record as one side keeps it. `items` is what it says, by item of the law; erased rows keep no items."""

    __tablename__ = "provision_records"
    __table_args__ = (Index("ix_provision_records_party", "party", "keep_through"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    other_party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    scheme: Mapped[str] = mapped_column(ID, index=True)
    ground: Mapped[str] = mapped_column(String(32))
    form: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(Text)
    items: Mapped[dict[str, str] | None] = mapped_column(JSON)
    first_on: Mapped[date]
    last_on: Mapped[date]
    made_at: Mapped[datetime]
    keep_through: Mapped[date]
    entry: Mapped[int] = mapped_column(BIG)
    erased_entry: Mapped[int | None] = mapped_column(BIG)


class ProvisionUseRow(Base):
    """A released use that a record covers; a batch record has many."""

    __tablename__ = "provision_uses"

    record: Mapped[str] = mapped_column(String(36), ForeignKey("provision_records.id"), primary_key=True)
    use: Mapped[str] = mapped_column(ID, ForeignKey("uses.id"), primary_key=True)
    provided_at: Mapped[datetime]
