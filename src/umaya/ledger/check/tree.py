"""The Merkle tree (RFC 6962, 2.1) as its entries arrive, and where its tiles lie (C2SP `tlog-tiles`)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

WIDTH = 256


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Return where a tile, or with `entries` a bundle, lies below the log's folder."""
    # SPEC: tlog-tiles "zero-padded 3-digit path elements. All but the last path element MUST begin with an `x`."
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def kinds(level: int) -> tuple[int | str, ...]:
    """Return what lies at a level: hash tiles, and at the lowest the bundles of entries too."""
    return (level,) if level else (level, "entries")


def grown_files(old: int, new: int) -> list[str]:
    """Return the files that an append writes which takes a tree from `old` to `new` entries."""
    files: list[str] = []
    for level in range(8):
        before, after = old >> (8 * level), new >> (8 * level)
        if before != after:
            tiles = [(index, WIDTH) for index in range(before // WIDTH, after // WIDTH)]
            tiles += [(after // WIDTH, after % WIDTH)] if after % WIDTH else []
            files += [tile_path(kind, *tile) for tile in tiles for kind in kinds(level)]
    return files


def parents(row: list[bytes]) -> list[bytes]:
    """Return the hashes above a row of an even number."""
    data = b"".join(row)
    return [sha256(b"\x01" + data[at : at + 64]).digest() for at in range(0, len(data), 64)]


class _Level:
    """One level of tiles as its hashes arrive: those of the unfinished tile, and their complete subtrees."""

    def __init__(self) -> None:
        self.row: list[bytes] = []
        self.stack: list[bytes] = []

    def push(self, value: bytes) -> None:
        """Take one more hash; the caller empties the level once it is 256 wide."""
        count = len(self.row)
        self.row.append(value)
        while count & 1:
            value = sha256(b"\x01" + self.stack.pop() + value).digest()
            count >>= 1
        self.stack.append(value)


TileSink = Callable[[int, int, list[bytes]], None]
"""Takes level, index and hashes of a full hash tile."""


class Tree:
    """The tree over the entries seen so far; hands each full hash tile above level 0 to `sink`.

    Attributes:
        size: number of entries.
        levels: the unfinished tiles.
        sink: may be replaced. Level 0 is handed over too when it was filled by `push`.
    """

    def __init__(self, sink: TileSink) -> None:
        self.size = 0
        self.sink = sink
        self.levels: list[_Level] = []

    def push(self, leaf: bytes) -> None:
        """Take the hash of the next entry."""
        self.size += 1
        self._push(leaf, 0)

    def push_tile(self, root: bytes) -> None:
        """Take the root over the next 256 entries, where a tile begins."""
        self.size += WIDTH
        if not self.levels:
            self.levels.append(_Level())
        self._push(root, 1)

    def root(self, partial: bytes = b"") -> bytes:
        """Return the root, with `partial` over more entries at the end that were not pushed."""
        root = partial
        for level in self.levels:
            for value in reversed(level.stack):
                root = sha256(b"\x01" + value + root).digest() if root else value
        return root or sha256(b"").digest()

    def _push(self, value: bytes, level: int) -> None:
        while True:
            if level == len(self.levels):
                self.levels.append(_Level())
            at = self.levels[level]
            at.push(value)
            if len(at.row) < WIDTH:
                return
            self.sink(level, (self.size >> (8 * (level + 1))) - 1, at.row)
            value = at.stack[0]
            self.levels[level] = _Level()
            level += 1
