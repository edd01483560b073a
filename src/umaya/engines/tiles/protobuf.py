"""The few words of Protocol Buffers that a tile needs: varints and length-delimited fields.

Field numbers are those of vector_tile.proto 2.1: a tile has layers (3); a layer has name (1), features (2), keys (3),
values (4), extent (5), version (15); a feature has id (1), tags (2), type (3), geometry (4); a value's string is 1.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.tiles.mercator import EXTENT

Bytes = NDArray[np.uint8]
POINT, LINE, POLYGON = 1, 2, 3
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7


@numba.njit(cache=True, nogil=True, inline="always")
def put(out: Bytes, at: int, value: int) -> int:
    """Write an unsigned varint at `at`; return the place after it."""
    while value > 127:
        out[at] = (value & 127) | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@numba.njit(cache=True, nogil=True, inline="always")
def zigzag(value: int) -> int:
    """Fold a signed number of up to 32 bits into an unsigned one."""
    return (value << 1) ^ (value >> 63)


@numba.njit(cache=True, nogil=True, inline="always")
def length(value: int) -> int:
    """Return how many bytes a varint takes."""
    size = 1
    while value > 127:
        value >>= 7
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def feature(
    out: Bytes, at: int, identity: int, kind: int, tags: Bytes, tag_size: int, shape: Bytes, shape_size: int
) -> int:
    """Write one feature, as field 2 of a layer; no id where `identity` is negative."""
    body = 2 + 1 + length(shape_size) + shape_size
    if identity >= 0:
        body += 1 + length(identity)
    if tag_size:
        body += 1 + length(tag_size) + tag_size
    out[at] = 0x12
    at = put(out, at + 1, body)
    if identity >= 0:
        out[at] = 0x08
        at = put(out, at + 1, identity)
    if tag_size:
        out[at] = 0x12
        at = put(out, at + 1, tag_size)
        out[at : at + tag_size] = tags[:tag_size]
        at += tag_size
    out[at] = 0x18
    out[at + 1] = kind
    out[at + 2] = 0x22
    at = put(out, at + 3, shape_size)
    out[at : at + shape_size] = shape[:shape_size]
    return at + shape_size


def varint(value: int) -> bytes:
    """Return an unsigned varint."""
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127)
    return bytes([*(group | 128 for group in groups[:-1]), groups[-1]])


def field(number: int, content: bytes) -> bytes:
    """Return a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def text_value(text: str) -> bytes:
    """Return a string as field 4 of a layer."""
    return field(4, field(1, text.encode()))


def layer(name: str, features: bytes, keys: list[str], values: list[bytes]) -> bytes:
    """Return a layer as field 3 of a tile; nothing without features."""
    if not features:
        return b""
    head = field(1, name.encode())
    tail = b"".join([*(field(3, key.encode()) for key in keys), *values])
    return field(3, head + features + tail + b"\x28" + varint(EXTENT) + b"\x78\x02")
