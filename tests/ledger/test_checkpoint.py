"""Checkpoints: their bytes are pinned, and only the key's own, whole and unchanged, are believed."""

from __future__ import annotations

import base64

import pytest

from tests.ledger.conftest import ORIGIN
from umaya.ledger.checkpoint import TreeHead, open_checkpoint, sign_head
from umaya.ledger.keys import Ed25519Signer, Verifier
from umaya.ledger.merkle import EMPTY_ROOT
from umaya.types.errors import IntegrityError

GOLDEN = (
    "minase.example/umaya\n"
    "0\n"
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    "\n"
    "\u2014 minase.example/umaya "
    "CE0qmTLqXGfvJWKXqvj66kYvnt/7MJvFFIONpeQZKNPWWKoAilWJzLbpCoP7M6Ec1O+jgWslEE26INWREx9BEx6Yjgw=\n"
)


def test_a_checkpoint_has_these_bytes(signer: Ed25519Signer) -> None:
    head = TreeHead(ORIGIN, 0, EMPTY_ROOT)
    assert sign_head(head, signer) == GOLDEN
    assert open_checkpoint(GOLDEN, Verifier.from_vkey(signer.vkey)) == head


def test_signatures_of_witnesses_are_passed_over(signer: Ed25519Signer) -> None:
    """SPEC: signed-note, "Verifiers MUST ignore signatures from unknown keys"."""
    witness = Ed25519Signer.generate("witness.example/w1")
    line = sign_head(TreeHead(ORIGIN, 0, EMPTY_ROOT), witness).splitlines()[-1]
    head, ours = GOLDEN.rstrip("\n").rsplit("\n", 1)
    for note in (f"{head}\n{ours}\n{line}\n", f"{head}\n{line}\n{ours}\n"):
        assert open_checkpoint(note, Verifier.from_vkey(signer.vkey)).size == 0


@pytest.mark.parametrize("line", ["x", "", "\u2014", "\u2014 w", "\u2014 w AAAA", "\u2014 w AAAAAA=", "- w AAAAAAAA"])
def test_what_is_no_signature_line_is_refused(signer: Ed25519Signer, line: str) -> None:
    with pytest.raises(IntegrityError):
        open_checkpoint(f"{GOLDEN}{line}\n", Verifier.from_vkey(signer.vkey))


def test_another_key_of_the_same_name_is_not_believed(signer: Ed25519Signer) -> None:
    other = sign_head(TreeHead(ORIGIN, 0, EMPTY_ROOT), Ed25519Signer.generate(ORIGIN))
    with pytest.raises(IntegrityError, match="not signed by the ledger's key"):
        open_checkpoint(other, Verifier.from_vkey(signer.vkey))


def test_another_log_is_not_believed(signer: Ed25519Signer) -> None:
    note = sign_head(TreeHead("minase.example/other", 0, EMPTY_ROOT), signer)
    with pytest.raises(IntegrityError, match="another log"):
        open_checkpoint(note, Verifier.from_vkey(signer.vkey))


def test_every_flipped_or_missing_byte_is_found(signer: Ed25519Signer) -> None:
    verifier = Verifier.from_vkey(signer.vkey)
    data = GOLDEN.encode()
    for at in range(len(data)):
        for changed in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at] + data[at + 1 :]):
            with pytest.raises(IntegrityError):
                open_checkpoint(changed.decode("utf-8", errors="replace"), verifier)


@pytest.mark.parametrize("size", ["00", "-1", "+0", "", "x", "\u0660"])
def test_a_size_has_one_form(signer: Ed25519Signer, size: str) -> None:
    text = GOLDEN.split("\n\n", maxsplit=1)[0].replace("\n0\n", f"\n{size}\n") + "\n"
    signature = base64.b64encode(Verifier.from_vkey(signer.vkey).id + signer.sign(text.encode())).decode()
    with pytest.raises(IntegrityError):
        open_checkpoint(f"{text}\n\u2014 {ORIGIN} {signature}\n", Verifier.from_vkey(signer.vkey))
