"""Merkle trees in the shape of RFC 6962, 2.1.

A level is hashed in pairs; a last hash without a sibling moves up unchanged. That is the tree which the RFC defines
by its largest power of two, for any number of leaves.
"""

from __future__ import annotations

from hashlib import sha256

import numba
import numpy as np

from umaya.engines.hashing.cores import in_parts
from umaya.engines.hashing.lanes import LANES, Octets, Words, digest_pairs, to_octets, to_words, with_room

_PAIRS = 1 << 14  # hashed in about a millisecond of one core
_CHUNK = 1 << 12  # leaves whose subtree is hashed within the cache


def merkle_levels(leaves: Octets) -> list[Octets]:
    """Return every level of the tree over leaf hashes.

    Args:
        leaves: (n, 32) leaf hashes in order, n >= 1.

    Returns:
        Level 0 the leaves, each next one half as many rounded up, the last the root: (1, 32). The sibling of hash
        `i` of a level is `i ^ 1`; where the level has no such hash, the level adds nothing to a path.

    Raises:
        ValueError: without leaves.
    """
    if not len(leaves):
        raise ValueError("a tree without leaves has no levels")
    levels, words, count = [leaves], to_words(leaves), len(leaves)
    while count > 1:
        words, count = _parents(words, count), (count + 1) // 2
        levels.append(to_octets(words, count))
    return levels


def _parents(children: Words, count: int) -> Words:
    pairs = count // 2
    parents = with_room((count + 1) // 2)
    in_parts(lambda start, stop: _hash_pairs(children, parents, start, stop), pairs, _PAIRS)
    if count & 1:
        parents[:, pairs] = children[:, count - 1]
    return parents


def merkle_root(leaves: Octets) -> bytes:
    """Return the root over leaf hashes (n, 32); that of the empty tree when there are none."""
    if not len(leaves):
        return sha256(b"").digest()  # SPEC: RFC 6962 2.1 "The hash of an empty list is the hash of an empty string"
    roots = np.empty((-(-len(leaves) // _CHUNK), 32), np.uint8)

    def chunks(start: int, stop: int) -> None:
        for at in range(start, stop):
            part = leaves[at * _CHUNK : (at + 1) * _CHUNK]
            words = to_words(part)
            reduce_in_place(words, len(part))
            roots[at] = to_octets(words, 1)[0]

    in_parts(chunks, len(roots), _PAIRS // _CHUNK)
    return merkle_levels(roots)[-1].tobytes()


@numba.njit(cache=True, nogil=True)
def _hash_pairs(children: Words, parents: Words, start: int, stop: int) -> None:
    for at in range(start, stop, LANES):
        digest_pairs(children, parents, at)


@numba.njit(cache=True, nogil=True)
def reduce_in_place(hashes: Words, count: int) -> None:
    """Leave the root over the first `count` columns, at least one, in the first; the others are spent.

    Args:
        hashes: (8, n), contiguous, n a multiple of 2 * LANES.
        count: 1 up to n.
    """
    last = np.empty(8, np.uint32)
    while count > 1:
        pairs = count // 2
        for word in range(8):
            last[word] = hashes[word, count - 1]
        for at in range(0, pairs, LANES):  # no pair is read after it is written
            digest_pairs(hashes, hashes, at)
        if count & 1:
            for word in range(8):
                hashes[word, pairs] = last[word]
        count -= pairs
