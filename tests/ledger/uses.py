"""A small hub's uses of people and the receipts they give, for the tests of receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from umaya.ledger import Ed25519Signer, Ledger
from umaya.ledger.people_tree import PeopleTree, subject_key
from umaya.ledger.person_receipt import Which, person_receipt

SECRET = bytes(range(32))
USE = "3f2a8c1e-0b4d-4e6f-8a71-5c9d2e3f4a5b"
OTHER_USE = "00000000-0000-4000-8000-000000000001"
PEOPLE = [7, 8, 9, 10, 11]
ABSENT = 12


@dataclass(frozen=True)
class RecordedUse:
    """One use in a ledger, with the tree of its people."""

    ledger: Ledger
    index: int
    tree: PeopleTree
    which: Which

    @property
    def entry(self) -> bytes:
        return self.ledger.entry_bytes(self.index)

    def receipt(self, person: int) -> bytes:
        """The receipt file of a person."""
        return person_receipt(self.entry, self.ledger.receipt(self.index), self.which, self.tree.prove(person))


def record_use(
    ledger: Ledger,
    persons: Sequence[int] = PEOPLE,
    use: str = USE,
    which: Which = Which.PEOPLE,
    kind: str = "use.released",
) -> RecordedUse:
    """Record a use of these people, between two other entries."""
    tree = PeopleTree.of(np.array(persons, np.uint32), use, SECRET)
    body: dict[str, str | int] = {"use": use, which.value: f"sha256:{tree.root.hex()}", which.number: tree.size}
    if which is Which.PEOPLE:
        kind = "use.permitted"
        body |= {"scheme": "minase-letters", "version": 2, "purpose": f"sha256:{'ab' * 32}"}
    ledger.append("event.ended", "minase-officer", {"event": use})
    index = ledger.append(kind, "minase-officer", body).index
    ledger.append("event.ended", "minase-officer", {"event": use})
    return RecordedUse(ledger, index, tree, which)


def key_of(person: int) -> bytes:
    """The subject key that the person was given."""
    return subject_key(SECRET, person)


def forged(signer: Ed25519Signer) -> Ed25519Signer:
    """Another key under the same name."""
    return Ed25519Signer.generate(signer.name)
