"""Receipts: the proof that one entry is in the log, checked without the log (C2SP `tlog-proof`).

A receipt names no person and holds no entry: whoever holds the entry's bytes and the verifier key can check it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from umaya.ledger.checkpoint import decode_base64, open_checkpoint
from umaya.ledger.keys import Verifier
from umaya.ledger.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from umaya.types.errors import IntegrityError

# SPEC: tlog-proof "The first line MUST be the string `c2sp.org/tlog-proof@v1`."
_FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class Receipt:
    """A `tlog-proof`.

    Attributes:
        index: zero-based index of the entry.
        path: inclusion proof, from the leaf's sibling up to the root's child.
        checkpoint: the signed tree head, verbatim.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def text(self) -> str:
        """Return the written form."""
        # SPEC: tlog-proof "`index` followed by a space (U+0020) and the zero-based index"; "The next zero or more
        # non-empty lines are the base64-encoded Merkle inclusion proof"; "After the inclusion proof lines and an empty
        # line, the checkpoint issued by the log is included verbatim".
        lines = [_FIRST_LINE, f"index {self.index}", *(base64.b64encode(hash_).decode() for hash_ in self.path)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """Read a receipt; nothing in it is believed yet.

        Raises:
            IntegrityError: when the text is no receipt.
        """
        proof, separator, checkpoint = text.partition("\n\n")
        lines = proof.split("\n")
        try:
            if not separator or lines.pop(0) != _FIRST_LINE:
                raise ValueError("not a tlog-proof")  # noqa: TRY301 # one way out for all damage
            # SPEC: tlog-proof "The second line MAY start with the string `extra`"; it is not authenticated, so ignored.
            if lines[0].startswith("extra "):
                decode_base64(lines.pop(0).removeprefix("extra "))
            word, _, number = lines.pop(0).partition(" ")
            path = tuple(decode_base64(line) for line in lines)
            receipt = cls(int(number), path, checkpoint)
        except (IndexError, ValueError) as error:
            raise IntegrityError("the receipt is malformed") from error
        if word != "index" or number != str(receipt.index) or any(len(hash_) != HASH_BYTES for hash_ in path):
            raise IntegrityError("the receipt is malformed")
        return receipt


def verify_receipt(receipt: str, entry: bytes, vkey: str) -> None:
    """Check that an entry is in the log that the key signs.

    Args:
        receipt: text in `tlog-proof` form.
        entry: the entry's bytes, exactly as recorded.
        vkey: the log's verifier key, from a source that the caller trusts.

    Raises:
        IntegrityError: when the receipt does not prove it.
        ValueError: when the verifier key is malformed.
    """
    parsed = Receipt.parse(receipt)
    head = open_checkpoint(parsed.checkpoint, Verifier.from_vkey(vkey))
    verify_inclusion(leaf_hash(entry), parsed.index, head.size, parsed.path, head.root)
