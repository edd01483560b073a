"""Where the bytes of the log lie: tile paths, entry bundles, and the right edge of the tree.

Pure: bytes in, paths and bytes out. How the tree grows is `growth`, writing is `disk`, the order of writing is `log`,
reading is `reader`.
Must always hold: a file, once named by a published checkpoint, never changes; it may be deleted only when it is
a partial tile whose full tile exists. Source: C2SP `tlog-tiles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from umaya.ledger.merkle import HASH_BYTES, edge_root
from umaya.types.errors import IntegrityError

WIDTH = 256
"""SPEC: tlog-tiles "Full tiles MUST be exactly 256 hashes wide, or 8,192 bytes"."""

MAX_ENTRY_BYTES = 0xFFFF
"""SPEC: tlog-tiles "Entry bundles are sequences of big-endian uint16 length-prefixed log entries"."""

Level = int | Literal["entries"]


def tile_path(level: Level, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile or entry bundle below the log's folder.

    Args:
        level: 0 to 63 for hashes, or `"entries"`.
        index: of the tile within its level.
        width: 256 for a full tile, 1 to 255 for a partial one.
    """
    # SPEC: tlog-tiles "a non-negative integer encoded into zero-padded 3-digit path elements. All but the last
    # path element MUST begin with an `x`. For example, index 1234067 will be encoded as `x001/x234/067`."
    elements = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        elements.insert(0, f"x{index % 1000:03d}")
    # SPEC: tlog-tiles "The `.p/<W>` suffix is only present for partial tiles"
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(elements)}{suffix}"


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries, each at most 65,535 bytes, as an entry bundle."""
    return b"".join(frame(entries))


def frame(entries: Sequence[bytes]) -> list[bytes]:
    """Return entries as they stand in a bundle, each behind its length."""
    return [_LENGTHS[len(entry)] + entry for entry in entries]


class _Lengths(dict[int, bytes]):
    def __missing__(self, length: int) -> bytes:
        self[length] = data = length.to_bytes(2, "big")
        return data


_LENGTHS = _Lengths()


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        IntegrityError: when the bundle ends within an entry.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise IntegrityError("an entry bundle ends within an entry")
        entries.append(data[start:at])
    return entries


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def partial_width(size: int, level: int) -> int:
    """Return how many hashes the partial tile of a level holds, 0 where there is none."""
    # SPEC: tlog-tiles "The partial tile at level l for a tree of size s has floor(s / 256**l) mod 256 entries."
    return (size >> (8 * level)) % WIDTH


def edge_levels(size: int) -> int:
    """Return how many levels of hash tiles a tree of that size has."""
    levels = 0
    while size >> (8 * levels):
        levels += 1
    return levels


@dataclass(frozen=True)
class Edge:
    """The right edge of the tree: all that an append needs to know of the past.

    Attributes:
        size: number of entries.
        bundle: bytes of the partial entry bundle, empty where there is none.
        levels: for each level, the hashes of its partial tile.
    """

    size: int = 0
    bundle: bytes = b""
    levels: tuple[tuple[bytes, ...], ...] = ()

    def root(self) -> bytes:
        """Return the root hash of the tree."""
        return edge_root(self.levels)


def grown_files(old: int, new: int) -> list[str]:
    """Return the paths of the files that are written when a tree grows from `old` to `new` entries."""
    files: list[str] = []
    for level in range(edge_levels(new)):
        before, after = old >> (8 * level), new >> (8 * level)
        if before == after:
            break
        paths = [(index, WIDTH) for index in range(before // WIDTH, after // WIDTH)]
        paths += [(after // WIDTH, after % WIDTH)] if after % WIDTH else []
        files += [tile_path(level, *path) for path in paths]
        if level == 0:
            files += [tile_path("entries", *path) for path in paths]
    return files


def superseded(old: int, new: int) -> list[str]:
    """Return the folders of partial tiles that are no longer needed once the tree grew from `old` to `new`."""
    # SPEC: tlog-tiles "MAY delete any partial tile once the corresponding full tile is [...] available"
    folders: list[str] = []
    for level in range(edge_levels(old)):
        index = old >> (8 * (level + 1))
        if partial_width(old, level) and new >> (8 * (level + 1)) > index:
            folders.append(f"{tile_path(level, index)}.p")
            if level == 0:
                folders.append(f"{tile_path('entries', index)}.p")
    return folders
