"""Derivations: datasets whose rows the hub itself makes from another dataset's as these come in.

Which dataset is derived from which, and by what engine, is registered by the owner's steward and stands in the ledger.
The engine is handed to the gate by name and knows nothing of it. Must hold: source and derived dataset are one party's;
a dataset is derived from one other at most, and a source has one derivation; a derived dataset has its own collection
notice, secrecy classes and retention, like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

import pyarrow as pa
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from umaya.gate.catalogue import find_actor, find_dataset
from umaya.gate.hats import check_role
from umaya.gate.models import BIG, ID
from umaya.gate.record import Acts
from umaya.gate.roles import STEWARD
from umaya.stores.database import Base
from umaya.types.errors import ConflictError, ForbiddenError, InputError, Place
from umaya.types.site import Actor


class Derived(NamedTuple):
    """What an engine made of the rows it was given.

    Attributes:
        rows: final: they never change again.
        late: rows that came too late to be heeded; they lie in the source dataset all the same.
    """

    rows: pa.Table
    late: int = 0


class Deriver(Protocol):
    """An engine that makes rows of a derived dataset as rows of its source come in.

    The same calls in the same order give the same rows: after a crash it is fed again from its last state.
    """

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows it makes."""
        ...

    @property
    def waits(self) -> bool:
        """Whether it holds something that later rows or the passing of time will make final."""
        ...

    @property
    def arrived(self) -> datetime | None:
        """Moment of the last call of `feed`, be it before a restart; None before the first."""
        ...

    def feed(self, rows: pa.Table, now: datetime, tick: int, told: datetime | None = None) -> Derived:
        """Take rows in, possibly none, and return what is final by now.

        Args:
            rows: of the source dataset, in its order.
            now: when they arrived; never earlier than `arrived`.
            tick: number of the call, one higher each time.
            told: until when others were told that all is there; None where nobody was.
        """
        ...

    def final_until(self, now: datetime) -> datetime:
        """Return the moment before which no row that counts is still to come, of rows that arrive in time.

        An engine says itself which rows count, and for how long at most it lets what is open hold this moment back.
        """
        ...

    def snapshot(self) -> bytes:
        """Return its whole state."""
        ...

    def restore(self, state: bytes) -> None:
        """Take up a state of `snapshot`; raises ValueError where it is of another version or other roads."""
        ...


Derivers: TypeAlias = Mapping[str, Callable[[], Deriver]]
"""Name of an engine to what makes a fresh one."""


class DerivationRow(Base):
    """A derivation; rows of the derived dataset are final before `final_until`, as `Deriver.final_until` has it."""

    __tablename__ = "derivations"

    source: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), primary_key=True)
    derived: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), unique=True)
    engine: Mapped[str] = mapped_column(String(64))
    registered_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    registered_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
    final_until: Mapped[datetime | None]


@dataclass(frozen=True)
class Derivation:
    """A derivation.

    Attributes:
        source: dataset whose rows come in.
        derived: dataset whose rows are made of them.
        engine: by what.
        final_until: rows of the derived dataset from before this moment are all there; None before the first.
    """

    source: str
    derived: str
    engine: str
    final_until: datetime | None


class Derivations:
    """Registers and finds.

    Args:
        acts: begins registrations.
        engines: that this hub has.
    """

    def __init__(self, acts: Acts, engines: Derivers) -> None:
        self._acts = acts
        self._engines = engines

    def register(self, actor: Actor, source: str, derived: str, engine: str) -> Derivation:
        """Let a dataset be derived from another from now on.

        Args:
            actor: a steward of the party that both belong to.
            source: dataset that rows come into.
            derived: dataset that is made of them; it has a time.
            engine: by which of the hub's engines.

        Raises:
            NotFoundError: when there is no such dataset.
            InputError: when the hub has no such engine, or what it makes does not fit the derived dataset.
            ForbiddenError: when the actor may not.
            ConflictError: when one of both stands in a derivation already.
        """
        if engine not in self._engines:
            known = ", ".join(f"`{name}`" for name in sorted(self._engines)) or "none: this hub has no engine"
            raise InputError(_place("engine"), "the engine is unknown", f"choose among {known}")
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, STEWARD)
            datasets = [find_dataset(act.session, name) for name in (source, derived)]
            if {one.owner for one in datasets} != {person.party}:
                raise ForbiddenError("a dataset is derived by the party that both datasets belong to")
            if source == derived or any(one.time is None for one in datasets):
                raise InputError(_place("derived"), "both must be datasets with a time, and differ", "name two such")
            if not datasets[1].schema.equals(self._engines[engine]().schema):
                advice = "register a dataset with the columns that the engine makes"
                raise InputError(_place("derived"), "the engine makes other columns", advice)
            known_ones = act.session.scalars(select(DerivationRow))
            if any({source, derived} & {row.source, row.derived} for row in known_ones):
                raise ConflictError("one of both datasets stands in a derivation already")
            row = DerivationRow(
                source=source, derived=derived, engine=engine, registered_by=person.id, registered_at=act.now, entry=0
            )
            act.session.add(row)
            body = {"dataset": source, "derived": derived, "engine": engine}
            row.entry = act.record("derivation.registered", person.id, body)
            return _derivation(row)

    def of(self, source: str) -> Derivation | None:
        """Return what is derived from a dataset, or None."""
        with self._acts.database.reading() as session:
            return find_derivation(session, source)

    def making(self, derived: str) -> Derivation | None:
        """Return how a dataset is made, or None for one that is not derived."""
        with self._acts.database.reading() as session:
            row = session.scalar(select(DerivationRow).where(DerivationRow.derived == derived))
            return None if row is None else _derivation(row)

    def fresh(self, engine: str) -> Deriver:
        """Return a fresh engine; raises ConflictError when this hub does not have it any longer."""
        if engine not in self._engines:
            raise ConflictError(f"this hub has no engine `{engine}`")
        return self._engines[engine]()


def find_derivation(session: Session, source: str) -> Derivation | None:
    """Return what is derived from a dataset, or None."""
    row = session.get(DerivationRow, source)
    return None if row is None else _derivation(row)


def note_final(session: Session, source: str, until: datetime) -> None:
    """Note until when the derived rows are final; what was told once is never taken back."""
    row = session.get_one(DerivationRow, source)
    row.final_until = until if row.final_until is None else max(row.final_until, until)


def _derivation(row: DerivationRow) -> Derivation:
    return Derivation(row.source, row.derived, row.engine, row.final_until)


def _place(field: str) -> Place:
    return Place("derivation", field=field)
