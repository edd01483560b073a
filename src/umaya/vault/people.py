"""Sets of people between their forms: compressed bitmaps at rest and between rooms, plain bits inside a scan."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyroaring import BitMap

from umaya.engines import membership

Numbers = npt.NDArray[np.uint32]


class Permitted:
    """Tells which rows are about permitted people.

    Args:
        people: not to be changed afterwards.

    Attributes:
        people: as given.
        bits: the same as plain bits.
    """

    def __init__(self, people: BitMap) -> None:
        self.people = people
        self.bits = membership.bits_for(people.max() if people else -1)
        membership.add(self.bits, np.frombuffer(people.to_array(), np.uint32))

    def rows(self, subjects: pa.Array) -> pa.BooleanArray:
        """Return for each row whether its subject is permitted."""
        return pa.array(membership.members(self.bits, numbers(subjects)))


class Seen:
    """Collects the people of rows.

    Args:
        most: nobody else can occur.
    """

    def __init__(self, most: Permitted) -> None:
        self._most = most
        self._bits = np.zeros_like(most.bits)

    def add(self, subjects: pa.Array | pa.ChunkedArray) -> None:
        """Add the subjects of rows."""
        for chunk in subjects.chunks if isinstance(subjects, pa.ChunkedArray) else [subjects]:
            membership.add(self._bits, numbers(chunk))

    def bitmap(self) -> BitMap:
        """Return everybody so far."""
        if np.array_equal(self._bits, self._most.bits):
            return self._most.people.copy()
        return bitmap_of(membership.listed(self._bits))


def numbers(subjects: pa.Array) -> Numbers:
    """Return a subject column (uint32, no nulls) without copying."""
    values: Numbers = subjects.to_numpy(zero_copy_only=True)
    return values


def bitmap_of(people: Numbers) -> BitMap:
    """Return the set of some numbers."""
    flat = array("I")  # the one form that the bitmap reads without a Python object for each number
    flat.frombytes(np.ascontiguousarray(people).view(np.uint8).data)
    return BitMap(flat)
