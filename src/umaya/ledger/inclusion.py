"""Many inclusion proofs at once, compiled: what `merkle.verify_inclusion` says of each, eight side by side.

For whoever checks a log's proofs by the hundred thousand: an auditor, a witness, a hub that checks its own.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.hashing.cores import in_parts
from umaya.engines.hashing.lanes import LANES, Octets, Words, digest_pairs
from umaya.ledger.merkle import HASH_BYTES
from umaya.types.errors import IntegrityError

_PART = 1 << 12
"""Proofs of one part of the work: some milliseconds of one core."""


def verify_inclusion_many(leaves: Octets, indices: NDArray[np.int64], size: int, paths: Octets, root: bytes) -> None:
    """Check that leaf hashes stand at their indices in the tree of that size and root (RFC 9162, 2.1.3.2).

    Args:
        leaves: (n, 32) leaf hashes.
        indices: (n) zero-based index of each.
        size: number of entries of the tree.
        paths: (m, 32) the inclusion proofs one behind the other, each from the leaf's sibling up to the root's child;
            how long each must be follows from its index and the size.
        root: the root hash.

    Raises:
        IntegrityError: when one does not; the message names the first, counted from 0.
        ValueError: when the arrays do not fit each other.
    """
    if leaves.shape != (len(indices), HASH_BYTES) or paths.shape[1:] != (HASH_BYTES,) or len(root) != HASH_BYTES:
        raise ValueError("leaves, indices and paths must be arrays (n, 32), (n) and (m, 32), the root 32 bytes")
    indices = np.ascontiguousarray(indices, np.int64)
    outside = np.flatnonzero((indices < 0) | (indices >= size))
    if len(outside):
        raise IntegrityError(f"the index of inclusion proof {outside[0]} lies outside the tree")
    starts = _starts(indices, size)
    if starts[-1] != len(paths):
        raise IntegrityError(f"the inclusion proofs hold {len(paths)} hashes in place of {starts[-1]}")
    words, siblings, expected = map(_words, (leaves, paths, np.frombuffer(root, np.uint8)))
    wrong = np.zeros(len(indices), np.bool_)
    in_parts(
        lambda start, stop: _verify(words, indices, size, siblings, starts, expected, wrong, start, stop),
        len(indices),
        _PART,
    )
    if wrong.any():
        raise IntegrityError(f"inclusion proof {wrong.argmax()} does not lead to the root hash")


def _words(hashes: Octets) -> Words:
    """Return hashes as native words in place of bytes."""
    return np.ascontiguousarray(hashes).view(">u4").astype(np.uint32)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator] # numba has no types
def _starts(indices: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return where each proof begins, and where the last one ends."""
    starts = np.zeros(len(indices) + 1, np.int64)
    for proof in range(len(indices)):
        fn, sn, length = indices[proof], size - 1, 0
        while sn:
            if fn & 1 or fn != sn:  # the last of a level without a sibling moves up as it is
                length += 1
            fn, sn = fn >> 1, sn >> 1
        starts[proof + 1] = starts[proof] + length
    return starts


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator] # numba has no types
def _verify(
    leaves: Words,
    indices: NDArray[np.int64],
    size: int,
    paths: Words,
    starts: NDArray[np.int64],
    root: Words,
    wrong: NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    """Set `wrong` for the proofs from `start` up to `stop` that do not lead to the root; hashes are rows of words."""
    pairs, parents = np.zeros((8, 2 * LANES), np.uint32), np.zeros((8, LANES), np.uint32)
    fn, sn = np.zeros(LANES, np.int64), np.zeros(LANES, np.int64)
    for first in range(start, stop, LANES):
        width = min(LANES, stop - first)
        fn[:width], sn[:width] = indices[first : first + width], size - 1
        parents[:, :width] = leaves[first : first + width].T
        longest = (starts[first + 1 : first + width + 1] - starts[first : first + width]).max()
        for step in range(longest):
            for lane in range(width):
                _put(pairs, parents, lane, paths, starts[first + lane] + step, fn, sn)
            digest_pairs(pairs, parents, 0)
            for lane in range(width):
                if starts[first + lane] + step + 1 == starts[first + lane + 1]:
                    for word in range(8):
                        wrong[first + lane] |= parents[word, lane] != root[word]
        for lane in range(width):
            if starts[first + lane] == starts[first + lane + 1]:  # the one entry of a tree is its root
                for word in range(8):
                    wrong[first + lane] |= leaves[first + lane, word] != root[word]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator] # numba has no types
def _put(
    pairs: Words, computed: Words, lane: int, paths: Words, at: int, fn: NDArray[np.int64], sn: NDArray[np.int64]
) -> None:
    """Put what was computed so far and its sibling into their places; what is done is hashed on and not looked at."""
    while not fn[lane] & 1 and fn[lane] == sn[lane] and fn[lane]:
        fn[lane], sn[lane] = fn[lane] >> 1, sn[lane] >> 1
    # SPEC: RFC 9162 2.1.3.2 "If LSB(fn) is set, or if fn is equal to sn": the sibling is on the left.
    left = fn[lane] & 1
    fn[lane], sn[lane] = fn[lane] >> 1, sn[lane] >> 1
    row = min(at, len(paths) - 1)
    for word in range(8):
        pairs[word, 2 * lane + left] = computed[word, lane]
        pairs[word, 2 * lane + 1 - left] = paths[row, word]
