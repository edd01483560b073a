"""Signed tree heads: the verifier key, and the one form of a checkpoint (C2SP `signed-note`, `tlog-checkpoint`)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from umaya.ledger.check.faults import FaultError

NOTE = re.compile(rb"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n\n\xe2\x80\x94 ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n")
"""A checkpoint with the log's own signature and no other: origin, size, root, name, signature."""


@dataclass(frozen=True)
class Head:
    """A signed tree head as it lies on disk."""

    size: int
    root: bytes
    note: bytes


class Key:
    """A verifier key in signed-note form; raises ValueError when it is none."""

    def __init__(self, vkey: str) -> None:
        # SPEC: signed-note "key ID = SHA-256(key name || 0x0A || 0x01 || 32-byte Ed25519 public key)[:4]"
        try:
            self.name, id_, encoded = vkey.strip().split("+", 2)
            self.id, public = bytes.fromhex(id_), base64.b64decode(encoded, validate=True)
            self._key = Ed25519PublicKey.from_public_bytes(public[1:])
        except (ValueError, binascii.Error) as error:
            raise ValueError("a verifier key has the form name+hash+base64") from error
        if public[:1] != b"\x01" or sha256(f"{self.name}\n".encode() + public).digest()[:4] != self.id:
            raise ValueError("the verifier key does not fit its own hash, or is not of type Ed25519")

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}"

    def head(self, match: re.Match[bytes] | None, file: str, where: str) -> Head:
        """Return the head that a match of `NOTE` holds, having checked its form, its log and its signature."""
        # SPEC: tlog-checkpoint "The first line is the origin", "The second line is the tree size [...] with no leading
        # zeroes", "The third line is the root hash, the base64 encoding of the root"
        if match is None:
            raise FaultError(file, f"{where} is not in its one written form")
        origin, size, root, name, signature = match.groups()
        if origin.decode(errors="replace") != self.name:
            raise FaultError(file, f"{where} is of another log than the key")
        decoded = [base64.b64decode(root), base64.b64decode(signature)]
        if [base64.b64encode(data) for data in decoded] != [root, signature]:
            raise FaultError(file, f"{where} has stray bits in its base64")
        text = match.group().partition(b"\n\n")[0] + b"\n"
        self._verify(text, name.decode(errors="replace"), decoded[1], file, where)
        return Head(int(size), decoded[0], match.group())

    def _verify(self, text: bytes, name: str, signature: bytes, file: str, where: str) -> None:
        if name != self.name or signature[:4] != self.id:
            raise FaultError(file, f"{where} is signed by another key")
        try:
            self._key.verify(signature[4:], text)
        except InvalidSignature as error:
            raise FaultError(file, f"{where} has a signature that does not fit it") from error
