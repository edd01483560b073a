"""Obligations: what is owed before data leaves, and the chain that the vault yields to.

Holds the protocol, the registry of factories that the hub hands in, and the chain. Knows no obligation itself:
those that need a road network or a model live above. A chain is built from names and parameters alone, so what a
grant seals is what runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import pyarrow as pa
import rfc8785

from umaya.types.errors import NotFoundError
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
    """

    scheme: str
    window: Window | None
    span: Window | None
    area: Area | None


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
class Chain:
    """Obligations in the order in which a scheme states them."""

    steps: tuple[Obligation, ...]

    @property
    def lookback(self) -> timedelta:
        """How far before the window the first step must see: each step needs the one before to be right."""
        return sum((step.lookback for step in self.steps), timedelta(0))

    def run(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return what is left after every step."""
        for step in self.steps:
            data = step.apply(data, context)
        return data
