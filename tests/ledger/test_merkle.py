"""The Merkle tree: the field's known vectors, then every size up to 70 against the definition, read aloud."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.ledger.merkle import (
    EMPTY_ROOT,
    consistency_path,
    edge_root,
    inclusion_path,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from umaya.types.errors import IntegrityError

# The test data of the Certificate Transparency reference implementation.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes([number])) for number in range(70)]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2, word for word."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def subtree(start: int, stop: int) -> bytes:
    """Refuses what is no complete subtree, because tiles hold no other."""
    size = stop - start
    assert size & (size - 1) == 0
    assert start % size == 0
    return mth(LEAVES[start:stop])


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS, start=1)))
def test_known_roots(size: int, root: str) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS[:size]]
    assert edge_root([leaves]).hex() == root


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert edge_root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_proofs_are_those_of_the_definition_for_every_size() -> None:
    for size in range(1, 71):
        leaves = LEAVES[:size]
        root = mth(leaves)
        assert edge_root([leaves]) == root
        for index in range(size):
            proof = inclusion_path(index, size, subtree)
            assert proof == path(index, leaves)
            verify_inclusion(leaves[index], index, size, proof, root)


def test_consistency_is_that_of_the_definition_for_every_pair_of_sizes() -> None:
    for new in range(1, 71):
        root = mth(LEAVES[:new])
        for old in range(1, new + 1):
            proof = consistency_path(old, new, subtree)
            assert proof == subproof(old, LEAVES[:new], True)
            verify_consistency(old, mth(LEAVES[:old]), new, root, proof)
        verify_consistency(0, EMPTY_ROOT, new, root, [])


@given(st.data())
def test_no_other_leaf_index_size_path_or_root_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    root, proof = mth(LEAVES[:size]), inclusion_path(index, size, subtree)
    at = data.draw(st.integers(0, len(proof) - 1))
    forgeries = [
        (LEAVES[other], index, size, proof, root),
        (LEAVES[index], other, size, proof, root),
        (LEAVES[index], index, size, proof, LEAVES[0]),
        (LEAVES[index], index, size, proof[:at] + proof[at + 1 :], root),
        (LEAVES[index], index, size, [*proof, LEAVES[0]], root),
        (LEAVES[index], index, size, [*proof[:at], LEAVES[69], *proof[at + 1 :]], root),
        (LEAVES[index], -1, size, proof, root),
        (LEAVES[index], size, size, proof, root),
    ]
    for forgery in forgeries:
        with pytest.raises(IntegrityError):
            verify_inclusion(*forgery)


@given(st.data())
def test_no_other_history_is_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_path(old, new, subtree)
    old_root, root = mth(LEAVES[:old]), mth(LEAVES[:new])
    forked = mth([*LEAVES[: old - 1], leaf_hash(b"another")])
    forgeries = [
        (old, forked, new, root, proof),
        (old, old_root, new, forked, proof),
        (old, old_root, new, root, proof[1:]),
        (old, old_root, new, root, [*proof, root]),
        (new, root, old, old_root, proof),
        (0, old_root, new, root, []),
        (new, old_root, new, root, []),
    ]
    for forgery in forgeries:
        with pytest.raises(IntegrityError):
            verify_consistency(*forgery)


def test_there_are_no_proofs_outside_the_tree() -> None:
    with pytest.raises(ValueError, match="within the tree"):
        inclusion_path(3, 3, subtree)
    with pytest.raises(ValueError, match="at least as large"):
        consistency_path(4, 3, subtree)
