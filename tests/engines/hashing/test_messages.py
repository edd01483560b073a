"""Hashes of many messages are those of `hashlib`, message by message, on whatever the machine's vectors are."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.engines.hashing import cores, leaf_hashes, messages, sha256_rows

# FIPS 180-4 examples (NIST CSRC, "SHA-256"), and the longest messages of one and two blocks with their neighbours.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
TWO_BLOCKS = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
EDGES = [0, 1, 3, 4, 5, 54, 55, 56, 57, 62, 63, 64, 65, 118, 119, 120, 127, 128, 129]


def together(entries: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.cumsum([0, *(len(entry) for entry in entries)], dtype=np.int64)
    return np.frombuffer(b"".join(entries), np.uint8), offsets


def leaves(entries: list[bytes]) -> list[bytes]:
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def test_the_examples_of_the_standard() -> None:
    assert sha256_rows(np.frombuffer(b"abc", np.uint8).reshape(1, 3)).tobytes().hex() == ABC
    text = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    assert sha256_rows(np.frombuffer(text, np.uint8).reshape(1, -1)).tobytes().hex() == TWO_BLOCKS


@pytest.mark.parametrize("width", EDGES)
def test_rows_of_every_width_at_which_padding_changes(width: int) -> None:
    rows = np.random.default_rng(width).integers(0, 256, (19, width), dtype=np.uint8)
    assert [hash_.tobytes() for hash_ in sha256_rows(rows)] == [sha256(row.tobytes()).digest() for row in rows]


@settings(deadline=None)  # the first call may compile
@given(st.lists(st.one_of(st.binary(max_size=200), st.sampled_from(EDGES).map(bytes)), max_size=40))
def test_entries_of_any_lengths_beside_each_other(entries: list[bytes]) -> None:
    assert [hash_.tobytes() for hash_ in leaf_hashes(*together(entries))] == leaves(entries)


@settings(deadline=None)  # the first call may compile
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 9))
def test_rows_may_lie_apart_in_memory(first: int, step: int, width: int) -> None:
    rows = np.arange(400, dtype=np.uint8).reshape(20, 20)[first :: step + 1, 3 : 3 + width]
    assert [hash_.tobytes() for hash_ in sha256_rows(rows)] == [sha256(row.tobytes()).digest() for row in rows]


def test_entries_that_begin_within_the_data() -> None:
    data, offsets = np.frombuffer(b"..minase..", np.uint8), np.array([2, 5, 8], np.int64)
    assert [hash_.tobytes() for hash_ in leaf_hashes(data, offsets)] == leaves([b"min", b"ase"])


@pytest.mark.parametrize("offsets", [[], [-1, 3], [0, 4, 2], [0, 11]])
def test_offsets_outside_the_data_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets of entries"):
        leaf_hashes(np.zeros(10, np.uint8), np.array(offsets, np.int64))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_any_number_of_threads_gives_the_same(seed: int, threads: int) -> None:
    random = np.random.default_rng(seed)
    entries = [random.bytes(n) for n in random.integers(0, 300, 200)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cores, "cores", lambda: threads)
        patch.setattr(messages, "_PART_BYTES", 1)  # parts as small as they may be
        assert [hash_.tobytes() for hash_ in leaf_hashes(*together(entries))] == leaves(entries)


@pytest.mark.slow
@pytest.mark.parametrize(("processor", "features"), [("x86-64", ""), ("haswell", "+avx,+avx2,+sse4.2,+ssse3")])
def test_a_machine_with_narrower_vectors_gives_the_same(tmp_path: Path, processor: str, features: str) -> None:
    """All tests of this folder, compiled for another processor."""
    narrow = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", str(Path(__file__).parent)],
        env=os.environ | narrow,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
