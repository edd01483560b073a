"""Keys of many numbers, their order and the tree over them, against `hashlib` and the tree of the ledger."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.hashing.test_trees import true_root
from umaya.engines.hashing import keys as kernels
from umaya.engines.hashing.keys import CHUNK, Keys, chunk_roots, in_order, twice_hashed

FIRST, SECOND = b"first tag, 36 bytes, then the number", b"tag2"


def padded(message: bytes) -> np.ndarray:
    block = message + b"\x80" + bytes(63 - len(message))
    words = np.frombuffer(block, ">u4").astype(np.uint32)
    words[15] = 8 * len(message)
    return words


def as_bytes(keys: Keys) -> list[bytes]:
    return [row.tobytes() for row in keys.astype(">u8")]


def some_keys(count: int, seed: int = 1) -> Keys:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 2), dtype=np.uint64)


@settings(deadline=None)  # the first call may compile
@given(st.lists(st.integers(0, 2**32 - 1), max_size=40), st.binary(max_size=19))
def test_twice_hashed(numbers: list[int], behind: bytes) -> None:
    blocks = padded(FIRST + bytes(4)), padded(SECOND + bytes(32) + behind)
    keys = twice_hashed(np.array(numbers, np.uint32), *blocks)
    middle = [sha256(FIRST + number.to_bytes(4, "big")).digest() for number in numbers]
    assert as_bytes(keys) == [sha256(SECOND + hash_ + behind).digest()[:16] for hash_ in middle]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100, 8191, 8192, 8193, 16_384, 60_000])
def test_order_is_that_of_the_bytes(count: int) -> None:
    keys = some_keys(count)
    assert as_bytes(in_order(keys)) == sorted(as_bytes(keys))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6))
def test_keys_that_lie_close_are_told_apart_and_none_may_stand_twice(pairs: list[tuple[int, int]]) -> None:
    keys = np.array(pairs, np.uint64).reshape(-1, 2)
    if len(set(pairs)) == len(pairs):
        assert as_bytes(in_order(keys)) == sorted(as_bytes(keys))
    else:
        with pytest.raises(ValueError, match="alike"):
            in_order(keys)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_order_is_the_same_in_many_small_buckets(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(kernels, "cores", lambda: threads)
    monkeypatch.setattr(kernels, "_BUCKET", 4)
    monkeypatch.setattr(kernels, "_NUMBERS", 16)
    keys = some_keys(3000)
    assert as_bytes(in_order(keys)) == sorted(as_bytes(keys))


@pytest.mark.parametrize("count", [1, 2, 7, 15, 16, 17, 33, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 100, 200 * CHUNK])
def test_roots_over_chunks_of_keys(count: int) -> None:
    keys = some_keys(count)
    leaves = [sha256(b"\x00" + key).digest() for key in as_bytes(keys)]
    expected = [true_root(leaves[at : at + CHUNK]) for at in range(0, count, CHUNK)]
    assert [root.tobytes() for root in chunk_roots(keys)] == expected
