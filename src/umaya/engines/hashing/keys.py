"""Keys of sixteen bytes for many numbers, each the hash of a hash; their order, and the tree over them.

What is hashed before and after the number is the caller's: whole blocks with a hole in them. A key is two native
64-bit words, the more significant first, so that their order as numbers is the order of the bytes. Sorting relies
on keys being hashes: spread evenly, whatever the numbers are.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.hashing.cores import cores, in_parts
from umaya.engines.hashing.lanes import LANES, Octets, Words, digest
from umaya.engines.hashing.trees import reduce_in_place

Keys = NDArray[np.uint64]

NUMBER_WORD = 9
"""Word of the first block that holds the number."""
HASH_WORD = 1
"""First of the eight words of the second block that hold the first hash."""
CHUNK = 256
"""Keys of one subtree."""

_NUMBERS = 1 << 14  # hashed twice in about a millisecond of one core
_CHUNKS = 1 << 7
_BUCKET = 1 << 13  # keys that are sorted within the cache: so many at most, up to 2 ** 26 keys
_MOST_BITS = 13


def twice_hashed(numbers: NDArray[np.uint32], first: Words, second: Words) -> Keys:
    """Return the first sixteen bytes of the hash of each number's hash.

    Args:
        numbers: (n).
        first: (16) the padded block of the first message; `NUMBER_WORD` is set to the number.
        second: (16) the padded block of the second; the eight words from `HASH_WORD` on are set to the first hash.

    Returns:
        (n, 2).
    """
    keys = np.empty((len(numbers), 2), np.uint64)
    in_parts(lambda start, stop: _twice_hashed(numbers, first, second, keys, start, stop), len(numbers), _NUMBERS)
    return keys


@numba.njit(cache=True, nogil=True)
def _twice_hashed(numbers: NDArray[np.uint32], first: Words, second: Words, keys: Keys, start: int, stop: int) -> None:
    one, two = np.empty((16, LANES), np.uint32), np.empty((16, LANES), np.uint32)
    middle, last = two[HASH_WORD : HASH_WORD + 8], np.empty((8, LANES), np.uint32)
    for word in range(16):
        one[word, :] = first[word]
        two[word, :] = second[word]
    for at in range(start, stop, LANES):
        width = min(LANES, stop - at)
        for lane in range(width):
            one[NUMBER_WORD, lane] = numbers[at + lane]
        digest(one, middle, 0)
        digest(two, last, 0)
        for lane in range(width):
            keys[at + lane, 0] = (np.uint64(last[0, lane]) << np.uint64(32)) | np.uint64(last[1, lane])
            keys[at + lane, 1] = (np.uint64(last[2, lane]) << np.uint64(32)) | np.uint64(last[3, lane])


def in_order(keys: Keys) -> Keys:
    """Return keys (n, 2) in ascending order: split by their first bits, then each bucket sorted within the cache.

    Raises:
        ValueError: when two keys are alike.
    """
    count = len(keys)
    bits = min((count // _BUCKET).bit_length(), _MOST_BITS)
    step = max(-(-count // cores()), _NUMBERS)
    ends = np.zeros((max(-(-count // step), 1), 1 << bits), np.int64)
    in_parts(lambda start, stop: _count(keys, bits, ends[start // step], start, stop), count, step)
    bounds = np.concatenate(([0], ends.sum(axis=0).cumsum()))
    places = bounds[:-1] + ends.cumsum(axis=0) - ends
    ordered = np.empty_like(keys)
    in_parts(lambda start, stop: _scatter(keys, bits, places[start // step], ordered, start, stop), count, step)

    def sort(start: int, stop: int) -> None:
        if not _sort_buckets(ordered, bits, bounds, start, stop):
            raise ValueError("two keys are alike")

    in_parts(sort, 1 << bits, 8)
    return ordered


@numba.njit(cache=True, nogil=True)
def _bucket(keys: Keys, at: int, skip: int, bits: int) -> np.int64:
    """Return `bits` bits of a key that come after the first `skip`; 0 for no bits."""
    if bits == 0:
        return np.int64(0)  # a shift by 64 has no meaning
    return np.int64((keys[at, 0] << np.uint64(skip)) >> np.uint64(64 - bits))


@numba.njit(cache=True, nogil=True)
def _count(keys: Keys, bits: int, counts: NDArray[np.int64], start: int, stop: int) -> None:
    for at in range(start, stop):
        counts[_bucket(keys, at, 0, bits)] += 1


@numba.njit(cache=True, nogil=True)
def _scatter(keys: Keys, bits: int, places: NDArray[np.int64], into: Keys, start: int, stop: int) -> None:
    for at in range(start, stop):
        bucket = _bucket(keys, at, 0, bits)
        place = places[bucket]
        into[place, 0], into[place, 1] = keys[at, 0], keys[at, 1]
        places[bucket] = place + 1


@numba.njit(cache=True, nogil=True)
def _sort_buckets(keys: Keys, bits: int, bounds: NDArray[np.int64], start: int, stop: int) -> bool:
    """Sort the keys of some buckets, each within its bounds; return whether no two are alike."""
    widest = 0
    for bucket in range(start, stop):
        widest = max(widest, bounds[bucket + 1] - bounds[bucket])
    scratch = np.empty((widest, 2), np.uint64)
    places = np.empty(2 * widest + 2, np.int32)
    differ = True
    for bucket in range(start, stop):
        part = keys[bounds[bucket] : bounds[bucket + 1]]
        _spread(part, bits, scratch, places)
        differ &= _insert(scratch, part)
    return differ


@numba.njit(cache=True, nogil=True)
def _spread(keys: Keys, skip: int, into: Keys, places: NDArray[np.int32]) -> None:
    """Copy keys whose first `skip` bits are alike into the order of the next bits, enough for about one key a value."""
    bits = 0
    while (1 << bits) < len(keys):
        bits += 1
    for place in range((1 << bits) + 1):
        places[place] = 0
    for at in range(len(keys)):
        places[_bucket(keys, at, skip, bits) + 1] += 1
    for place in range(1 << bits):
        places[place + 1] += places[place]
    for at in range(len(keys)):
        bucket = _bucket(keys, at, skip, bits)
        place = places[bucket]
        into[place, 0], into[place, 1] = keys[at, 0], keys[at, 1]
        places[bucket] = place + 1


@numba.njit(cache=True, nogil=True)
def _insert(source: Keys, keys: Keys) -> bool:
    """Fill the keys from as many of the source, each moved back to its place; return whether no two are alike."""
    differ = True
    for at in range(len(keys)):
        high, low = source[at, 0], source[at, 1]
        place = at
        while place and (keys[place - 1, 0] > high or (keys[place - 1, 0] == high and keys[place - 1, 1] > low)):
            keys[place, 0], keys[place, 1] = keys[place - 1, 0], keys[place - 1, 1]
            place -= 1
        keys[place, 0], keys[place, 1] = high, low
        differ &= not (place and keys[place - 1, 0] == high and keys[place - 1, 1] == low)
    return differ


def chunk_roots(keys: Keys) -> Octets:
    """Return the roots of the subtrees over each `CHUNK` keys (the last may have fewer), leaves SHA-256(0x00 || key).

    Args:
        keys: (n, 2).

    Returns:
        (ceil(n / CHUNK), 32).
    """
    roots = np.empty((-(-len(keys) // CHUNK), 8), np.uint32)
    in_parts(lambda start, stop: _chunk_roots(keys, roots, start, stop), len(roots), _CHUNKS)
    return roots.astype(">u4").view(np.uint8)


@numba.njit(cache=True, nogil=True)
def _chunk_roots(keys: Keys, roots: Words, start: int, stop: int) -> None:
    block = np.zeros((16, LANES), np.uint32)
    block[15, :] = 17 * 8
    hashes = np.empty((8, CHUNK), np.uint32)
    for chunk in range(start, stop):
        first, end = chunk * CHUNK, min((chunk + 1) * CHUNK, len(keys))
        for at in range(first, end, LANES):
            _set_leaves(keys, at, min(LANES, end - at), block)
            digest(block, hashes, at - first)
        reduce_in_place(hashes, end - first)
        for word in range(8):
            roots[chunk, word] = hashes[word, 0]


@numba.njit(cache=True, nogil=True)
def _set_leaves(keys: Keys, start: int, width: int, block: Words) -> None:
    """Set the words that hold the zero byte, the key and the end mark."""
    for lane in range(width):
        high, low = keys[start + lane, 0], keys[start + lane, 1]
        # SPEC: RFC 6962 2.1 "MTH({d(0)}) = SHA-256(0x00 || d(0))": every word is moved by one byte.
        block[0, lane] = np.uint32(high >> np.uint64(40))
        block[1, lane] = np.uint32((high >> np.uint64(8)) & np.uint64(0xFFFFFFFF))
        block[2, lane] = np.uint32(((high << np.uint64(24)) | (low >> np.uint64(40))) & np.uint64(0xFFFFFFFF))
        block[3, lane] = np.uint32((low >> np.uint64(8)) & np.uint64(0xFFFFFFFF))
        block[4, lane] = np.uint32(((low << np.uint64(24)) & np.uint64(0xFF000000)) | np.uint64(0x800000))
