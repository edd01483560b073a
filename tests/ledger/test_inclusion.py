"""Many inclusion proofs at once: the plain function, proof by proof, is the oracle."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.ledger.test_merkle import mth
from umaya.ledger.inclusion import verify_inclusion_many
from umaya.ledger.merkle import EMPTY_ROOT, inclusion_path, verify_inclusion
from umaya.types.errors import IntegrityError


def leaf(number: int) -> bytes:
    return sha256(number.to_bytes(4, "big")).digest()


def rows(hashes: list[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)


def proofs(size: int, indices: list[int]) -> tuple[list[bytes], list[list[bytes]], bytes]:
    leaves = [leaf(number) for number in range(size)]
    paths = [inclusion_path(index, size, lambda start, stop: mth(leaves[start:stop])) for index in indices]
    return [leaves[index] for index in indices], paths, mth(leaves)


def verify(leaves: list[bytes], indices: list[int], size: int, paths: list[list[bytes]], root: bytes) -> None:
    flat = [hash_ for path in paths for hash_ in path]
    verify_inclusion_many(rows(leaves), np.array(indices, np.int64), size, rows(flat), root)


@pytest.mark.parametrize("size", [*range(1, 20), 255, 256, 257])
def test_every_entry_of_a_small_tree_is_proved(size: int) -> None:
    leaves, paths, root = proofs(size, list(range(size)))
    verify(leaves, list(range(size)), size, paths, root)


def test_no_proofs_prove_nothing() -> None:
    verify([], [], 0, [], EMPTY_ROOT)
    with pytest.raises(IntegrityError, match="hold 1 hashes in place of 0"):
        verify([], [], 5, [[leaf(0)]], EMPTY_ROOT)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 130), st.data())
def test_one_changed_bit_is_found_and_named(size: int, data: st.DataObject) -> None:
    """In a leaf, in a path, in an index or in the root: refused where the plain function refuses, at the first one."""
    indices = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=20))
    leaves, paths, root = proofs(size, indices)
    at = data.draw(st.integers(0, len(indices) - 1))
    what = data.draw(st.sampled_from(["leaf", "path", "index", "root", "nothing"]))

    def changed(hash_: bytes) -> bytes:
        bit = data.draw(st.integers(0, 255))
        return (int.from_bytes(hash_, "big") ^ (1 << bit)).to_bytes(32, "big")

    if what == "leaf":
        leaves[at] = changed(leaves[at])
    elif what == "path" and paths[at]:
        step = data.draw(st.integers(0, len(paths[at]) - 1))
        paths[at][step] = changed(paths[at][step])
    elif what == "index":
        same = [index for index in range(size) if len(proofs(size, [index])[1][0]) == len(paths[at])]
        indices[at] = data.draw(st.sampled_from(same))
    elif what == "root":
        root = changed(root)
    wrong = []
    for number, (hash_, index, path) in enumerate(zip(leaves, indices, paths, strict=True)):
        try:
            verify_inclusion(hash_, index, size, path, root)
        except IntegrityError:
            wrong.append(number)
    if wrong:
        with pytest.raises(IntegrityError, match=f"inclusion proof {wrong[0]} does not lead"):
            verify(leaves, indices, size, paths, root)
    else:
        verify(leaves, indices, size, paths, root)


def test_an_index_outside_and_a_path_too_long_are_refused() -> None:
    leaves, paths, root = proofs(5, [1, 4])
    for outside in (-1, 5):
        with pytest.raises(IntegrityError, match="the index of inclusion proof 1 lies outside"):
            verify(leaves, [1, outside], 5, paths, root)
    for wrong in ([paths[0], [*paths[1], leaf(0)]], [paths[0], paths[1][:-1]]):
        with pytest.raises(IntegrityError, match="hashes in place of 4"):
            verify(leaves, [1, 4], 5, wrong, root)
    with pytest.raises(ValueError, match="arrays"):
        verify_inclusion_many(rows(leaves)[:, :31], np.array([1, 4]), 5, rows(paths[0]), root)


def test_many_parts_are_as_good_as_one() -> None:
    size = 1 << 13
    leaves = [leaf(number) for number in range(size)]
    levels = [leaves]
    while len(levels[-1]) > 1:
        pairs = zip(levels[-1][::2], levels[-1][1::2], strict=True)
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    paths = [[level[(index >> height) ^ 1] for height, level in enumerate(levels[:-1])] for index in range(size)]
    verify(leaves, list(range(size)), size, paths, levels[-1][0])
    for at in (size - 1, 5000):
        leaves[at] = leaf(0)
        with pytest.raises(IntegrityError, match=f"inclusion proof {at} does not"):
            verify(leaves, list(range(size)), size, paths, levels[-1][0])
