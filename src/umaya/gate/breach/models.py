"""Tables of the breach desk. Moments are UTC; `entry` is the index of the ledger entry that recorded the act."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class BreachCaseRow(Base):
    """A case, and what was searched for it: a window, and what the releases in it were narrowed to."""

    __tablename__ = "breach_cases"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    suspected: Mapped[bool]
    alarm: Mapped[str | None] = mapped_column(ID, ForeignKey("alarms.id"))
    known_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    opened_at: Mapped[datetime]
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    narrowed: Mapped[dict[str, str]] = mapped_column(JSON)
    closed_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    closed_at: Mapped[datetime | None]
    close_note: Mapped[str | None] = mapped_column(Text)
    closed_entry: Mapped[int | None] = mapped_column(BIG)


class BreachStepRow(Base):
    """What was done in a case, in order: an assessment, a draft, a report, a list of people, a notice to people.

    `content` holds what belongs to the kind of step; see `umaya.gate.breach.cases`.
    """

    __tablename__ = "breach_steps"

    case: Mapped[str] = mapped_column(ID, ForeignKey("breach_cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, object]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    at: Mapped[datetime]
    day: Mapped[date | None]
    entry: Mapped[int] = mapped_column(BIG)


class BreachProtectedRow(Base):
    """Who of a case is told by the protectors of a party alone: a bitmap of person numbers (Roaring, portable form)."""

    __tablename__ = "breach_protected"

    case: Mapped[str] = mapped_column(ID, ForeignKey("breach_cases.id"), primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), primary_key=True)
    people: Mapped[bytes] = mapped_column(LargeBinary)
    told_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    told_at: Mapped[datetime | None]
    entry: Mapped[int | None] = mapped_column(BIG)
