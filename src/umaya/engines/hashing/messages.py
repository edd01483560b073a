"""SHA-256 of many messages of any length; a lane that is done takes the next message."""

from __future__ import annotations

import sys
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.hashing.cores import in_parts
from umaya.engines.hashing.lanes import INITIAL, LANES, Octets, Words, compress

_PART_BYTES = 1 << 21  # about a millisecond of one core
_NO_PREFIX: Final = -1
_LEAF_PREFIX: Final = 0


def sha256_rows(rows: Octets) -> Octets:
    """Return the SHA-256 of each row.

    Args:
        rows: (n, w) messages of one length.

    Returns:
        (n, 32).
    """
    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return _hash_all(np.ascontiguousarray(rows).reshape(-1), offsets, _NO_PREFIX)


def leaf_hashes(data: Octets, offsets: NDArray[np.int64]) -> Octets:
    """Return the leaf hash of each entry: SHA-256(0x00 || entry), RFC 6962, 2.1.

    Args:
        data: the entries one behind the other.
        offsets: (n + 1) where each begins, and where the last ends; ascending.

    Returns:
        (n, 32).

    Raises:
        ValueError: when the offsets do not lie in the data in ascending order.
    """
    if not len(offsets) or offsets[0] < 0 or offsets[-1] > len(data) or np.any(offsets[1:] < offsets[:-1]):
        raise ValueError("offsets of entries must ascend and lie within the data")
    return _hash_all(np.ascontiguousarray(data), np.ascontiguousarray(offsets, np.int64), _LEAF_PREFIX)


def _hash_all(data: Octets, offsets: NDArray[np.int64], prefix: int) -> Octets:
    count = len(offsets) - 1
    hashes = np.empty((count, 8), np.uint32)
    rows = _PART_BYTES // ((int(offsets[-1] - offsets[0]) // max(count, 1)) + 64)
    in_parts(lambda start, stop: _hash_range(data, offsets, start, stop, prefix, hashes), count, max(rows, LANES))
    return (hashes.byteswap(inplace=True) if sys.byteorder == "little" else hashes).view(np.uint8)


@numba.njit(cache=True, nogil=True)
def _word(data: Octets, at: int) -> np.uint32:
    """Return four bytes as a word, most significant first."""
    i = np.uintp(at)  # unsigned: no index counts from the end, so that one load and one byte swap are left
    return np.uint32(
        (np.uint32(data[i]) << np.uint32(24))
        | (np.uint32(data[i + np.uintp(1)]) << np.uint32(16))
        | (np.uint32(data[i + np.uintp(2)]) << np.uint32(8))
        | np.uint32(data[i + np.uintp(3)])
    )


@numba.njit(cache=True, nogil=True)
def _edge_word(data: Octets, start: int, length: int, prefix: int, at: int) -> np.uint32:
    """Return the word at byte `at` of a message, where it begins before the message or reaches its end."""
    word = np.uint32(0)
    for i in range(at, at + 4):
        octet = prefix if i < 0 else 0x80 if i == length else 0 if i > length else data[start + i]
        word = np.uint32((word << np.uint32(8)) | np.uint32(octet))
    return word


@numba.njit(cache=True, nogil=True)
def _take(data: Octets, start: int, stop: int, prefix: int, number: int, block: Words, lane: int) -> int:
    """Put block `number` of a padded message into its lane; return how many blocks come after it."""
    shift = 0 if prefix < 0 else 1
    length = stop - start
    coming = ((length + shift + 72) >> 6) - number - 1
    at = (number << 6) - shift
    if at >= 0 and at + 64 <= length:
        for word in range(16):
            block[word, lane] = _word(data, start + at + 4 * word)
        return coming
    for word in range(16):
        i = at + 4 * word
        if i >= 0 and i + 4 <= length:
            block[word, lane] = _word(data, start + i)
        elif i > length:
            block[word, lane] = 0
        else:
            block[word, lane] = _edge_word(data, start, length, prefix, i)
    if coming == 0:  # FIPS 180-4, 5.1.1: the length in bits, 64 bits wide
        block[14, lane] = (length + shift) >> 29
        block[15, lane] = ((length + shift) << 3) & 0xFFFFFFFF
    return coming


@numba.njit(cache=True, nogil=True)
def _hash_range(data: Octets, offsets: NDArray[np.int64], start: int, stop: int, prefix: int, hashes: Words) -> None:
    state = np.empty((8, LANES), np.uint32)
    block = np.zeros((16, LANES), np.uint32)
    message = np.full(LANES, -1, np.int64)
    number = np.zeros(LANES, np.int64)
    left = np.zeros(LANES, np.int64)
    coming, busy = start, 1
    while busy:
        busy = 0
        for lane in range(LANES):
            if left[lane] == 0:
                if message[lane] >= 0:
                    for word in range(8):
                        hashes[message[lane], word] = state[word, lane]
                    message[lane] = -1
                if coming == stop:
                    continue
                message[lane], number[lane] = coming, 0
                coming += 1
                for word in range(8):
                    state[word, lane] = INITIAL[word]
            busy += 1
            m = message[lane]
            left[lane] = _take(data, offsets[m], offsets[m + 1], prefix, number[lane], block, lane)
            number[lane] += 1
        if busy:
            compress(state, block)
