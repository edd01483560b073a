"""The numbers of vehicles: from their ids, as bytes in an Arrow column, to the rows of the state.

An open-addressing table (linear probing) over a 64-bit FNV-1a hash; ids are compared byte by byte, so two ids never
share a number. Numbers are given in the order of first sight, without gaps. Nothing is ever taken out singly: who is
to be forgotten is left out when the table is built anew.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from umaya.engines.kernels import inner


class Names(NamedTuple):
    """Known ids.

    Attributes:
        slot: int32[2^k], number of the vehicle at each place of the table, -1 where free.
        hash: uint64[n], hash of each id.
        start: int32[n + 1], first byte of each id; an Arrow offsets buffer.
        data: uint8, all ids one after the other.
        used: int64[1], how many ids there are.
    """

    slot: NDArray[np.int32]
    hash: NDArray[np.uint64]
    start: NDArray[np.int32]
    data: NDArray[np.uint8]
    used: NDArray[np.int64]


def no_names() -> Names:
    """Return an empty table."""
    return Names(
        np.full(16, -1, np.int32),
        np.empty(0, np.uint64),
        np.zeros(1, np.int32),
        np.empty(0, np.uint8),
        np.zeros(1, np.int64),
    )


def numbers(names: Names, ids: pa.Array) -> tuple[Names, NDArray[np.int32]]:
    """Return the number of each id, and the table, which has grown by those that are new.

    Args:
        names: the table; not to be used afterwards.
        ids: Arrow strings without nulls.
    """
    start, data = _bytes(ids)
    rows = len(ids)
    known = int(names.used[0])
    room = known + rows
    if room > len(names.hash) or names.start[known] + len(data) > len(names.data) or 2 * room > len(names.slot):
        names = _roomier(names, known, 2 * room, 2 * (int(names.start[known]) + len(data)))
    out = np.empty(rows, np.int32)
    _find_or_add(start, data, names, out)
    return names, out


def ids_of(names: Names, vehicles: NDArray[np.int32]) -> pa.Array:
    """Return the ids of vehicles as Arrow strings."""
    known = int(names.used[0])
    data = names.data[: names.start[known]]
    whole = pa.StringArray.from_buffers(known, pa.py_buffer(names.start[: known + 1]), pa.py_buffer(data))
    return whole.take(pa.array(vehicles))


def _bytes(ids: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    if not len(ids):
        return np.zeros(1, np.int32), np.empty(0, np.uint8)
    _, offsets, data = ids.buffers()
    start = np.frombuffer(offsets, np.int32, len(ids) + 1, offset=4 * ids.offset)
    whole = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return start - start[0], whole[start[0] : start[-1]].copy()


def _roomier(names: Names, known: int, room: int, data_room: int) -> Names:
    slot = np.full(1 << int(2 * room + 15).bit_length(), -1, np.int32)
    more = Names(
        slot,
        np.zeros(room, np.uint64),
        np.zeros(room + 1, np.int32),
        np.zeros(data_room, np.uint8),
        np.array([known], np.int64),
    )
    more.hash[:known] = names.hash[:known]
    more.start[: known + 1] = names.start[: known + 1]
    more.data[: names.start[known]] = names.data[: names.start[known]]
    _place(more.hash[:known], more.slot)
    return more


@inner
def _place(hashes: NDArray[np.uint64], slot: NDArray[np.int32]) -> None:
    mask = np.uint64(len(slot) - 1)
    for i in range(len(hashes)):
        at = hashes[i] & mask
        while slot[at] >= 0:
            at = (at + np.uint64(1)) & mask
        slot[at] = i


@inner
def _find_or_add(start: NDArray[np.int32], data: NDArray[np.uint8], names: Names, out: NDArray[np.int32]) -> None:
    mask = np.uint64(len(names.slot) - 1)
    known = names.used[0]
    for i in range(len(out)):
        h = np.uint64(14695981039346656037)
        for b in range(start[i], start[i + 1]):
            h = (h ^ np.uint64(data[b])) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
        size = start[i + 1] - start[i]
        at = h & mask
        while True:
            n = names.slot[at]
            if n < 0:
                break
            if names.hash[n] == h and names.start[n + 1] - names.start[n] == size:
                same = True
                for b in range(size):
                    if names.data[names.start[n] + b] != data[start[i] + b]:
                        same = False
                        break
                if same:
                    break
            at = (at + np.uint64(1)) & mask
        if n < 0:
            n = known
            names.slot[at], names.hash[n] = n, h
            for b in range(size):
                names.data[names.start[n] + b] = data[start[i] + b]
            names.start[n + 1] = names.start[n] + size
            known += 1
        out[i] = n
    names.used[0] = known
