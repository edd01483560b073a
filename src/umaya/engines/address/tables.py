"""The two tables that the kernels look things up in: a trie of folded names, and digests of numbers.

Both are open hash tables with linear probing in flat arrays. The nodes below `SHARED` are the roots that every index
has; after them follow one root for each prefecture (its municipalities), one for each municipality (its towns) and one
for each former municipality (the towns of its successor). An edge `KOAZA` leads from a town to its koaza.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from umaya.engines.address.index import NONE, Hashes, Symbols, Texts, Trie
from umaya.engines.address.spelling import HYPHEN, NUMBER, fold, room, tokenise
from umaya.engines.kernels import fused, inner, kernel

PREFECTURES, ANY_CITY, ANY_TOWN, SHARED = 0, 1, 2, 3
KOAZA = 5
"""A symbol that no text has (see `spelling`: 1 to 4 are no symbols, 5 is a control character and so a gap)."""

IMPLICIT, LOOSE = 1 << 28, 1 << 29
"""Marks of an entry: the chome without 丁目, so its number may be another's; a spelling without が and の."""
ROW = IMPLICIT - 1

BLOCK, POINT, PARCEL = 1, 2, 3
"""Kinds of numbers."""
MARK = 1 << 40
"""Set in a piece of a number that is a letter, kana or 甲乙, not digits."""

_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)


@fused
def slot_of(key: Any, mask: Any) -> Any:
    """Return where the search for a 64 bit key begins (the finaliser of splitmix64)."""
    key = np.uint64(key)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((key ^ (key >> np.uint64(31))) & np.uint64(mask))


@fused
def found_in(slots: Any, key: Any) -> Any:
    """Return what a key leads to, or NONE."""
    mask = len(slots) // 2 - 1
    slot = slot_of(key, mask)
    while True:
        found = slots[2 * slot]
        if found == key:
            return np.int64(slots[2 * slot + 1])
        if found == _EMPTY:
            return np.int64(NONE)
        slot = (slot + 1) & mask


@inner
def free_for(slots: Any, key: Any) -> Any:
    """Return the slot of a key, or the free one where it belongs."""
    mask = len(slots) // 2 - 1
    slot = slot_of(key, mask)
    while slots[2 * slot] != key and slots[2 * slot] != _EMPTY:
        slot = (slot + 1) & mask
    return slot


@fused
def step(trie: Any, node: Any, symbol: Any) -> Any:
    """Return the node that a symbol leads to from a node, or NONE."""
    return found_in(trie.slots, np.uint64(node) << np.uint64(32) | np.uint64(symbol))


@fused
def digest(before: Any, piece: Any) -> Any:
    """Return the digest of a number with one more piece; start with `start_of`."""
    mixed = (np.uint64(before) ^ np.uint64(piece)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(32))


@fused
def start_of(town: Any, kind: Any) -> Any:
    """Return the digest of a kind of number in a town before its first piece."""
    return digest(np.uint64(town), np.uint64(kind) << np.uint64(56))


@fused
def row_of(table: Any, key: Any) -> Any:
    """Return the row of a number's digest, or NONE."""
    return found_in(table.slots, key)


def _empty(count: int) -> npt.NDArray[np.uint64]:
    """Return free slots for so many keys."""
    return np.full(2 << max(4, int(2 * count).bit_length()), _EMPTY, np.uint64)


@kernel
def _insert(slots: Any, roots: Any, data: Any, offsets: Any, nodes: Any, used: Any) -> Any:
    for row in range(len(roots)):
        node = np.int64(roots[row])
        for at in range(offsets[row], offsets[row + 1]):
            key = np.uint64(node) << np.uint64(32) | np.uint64(data[at])
            slot = free_for(slots, key)
            if slots[2 * slot] == _EMPTY:
                slots[2 * slot], slots[2 * slot + 1] = key, np.uint64(used)
                used += 1
            node = np.int64(slots[2 * slot + 1])
        nodes[row] = node
    return used


def trie_of(roots: npt.NDArray[np.int32], names: Symbols, entries: npt.NDArray[np.int32], first: int) -> Trie:
    """Return a trie in which name i, from its root on, ends at a node with entry i; nodes below `first` are roots."""
    slots = _empty(len(names.data) + 1)
    nodes = np.zeros(len(roots), np.int32)
    used = _insert(slots, roots, names.data, names.offsets, nodes, first)
    pairs = np.unique(np.stack([nodes, entries]).T.astype(np.int64), axis=0)
    starts = np.searchsorted(pairs[:, 0], np.arange(used + 1)).astype(np.int32)
    return Trie(slots, starts, pairs[:, 1].astype(np.int32))


@inner
def digest_of_label(before: Any, data: Any, start: Any, stop: Any, fold: Any, tokens: Any) -> Any:
    """Return the digest of a number as it stands in the registry, piece by piece; hyphens only part the pieces."""
    for at in range(tokenise(data, start, stop, fold, tokens)):
        symbol = np.int64(tokens.symbol[at])
        if symbol >= NUMBER:
            before = digest(before, symbol - NUMBER)
        elif symbol != HYPHEN:
            before = digest(before, symbol | MARK)
    return before


@kernel
def _digest_labels(
    kind: Any, towns: Any, heads: Any, head_of: Any, tails: Any, fold: Any, tokens: Any, out: Any
) -> None:
    for row in range(len(towns)):
        key = start_of(towns[row], kind)
        head = head_of[row]
        key = digest_of_label(key, heads.data, heads.offsets[head], heads.offsets[head + 1], fold, tokens)
        if len(tails.offsets) > 1:
            key = digest_of_label(key, tails.data, tails.offsets[row], tails.offsets[row + 1], fold, tokens)
        out[row] = key


@kernel
def _fill(slots: Any, digests: Any) -> None:
    for row in range(len(digests)):
        slot = free_for(slots, digests[row])
        if slots[2 * slot] == _EMPTY:
            slots[2 * slot], slots[2 * slot + 1] = digests[row], np.uint64(row)


def digests_of(
    kind: int, towns: npt.NDArray[np.int32], heads: Texts, head_of: npt.NDArray[np.int32], tails: Texts
) -> npt.NDArray[np.uint64]:
    """Return the digests of numbers whose label is `heads[head_of[i]]` and, where there are tails, `tails[i]`."""
    out = np.zeros(len(towns), np.uint64)
    longest = max(int(np.diff(texts.offsets).max(initial=0)) for texts in (heads, tails))
    _digest_labels(kind, towns, heads, head_of, tails, fold(), room(longest), out)
    return out


def hashes_of(*digests: npt.NDArray[np.uint64]) -> Hashes:
    """Return one table of the digests of several kinds of numbers; each kind has rows of its own."""
    slots = _empty(sum(map(len, digests)) + 1)
    for kind in digests:
        _fill(slots, kind)
    return Hashes(slots)
