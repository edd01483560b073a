"""How the right edge of the tree grows by an append: new hashes, new files, a new edge.

Pure, and where the time of an append goes after its entries are written. Must always hold: the tree is that of
RFC 6962, 2.1; a file that this gives has a name that no file of the tree before had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from umaya.engines import hashing
from umaya.ledger.merkle import HASH_BYTES, leaf_hash, perfect_root
from umaya.ledger.tiles import WIDTH, Edge, frame, split_hashes, tile_path

_MANY: Final = 512
"""Messages from which on compiled hashing pays."""

_TILE_HEIGHT: Final = 8


@dataclass(frozen=True)
class Growth:
    """What an append makes.

    Attributes:
        edge: the new right edge.
        leaf_hashes: of the new entries, in order.
        bundle: the new entries as one bundle.
        files: every file that the append adds, by path.
    """

    edge: Edge
    leaf_hashes: list[bytes]
    bundle: bytes
    files: dict[str, bytes]


def grow(edge: Edge, entries: Sequence[bytes]) -> Growth:
    """Return the growth of a tree by at least one entry."""
    hashes = _leaf_hashes(entries)
    framed = frame(entries)
    files, bundle = _grow_bundles(edge, framed)
    levels: list[tuple[bytes, ...]] = []
    carry = hashes
    while carry:  # a level that gains no hash, and all above it, stay as they are
        level = len(levels)
        first = edge.size >> (8 * (level + 1))
        row = [*edge.levels[level], *carry] if level < len(edge.levels) else carry
        full = len(row) // WIDTH
        tiles = [b"".join(row[tile * WIDTH : (tile + 1) * WIDTH]) for tile in range(full)]
        files |= {tile_path(level, first + tile): data for tile, data in enumerate(tiles)}
        # SPEC: tlog-tiles "A partial tile [...] MUST NOT be hashed into a tile at the level above."
        carry = _tile_roots(tiles)
        rest = tuple(row[full * WIDTH :])
        if rest:
            # SPEC: tlog-tiles "Empty tiles MUST NOT be served."
            files[tile_path(level, first + full, len(rest))] = b"".join(rest)
        levels.append(rest)
    levels.extend(edge.levels[len(levels) :])
    return Growth(Edge(edge.size + len(entries), bundle, tuple(levels)), hashes, b"".join(framed), files)


def _leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    if len(entries) < _MANY:
        return list(map(leaf_hash, entries))
    offsets = np.zeros(len(entries) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, entries), np.int64, len(entries)), out=offsets[1:])
    return split_hashes(hashing.leaf_hashes(np.frombuffer(b"".join(entries), np.uint8), offsets).tobytes())


def _tile_roots(tiles: Sequence[bytes]) -> list[bytes]:
    if len(tiles) * WIDTH < _MANY:
        return [perfect_root(split_hashes(tile)) for tile in tiles]
    hashes = np.frombuffer(b"".join(tiles), np.uint8).reshape(-1, HASH_BYTES)
    return split_hashes(hashing.merkle_levels(hashes)[_TILE_HEIGHT].tobytes())


def _grow_bundles(edge: Edge, framed: Sequence[bytes]) -> tuple[dict[str, bytes], bytes]:
    """Return the bundles that grow or are new, and the bytes of the last one where it is not full."""
    files: dict[str, bytes] = {}
    index, width = divmod(edge.size, WIDTH)
    bundle, at = edge.bundle, 0
    while at < len(framed):
        part = framed[at : at + WIDTH - width]
        bundle = b"".join((bundle, *part))
        at, width = at + len(part), width + len(part)
        files[tile_path("entries", index, width)] = bundle
        if width == WIDTH:
            index, width, bundle = index + 1, 0, b""
    return files, bundle
