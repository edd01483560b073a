"""The receipt that one person holds of one use: a file that proves, offline, whether the use reached that person.

It carries the ledger's entry of the use, the proof that the entry is in the signed log, and the person's proof
against the root in that entry. It names nobody. What verifies it is `umaya.ledger.check_receipt`, which shares no
code with this module.
Must always hold: a receipt that would not verify is not written; one receipt has exactly one form in bytes, the
canonical JSON of RFC 8785 and a newline.
Evolution: `format` ends in the version. A change of the members is a new version, and checkers keep reading the old.
"""

from __future__ import annotations

from enum import StrEnum

import rfc8785

from umaya.ledger.entries import Entry
from umaya.ledger.merkle import EMPTY_ROOT, leaf_hash, verify_inclusion
from umaya.ledger.people_tree import PersonProof
from umaya.types.errors import IntegrityError

FORMAT = "umaya-receipt/v1"


class Which(StrEnum):
    """Which people of a use: the member of the entry that holds their root. Stored: values never change."""

    PEOPLE = "people"
    DELIVERED_PEOPLE = "delivered_people"

    @property
    def number(self) -> str:
        """The member of the entry that holds how many they are."""
        return "permitted" if self is Which.PEOPLE else "delivered"


def person_receipt(entry: bytes, proof: str, which: Which, person: PersonProof) -> bytes:
    """Return the receipt file of a person.

    Args:
        entry: the entry of the use, as recorded.
        proof: that the entry is in the log, as `LedgerReader.receipt` gives it.
        which: the people that the proof is about.
        person: the proof from their tree.

    Raises:
        IntegrityError: when the person's proof does not lead to the root that the entry names.
    """
    body = Entry.from_bytes(entry).body
    _require(person, body.get(which.value), body.get(which.number))
    leaves = [
        {"index": leaf.index, "key": leaf.key.hex(), "path": [hash_.hex() for hash_ in leaf.path]}
        for leaf in person.leaves
    ]
    members = {
        "entry": entry.decode(),
        "format": FORMAT,
        "key": person.key.hex(),
        "leaves": leaves,
        "present": person.present,
        "proof": proof,
        "which": which.value,
    }
    return rfc8785.dumps(members) + b"\n"  # type: ignore[arg-type] # its recursive type is invariant in dict and list


def _require(person: PersonProof, root: object, size: object) -> None:
    if not isinstance(root, str) or not isinstance(size, int):
        raise IntegrityError("the entry does not name the people whom the receipt is about")
    expected = bytes.fromhex(root.removeprefix("sha256:"))
    for leaf in person.leaves:
        verify_inclusion(leaf_hash(leaf.key), leaf.index, size, leaf.path, expected)
    if not person.leaves and (size, expected) != (0, EMPTY_ROOT):
        raise IntegrityError("a person's proof holds no leaf, but the use has people")
