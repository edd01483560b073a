"""Keeps keys for a day: begins one, answers its repetition, settles or forgets it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from umaya.api.idempotency.models import KeyRow
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, InputError, Place

KEPT: Final = timedelta(hours=24)
_PLACE: Final = Place("request", field="Idempotency-Key")


@dataclass(frozen=True)
class Settled:
    """How a key was answered; `body` is JSON."""

    status: int
    body: str


class Keys:
    """The keys of all actors.

    Args:
        database: the services' own.
        clock: tells when a key is forgotten.
        secret: keys the digest of what was asked: a content that could be guessed is not told by it.
    """

    def __init__(self, database: Database, clock: Clock, secret: bytes) -> None:
        self._database = database
        self._clock = clock
        self._secret = secret

    def begin(self, actor: str, key: str, content: bytes) -> Settled | None:
        """Begin a key, or return how it was answered before.

        Raises:
            InputError: when it was used for something else.
            ConflictError: when its first request is under way or its end is not known, or its answer held rows.
        """
        digest = hmac.new(self._secret, content, hashlib.sha256).hexdigest()
        try:
            with self._database.writing() as session:
                now = self._clock.now()
                session.execute(delete(KeyRow).where(KeyRow.began_at < now - KEPT))
                found = session.get(KeyRow, (actor, key), with_for_update=True)
                if found is None:
                    session.add(KeyRow(actor=actor, key=key, content=digest, began_at=now))
                    return None
                return _repeated(found, digest)
        except IntegrityError as error:
            raise ConflictError("a request with this idempotency key is under way: ask again in a moment") from error

    def settle(self, actor: str, key: str, status: int, body: str | None, use: str | None = None) -> None:
        """Remember how a key was answered; `body` is None where the answer may not be kept."""
        with self._database.writing() as session:
            row = session.get_one(KeyRow, (actor, key))
            row.status, row.body, row.use = status, body, use

    def forget(self, actor: str, key: str) -> None:
        """Forget a key whose request changed nothing."""
        with self._database.writing() as session:
            session.execute(delete(KeyRow).where(KeyRow.actor == actor, KeyRow.key == key))


def _repeated(row: KeyRow, digest: str) -> Settled:
    if not hmac.compare_digest(row.content, digest):
        raise InputError(_PLACE, "the key was used for another request", "make a new key for each request")
    if row.status is None:
        raise ConflictError("the first request with this key is under way, or was cut short: look whether it happened")
    if row.use is not None:
        raise ConflictError(f"the rows of this request left with use `{row.use}`, and leave once only")
    if row.body is None:
        raise ConflictError("this request was answered before, and its answer is not kept")
    return Settled(row.status, row.body)
