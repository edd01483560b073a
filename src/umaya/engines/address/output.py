"""Columns of text from spans: the text of a part as it was written, or the number that its symbols mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.engines.address.parts import OUTSIDE, SEPARATOR, WITHOUT, Work, is_mark, is_number
from umaya.engines.address.reading import Spans
from umaya.engines.address.spelling import NUMBER, Fold, tokenise
from umaya.engines.kernels import inner, kernel

SPACE, DASH = ord(" "), ord("-")


@inner
def _copy(data: Any, begin: Any, end: Any, out: Any, used: Any) -> Any:
    for i in range(begin, end):
        out[used] = data[i]
        used += 1
    return used


@inner
def _digits(value: Any, out: Any, used: Any) -> Any:
    """Write a number in digits."""
    tens = 1
    while value // tens >= 10:
        tens *= 10
    while tens > 0:
        out[used] = ord("0") + value // tens % 10
        used += 1
        tens //= 10
    return used


@inner
def _number(data: Any, begin: Any, end: Any, fold: Any, work: Any, first: Any, out: Any, used: Any) -> Any:
    """Write the pieces of a number, parted by hyphens, a mark as it was written; 番外地 and 無番地 stay whole."""
    tokens = work.tokens
    count = tokenise(data, begin, end, fold, tokens)
    for i in range(count):
        one = np.int64(tokens.symbol[i])
        if one in (OUTSIDE, WITHOUT):
            return _copy(data, begin, end, out, used)
    last = -2
    for i in range(count):
        one = np.int64(tokens.symbol[i])
        if not (is_number(one) or is_mark(one)):
            continue
        beside = i == last + 1 and i > 0 and not (is_number(one) and is_number(np.int64(tokens.symbol[i - 1])))
        if not first and not beside:
            out[used] = DASH
            used += 1
        first, last = False, i
        if is_number(one):
            used = _digits(one - NUMBER, out, used)
        else:
            used = _copy(data, begin + tokens.begin[i], begin + tokens.end[i], out, used)
    return used


@kernel
def _gather(
    data: Any, offsets: Any, spans: Any, wanted: Any, number: Any, fold: Any, work: Any, out: Any, ends: Any
) -> Any:
    used = np.int64(0)
    for row in range(len(offsets) - 1):
        start, before, apart = np.int64(offsets[row]), used, False
        for i in range(spans.first[row], spans.first[row + 1]):
            if not wanted[spans.part[i]]:
                apart = apart or spans.part[i] == SEPARATOR
                continue
            begin, end = start + spans.begin[i], start + spans.end[i]
            if number:
                used = _number(data, begin, end, fold, work, used == before, out, used)
                continue
            if apart and used > before:
                out[used] = SPACE
                used += 1
            apart = False
            used = _copy(data, begin, end, out, used)
        ends[row + 1] = used
    return used


def column(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], spans: Spans, parts: tuple[int, ...], *,
    number: bool, fold: Fold, work: Work,
) -> pa.Array:  # fmt: skip
    """Return the text of some parts of each row; null where a row has none of them."""
    wanted = np.zeros(16, np.bool_)
    wanted[list(parts)] = True
    out = np.empty(2 * int(offsets[-1] - offsets[0]) + 16, np.uint8)
    ends = np.zeros(len(offsets), np.int32)
    used = _gather(data, offsets, spans, wanted, number, fold, work, out, ends)
    buffers = [
        pa.py_buffer(np.packbits(np.diff(ends) > 0, bitorder="little")),
        pa.py_buffer(ends),
        pa.py_buffer(out[:used]),
    ]
    return pa.Array.from_buffers(pa.string(), len(ends) - 1, buffers)
