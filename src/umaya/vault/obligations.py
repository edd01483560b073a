"""Obligations: what is owed before data leaves, and the chain that the vault yields to.

Holds the protocol, the registry of factories that the hub hands in, and the chain. Knows no obligation itself:
those that need a road network or a model live above. A chain is built from names and parameters alone, so what a
grant seals is what runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import pyarrow as pa
import rfc8785

from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.types.errors import ConflictError, NotFoundError
from umaya.vault.area import Area

Window = tuple[datetime, datetime]
"""A half-open span of time [start, end), aware UTC."""


@dataclass(frozen=True)
class ObligationContext:
    """What an obligation may know of the use it serves.

    Attributes:
        scheme: id of the scheme.
        window: the permitted window; None for a dataset without time.
        span: the window with the lookback before it: what the data covers.
        area: the permitted area; None where the scheme sets none.
        dataset: id of the dataset.
        day: in Japan, of the opening.
        subject: the column that says whom a row is about, for obligations that see people; None for a dataset
            without one.
    """

    scheme: str
    window: Window | None
    span: Window | None
    area: Area | None
    dataset: str = ""
    day: date = date.min
    subject: str | None = None


class Obligation(Protocol):
    """A pure step from table to table that takes something away."""

    @property
    def name(self) -> str:
        """The name it is registered under and schemes use."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How far before the window it must see to be right within it; zero or more."""
        ...

    @property
    def may_end(self) -> bool:
        """Whether what it leaves may leave the hub: made for the recipient, and with nothing from before the window.

        A table that has the dataset's own time column is cut to the window by the vault; another must be already.
        """
        ...

    @property
    def row_wise(self) -> bool:
        """Whether each row is made from one row alone, so that any part of the rows may be given to it.

        One that does not see people must leave as many rows as it is given, in their order.
        """
        ...

    @property
    def sees_people(self) -> bool:
        """Whether it is given the subject column; it keeps it, or drops it where rows are nobody's any more."""
        ...

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """What it does to the secrecy classes of the scheme's fields, in order."""
        ...

    @property
    def adds(self) -> Mapping[str, SecrecyClass]:
        """The personal fields that it makes of what it alone is told, with their classes."""
        ...

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return the schema of what it leaves of such a table.

        Raises:
            ValueError: when it cannot work on such a table; names the parameter and the column.
        """
        ...

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return what may go on. Must not keep `data`, and must not name its values in an error."""
        ...


Factory = Callable[[Mapping[str, Any]], Obligation]
"""Makes an obligation from a scheme's parameters; raises `ValueError` (pydantic's included) on wrong ones."""


@dataclass(frozen=True)
class Owed:
    """An obligation as a scheme states it: its name and its parameters in canonical JSON (RFC 8785)."""

    name: str
    parameters: str

    @staticmethod
    def of(name: str, parameters: Mapping[str, Any]) -> Owed:
        return Owed(name, rfc8785.dumps(dict(parameters)).decode())


class Obligations:
    """The registry: every obligation that this hub can meet.

    Args:
        factories: name to factory. An obligation made once is kept for equal parameters, so it must hold no state.
    """

    def __init__(self, factories: Mapping[str, Factory]) -> None:
        self._factories = dict(factories)
        self._made: dict[Owed, Obligation] = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._factories)

    def make(self, owed: Owed) -> Obligation:
        """Return the obligation.

        Raises:
            NotFoundError: when none has this name.
            ValueError: when the parameters are wrong.
        """
        if owed not in self._made:
            if owed.name not in self._factories:
                raise NotFoundError(f"this hub has no obligation `{owed.name}`")
            made = self._factories[owed.name](json.loads(owed.parameters))
            if made.name != owed.name:
                raise ValueError(f"the factory of `{owed.name}` made another obligation")
            self._made[owed] = made
        return self._made[owed]

    def chain(self, owed: Sequence[Owed]) -> Chain:
        """Return the chain of these obligations in their order.

        Raises:
            NotFoundError, ValueError: as `make`; ValueError too when the last leaves what only another may see.
        """
        steps = tuple(self.make(step) for step in owed)
        if steps and not steps[-1].may_end:
            raise ValueError(f"the obligations cannot end with `{steps[-1].name}`, whose result only another may see")
        return Chain(steps)


