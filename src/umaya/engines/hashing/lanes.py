"""SHA-256 (FIPS 180-4, 6.2.2) over a vector of lanes, one message in each.

Words stand in rows, messages in columns. The rounds are written once, as vectors of 32-bit words; LLVM lowers them
to what the machine has, and no feature of a processor is needed. Must always hold: each lane is what `hashlib`
computes for its message.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Octets = NDArray[np.uint8]


def _width() -> int:
    """Return how many 32-bit words the vectors hold that Numba compiles for here; its cache goes by the same names."""
    features = (get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES).split(",")
    return 16 if "+avx512f" in features else 8 if "+avx2" in features else 4


LANES = _width()
"""Messages side by side."""


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


class _Matrix:
    """Rows of words as the generated code sees them: its array is two-dimensional and contiguous."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.data = array.data
        self.width = cgutils.unpack_tuple(builder, array.shape)[1]


class _Lanes:
    """Writes vector instructions; the names are those of FIPS 180-4."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._type = ir.VectorType(ir.IntType(32), LANES)
        rotation = ir.FunctionType(self._type, [self._type] * 3)
        self._rotate = cgutils.get_or_insert_function(builder.module, rotation, f"llvm.fshr.v{LANES}i32")

    def load(self, matrix: _Matrix, row: int, column: Any) -> Any:
        value = self._builder.load(self._at(matrix, row, column))
        value.align = 4
        return value

    def store(self, value: Any, matrix: _Matrix, row: int, column: Any) -> None:
        self._builder.store(value, self._at(matrix, row, column)).align = 4

    def _at(self, matrix: _Matrix, row: int, column: Any) -> Any:
        index = self._builder.add(self._builder.mul(matrix.width, ir.Constant(matrix.width.type, row)), column)
        return self._builder.bitcast(self._builder.gep(matrix.data, [index]), self._type.as_pointer())

    def every_other(self, matrix: _Matrix, row: int, column: Any) -> tuple[Any, Any]:
        """The words at the even places from a column on, and those at the odd places."""
        behind = self._builder.add(column, ir.Constant(column.type, LANES))
        both = self.load(matrix, row, column), self.load(matrix, row, behind)
        indices = ir.VectorType(ir.IntType(32), LANES)
        even, odd = (ir.Constant(indices, list(range(first, 2 * LANES, 2))) for first in (0, 1))
        return self._builder.shuffle_vector(*both, even), self._builder.shuffle_vector(*both, odd)

    def moved(self, before: Any, word: Any) -> Any:
        """The word as it is when the message is moved by one byte: the last byte of the word before comes first."""
        last = self._builder.shl(before, self.constant(24))
        return self._builder.or_(last, self._builder.lshr(word, self.constant(8)))

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


def _compressed(lanes: _Lanes, state: Sequence[Any], block: Sequence[Any]) -> list[Any]:
    """Return the eight words of the state after one more block of sixteen words."""
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
    return [lanes.add(old, new) for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _initial(lanes: _Lanes) -> list[Any]:
    return [lanes.constant(int(word)) for word in INITIAL]


@intrinsic
def _compress(typing: Any, state: Any, block: Any) -> Any:
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into, words = (_Matrix(context, builder, *pair) for pair in zip(signature.args, arguments, strict=True))
        lanes, first = _Lanes(builder), context.get_constant(types.intp, 0)
        before = [lanes.load(into, row, first) for row in range(8)]
        after = _compressed(lanes, before, [lanes.load(words, row, first) for row in range(16)])
        for row, word in enumerate(after):
            lanes.store(word, into, row, first)
        return context.get_dummy_value()

    return types.void(state, block), generate


@intrinsic
def _digest(typing: Any, block: Any, hashes: Any, column: Any) -> Any:
    del typing, column

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words, into = (_Matrix(context, builder, signature.args[at], arguments[at]) for at in (0, 1))
        lanes, first = _Lanes(builder), context.get_constant(types.intp, 0)
        hash_ = _compressed(lanes, _initial(lanes), [lanes.load(words, row, first) for row in range(16)])
        for row, word in enumerate(hash_):
            lanes.store(word, into, row, arguments[2])
        return context.get_dummy_value()

    return types.void(block, hashes, types.intp), generate


@intrinsic
def _digest_pairs(typing: Any, children: Any, parents: Any, column: Any) -> Any:
    del typing, column

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        below, above = (_Matrix(context, builder, signature.args[at], arguments[at]) for at in (0, 1))
        lanes, at = _Lanes(builder), builder.shl(arguments[2], context.get_constant(types.intp, 1))
        lefts, rights = zip(*(lanes.every_other(below, row, at) for row in range(8)), strict=True)
        # SPEC: RFC 6962 2.1 "MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))": 65 bytes, so that the last
        # one begins a second block, with the end mark and the length in bits.
        words = [lanes.constant(1), *lefts, *rights]
        block = [lanes.moved(before, word) for before, word in pairwise(words)]
        zero = lanes.constant(0)
        tail = [lanes.moved(rights[-1], lanes.constant(0x80000000)), *[zero] * 14, lanes.constant(65 * 8)]
        for row, word in enumerate(_compressed(lanes, _compressed(lanes, _initial(lanes), block), tail)):
            lanes.store(word, above, row, arguments[2])
        return context.get_dummy_value()

    return types.void(children, parents, types.intp), generate


@numba.njit(cache=True, nogil=True)
def compress(state: Words, block: Words) -> None:
    """Take one block into the hash of each lane.

    Args:
        state: (8, LANES), contiguous; the hash so far, changed in place.
        block: (16, LANES), contiguous; the block of each message.
    """
    _compress(state, block)


@numba.njit(cache=True, nogil=True)
def digest(block: Words, hashes: Words, column: int) -> None:
    """Hash messages of one padded block each.

    Args:
        block: (16, LANES), contiguous.
        hashes: (8, n), contiguous; takes the hashes in `LANES` columns.
        column: the first of them, at most n - LANES.
    """
    _digest(block, hashes, column)


@numba.njit(cache=True, nogil=True)
def digest_pairs(children: Words, parents: Words, column: int) -> None:
    """Hash `LANES` pairs of nodes into their parents: SHA-256(0x01 || left || right).

    Args:
        children: (8, n), contiguous; those in 2 * LANES columns from twice `column` on are read.
        parents: (8, m), contiguous, or the children themselves; the columns from `column` on are written.
        column: of the first parent, at most n / 2 - LANES and m - LANES.
    """
    _digest_pairs(children, parents, column)


def to_words(hashes: Octets) -> Words:
    """Return hashes (n, 32) as native words, a hash in each column of (8, n or more): room for whole vectors."""
    words = with_room(len(hashes))
    words[:, : len(hashes)] = np.ascontiguousarray(hashes).view(">u4").T
    return words


def with_room(count: int) -> Words:
    """Return room for hashes in columns, and for the vectors that the last of them are hashed in."""
    return np.zeros((8, -(-count // (2 * LANES)) * 2 * LANES), np.uint32)


def to_octets(words: Words, count: int) -> Octets:
    """Return the hashes of the first columns (8, count or more) as bytes (count, 32)."""
    return words[:, :count].T.astype(">u4", order="C").view(np.uint8)
