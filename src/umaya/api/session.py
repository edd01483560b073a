"""Who is signed in: a signed cookie that says which actor and nothing else, and the key it is signed with."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

COOKIE = "umaya_session"
SHIFT_S = 12 * 3600
"""A session ends after twelve hours: one long shift."""


def session_key(keys: Path) -> str:
    """Return the key that session cookies are signed with, made on first use with owner-only permissions.

    Args:
        keys: the hub's folder of keys.
    """
    path = keys / "session"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = keys / f"session.{os.getpid()}.tmp"
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):  # of two processes that start together, one wins and both read its key
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text()
