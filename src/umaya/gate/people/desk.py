"""A desk that many hand something in at, and that settles what has gathered in one go.

Whoever comes while nobody settles does it for all that wait; nobody waits for a timer. So a lone item is settled at
once, and a thousand in as few batches as the database and the ledger keep up with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

MOST: Final = 1000


@dataclass
class _Slip(Generic[Item]):
    item: Item
    turn: threading.Event = field(default_factory=threading.Event)
    settled: bool = False
    error: BaseException | None = None


class Desk(Generic[Item]):
    """Gathers items of many threads.

    Args:
        settle: takes items in the order they came; returns for each what is wrong with it, or None. What it raises
            befalls every item of the batch.
        most: so many items at most are settled together.

    Attributes:
        waiting: what nobody has begun to settle, earliest first.
    """

    def __init__(self, settle: Callable[[Sequence[Item]], Sequence[Exception | None]], most: int = MOST) -> None:
        self._settle = settle
        self._most = most
        self._guard = threading.Lock()
        self._busy = False
        self.waiting: list[_Slip[Item]] = []

    def hand_in(self, item: Item) -> None:
        """Return when the item is settled; raise what is wrong with it."""
        slip = _Slip(item)
        with self._guard:
            self.waiting.append(slip)
            leads, self._busy = not self._busy, True
        if not leads:
            slip.turn.wait()
        if not slip.settled:
            self._lead()
        if slip.error is not None:
            raise slip.error

    def _lead(self) -> None:
        """Settle what has gathered, oneself first; then let the first of those who came meanwhile lead."""
        with self._guard:
            batch, self.waiting = self.waiting[: self._most], self.waiting[self._most :]
        errors: Sequence[BaseException | None]
        try:
            errors = self._settle([slip.item for slip in batch])
        except BaseException as error:  # whatever it is, those who wait must hear of it
            errors = [error] * len(batch)
        for slip, found in zip(batch, errors, strict=True):
            slip.error, slip.settled = found, True
            slip.turn.set()
        with self._guard:
            self._busy = bool(self.waiting)
            if self._busy:
                self.waiting[0].turn.set()
