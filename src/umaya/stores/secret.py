"""A secret of the hub: 32 random bytes in a file that its owner alone may read, and the keys derived from it.

Must hold: a wider permission is refused, not repaired; a file that is there is never replaced; who learns the key of
one purpose learns nothing of another's.
"""

from __future__ import annotations

import os
import secrets
import stat
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from umaya.types.errors import InputError, Place

SECRET_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600


def kept_secret(path: Path) -> bytes:
    """Return the secret in this file, made where there is none; its folder exists.

    Raises:
        InputError: when others than the owner may read or change it, or it is damaged.
    """
    if not path.exists():
        _make(path)
    with path.open(encoding="ascii", errors="replace") as stream:
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        written = stream.read().strip()
    if mode & ~_OWNER_ONLY:
        problem = f"the secret is open to others than its owner (mode {mode:04o})"
        raise InputError(Place(str(path)), problem, f"run `chmod 600 {path}`, and think about who read it")
    try:
        secret = bytes.fromhex(written)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise InputError(Place(str(path)), "the secret is damaged", "restore it from its copy")
    return secret


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return the 32 bytes for one purpose: HKDF with SHA-256 (RFC 5869), no salt, the purpose as `info`."""
    return HKDF(SHA256(), SECRET_BYTES, salt=None, info=purpose.encode()).derive(secret)


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(SECRET_BYTES) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):  # of two processes that start together, one wins and both read its secret
        os.link(fresh, path)
    fresh.unlink()
