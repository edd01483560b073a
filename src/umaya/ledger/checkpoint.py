"""Tree heads as signed notes: C2SP `tlog-checkpoint` over C2SP `signed-note`.

Must always hold: a head is signed only when its entries are on disk or are being written there in the order of
`log`, and never twice for different trees of one size.
Evolution: the three lines are fixed by the specification; a new key means a new signature line.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from umaya.ledger.keys import Signer, Verifier
from umaya.ledger.merkle import HASH_BYTES
from umaya.types.errors import IntegrityError

_SIGNATURE_BYTES = 64
_MAX_BYTES = 64 * 1024  # SPEC: signed-note "Verifiers SHOULD apply a maximum limit [...] to the overall size of a note"


@dataclass(frozen=True)
class TreeHead:
    """The size and root hash of the tree of one log.

    Attributes:
        origin: the log, e.g. `minase.example/umaya`.
        size: number of entries.
        root: RFC 6962 root hash, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text of a checkpoint."""
        # SPEC: tlog-checkpoint "a sequence of at least three non-empty lines, separated by newlines": origin,
        # "the ASCII decimal representation of the number of leaves", "the base64 encoding of the root".
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_head(head: TreeHead, signer: Signer) -> str:
    """Return the signed checkpoint of a head whose origin is the signer's name."""
    text = head.text()
    signature = Verifier.from_vkey(signer.vkey).id + signer.sign(text.encode())
    # SPEC: signed-note "a text ending in newline (U+000A), followed by a blank line (only a newline), followed by one
    # or more signature lines of this form: em dash (U+2014), space (U+0020), key name, space, base64-encoded
    # signature, newline."
    return f"{text}\n\u2014 {signer.name} {base64.b64encode(signature).decode()}\n"


def open_checkpoint(note: str, verifier: Verifier) -> TreeHead:
    """Return the head of a checkpoint that the key signed.

    Raises:
        IntegrityError: when the note is malformed, of another log, or not signed by the key.
    """
    # SPEC: signed-note "the text is separated from the signatures by the last empty line in the note"
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n") or len(note) > _MAX_BYTES:
        raise IntegrityError("a checkpoint is no signed note")
    head = _parse_text(text + "\n")
    if head.origin != verifier.name:
        raise IntegrityError("a checkpoint is of another log")
    verifier.verify(_signature_of(signatures, verifier), (text + "\n").encode())
    return head


def _parse_text(text: str) -> TreeHead:
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), decode_base64(lines[2])
        head = TreeHead(origin, size, root)
    except (IndexError, ValueError) as error:
        raise IntegrityError("a checkpoint lacks its origin, size or root hash") from error
    if len(root) != HASH_BYTES or size < 0 or not origin or not text.startswith(head.text()):
        raise IntegrityError("a checkpoint is not in its one written form")
    return head


def _signature_of(lines: str, verifier: Verifier) -> bytes:
    # SPEC: signed-note "Verifiers MUST ignore signatures from unknown keys, even if they share a name or ID (but not
    # both) with a known key."
    found = b""
    for line in lines.removesuffix("\n").split("\n"):
        dash, name, encoded = [*line.split(" ", 2), "", ""][:3]
        try:
            signature = decode_base64(encoded)
        except ValueError as error:
            raise IntegrityError("a checkpoint has a malformed signature line") from error
        if dash != "\u2014" or not name or len(signature) <= len(verifier.id):
            raise IntegrityError("a checkpoint has a malformed signature line")
        if (name, signature[:4], len(signature)) == (verifier.name, verifier.id, 4 + _SIGNATURE_BYTES):
            found = found or signature[4:]
    if not found:
        raise IntegrityError("a checkpoint is not signed by the ledger's key")
    return found


def decode_base64(text: str) -> bytes:
    """Return the bytes of standard base64 in its one canonical form (no stray bits), or raise ValueError."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data
