"""Keys: the field's own vector, files that only their owner reads, and clear words for everything else."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.ledger.conftest import ORIGIN
from umaya.ledger.keys import Ed25519Signer, Verifier, create_keys, key_id, load_signer, load_vkey
from umaya.types.errors import InputError, IntegrityError


def test_key_id_and_signature_are_those_of_other_programs() -> None:
    """The example of Go's golang.org/x/mod/sumdb/note."""
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = b"\x01" + key.public_key().public_bytes_raw()
    id_ = key_id("PeterNeumann", public)
    assert id_.hex() == "c74f20a3"
    assert base64.b64encode(public).decode() == "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert base64.b64encode(id_ + key.sign(text.encode())).decode() == signature


def test_a_verifier_key_has_this_form(signer: Ed25519Signer) -> None:
    assert signer.vkey == "minase.example/umaya+084d2a99+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"


def test_a_key_signs_after_it_was_stored(tmp_path: Path) -> None:
    made = create_keys(tmp_path, ORIGIN)
    loaded = load_signer(tmp_path / "ledger.key")
    assert loaded.vkey == made.vkey == load_vkey(tmp_path / "ledger.vkey")
    verifier = Verifier.from_vkey(loaded.vkey)
    verifier.verify(loaded.sign(b"message"), b"message")
    with pytest.raises(IntegrityError):
        verifier.verify(loaded.sign(b"message"), b"another")


def test_the_signing_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    create_keys(tmp_path, ORIGIN)
    path = tmp_path / "ledger.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o640, 0o604, 0o620, 0o700, 0o666):
        path.chmod(mode)
        with pytest.raises(InputError, match=r"open to others.*chmod 600"):
            load_signer(path)
    path.chmod(0o400)
    load_signer(path)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_keys(tmp_path, ORIGIN)
    before = (tmp_path / "ledger.key").read_text()
    with pytest.raises(InputError, match="a key is there already"):
        create_keys(tmp_path, ORIGIN)
    assert (tmp_path / "ledger.key").read_text() == before


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "prefix", "binary"])
def test_a_damaged_signing_key_is_named_and_not_shown(tmp_path: Path, damage: str) -> None:
    signer = create_keys(tmp_path, ORIGIN)
    path = tmp_path / "ledger.key"
    secret = signer.secret()
    flipped = secret[:-3] + ("A" if secret[-3] != "A" else "B") + secret[-2:]
    forms = {"cut": secret[:-4], "flip": flipped, "empty": "", "prefix": secret.removeprefix("PRIVATE+KEY+")}
    path.write_bytes(b"\xff\xfe" if damage == "binary" else forms[damage].encode())
    with pytest.raises(InputError) as error:
        load_signer(path)
    assert secret[-20:-4] not in str(error.value)
    assert str(path) in str(error.value)


def test_a_missing_key_says_where_keys_come_from(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="umaya init"):
        load_signer(tmp_path / "ledger.key")
    with pytest.raises(InputError, match="no readable verifier key"):
        load_vkey(tmp_path / "ledger.vkey")


@pytest.mark.parametrize("name", ["", "with space/x", "plus+sign", "Upper.example", "https://minase.example", "x/"])
def test_a_name_is_a_lower_case_url_without_scheme(name: str) -> None:
    with pytest.raises(ValueError, match="without scheme"):
        Ed25519Signer.generate(name)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "minase.example/umaya",
        "minase.example/umaya+084d2a99",
        "minase.example/umaya+084d2a98+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "minase.example/other+084d2a99+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "minase.example/umaya+084d2a99+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "minase.example/umaya+084d2a99+!!!",
    ],
)
def test_a_malformed_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Verifier.from_vkey(vkey)
