"""Compiled Merkle trees are those of `umaya.ledger.merkle`, for any number of leaves."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.engines.hashing import merkle_levels, merkle_root
from umaya.engines.hashing.lanes import to_octets, to_words
from umaya.engines.hashing.trees import reduce_in_place
from umaya.ledger.merkle import inclusion_path, node_hash


def some_leaves(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 32), dtype=np.uint8)


def true_root(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written: split at the largest power of two."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(true_root(hashes[:split]), true_root(hashes[split:]))


def test_five_leaves() -> None:
    """The fifth has no sibling until the root:  ((0 1) (2 3)) 4."""
    a, b, c, d, e = (leaf.tobytes() for leaf in some_leaves(5))
    left = node_hash(node_hash(a, b), node_hash(c, d))
    levels = merkle_levels(some_leaves(5))
    assert [len(level) for level in levels] == [5, 3, 2, 1]
    assert levels[1][2].tobytes() == levels[2][1].tobytes() == e
    assert levels[3].tobytes() == merkle_root(some_leaves(5)) == node_hash(left, e)


def test_a_tree_without_leaves() -> None:
    assert merkle_root(some_leaves(0)) == sha256(b"").digest()
    with pytest.raises(ValueError, match="without leaves"):
        merkle_levels(some_leaves(0))


@pytest.mark.parametrize("count", range(1, 68))
def test_the_root_over_any_number_of_leaves(count: int) -> None:
    leaves = some_leaves(count)
    root = true_root([leaf.tobytes() for leaf in leaves])
    assert merkle_root(leaves) == root
    assert merkle_levels(leaves)[-1].tobytes() == root
    assert np.array_equal(leaves, some_leaves(count)), "the leaves are not spent"


@pytest.mark.parametrize("count", [4095, 4096, 4097, 3 * 4096, 40_000, 70_001])
def test_the_root_over_more_leaves_than_one_chunk(count: int) -> None:
    leaves = some_leaves(count)
    assert merkle_root(leaves) == merkle_levels(leaves)[-1].tobytes() == true_root([leaf.tobytes() for leaf in leaves])


@settings(deadline=None)  # the first call may compile
@given(st.data(), st.integers(1, 200))
def test_levels_hold_the_audit_path_of_every_leaf(data: st.DataObject, count: int) -> None:
    levels = merkle_levels(some_leaves(count))
    index = data.draw(st.integers(0, count - 1))
    path, at = [], index
    for level in levels[:-1]:
        if at ^ 1 < len(level):
            path.append(level[at ^ 1].tobytes())
        at >>= 1
    hashes = [leaf.tobytes() for leaf in levels[0]]
    assert path == inclusion_path(index, count, lambda start, stop: true_root(hashes[start:stop]))


@settings(deadline=None)  # the first call may compile
@given(st.integers(1, 100))
def test_reduction_in_place(count: int) -> None:
    words = to_words(some_leaves(count))
    reduce_in_place(words, count)
    assert to_octets(words, 1).tobytes() == merkle_root(some_leaves(count))
