"""The compression function of SHA-256 (FIPS 180-4, 6.2.2) over a vector of lanes, one message in each.

Written once as vectors of 32-bit words; LLVM lowers them to what the machine has (AVX-512, AVX2, SSE2, NEON), so
no feature of the processor is asked for. Must always hold: each lane is what `hashlib` computes for its message.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import isqrt
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

LANES = 8
"""Messages side by side: sixteen gain a tenth with AVX-512 and lose a third with AVX2."""

Words = NDArray[np.uint32]
Octets = NDArray[np.uint8]


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _cube_root(number: int) -> int:
    root = 1 << -(-number.bit_length() // 3)
    while root**3 > number:
        root = (2 * root + number // root**2) // 3  # Newton, from above
    return root


# FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of cube and square roots of primes.
_ROUND = [_cube_root(prime << 96) & 0xFFFFFFFF for prime in _primes(64)]
INITIAL = np.array([isqrt(prime << 64) & 0xFFFFFFFF for prime in _primes(8)], np.uint32)
"""The initial hash value."""


class _Lanes:
    """Writes the rounds as vector instructions; the names are those of FIPS 180-4."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._type = ir.VectorType(ir.IntType(32), LANES)
        rotation = ir.FunctionType(self._type, [self._type] * 3)
        self._rotate = cgutils.get_or_insert_function(builder.module, rotation, f"llvm.fshr.v{LANES}i32")

    def load(self, words: Any, row: int) -> Any:
        value = self._builder.load(self._at(words, row))
        value.align = 4
        return value

    def store(self, value: Any, words: Any, row: int) -> None:
        self._builder.store(value, self._at(words, row)).align = 4

    def _at(self, words: Any, row: int) -> Any:
        rows = self._builder.bitcast(words, self._type.as_pointer())
        return self._builder.gep(rows, [ir.Constant(ir.IntType(32), row)])

    def constant(self, number: int) -> Any:
        return ir.Constant(self._type, [number] * LANES)

    def add(self, *values: Any) -> Any:
        total = values[0]
        for value in values[1:]:
            total = self._builder.add(total, value)
        return total

    def rotated(self, value: Any, *bits: int) -> Any:
        """The exclusive or of three rotations to the right: the large sigmas."""
        first, second, third = (self._builder.call(self._rotate, [value, value, self.constant(n)]) for n in bits)
        return self._builder.xor(self._builder.xor(first, second), third)

    def mixed(self, value: Any, first: int, second: int, shift: int) -> Any:
        """The exclusive or of two rotations and a shift: the small sigmas."""
        one, two = (self._builder.call(self._rotate, [value, value, self.constant(n)]) for n in (first, second))
        return self._builder.xor(self._builder.xor(one, two), self._builder.lshr(value, self.constant(shift)))

    def chosen(self, e: Any, f: Any, g: Any) -> Any:
        return self._builder.xor(self._builder.and_(e, self._builder.xor(f, g)), g)

    def majority(self, a: Any, b: Any, c: Any) -> Any:
        return self._builder.or_(self._builder.and_(a, b), self._builder.and_(c, self._builder.or_(a, b)))


def _rounds(lanes: _Lanes, state: Sequence[Any], block: Sequence[Any]) -> list[Any]:
    """Return the state after 64 rounds, before it is added to what it was."""
    w = list(block)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        if t >= 16:
            w.append(
                lanes.add(w[t - 16], w[t - 7], lanes.mixed(w[t - 15], 7, 18, 3), lanes.mixed(w[t - 2], 17, 19, 10))
            )
        first = lanes.add(h, lanes.constant(_ROUND[t]), w[t], lanes.chosen(e, f, g), lanes.rotated(e, 6, 11, 25))
        second = lanes.add(lanes.majority(a, b, c), lanes.rotated(a, 2, 13, 22))
        a, b, c, d, e, f, g, h = lanes.add(first, second), a, b, c, lanes.add(d, first), e, f, g
    return [a, b, c, d, e, f, g, h]


@intrinsic
def _compress(typing: Any, state: Any, block: Any) -> Any:
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = zip(signature.args, arguments, strict=True)
        into, words = (context.make_array(kind)(context, builder, value).data for kind, value in arrays)
        lanes = _Lanes(builder)
        before = [lanes.load(into, row) for row in range(8)]
        after = _rounds(lanes, before, [lanes.load(words, row) for row in range(16)])
        for row, (old, new) in enumerate(zip(before, after, strict=True)):
            lanes.store(lanes.add(old, new), into, row)
        return context.get_dummy_value()

    return types.void(state, block), generate


@numba.njit(cache=True, nogil=True)
def compress(state: Words, block: Words) -> None:
    """Take one block into the hash of each lane.

    Args:
        state: (8, LANES), contiguous; the hash so far, changed in place.
        block: (16, LANES), contiguous; sixteen words of each message.
    """
    _compress(state, block)


@numba.njit(cache=True, nogil=True)
def begin(state: Words) -> None:
    """Set every lane to the initial hash value."""
    for word in range(8):
        for lane in range(LANES):
            state[word, lane] = INITIAL[word]


def to_words(hashes: Octets) -> Words:
    """Return hashes (n, 32) as native words (n, 8), a copy."""
    return np.ascontiguousarray(hashes).view(">u4").astype(np.uint32)


def to_octets(words: Words) -> Octets:
    """Turn native words (n, k) into bytes (n, 4k), in the same memory: the words are spent."""
    return (words.byteswap(inplace=True) if sys.byteorder == "little" else words).view(np.uint8)
