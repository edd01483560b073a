"""Sets of dense uint32 numbers as bits: who of a column is a member, and who occurred in it.

A number is bit `number & 7` of byte `number >> 3`, so a hundred million numbers take 12.5 MB and stay near the core.
Compiled; the GIL is released.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.uint32]


def bits_for(largest: int) -> Bits:
    """Return an empty set with room for the numbers up to `largest` (-1 for no number)."""
    return np.zeros((largest >> 3) + 1, np.uint8)


@numba.njit(cache=True, nogil=True)
def add(bits: Bits, numbers: Numbers) -> None:
    """Add numbers to a set that has room for them."""
    for at in range(len(numbers)):
        number = numbers[at]
        bits[number >> np.uint32(3)] |= np.uint8(1) << np.uint8(number & np.uint32(7))


@numba.njit(cache=True, nogil=True)
def members(bits: Bits, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Return for each number whether it is a member; numbers beyond the room of the set are none."""
    mask = np.empty(len(numbers), np.bool_)
    room = np.uint64(len(bits))
    for at in range(len(numbers)):
        number = numbers[at]
        byte = np.uint64(number >> np.uint32(3))
        mask[at] = byte < room and (bits[byte] >> np.uint8(number & np.uint32(7))) & np.uint8(1) != 0
    return mask


@numba.njit(cache=True, nogil=True)
def listed(bits: Bits) -> Numbers:
    """Return the members, ascending."""
    count = 0
    for at in range(len(bits)):
        for bit in range(8):
            count += (bits[at] >> np.uint8(bit)) & np.uint8(1)
    numbers = np.empty(count, np.uint32)
    place = 0
    for at in range(len(bits)):
        if bits[at]:
            for bit in range(8):
                if (bits[at] >> np.uint8(bit)) & np.uint8(1):
                    numbers[place] = np.uint32(at * 8 + bit)
                    place += 1
    return numbers
