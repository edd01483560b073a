"""Who is signed in: a signed cookie that says which actor and nothing else, and the key it is signed with."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from umaya.types.errors import InputError, Place

COOKIE = "umaya_session"
KEY_BYTES = 32
SHIFT_S = 12 * 3600
"""A session ends after twelve hours: one long shift."""


def session_key(keys: Path) -> str:
    """Return the key that session cookies are signed with, made on first use with owner-only permissions.

    Args:
        keys: the hub's folder of keys.

    Raises:
        InputError: when the file holds no key, as a power cut may leave it: sessions signed with it could be forged.
    """
    path = keys / "session"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = keys / f"session.{os.getpid()}.tmp"
    if not path.exists():
        fresh.touch(mode=0o600)
        with fresh.open("w") as stream:
            stream.write(secrets.token_hex(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):  # of two processes that start together, one wins and both read its key
            os.link(fresh, path)
        fresh.unlink()
    key = path.read_text()
    if len(key) != 2 * KEY_BYTES:
        raise InputError(Place(str(path)), "the session key is damaged", "remove it; everybody signs in anew")
    return key
