"""Tables of the register of joint-use notices. Days are days in Japan; a stored document or text never changes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, DIGEST, ID
from umaya.stores.database import Base


class NoticeRow(Base):
    """A notice; its versions hang from it. `ended_on` is its last day, None while it goes on."""

    __tablename__ = "notices"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    ended_on: Mapped[date | None]


class NoticeVersionRow(Base):
    """A version: the document in canonical JSON and, once published, the words in both languages."""

    __tablename__ = "notice_versions"

    notice: Mapped[str] = mapped_column(ID, ForeignKey("notices.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(DIGEST)
    published_on: Mapped[date | None]
    text: Mapped[str | None] = mapped_column(Text)
    text_ja: Mapped[str | None] = mapped_column(DIGEST)
    text_en: Mapped[str | None] = mapped_column(DIGEST)


class NoticeActRow(Base):
    """An act on a version, for its history."""

    __tablename__ = "notice_acts"
    __table_args__ = (
        ForeignKeyConstraint(["notice", "version"], ["notice_versions.notice", "notice_versions.version"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice: Mapped[str] = mapped_column(ID)
    version: Mapped[int]
    act: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    role: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
    note_salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)
