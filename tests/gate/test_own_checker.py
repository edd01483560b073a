"""The checker that a person takes home: one file, plain Python, and it says at which step a receipt fails."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.lists import Lists
from tests.gate.own_town import own_world, released
from umaya.ledger import check_receipt as checker
from umaya.ledger import load_vkey

RFC_8032 = [  # section 7.1: public key, message, signature of TEST 1 to 3
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_signatures_of_the_standard_fit(public: str, message: str, signature: str) -> None:
    key, text, sign = (bytes.fromhex(part) for part in (public, message, signature))
    assert checker.fits(key, text, sign)
    assert not checker.fits(key, text + b"x", sign)


@settings(max_examples=40, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=80), at=st.integers(0, 96 * 8 - 1))
def test_a_signature_fits_exactly_where_the_library_says_so(seed: bytes, message: bytes, at: int) -> None:
    """As it was made, and with any one bit of key or signature turned over."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    whole = private.public_key().public_bytes_raw() + private.sign(message)
    assert checker.fits(whole[:32], message, whole[32:])
    turned = bytes(byte ^ (1 << at % 8 if place == at // 8 else 0) for place, byte in enumerate(whole))
    assert checker.fits(turned[:32], message, turned[32:]) is library_says(turned[:32], message, turned[32:])


def library_says(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_a_signature_with_another_scalar_of_the_same_point_does_not_fit() -> None:
    """S + L would fit the equation: whoever takes it lets anybody make a second signature (RFC 8032, 5.1.7)."""
    key, text, sign = (bytes.fromhex(part) for part in RFC_8032[1])
    order = 2**252 + 27742317777372353535851937790883648493
    moved = (int.from_bytes(sign[32:], "little") + order).to_bytes(32, "little")
    assert not checker.fits(key, text, sign[:32] + moved)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Lists]:
    world = own_world(tmp_path)
    world.consent(1, 4, 6)
    yield world
    world.database.close()


def test_the_file_runs_alone_without_umaya_and_without_any_package(world: Lists, tmp_path: Path) -> None:
    """`-I -S` leaves the standard library; the folder has what the person took home and nothing else."""
    bundle = world.gate.own.look(4, "receipt").proof(released(world))
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(checker.__file__, home)
    shutil.copy(tmp_path / "keys" / "ledger.vkey", home)
    (home / "receipt.json").write_bytes(bundle.receipt)
    (home / "mine.key").write_text(bundle.key.hex())
    command = [sys.executable, "-I", "-S", "check_receipt.py", "receipt.json", "--key", "ledger.vkey"]
    command += ["--subject-key", "mine.key", "--json"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["whose"] is True
    (home / "receipt.json").write_bytes(bundle.receipt.replace(b'"present":true', b'"present":false'))
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["step"]) == (2, 5)


def test_a_receipt_fails_at_the_step_that_it_breaks(world: Lists, tmp_path: Path) -> None:
    look = world.gate.own.look(4, "receipt")
    bundle = look.proof(released(world))
    vkey, other = load_vkey(tmp_path / "keys" / "ledger.vkey"), world.gate.own.look(6, "receipt").proof(released(world))
    receipt = json.loads(bundle.receipt)
    leaf = receipt["leaves"][0]
    broken = {
        1: bundle.receipt[:-1],
        2: written(receipt | {"proof": receipt["proof"].replace("minase.example", "another.example")}),
        3: written(receipt | {"entry": receipt["entry"].replace("use.permitted", "use.released")}),
        4: written(receipt | {"leaves": [leaf | {"index": leaf["index"] + 1}]}),
        5: written(receipt | {"present": False}),
        6: other.receipt,
    }
    for step, data in broken.items():
        with pytest.raises(checker.NotProvedError) as error:
            checker.check_receipt(data, vkey, bundle.key)
        assert error.value.step == step


def written(receipt: dict[str, object]) -> bytes:
    return json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
