"""Receipts: their bytes are pinned, and nothing but the entry itself is proved by one."""

from __future__ import annotations

import base64

import pytest

from tests.ledger.conftest import records
from umaya.ledger import Ed25519Signer, Ledger, verify_receipt
from umaya.types.errors import IntegrityError

GOLDEN = """\
c2sp.org/tlog-proof@v1
index 1
2LgYPYGSlJ1JxtLme1nd5ZVxlvO6fqRhqUx0RAWBT+c=
0e8/4YA7FhfBP0jFO/dwNg+1awE0chl8y6HMH5XziSs=

minase.example/umaya
3
Sr6vM8sLv+ALH56lsSkMTdoomtGYm9xnFh49hOcHyug=

\u2014 minase.example/umaya CE0qmc8WRhSiqtY98pl+vQefzrH3THTvAUFMe5pfBTlhtiM8R3Q8BFkyPQlpDZlT7aV/TeDVDKxj9NyCsA2hqPSlFg8=
"""


@pytest.fixture
def entry(ledger: Ledger) -> bytes:
    """The second of three entries."""
    return ledger.append_many(records(3))[1].entry


def test_a_receipt_has_these_bytes(ledger: Ledger, entry: bytes, signer: Ed25519Signer) -> None:
    assert ledger.receipt(1) == GOLDEN
    verify_receipt(GOLDEN, entry, signer.vkey)


def test_a_receipt_stays_true_while_the_log_grows(ledger: Ledger, entry: bytes, signer: Ed25519Signer) -> None:
    ledger.append_many(records(300))
    verify_receipt(GOLDEN, entry, signer.vkey)
    for index in (0, 1, 255, 256, 302):
        verify_receipt(ledger.receipt(index), ledger.entry_bytes(index), signer.vkey)


def test_extra_data_is_passed_over(ledger: Ledger, entry: bytes, signer: Ed25519Signer) -> None:
    extra = base64.b64encode(b"not authenticated").decode()
    verify_receipt(GOLDEN.replace("@v1\n", f"@v1\nextra {extra}\n"), entry, signer.vkey)


def test_a_receipt_proves_no_other_entry(ledger: Ledger, entry: bytes, signer: Ed25519Signer) -> None:
    for other in (ledger.entry_bytes(0), ledger.entry_bytes(2), entry + b" ", b""):
        with pytest.raises(IntegrityError):
            verify_receipt(GOLDEN, other, signer.vkey)


def test_a_receipt_of_another_key_proves_nothing(entry: bytes) -> None:
    for name in ("minase.example/umaya", "minase.example/other"):
        with pytest.raises(IntegrityError):
            verify_receipt(GOLDEN, entry, Ed25519Signer.generate(name).vkey)


def test_every_flipped_or_missing_byte_of_a_receipt_is_found(entry: bytes, signer: Ed25519Signer) -> None:
    data = GOLDEN.encode()
    for at in range(len(data)):
        for changed in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at] + data[at + 1 :]):
            with pytest.raises(IntegrityError):
                verify_receipt(changed.decode("utf-8", errors="replace"), entry, signer.vkey)


@pytest.mark.parametrize("text", ["", "\n\n", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\n\n", GOLDEN[:60]])
def test_what_is_no_receipt_is_said_to_be_none(entry: bytes, signer: Ed25519Signer, text: str) -> None:
    with pytest.raises(IntegrityError):
        verify_receipt(text, entry, signer.vkey)
