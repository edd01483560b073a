"""Keys of the ledger: who signs, in which file the key lies, and how others know it.

The signing key lies in a file that its owner alone may read; a wider permission is refused, not repaired.
Both forms are those of signed notes (C2SP `signed-note`, and Go's `sumdb/note` for the private key):
`name+hash+base64(0x01 || public key)` and `PRIVATE+KEY+name+hash+base64(0x01 || seed)`.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from umaya.types.errors import InputError, IntegrityError, Place

KEY_FILE = "ledger.key"
VKEY_FILE = "ledger.vkey"

# SPEC: signed-note "`0x01` — Ed25519 signatures as specified by this document."
_ED25519 = b"\x01"
_SECRET = "PRIVATE+KEY+"  # noqa: S105 # the field's fixed opening, no secret
_OWNER_ONLY = 0o600

# SPEC: signed-note "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus (U+002B) characters."
# Ours are scheme-less URLs in ASCII, as tlog-checkpoint asks of an origin.
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*(?:/[a-z0-9][a-z0-9._-]*)*")


class Signer(Protocol):
    """Signs tree heads. The name is the log's origin."""

    @property
    def name(self) -> str:
        """The origin, e.g. `minase.example/umaya`."""
        ...

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature (RFC 8032) of a message."""
        ...


class Ed25519Signer:
    """Signs with a key held in memory.

    Args:
        name: the origin, e.g. `minase.example/umaya`.
        key: the private key.

    Raises:
        ValueError: when the name is no scheme-less URL in lower case.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._name = check_name(name)
        self._key = key

    @classmethod
    def generate(cls, name: str) -> Ed25519Signer:
        """Return a signer with a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Ed25519Signer:
        """Return the signer of a 32-byte seed: the same each time, for tests and sample hubs."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def name(self) -> str:
        return self._name

    @property
    def vkey(self) -> str:
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        return f"{self._name}+{key_id(self._name, public).hex()}+{base64.b64encode(public).decode()}"

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def secret(self) -> str:
        """Return the private key as text, for its file alone."""
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        seed = base64.b64encode(_ED25519 + self._key.private_bytes_raw()).decode()
        return f"{_SECRET}{self._name}+{key_id(self._name, public).hex()}+{seed}"


@dataclass(frozen=True)
class Verifier:
    """A key that signatures are checked with.

    Attributes:
        name: the origin that the key signs for.
        id: the first four bytes of the key's hash.
        key: the public key.
    """

    name: str
    id: bytes
    key: Ed25519PublicKey

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """Read a verifier key.

        Raises:
            ValueError: when it is none of ours.
        """
        name, id_, public = _parts(vkey.strip())
        if key_id(name, public) != id_:
            raise ValueError("the verifier key does not fit its own hash")
        return cls(name, id_, Ed25519PublicKey.from_public_bytes(public[1:]))

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature.

        Raises:
            IntegrityError: when the key did not sign the message.
        """
        try:
            self.key.verify(signature, message)
        except InvalidSignature as error:
            raise IntegrityError("a signature is not that of the ledger's key") from error


def key_id(name: str, public: bytes) -> bytes:
    """Return the four-byte id of a key; `public` begins with the signature type."""
    # SPEC: signed-note "key ID = SHA-256(key name || 0x0A || 0x01 || 32-byte Ed25519 public key)[:4]"
    return sha256(name.encode() + b"\n" + public).digest()[:4]


def check_name(name: str) -> str:
    """Return the name of a key, or raise ValueError when it is no scheme-less URL in lower case."""
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a ledger is a lower-case URL without scheme, such as `minase.example/umaya`")
    return name


def create_keys(folder: Path, name: str) -> Ed25519Signer:
    """Make a signing key in `folder`: `ledger.key`, readable by its owner only, and `ledger.vkey` for everybody.

    Args:
        folder: an existing folder.
        name: the origin, e.g. `minase.example/umaya`.

    Raises:
        InputError: when a key is there already; it is never overwritten.
    """
    signer = Ed25519Signer.generate(name)
    for file, text, mode in ((KEY_FILE, signer.secret(), _OWNER_ONLY), (VKEY_FILE, signer.vkey, 0o644)):
        path = folder / file
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError as error:
            raise InputError(Place(str(path)), "a key is there already", "choose another folder") from error
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            os.fchmod(descriptor, mode)  # whatever the umask says
            stream.write(text + "\n")
            stream.flush()
            os.fsync(descriptor)
    return signer


def load_signer(path: Path) -> Ed25519Signer:
    """Load a signing key from its file.

    Raises:
        InputError: when there is none, when others than the owner may read or change it, or when it is damaged.
    """
    place = Place(str(path))
    try:
        with path.open(encoding="ascii") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            if mode & ~_OWNER_ONLY:
                problem = f"the signing key is open to others than its owner (mode {mode:04o})"
                raise InputError(place, problem, f"run `chmod 600 {path}`, and make a new key if others could read it")
            text = stream.read().strip()
    except FileNotFoundError as error:
        raise InputError(place, "there is no signing key", "make a hub with `umaya init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(place, "the signing key cannot be read", "check the file and its owner") from error
    try:
        name, id_, seed = _parts(text.removeprefix(_SECRET))
        signer = Ed25519Signer.from_seed(name, seed[1:])
        if not text.startswith(_SECRET) or Verifier.from_vkey(signer.vkey).id != id_:
            raise ValueError("not a private key, or not that of its hash")  # noqa: TRY301 # one way out for all damage
    except ValueError as error:
        raise InputError(place, "the signing key is damaged", "restore it from its copy") from error
    return signer


def load_vkey(path: Path) -> str:
    """Load a verifier key from its file.

    Raises:
        InputError: when there is none or it is damaged.
    """
    try:
        vkey = path.read_text(encoding="ascii").strip()
        Verifier.from_vkey(vkey)
    except (OSError, ValueError) as error:
        problem = "there is no readable verifier key"
        raise InputError(Place(str(path)), problem, "give the key that the hub published") from error
    return vkey


def _parts(text: str) -> tuple[str, bytes, bytes]:
    # Base64 may hold a plus too: the first two plus signs part the fields.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise ValueError("a key has three parts joined by plus signs")
    try:
        id_, material = bytes.fromhex(parts[1]), base64.b64decode(parts[2], validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("a key has a hexadecimal hash and base64 material") from error
    if len(id_) != 4 or len(material) != 33 or material[:1] != _ED25519:
        raise ValueError("a key is of another type than Ed25519")
    return check_name(parts[0]), id_, material
