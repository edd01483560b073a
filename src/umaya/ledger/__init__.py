"""The tamper-evident log of every use: entries, Merkle tree, signed checkpoints, receipts, an independent checker.

The log of record is a folder in C2SP `tlog-tiles` form, checked without any database. It holds references,
digests, counts and times, never personal data. What is recorded here is durable before `append` returns.

    ledger/
    ├── checkpoint        the present tree head, signed (C2SP `tlog-checkpoint`)
    ├── checkpoints       every tree head ever signed, in order, one for each append
    ├── tile/entries/...  the entries, 256 to a bundle
    ├── tile/<L>/...      the hashes of the Merkle tree, 256 to a tile
    ├── journal           the last appends once more, until their files are flushed
    └── lock              empty; the writer holds it

Names are loaded when first asked for, so that the checker runs without a line of the writer's code.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umaya.ledger.check import CheckResult, Fault, check_ledger
    from umaya.ledger.disk import LedgerUnavailableError
    from umaya.ledger.entries import Entry, Kind, Record
    from umaya.ledger.group import GroupCommit
    from umaya.ledger.keys import Ed25519Signer, Signer, Verifier, create_keys, load_signer, load_vkey
    from umaya.ledger.log import Appended, Ledger
    from umaya.ledger.proofs import verify_receipt
    from umaya.ledger.reader import LedgerReader
    from umaya.ledger.templates import Form, Template, TemplateRecord

_HOME = {
    "Appended": "log",
    "CheckResult": "check",
    "Ed25519Signer": "keys",
    "Entry": "entries",
    "Fault": "check",
    "Form": "templates",
    "GroupCommit": "group",
    "Kind": "entries",
    "Ledger": "log",
    "LedgerReader": "reader",
    "LedgerUnavailableError": "disk",
    "Record": "entries",
    "Signer": "keys",
    "Template": "templates",
    "TemplateRecord": "templates",
    "Verifier": "keys",
    "check_ledger": "check",
    "create_keys": "keys",
    "load_signer": "keys",
    "load_vkey": "keys",
    "verify_receipt": "proofs",
}

__all__ = [
    "Appended",
    "CheckResult",
    "Ed25519Signer",
    "Entry",
    "Fault",
    "Form",
    "GroupCommit",
    "Kind",
    "Ledger",
    "LedgerReader",
    "LedgerUnavailableError",
    "Record",
    "Signer",
    "Template",
    "TemplateRecord",
    "Verifier",
    "check_ledger",
    "create_keys",
    "load_signer",
    "load_vkey",
    "verify_receipt",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