@dataclass(frozen=True)
class Left:
    """What a chain leaves.

    Attributes:
        data: without the subject column.
        people: the subject of each row, where rows are still somebody's; else the people of the rows that entered the
            step that made them nobody's; None for a dataset without a subject.
        of_rows: whether `people` goes with the rows of `data`.
    """

    data: pa.Table
    people: pa.ChunkedArray | None
    of_rows: bool


@dataclass(frozen=True)
class Chain:
    """Obligations in the order in which a scheme states them."""

    steps: tuple[Obligation, ...]

    @property
    def lookback(self) -> timedelta:
        """How far before the window the first step must see: each step needs the one before to be right."""
        return sum((step.lookback for step in self.steps), timedelta(0))

    @property
    def in_series(self) -> bool:
        """Whether what is left are counts that could be subtracted from others of the same rows.

        A step that makes such counts says so by an attribute `in_series`; others need not have it.
        """
        return any(getattr(step, "in_series", False) for step in self.steps)

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """What the steps do to secrecy classes, in order."""
        return tuple(effect for step in self.steps for effect in step.effects)

    @property
    def adds(self) -> Mapping[str, SecrecyClass]:
        """The personal fields that the steps make besides those of the scheme, with their classes."""
        return {name: secrecy for step in self.steps for name, secrecy in step.adds.items()}

    @property
    def row_wise(self) -> bool:
        """Whether rows may go through part by part."""
        return all(step.row_wise for step in self.steps)

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return the schema of what is left of a table with these columns, the subject not among them.

        Raises:
            UnfitError: when a step cannot work on what it would be given; says which.
        """
        somebodys = context.subject is not None
        for at, step in enumerate(self.steps):
            if step.sees_people and not somebodys:
                raise UnfitError(at, step.name, "it needs rows that are about people")
            try:
                given = _with_subject(schema, context) if step.sees_people else schema
                left = step.fit(given, context)
            except ValueError as error:
                raise UnfitError(at, step.name, str(error)) from None
            somebodys = somebodys and (context.subject in left.names if step.sees_people else step.row_wise)
            schema = pa.schema([field for field in left if field.name != context.subject])
        return schema

    def run(self, data: pa.Table, people: pa.ChunkedArray | None, context: ObligationContext) -> Left:
        """Return what is left after every step.

        Only steps that see people are given the subject column; it is never in what is left.

        Args:
            data: rows, without the subject column.
            people: the subject of each row; None for a dataset without a subject.
            context: of the use.
        """
        left = Left(data, people, people is not None)
        for step in self.steps:
            left = _seeing(step, left, context) if step.sees_people else _blind(step, left, context)
        return left


class UnfitError(ValueError):
    """A step of a chain that cannot work on what it would be given.

    Attributes:
        at: its place in the chain, from 0.
        step: its name.
        problem: in words.
    """

    def __init__(self, at: int, step: str, problem: str) -> None:
        self.at, self.step, self.problem = at, step, problem
        super().__init__(f"the obligation `{step}` does not fit: {problem}")


def _with_subject(schema: pa.Schema, context: ObligationContext) -> pa.Schema:
    return schema.append(pa.field(context.subject, pa.uint32(), nullable=False))


def _seeing(step: Obligation, left: Left, context: ObligationContext) -> Left:
    if left.people is None or not left.of_rows or context.subject is None:
        raise ConflictError(f"`{step.name}` needs rows that are about people")
    subject = pa.field(context.subject, pa.uint32(), nullable=False)
    made = step.apply(left.data.append_column(subject, left.people), context)
    if context.subject not in made.column_names:
        return Left(made, left.people, False)
    return Left(made.drop_columns([context.subject]), made.column(context.subject), True)


def _blind(step: Obligation, left: Left, context: ObligationContext) -> Left:
    made = step.apply(left.data, context)
    if step.row_wise and made.num_rows != left.data.num_rows:
        raise ConflictError(f"`{step.name}` did not leave a row for each row")
    if context.subject is not None and context.subject in made.column_names:
        raise ConflictError(f"`{step.name}` made a column of the subject's name")
    return Left(made, left.people, left.of_rows and step.row_wise)
