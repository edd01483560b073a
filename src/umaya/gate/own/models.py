"""Tables of the index from a person to the uses that were permitted for them.

They say nothing that `use_people` does not say; see `index`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base


class UsePersonRow(Base):
    """One of the few people of a use; `entry` is that of the use's decision."""

    __tablename__ = "use_persons"

    person: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    use: Mapped[str] = mapped_column(ID, ForeignKey("uses.id"))


class UseSlotRow(Base):
    """The place of a use of many people in the order of their commits, from 1 without gaps."""

    __tablename__ = "use_slots"

    slot: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(BIG, unique=True)
    use: Mapped[str] = mapped_column(ID, ForeignKey("uses.id"))


class SlotCounterRow(Base):
    """The newest slot, in one row; who raises it holds its lock until the commit."""

    __tablename__ = "use_slot_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BIG)


class UseBlockRow(Base):
    """Who of 65,536 neighbouring numbers was permitted in one use, or in any of a run of uses.

    Attributes:
        level: 0 for one use; n for the `64**n` uses that end at slot `slot * 64**n`.
        block: the high 16 bits of the numbers.
        slot: of the use, or the number of the run, from 1.
        people: bitmap of person numbers (Roaring, portable form); a row of nobody is left out.
    """

    __tablename__ = "use_blocks"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    people: Mapped[bytes] = mapped_column(LargeBinary)


PERSONS = Base.metadata.tables["use_persons"]
SLOTS = Base.metadata.tables["use_slots"]
COUNTER = Base.metadata.tables["use_slot_counter"]
BLOCKS = Base.metadata.tables["use_blocks"]
