"""A secret in a file: made once, for its owner alone, refused when it is damaged or open."""

from __future__ import annotations

import hmac
import os
import stat
import threading
from pathlib import Path

import pytest

from umaya.stores.secret import SECRET_BYTES, derived_key, kept_secret
from umaya.types.errors import InputError


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path / "people.key")
    assert len(secret) == SECRET_BYTES
    assert kept_secret(tmp_path / "people.key") == secret
    assert kept_secret(tmp_path / "other.key") != secret
    assert {path.name for path in tmp_path.iterdir()} == {"people.key", "other.key"}


def test_it_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        kept_secret(tmp_path / "people.key")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "people.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o700])
def test_a_wider_permission_is_refused_and_not_repaired(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "people.key"
    kept_secret(path)
    path.chmod(mode)
    for _ in range(2):
        with pytest.raises(InputError, match="open to others than its owner"):
            kept_secret(path)


@pytest.mark.parametrize("content", ["", "00" * 31, "00" * 33, "not hexadecimal", "秘密"])
def test_a_damaged_one_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "people.key"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(InputError, match="damaged") as caught:
        kept_secret(path)
    assert content == "" or content not in str(caught.value)
    assert path.read_text() == content


def test_each_purpose_has_a_key_of_its_own() -> None:
    """Against HKDF written out: extract with a salt of zeros, then the first block of expand."""
    secret = bytes(range(32))
    extracted = hmac.digest(bytes(32), secret, "sha256")
    assert derived_key(secret, "people") == hmac.digest(extracted, b"people\x01", "sha256")
    assert derived_key(secret, "people") != derived_key(secret, "pseudonyms")


def test_all_who_begin_together_have_the_same(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    found: list[bytes] = []

    def begin() -> None:
        start.wait()
        found.append(kept_secret(tmp_path / "people.key"))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
