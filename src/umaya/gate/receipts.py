"""Receipts for people: what proves to one person, offline, whether one use reached them.

Made from what is stored of the use and from the ledger; says nothing of anybody else. Where a list became narrower
than what was permitted, or was cut short, the receipt is about the people whose rows left.
"""

from __future__ import annotations

from pyroaring import BitMap

from umaya.gate.models import UsePeopleRow, UseRow
from umaya.gate.person_rule import numbers
from umaya.gate.record import LedgerLike
from umaya.ledger.people_tree import PeopleTree
from umaya.ledger.person_receipt import Which, person_receipt
from umaya.stores.database import Database
from umaya.types.errors import NotFoundError


class PersonReceipts:
    """Makes receipts.

    Args:
        database: where uses are kept.
        ledger: where they were recorded.
        secret: what people's keys are derived from.
    """

    def __init__(self, database: Database, ledger: LedgerLike, secret: bytes) -> None:
        self._database = database
        self._ledger = ledger
        self._secret = secret

    def make(self, use: str, person: int) -> bytes:
        """Return the receipt file of a person and a use.

        Raises:
            NotFoundError: when there is no such use, or it was of no people.
            IntegrityError: when what is stored of it does not lead to the root in its entry.
        """
        with self._database.reading() as session:
            row = session.get(UseRow, use)
            if row is None or row.permitted is None:
                raise NotFoundError("there is no such use of people")
            stored = session.get(UsePeopleRow, use)
        people, which, entry = BitMap(), Which.PEOPLE, row.entry
        if stored is not None:
            people = BitMap.deserialize(stored.permitted)
        if stored is not None and stored.delivered is not None and row.closing_entry is not None:
            people, which, entry = BitMap.deserialize(stored.delivered), Which.DELIVERED_PEOPLE, row.closing_entry
        proof = PeopleTree.of(numbers(people), use, self._secret).prove(person)
        return person_receipt(self._ledger.entry_bytes(entry), self._ledger.receipt(entry), which, proof)
