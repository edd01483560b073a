"""Uses as they are remembered: for the pages of the steward, the officer and the auditor. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from umaya.gate.catalogue import find_actor
from umaya.gate.models import SchemeRow, UseRow
from umaya.gate.roles import AUDITOR
from umaya.stores.database import Database
from umaya.types.errors import NotFoundError
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Window


class UseState(StrEnum):
    """How far a use went. Stored: values never change."""

    REFUSED = "refused"
    OPEN = "open"
    """Permitted and recorded; not closed yet, or cut short by a crash."""
    RELEASED = "released"
    FAILED = "failed"
    """Permitted, but nothing left."""
    INTERRUPTED = "interrupted"
    """Only a part left; the rows and people counted are those of that part."""


@dataclass(frozen=True)
class UseRecord:
    """A use.

    Attributes:
        reason: the decision's.
        stated_reason: the actor's words.
        entry: ledger index of the decision; `closing_entry` of the release or failure.
        rows, digest, receipt: of what was released, else None.
        asked, permitted, refused: how many people, the last by reason; None for a dataset without a subject.
    """

    id: str
    actor: str
    scheme: str
    version: int | None
    state: UseState
    reason: Reason
    stated_reason: str
    event: str | None
    window: Window | None
    decided_at: datetime
    entry: int
    rows: int | None
    digest: str | None
    receipt: str | None
    closing_entry: int | None
    closed_at: datetime | None
    asked: int | None = None
    permitted: int | None = None
    refused: Mapping[Reason, int] | None = None


class Uses:
    """Finds uses.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, use: str) -> UseRecord:
        """Return a use or raise NotFoundError."""
        with self._database.reading() as session:
            row = session.get(UseRow, use)
            if row is None:
                raise NotFoundError("there is no such use")
            return _record(row)

    def seen_by(self, actor: Actor, use: str) -> UseRecord:
        """Return a use as one of its scheme's parties or an auditor may see it.

        Raises:
            NotFoundError: when there is none, or it is not theirs to see.
        """
        record = self.get(use)
        with self._database.reading() as session:
            scheme = session.get(SchemeRow, record.scheme)
            reader = find_actor(session, actor.id)
        parties = set() if scheme is None else {scheme.provider, scheme.recipient}
        if AUDITOR not in reader.roles and reader.party not in parties:
            raise NotFoundError("there is no such use")
        return record

    def releases(self, scheme: str | None = None, limit: int = 100, before: int | None = None) -> list[UseRecord]:
        """Return releases, latest first; see `list`."""
        return self.list(UseState.RELEASED, scheme, limit, before)

    def refusals(self, scheme: str | None = None, limit: int = 100, before: int | None = None) -> list[UseRecord]:
        """Return refused uses, latest first; see `list`."""
        return self.list(UseState.REFUSED, scheme, limit, before)

    def list(
        self,
        state: UseState | None = None,
        scheme: str | None = None,
        limit: int = 100,
        before: int | None = None,
        actor: str | None = None,
    ) -> list[UseRecord]:
        """Return a page of uses, latest first.

        Args:
            state: only those; None for all.
            scheme: only its; None for all.
            limit: at most so many.
            before: only those whose entry is below this one: the next page begins before the last entry of this one.
            actor: only those of this one; None for all.
        """
        query = select(UseRow).order_by(UseRow.entry.desc()).limit(limit)
        if state is not None:
            query = query.where(UseRow.state == state.value)
        if scheme is not None:
            query = query.where(UseRow.scheme == scheme)
        if before is not None:
            query = query.where(UseRow.entry < before)
        if actor is not None:
            query = query.where(UseRow.actor == actor)
        with self._database.reading() as session:
            return [_record(row) for row in session.scalars(query)]


def _record(row: UseRow) -> UseRecord:
    window = None
    if row.window_start is not None and row.window_end is not None:
        window = (row.window_start, row.window_end)
    return UseRecord(
        id=row.id,
        actor=row.actor,
        scheme=row.scheme,
        version=row.version,
        state=UseState(row.state),
        reason=Reason(row.reason),
        stated_reason=row.stated_reason,
        event=row.event,
        window=window,
        decided_at=row.decided_at,
        entry=row.entry,
        rows=row.rows,
        digest=row.digest,
        receipt=row.receipt,
        closing_entry=row.closing_entry,
        closed_at=row.closed_at,
        asked=row.asked,
        permitted=row.permitted,
        refused=None if row.refused is None else {Reason(code): count for code, count in row.refused.items()},
    )
