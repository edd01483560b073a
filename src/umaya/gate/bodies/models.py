"""Tables of officers and of the procedure that each party follows. Days are days in Japan; rows are never removed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class OfficerRow(Base):
    """Who holds an office for a party, from a day on and, once ended, up to a last day."""

    __tablename__ = "officers"
    __table_args__ = (Index("ix_officers_party_office", "party", "office"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    office: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    starts: Mapped[date]
    ends: Mapped[date | None]
    entry: Mapped[int] = mapped_column(BIG)
    ended_entry: Mapped[int | None] = mapped_column(BIG)


class ProcedureRow(Base):
    """How a party takes part in the group's control, from a day on."""

    __tablename__ = "party_procedures"
    __table_args__ = (Index("ix_party_procedures_party", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    procedure: Mapped[str] = mapped_column(String(32))
    starts: Mapped[date]
    entry: Mapped[int] = mapped_column(BIG)
