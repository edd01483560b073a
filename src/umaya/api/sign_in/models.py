"""Tables of sign-in, in the services' database. Nothing here says which actor's roles or which person: that is asked
of the gate at every request. Moments are UTC.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.stores.database import ServiceBase

_DIGEST = String(64)


class SessionRow(ServiceBase):
    """A session; `key` is the digest of what the cookie holds, `sealed` is readable with the cookie alone."""

    __tablename__ = "sessions"

    key: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    sealed: Mapped[bytes]
    """Who signed in, whom they act as, the ID token, and since when; see `sessions`."""
    began_at: Mapped[datetime]
    """When the row may be forgotten; how long a session lasts is told by what is sealed."""
    seen_at: Mapped[datetime] = mapped_column(index=True)


class AttemptRow(ServiceBase):
    """A sign-in under way at a provider; `key` is the digest of what the browser's cookie holds."""

    __tablename__ = "sign_in_attempts"

    key: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    provider: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(128))
    next: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(index=True)
