"""Merkle trees in the shape of RFC 6962, 2.1.

A level is hashed in pairs; a last hash without a sibling moves up unchanged. That is the tree which the RFC defines
by its largest power of two, for any number of leaves.
"""

from __future__ import annotations

from hashlib import sha256

import numba
import numpy as np

from umaya.engines.hashing.cores import in_parts
from umaya.engines.hashing.lanes import LANES, Octets, Words, begin, compress, to_octets, to_words

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
    return [leaves, *(to_octets(level) for level in word_levels(to_words(leaves))[1:])]


def merkle_root(leaves: Octets) -> bytes:
    """Return the root over leaf hashes (n, 32); that of the empty tree when there are none."""
    if not len(leaves):
        return sha256(b"").digest()  # SPEC: RFC 6962 2.1 "The hash of an empty list is the hash of an empty string"
    roots = np.empty((-(-len(leaves) // _CHUNK), 8), np.uint32)

    def chunks(start: int, stop: int) -> None:
        for at in range(start, stop):
            words = to_words(leaves[at * _CHUNK : (at + 1) * _CHUNK])
            reduce_in_place(words, len(words))
            roots[at] = words[0]

    in_parts(chunks, len(roots), _PAIRS // _CHUNK)
    return to_octets(word_levels(roots)[-1]).tobytes()


def word_levels(leaves: Words) -> list[Words]:
    """As `merkle_levels`, with hashes as native words (n, 8)."""
    if not len(leaves):
        raise ValueError("a tree without leaves has no levels")
    levels = [leaves]
    while len(levels[-1]) > 1:
        levels.append(_parents(levels[-1]))
    return levels


def _parents(children: Words) -> Words:
    pairs = len(children) // 2
    parents = np.empty(((len(children) + 1) // 2, 8), np.uint32)
    parents[pairs:] = children[2 * pairs :]
    in_parts(lambda start, stop: hash_pairs(children, parents, start, stop), pairs, _PAIRS)
    return parents


@numba.njit(cache=True, nogil=True)
def reduce_in_place(hashes: Words, count: int) -> None:
    """Leave the root over the first `count` hashes, at least one, in the first row."""
    while count > 1:
        pairs = count // 2
        hash_pairs(hashes, hashes, 0, pairs)
        if count & 1:
            hashes[pairs] = hashes[count - 1]
        count = count - pairs


@numba.njit(cache=True, nogil=True)
def hash_pairs(children: Words, parents: Words, start: int, stop: int) -> None:
    """Set parents `start` up to `stop` to SHA-256(0x01 || left || right).

    Args:
        children: (2 * stop or more, 8).
        parents: (stop or more, 8); the children themselves when `start` is 0, as no pair is read after it is written.
        start: first parent.
        stop: one behind the last.
    """
    state = np.empty((8, LANES), np.uint32)
    block = np.zeros((16, LANES), np.uint32)
    tail = np.zeros((16, LANES), np.uint32)
    for lane in range(LANES):
        tail[15, lane] = 65 * 8
    for at in range(start, stop, LANES):
        width = min(LANES, stop - at)
        # SPEC: RFC 6962 2.1 "MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))": 65 bytes, so every word is
        # moved by one byte, and the last byte of the right child opens a second block.
        for lane in range(width):
            carry = np.uint32(1)
            for word in range(16):
                value = children[2 * (at + lane) + (word >> 3), word & 7]
                block[word, lane] = (carry << np.uint32(24)) | (value >> np.uint32(8))
                carry = value & np.uint32(0xFF)
            tail[0, lane] = (carry << np.uint32(24)) | np.uint32(0x800000)
        begin(state)
        compress(state, block)
        compress(state, tail)
        for lane in range(width):
            for word in range(8):
                parents[at + lane, word] = state[word, lane]
