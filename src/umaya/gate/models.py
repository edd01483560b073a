"""Tables of the gate. Moments are UTC; `entry` is the index of the ledger entry that recorded the act."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import Base

ID = String(64)
BIG = BigInteger().with_variant(Integer, "sqlite")
"""Ledger indices and counts of rows pass 2**31; SQLite keys a table by INTEGER, and by no other word, directly."""
DIGEST = String(71)  # sha256: and 64 hex digits


class PartyRow(Base):
    """A party (事業者・団体)."""

    __tablename__ = "parties"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name_ja: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)


class ActorRow(Base):
    """A person or program acting for a party."""

    __tablename__ = "actors"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    entry: Mapped[int] = mapped_column(BIG)


class ActorRoleRow(Base):
    """A role that an actor has for its party."""

    __tablename__ = "actor_roles"

    actor: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)


class DatasetRow(Base):
    """A dataset of a party; the Arrow schema is the IPC form."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    title_ja: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    storage: Mapped[str] = mapped_column(String(16))
    time_field: Mapped[str | None] = mapped_column(Text)
    lon_field: Mapped[str | None] = mapped_column(Text)
    lat_field: Mapped[str | None] = mapped_column(Text)
    subject_field: Mapped[str | None] = mapped_column(Text)
    business: Mapped[str | None] = mapped_column(ID)
    sort_key: Mapped[list[str]] = mapped_column(JSON)
    arrow_schema: Mapped[bytes] = mapped_column(LargeBinary)
    entry: Mapped[int] = mapped_column(BIG)


class FieldRow(Base):
    """A field of a dataset with its one secrecy class."""

    __tablename__ = "fields"

    dataset: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int]
    secrecy_class: Mapped[str] = mapped_column(String(32))


class SchemeRow(Base):
    """A scheme (施策); what it says is in its versions. Locked while a version changes state."""

    __tablename__ = "schemes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    provider: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    recipient: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))


class SchemeVersionRow(Base):
    """One version of a scheme's document, in canonical JSON (RFC 8785)."""

    __tablename__ = "scheme_versions"

    scheme: Mapped[str] = mapped_column(ID, ForeignKey("schemes.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(DIGEST)
    conditions: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")


class SchemeActRow(Base):
    """Who did what on which version, when."""

    __tablename__ = "scheme_acts"
    __table_args__ = (
        ForeignKeyConstraint(["scheme", "version"], ["scheme_versions.scheme", "scheme_versions.version"]),
        Index("ix_scheme_acts_scheme", "scheme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(ID)
    version: Mapped[int]
    act: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(ID)
    """A person's, or `hub`."""
    role: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
    note_salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)


class EventRow(Base):
    """A declared disaster; the area is a GeoJSON geometry in canonical JSON."""

    __tablename__ = "events"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name_ja: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    municipality: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    area: Mapped[str] = mapped_column(Text)
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    declared_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    declared_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
    ended_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    ended_entry: Mapped[int | None] = mapped_column(BIG)


class UseRow(Base):
    """A use, permitted or refused, and how its release ended."""

    __tablename__ = "uses"
    __table_args__ = (
        Index("ix_uses_scheme_entry", "scheme", "entry"),
        Index("ix_uses_entry", "entry"),
        Index("ix_uses_scheme_decided_at", "scheme", "decided_at"),
        Index("ix_uses_emergency", "emergency"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    actor: Mapped[str] = mapped_column(Text)
    scheme: Mapped[str] = mapped_column(Text)
    version: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(64))
    stated_reason: Mapped[str] = mapped_column(Text)
    reason_salt: Mapped[str] = mapped_column(String(32))
    event: Mapped[str | None] = mapped_column(Text)
    emergency: Mapped[str | None] = mapped_column(ID)
    """The break-glass opening that a permitted use was part of."""
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    decided_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    entry: Mapped[int] = mapped_column(BIG)
    receipt: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int | None] = mapped_column(BIG)
    digest: Mapped[str | None] = mapped_column(DIGEST)
    closing_entry: Mapped[int | None] = mapped_column(BIG)
    closed_at: Mapped[datetime | None]
    asked: Mapped[int | None]
    permitted: Mapped[int | None]
    refused: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))


class UsePeopleRow(Base):
    """Whom a use touched: bitmaps of person numbers in the portable form of Roaring bitmaps."""

    __tablename__ = "use_people"

    use: Mapped[str] = mapped_column(ID, ForeignKey("uses.id"), primary_key=True)
    permitted: Mapped[bytes] = mapped_column(LargeBinary)
    delivered: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Where rows left for fewer than were permitted, or were cut short."""


class AlarmRow(Base):
    """What the second line should look at; `entry` is the alarm's own, `about` the entry that raised it."""

    __tablename__ = "alarms"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), index=True)
    scheme: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    about: Mapped[int] = mapped_column(BIG)
    entry: Mapped[int] = mapped_column(BIG)
    seen_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    seen_at: Mapped[datetime | None]


class IntakeRow(Base):
    """Data taken into the vault."""

    __tablename__ = "intakes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    dataset: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), index=True)
    actor: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    source: Mapped[str] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(BIG)
    digest: Mapped[str] = mapped_column(DIGEST)
    at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
    collection: Mapped[int | None]
    """Version of the collection notice; None for data about nobody."""
    left_out: Mapped[int] = mapped_column(BIG, default=0, server_default="0")
