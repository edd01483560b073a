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
    """A session; `key` is the digest of what the cookie holds."""

    __tablename__ = "sessions"

    key: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    actor: Mapped[str | None] = mapped_column(String(64))
    """Whom somebody chose to act as; None for residents, and until one of several is chosen."""
    id_token: Mapped[str] = mapped_column(Text)
    """Shown to the provider at sign-out, for nothing else."""
    began_at: Mapped[datetime]
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
