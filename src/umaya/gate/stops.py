"""Stops of use: whose data of a party may not be used, or not be handed to others, because they asked for it.

Must hold: a stop that is committed binds every use decided after it, in every process: it is read in the session that
decides. A number that a stopped number was merged into is stopped too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc
from pyroaring import BitMap
from sqlalchemy import BigInteger, ForeignKey, Index, Select, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from umaya.gate.catalogue import Dataset
from umaya.gate.models import BIG, ID
from umaya.gate.people.events import EventKind
from umaya.gate.people.models import EventRow
from umaya.gate.people.state import PeopleState
from umaya.gate.people.words import numbers_of, root
from umaya.stores.database import Base
from umaya.types.errors import InputError, Place


class Scope(StrEnum):
    """What is stopped. Stored: values never change."""

    USE = "use"
    PROVISION = "provision"
    """Only what hands the data to another party."""


class BarRow(Base):
    """A person's stop: uses of a party's data about them are refused. `dataset` None for all of them.

    Attributes:
        scope: `use` for every use, `provision` for those that hand it to another party.
        intake: whether rows about the person are refused too, because they were erased.
    """

    __tablename__ = "rights_bars"
    __table_args__ = (Index("ix_rights_bars_party", "party", "lifted_entry"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    request: Mapped[str] = mapped_column(ID, ForeignKey("rights_requests.id"))
    person: Mapped[int] = mapped_column(BigInteger, index=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    dataset: Mapped[str | None] = mapped_column(ID)
    scope: Mapped[str] = mapped_column(String(16))
    intake: Mapped[bool]
    set_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
    lifted_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    lifted_at: Mapped[datetime | None]
    lifted_entry: Mapped[int | None] = mapped_column(BIG)


@dataclass(frozen=True)
class Bar:
    """A stop.

    Attributes:
        dataset: None for all of the party's.
        intake: whether rows about the person are not taken in again, because they were erased.
        lifted_at: None while it holds.
    """

    id: str
    request: str
    party: str
    dataset: str | None
    scope: Scope
    intake: bool
    set_at: datetime
    lifted_at: datetime | None


def stopped_people(session: Session, state: PeopleState, party: str, dataset: str, *, provided: bool) -> BitMap:
    """Return whose data of a dataset may not be used.

    Args:
        session: that decides.
        state: what people said, as of this session: which numbers were merged.
        party: owner of the dataset.
        dataset: id.
        provided: whether the use hands it to another party.
    """
    query = _in_force(party, dataset).with_only_columns(BarRow.person)
    if not provided:
        query = query.where(BarRow.scope == Scope.USE.value)
    people = BitMap(session.scalars(query).all())
    return people | BitMap(root(session, state, person) for person in people & state.merged)


def not_taken_in(session: Session, party: str, dataset: str) -> BitMap:
    """Return whose rows are not taken into a dataset, because they were erased on request, by all of their numbers."""
    query = _in_force(party, dataset).where(BarRow.intake).with_only_columns(BarRow.person)
    return BitMap(number for person in session.scalars(query).all() for number in all_numbers(session, person))


def refuse_erased(session: Session, dataset: Dataset, rows: pa.Table, source: str) -> None:
    """Refuse rows about people who were erased on their request: they do not come back unawares (APPI art. 35).

    Raises:
        InputError: when there are such rows; says how many, and in which field.
    """
    if dataset.subject is None:
        return
    erased = not_taken_in(session, dataset.owner, dataset.id)
    if not erased:
        return
    count = pc.sum(pc.is_in(rows.column(dataset.subject), pa.array(erased.to_array(), pa.uint32()))).as_py()
    if count:
        advice = "leave them out, or let the rights desk end the stop where somebody came back"
        problem = f"{count} rows are about people who were erased at their request"
        raise InputError(Place(source, field=dataset.subject), problem, advice)


def all_numbers(session: Session, person: int) -> list[int]:
    """Return every number that a person ever had, whichever of them is given."""
    while True:
        query = select(EventRow.person).where(EventRow.origin == person, EventRow.kind == int(EventKind.MERGED))
        into = session.scalar(query.limit(1))
        if into is None:
            return numbers_of(session, person)
        person = into


def bar_of(row: BarRow) -> Bar:
    """Return a row as a stop."""
    return Bar(row.id, row.request, row.party, row.dataset, Scope(row.scope), row.intake, row.set_at, row.lifted_at)


def _in_force(party: str, dataset: str) -> Select[BarRow]:
    return select(BarRow).where(
        BarRow.party == party, or_(BarRow.dataset.is_(None), BarRow.dataset == dataset), BarRow.lifted_entry.is_(None)
    )
