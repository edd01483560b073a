"""Administrative acts: written to the database, recorded in the ledger, then committed, in this order.

A crash leaves at worst an entry without effect, never an effect without an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from umaya.ledger.templates import Recordable
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, UmayaError


class NotRecordedError(UmayaError):
    """The ledger could not take the entry, so the act did not happen."""


class _Appended(Protocol):
    @property
    def index(self) -> int: ...


class LedgerLike(Protocol):
    """What the gate asks of the ledger; `umaya.ledger.Ledger` does it."""

    def append(self, kind: str, actor: str, body: Mapping[str, Any]) -> _Appended:
        """Record an act durably before returning, or raise `UmayaError` or `OSError`."""
        ...

    def append_many(self, records: Sequence[Recordable]) -> Sequence[_Appended]:
        """Record acts with nothing between them, all or none; otherwise as `append`."""
        ...

    def entry_bytes(self, index: int) -> bytes:
        """Return an entry as it was recorded."""
        ...

    def receipt(self, index: int) -> str:
        """Return the proof that the entry of this index is in the ledger."""
        ...


@dataclass(frozen=True)
class Act:
    """An act under way: its session, its moment, the ledger to record it in, and a source of random bytes."""

    session: Session
    now: datetime
    ledger: LedgerLike
    entropy: Callable[[int], bytes]

    def record(self, kind: str, actor: str, body: Mapping[str, Any]) -> int:
        """Send what was changed so far to the database, then append the entry; return its index.

        Call it last: whatever the database would refuse must be refused before the entry is there.
        Raises NotRecordedError when the ledger cannot write.
        """
        self.session.flush()
        try:
            return self.ledger.append(kind, actor, {k: v for k, v in body.items() if v is not None}).index
        except (UmayaError, OSError) as error:
            raise NotRecordedError(f"the act `{kind}` could not be recorded, so it did not happen") from error

    def record_many(self, records: Sequence[Recordable]) -> range:
        """Send what was changed so far to the database, then append the entries; return their indices. See `record`."""
        self.session.flush()
        try:
            first = self.ledger.append_many(records)[0].index
        except (UmayaError, OSError) as error:
            raise NotRecordedError("the acts could not be recorded, so they did not happen") from error
        return range(first, first + len(records))


class Acts:
    """Begins acts.

    Args:
        database: where the effect is kept.
        ledger: where the act is recorded.
        clock: when it happens.
        entropy: returns so many random bytes, for ids and salts.
    """

    def __init__(self, database: Database, ledger: LedgerLike, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self.database = database
        self.ledger = ledger
        self.clock = clock
        self.entropy = entropy

    def new_id(self) -> str:
        """Return a random id in the form of a UUID."""
        return str(UUID(bytes=self.entropy(16), version=4))

    @contextmanager
    def begin(self) -> Iterator[Act]:
        """Yield an act; commit at the end, roll back when the body raises.

        Raises:
            ConflictError: when another process did the same at this moment, and its rows stand where these would.
        """
        try:
            with self.database.writing() as session:
                yield Act(session, self.clock.now(), self.ledger, self.entropy)
        except IntegrityError as error:
            raise ConflictError("another did the same at this moment: look again, then repeat the act") from error


def digest(data: bytes) -> str:
    """Return the form in which a document enters the ledger."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
