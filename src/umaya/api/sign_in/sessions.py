"""Sessions on the server, and sign-ins under way.

A cookie holds 32 random bytes and says nothing; the database holds their digest, so that who reads it cannot take a
session over, and the rest sealed (AES-256-GCM) under a key of the cookie and the hub's secret together: who reads the
database does not learn who is signed in, and who writes to it, by whatever hole, makes nobody a session and changes
none. Must hold: whoever signs in or changes the party gets a new session, and the one before is gone (session
fixation; OWASP Session Management); a session ends when it was idle too long and at the latest after its limit; a
sign-in under way is used once. Times are the machine's, not those of a demonstration's day.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, or_

from umaya.api.sign_in.models import AttemptRow, SessionRow
from umaya.gate.accounts import Identity
from umaya.stores.database import Database
from umaya.types.clock import Clock

ATTEMPT_LASTS: Final = timedelta(minutes=10)
_NONCE: Final = 12
_TOUCHED_AFTER: Final = timedelta(minutes=1)
"""A session's last request is noted to the minute: a write for every page would be many."""


@dataclass(frozen=True)
class Session:
    """Somebody who signed in.

    Attributes:
        identity: whom the provider asserted.
        actor: id of whom they chose to act as, or None.
        id_token: what the provider asserted it with.
        began_at: when it did.
    """

    identity: Identity
    actor: str | None
    id_token: str = field(repr=False)
    began_at: datetime


@dataclass(frozen=True)
class Attempt:
    """A sign-in under way: what the provider's answer must fit, and where it leads afterwards."""

    provider: str
    state: str
    nonce: str
    verifier: str
    next: str


class Sessions:
    """Begins, finds and ends sessions.

    Args:
        database: the services'.
        clock: the machine's.
        idle: how long a session lasts without a request.
        longest: how long it lasts at all.
        key: 32 bytes of the hub's, without which no session is made or read.
    """

    def __init__(self, database: Database, clock: Clock, idle: timedelta, longest: timedelta, key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._idle = idle
        self._longest = longest
        self._key = key

    def begin(self, identity: Identity, actor: str | None, id_token: str) -> str:
        """Begin a session, forget those whose time is over, and return what the cookie shall hold."""
        now, secret = self._clock.now(), secrets.token_urlsafe(32)
        over = or_(SessionRow.seen_at <= now - self._idle, SessionRow.began_at <= now - self._longest)
        with self._database.writing() as session:
            session.execute(delete(SessionRow).where(over))
            sealed = self._sealed(secret, Session(identity, actor, id_token, now))
            session.add(SessionRow(key=_digest(secret), sealed=sealed, began_at=now, seen_at=now))
        return secret

    def find(self, secret: str) -> Session | None:
        """Return the session of a cookie, or None where there is none any more; it counts as a request."""
        now = self._clock.now()
        with self._database.reading() as session:
            row = session.get(SessionRow, _digest(secret))
            found = None if row is None else self._opened(secret, row)
            if row is None or found is None:
                return None
            if now - row.seen_at >= self._idle or now - found.began_at >= self._longest:
                return None
            stale = now - row.seen_at >= _TOUCHED_AFTER
        if stale:
            with self._database.writing() as session:
                current = session.get(SessionRow, _digest(secret))
                if current is not None:
                    current.seen_at = now
        return found

    def act_as(self, secret: str, actor: str) -> str | None:
        """Let a session go on as another actor under a new secret, which is returned; None where it has ended."""
        fresh = secrets.token_urlsafe(32)
        with self._database.writing() as session:
            row = session.get(SessionRow, _digest(secret))
            found = None if row is None else self._opened(secret, row)
            if row is None or found is None:
                return None
            row.key, row.sealed = _digest(fresh), self._sealed(fresh, replace(found, actor=actor))
        return fresh

    def end(self, secret: str) -> Session | None:
        """End a session; return what it was, or None where there was none."""
        with self._database.writing() as session:
            row = session.get(SessionRow, _digest(secret))
            if row is None:
                return None
            session.delete(row)
            return self._opened(secret, row)

    def _sealed(self, secret: str, told: Session) -> bytes:
        words = [*vars(told.identity).values(), told.actor, told.id_token, told.began_at.isoformat()]
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher(secret).encrypt(nonce, json.dumps(words).encode(), None)

    def _opened(self, secret: str, row: SessionRow) -> Session | None:
        """Return what a row says, or None when it was not sealed here for this cookie."""
        try:
            words = self._cipher(secret).decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], None)
        except (InvalidTag, ValueError):
            return None
        issuer, subject, actor, id_token, began_at = json.loads(words)
        return Session(Identity(issuer, subject), actor, id_token, datetime.fromisoformat(began_at))

    def _cipher(self, secret: str) -> AESGCM:
        return AESGCM(hmac.digest(self._key, f"session/v1/{secret}".encode(), sha256))


class Attempts:
    """Remembers sign-ins under way.

    Args:
        database: the services'.
        clock: the machine's.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, provider: str, next_path: str) -> tuple[str, Attempt]:
        """Begin a sign-in; return what the browser's cookie shall hold, and what goes to the provider."""
        now, secret = self._clock.now(), secrets.token_urlsafe(32)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(provider, state, nonce, verifier, next_path)
        with self._database.writing() as session:
            session.execute(delete(AttemptRow).where(AttemptRow.began_at <= now - ATTEMPT_LASTS))
            session.add(AttemptRow(key=_digest(secret), began_at=now, **vars(attempt)))
        return secret, attempt

    def take(self, secret: str) -> Attempt | None:
        """Return the sign-in of a browser and forget it; None where there is none, or it took too long."""
        with self._database.writing() as session:
            row = session.get(AttemptRow, _digest(secret))
            if row is None:
                return None
            session.delete(row)
            if self._clock.now() - row.began_at >= ATTEMPT_LASTS:
                return None
            return Attempt(row.provider, row.state, row.nonce, row.verifier, row.next)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
