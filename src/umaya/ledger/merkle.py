"""The Merkle tree of RFC 6962, section 2.1: hashes, paths, and their verification.

Pure functions. Where hashes are kept is the business of `tiles` and `reader`; a path asks for the hashes it
needs through a function. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2 (the same tree).
Must always hold: a leaf and a node never hash alike (prefixes 0x00 and 0x01).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from umaya.types.errors import IntegrityError

HASH_BYTES = 32

# SPEC: RFC 6962 2.1 "The hash of an empty list is the hash of an empty string: MTH({}) = SHA-256()."
EMPTY_ROOT = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""Returns MTH(D[start:stop]) of a complete subtree: `stop - start` a power of two that divides `start`."""


def leaf_hash(entry: bytes) -> bytes:
    """Return MTH({entry})."""
    # SPEC: RFC 6962 2.1 "MTH({d(0)}) = SHA-256(0x00 || d(0))."
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its children."""
    # SPEC: RFC 6962 2.1 "MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))"
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 1, 2, 4, 8, ... hashes."""
    while len(hashes) > 1:
        row = b"".join(hashes)
        hashes = [sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row), 64)]
    return hashes[0]


def edge_root(levels: Sequence[Sequence[bytes]]) -> bytes:
    """Return the root of a tree from its right edge.

    Args:
        levels: for each level of tiles, level 0 first, the hashes of its partial tile, at most 255. They and the
            whole tiles beneath them cover the tree exactly once.
    """
    root = b""
    for hashes in levels:
        end = len(hashes)
        while end:
            start = end & (end - 1)  # the lowest set bit is the smallest complete subtree, furthest right
            part = perfect_root(hashes[start:end])
            root = node_hash(part, root) if root else part
            end = start
    return root or EMPTY_ROOT


def range_root(start: int, stop: int, subtree: Subtree) -> bytes:
    """Return MTH(D[start:stop]) for a range that begins where a complete subtree of at least its size may begin."""
    size = stop - start
    if size & (size - 1) == 0:
        return subtree(start, stop)
    split = start + _largest_power_below(size)
    return node_hash(subtree(start, split), range_root(split, stop, subtree))


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the audit path of RFC 6962, 2.1.1, from the leaf's sibling up to the root's child.

    Raises:
        ValueError: unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError("an inclusion proof needs an index within the tree")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:  # SPEC: RFC 6962 2.1.1 "PATH(m, D[n])", walked from the root downwards
        split = start + _largest_power_below(stop - start)
        if index < split:
            path.append(range_root(split, stop, subtree))
            stop = split
        else:
            path.append(subtree(start, split))
            start = split
    return path[::-1]


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the proof of RFC 6962, 2.1.2, that the tree of size `old` is a prefix of that of size `new`.

    Raises:
        ValueError: unless 0 <= old <= new. From the empty tree and between equal trees the proof is empty.
    """
    if not 0 <= old <= new:
        raise ValueError("a consistency proof leads from a tree to one at least as large")
    if old in {0, new}:
        return []
    path: list[bytes] = []
    start, stop, whole = 0, new, True
    while old != stop:  # SPEC: RFC 6962 2.1.2 "SUBPROOF(m, D[n], b)", walked from the root downwards
        split = start + _largest_power_below(stop - start)
        if old <= split:
            path.append(range_root(split, stop, subtree))
            stop = split
        else:
            path.append(subtree(start, split))
            start, whole = split, False
    if not whole:
        path.append(range_root(start, stop, subtree))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash stands at `index` in the tree of that size and root (RFC 9162, 2.1.3.2).

    Raises:
        IntegrityError: when it does not.
    """
    if not 0 <= index < size:
        raise IntegrityError("the index lies outside the tree")
    fn, sn, computed = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            raise IntegrityError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            computed = node_hash(computed, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or computed != root:
        raise IntegrityError("the inclusion proof does not lead to the root hash")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the first tree is a prefix of the second (RFC 9162, 2.1.4.2).

    Raises:
        IntegrityError: when it is not.
    """
    if not 0 <= old <= new:
        raise IntegrityError("the old tree is larger than the new one")
    if old in {0, new}:
        if path or old_root != (EMPTY_ROOT if old == 0 else new_root):
            raise IntegrityError("the consistency proof does not fit the trees")
        return
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise IntegrityError("the consistency proof is too short")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            raise IntegrityError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(sibling, fr), node_hash(sibling, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != old_root or sr != new_root:
        raise IntegrityError("the consistency proof does not lead to the root hashes")


def _largest_power_below(size: int) -> int:
    # SPEC: RFC 6962 2.1 "let k be the largest power of two smaller than n"
    return 1 << ((size - 1).bit_length() - 1)
