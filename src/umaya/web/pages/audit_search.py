"""The hub's ledger as pages search it, and one entry as pages show it. No page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from umaya.hub import Hub
from umaya.ledger import Entry, load_vkey
from umaya.ledger.checkpoint import open_checkpoint
from umaya.ledger.evidence import fingerprint
from umaya.ledger.keys import Verifier
from umaya.ledger.merkle import leaf_hash, node_hash, verify_inclusion
from umaya.ledger.search import INDEX, LedgerSearch
from umaya.types.reasons import Reason

MEMBERS: Final = (
    "about",
    "alarm",
    "area",
    "asked",
    "basis",
    "content",
    "data",
    "dataset",
    "decided_at",
    "delivered",
    "delivered_people",
    "document",
    "entries",
    "event",
    "export",
    "fields",
    "keep_through",
    "obligations",
    "of",
    "opened",
    "party",
    "people",
    "permitted",
    "provider",
    "reason",
    "recipient",
    "records",
    "refused",
    "role",
    "roles",
    "rows",
    "rules",
    "scheme",
    "searched",
    "statement",
    "subject",
    "topic",
    "use",
    "version",
    "window_end",
    "window_start",
)
"""Members of a body whose meaning is said in words, `audit.member.KEY`; others stand as they are."""


def search_of(hub: Hub) -> LedgerSearch:
    """Return the search of a hub's ledger; nothing is opened before it is asked."""
    return LedgerSearch(hub.ledger, load_vkey(hub.directory / "keys" / "ledger.vkey"), hub.directory / INDEX)


@dataclass(frozen=True)
class ProvenStep:
    """One step from an entry's hash to the root: the sibling, on which side it stands, and what both give."""

    sibling: str
    left: bool
    gives: str


@dataclass(frozen=True)
class ProvenEntry:
    """An entry that was proved to be in the signed ledger.

    Attributes:
        text: its canonical bytes.
        leaf, root: hashes, hexadecimal; `steps` lead from one to the other.
        size: number of entries of the tree.
    """

    index: int
    entry: Entry
    text: str
    leaf: str
    root: str
    size: int
    steps: tuple[ProvenStep, ...]
    receipt: str
    fingerprint: str


def proven_entry(search: LedgerSearch, index: int) -> ProvenEntry:
    """Return an entry with its proof against the present checkpoint.

    Raises:
        NotFoundError: when the ledger has no such entry.
        IntegrityError: when it is not in the signed tree.
    """
    reader = search.reader
    head = open_checkpoint(reader.checkpoint(), Verifier.from_vkey(search.vkey))
    data = reader.entry_bytes(index)
    path = reader.inclusion_proof(index, head.size)
    verify_inclusion(leaf_hash(data), index, head.size, path, head.root)
    steps, value, fn, sn = [], leaf_hash(data), index, head.size - 1
    for sibling in path:
        left = bool(fn & 1 or fn == sn)
        value = node_hash(sibling, value) if left else node_hash(value, sibling)
        steps.append(ProvenStep(sibling.hex(), left, value.hex()))
        while left and not fn & 1 and fn:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    return ProvenEntry(
        index,
        Entry.from_bytes(data),
        data.decode(),
        leaf_hash(data).hex(),
        head.root.hex(),
        head.size,
        tuple(steps),
        reader.receipt(index),
        fingerprint(search.vkey),
    )


def names_of(hub: Hub) -> Mapping[str, Any]:
    """Return what pages call actors, parties and schemes, by id, and which codes of reasons have words."""
    catalogue = hub.gate.catalogue
    return {
        "people": {person.id: person.name for person in catalogue.actors()},
        "parties": {party.id: party.name for party in catalogue.parties()},
        "reason_codes": frozenset(reason.value for reason in Reason),
        "schemes": {scheme.id: scheme.title for scheme in hub.gate.schemes.list()},
    }


def clean(values: Mapping[str, str | None]) -> dict[str, str]:
    """Return the parts of a question that were filled in."""
    return {name: value.strip() for name, value in values.items() if value is not None and value.strip()}
