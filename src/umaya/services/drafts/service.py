"""Keeps drafts: each for its owner alone, saved only over what its owner saw.

Must hold: a draft of somebody else is answered as one that is not there; a save from an outdated form changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from umaya.services.drafts.models import DraftRow
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, InputError, NotFoundError, Place
from umaya.types.site import Actor

MOST: Final = 200
"""Drafts that one actor may keep."""
LONGEST: Final = 400_000
"""Characters of a draft's JSON."""


class OutdatedError(ConflictError):
    """The draft was saved elsewhere since the form was made."""


@dataclass(frozen=True)
class Draft:
    """A scheme document in the making.

    Attributes:
        document: keys as in scheme documents; days as texts, values as they were typed where they are wrong.
        revision: to be handed back with the next save.
    """

    id: str
    owner: str
    party: str
    document: Mapping[str, Any]
    revision: int
    created_at: datetime
    updated_at: datetime


class Drafts:
    """Keeps and finds drafts.

    Args:
        database: of the services.
        clock: the present.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, actor: Actor) -> list[Draft]:
        """Return the actor's drafts, the latest saved first."""
        own = (DraftRow.owner == actor.id, DraftRow.party == actor.party)
        query = select(DraftRow).where(*own).order_by(DraftRow.updated_at.desc(), DraftRow.id)
        with self._database.reading() as session:
            return [_draft(row) for row in session.scalars(query)]

    def get(self, actor: Actor, draft: str) -> Draft:
        """Return a draft of the actor, or raise NotFoundError."""
        with self._database.reading() as session:
            return _draft(_find(session, actor, draft))

    def start(self, actor: Actor, document: Mapping[str, Any]) -> Draft:
        """Keep a new draft.

        Raises:
            InputError: when it is too long.
            ConflictError: when the actor keeps too many.
        """
        text, now = _text(document), self._clock.now()
        with self._database.writing() as session:
            kept = session.scalar(select(func.count()).select_from(DraftRow).where(DraftRow.owner == actor.id))
            if kept is not None and kept >= MOST:
                raise ConflictError(f"there are {MOST} drafts already: discard some")
            row = DraftRow(
                id=str(uuid4()),
                owner=actor.id,
                party=actor.party,
                document=text,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            session.add(row)
            session.flush()
            return _draft(row)

    def save(self, actor: Actor, draft: str, revision: int, document: Mapping[str, Any]) -> Draft:
        """Put a document in the place of what was kept, when that is still of the revision.

        Raises:
            NotFoundError: when the actor has no such draft.
            OutdatedError: when it was saved since; nothing is changed.
            InputError: when it is too long.
        """
        text = _text(document)
        with self._database.writing() as session:
            row = _find(session, actor, draft)
            same = (DraftRow.id == row.id, DraftRow.revision == revision)
            values = {"document": text, "revision": revision + 1, "updated_at": self._clock.now()}
            taken = session.execute(update(DraftRow).where(*same).values(values).returning(DraftRow.id)).first()
            if taken is None:
                raise OutdatedError("the draft was saved elsewhere since this form was opened")
            session.refresh(row)
            return _draft(row)

    def discard(self, actor: Actor, draft: str) -> None:
        """Forget a draft of the actor, or raise NotFoundError."""
        with self._database.writing() as session:
            session.execute(delete(DraftRow).where(DraftRow.id == _find(session, actor, draft).id))


def _find(session: Session, actor: Actor, draft: str) -> DraftRow:
    try:
        row = session.get(DraftRow, str(UUID(draft)))
    except ValueError:
        row = None
    if row is None or row.owner != actor.id or row.party != actor.party:
        raise NotFoundError("there is no such draft")
    return row


def _text(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False)
    if len(text) > LONGEST:
        raise InputError(Place("draft"), "the draft is too long", f"keep it under {LONGEST:,} characters")
    return text


def _draft(row: DraftRow) -> Draft:
    document = json.loads(row.document)
    return Draft(row.id, row.owner, row.party, document, row.revision, row.created_at, row.updated_at)
