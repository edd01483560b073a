"""Reading the log: entries, tree heads, proofs and receipts, without the signing key and without a lock.

Every answer is that of one published checkpoint, whose signature is checked. Entries and hashes are taken from
the tiles as they are; `check` proves the whole of them. Must always hold: a reader never sees an append half done,
because the checkpoint is replaced last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from umaya.ledger.checkpoint import TreeHead, open_checkpoint
from umaya.ledger.disk import disk_errors
from umaya.ledger.entries import Entry
from umaya.ledger.keys import Verifier
from umaya.ledger.merkle import HASH_BYTES, consistency_path, inclusion_path, leaf_hash, perfect_root
from umaya.ledger.proofs import Receipt
from umaya.ledger.tiles import (
    WIDTH,
    Edge,
    Level,
    decode_bundle,
    edge_levels,
    encode_bundle,
    partial_width,
    split_hashes,
    tile_path,
)
from umaya.types.errors import InputError, IntegrityError, NotFoundError, Place

CHECKPOINT = "checkpoint"
HISTORY = "checkpoints"


class LedgerReader:
    """A log as anybody with its verifier key may read it.

    Args:
        directory: the log's folder.
        vkey: the verifier key.

    Raises:
        InputError: when the folder holds no log.
        ValueError: when the verifier key is malformed.
        LedgerUnavailableError: from every method, when the folder cannot be read.
        IntegrityError: from every method, when the checkpoint is not signed by the key or a tile is damaged.
    """

    def __init__(self, directory: Path, vkey: str) -> None:
        self._directory = directory
        self._verifier = Verifier.from_vkey(vkey)
        self._published: tuple[bytes, TreeHead] | None = None
        if not (directory / CHECKPOINT).is_file():
            raise InputError(Place(str(directory)), "there is no ledger here", "make a hub with `umaya init`")

    @property
    def size(self) -> int:
        """The number of entries that are published now."""
        return self._head()[1].size

    def checkpoint(self) -> str:
        """Return the present signed tree head."""
        return self._head()[0].decode()

    def entry(self, index: int) -> Entry:
        """Return one entry, or raise NotFoundError."""
        return Entry.from_bytes(self.entry_bytes(index))

    def entry_bytes(self, index: int) -> bytes:
        """Return the bytes of one entry, as they were hashed, or raise NotFoundError."""
        size = self.size
        _require_index(index, size)
        return self._bundle(index // WIDTH, size)[index % WIDTH]

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries from `start` up to `stop` (or the size), as of now."""
        size = self.size
        stop = size if stop is None else min(stop, size)
        start = max(start, 0)
        while start < stop:
            bundle = self._bundle(start // WIDTH, size)
            part = bundle[start % WIDTH : start % WIDTH + stop - start]
            for data in part:
                yield Entry.from_bytes(data)
            start += len(part)

    def naming(self, reference: str) -> Iterator[tuple[int, Entry]]:
        """Yield the entries that hold a reference as a value or key, with their indices, as of now.

        The others are not parsed, so a long log is read at the speed of the disk.
        """
        needle = f'"{reference}"'.encode()
        size = self.size
        for index in range(-(-size // WIDTH)):
            if needle in self.tile("entries", index, size):
                for at, data in enumerate(self._bundle(index, size)[: size - index * WIDTH], index * WIDTH):
                    if needle in data:
                        yield at, Entry.from_bytes(data)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the audit path of an entry in the tree of `size` (now, when None), or raise NotFoundError."""
        return self.inclusion_proofs([index], size)[0]

    def inclusion_proofs(self, indices: Sequence[int], size: int | None = None) -> list[list[bytes]]:
        """Return the audit paths of several entries, as `inclusion_proof` does of one; tiles are read once."""
        present = self.size
        size = present if size is None else size
        if size > present:
            raise NotFoundError("the ledger never had a tree of this size")
        subtrees = _Subtrees(self, present)
        paths = []
        for index in indices:
            _require_index(index, size)
            paths.append(inclusion_path(index, size, subtrees))
        return paths

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree of size `old` is a prefix of that of size `new` (now, when None).

        Raises:
            NotFoundError: unless 0 <= old <= new <= size.
        """
        present = self.size
        new = present if new is None else new
        if not 0 <= old <= new <= present:
            raise NotFoundError("the ledger never had trees of these sizes")
        return consistency_path(old, new, _Subtrees(self, present))

    def receipt(self, index: int) -> str:
        """Return the proof that an entry is in the log, as C2SP `tlog-proof` text, or raise NotFoundError."""
        note, head = self._head()
        _require_index(index, head.size)
        path = inclusion_path(index, head.size, _Subtrees(self, head.size))
        return Receipt(index, tuple(path), note.decode()).text()

    def tile(self, level: Level, index: int, size: int) -> bytes:
        """Return the bytes of a tile in the tree of `size`; more than asked for when it has been filled since."""
        full = size >> (8 * ((0 if level == "entries" else level) + 1))
        width = WIDTH if index < full else partial_width(size, 0 if level == "entries" else level)
        with disk_errors():
            try:
                return (self._directory / tile_path(level, index, width)).read_bytes()
            except FileNotFoundError:
                # SPEC: tlog-tiles "Clients [...] MAY fetch the full tile [...] as a fallback in case the partial tile
                # is not available anymore."
                return (self._directory / tile_path(level, index)).read_bytes()

    def _head(self) -> tuple[bytes, TreeHead]:
        """Return the present checkpoint and what it says, having checked its signature."""
        with disk_errors():
            note = (self._directory / CHECKPOINT).read_bytes()
        known = self._published
        if known is not None and known[0] == note:
            return known
        try:
            head = open_checkpoint(note.decode(), self._verifier)
        except UnicodeDecodeError as error:
            raise IntegrityError("the checkpoint is not text") from error
        self._published = (note, head)
        return self._published

    def _bundle(self, index: int, size: int) -> list[bytes]:
        entries = decode_bundle(self.tile("entries", index, size))
        if len(entries) < min(size - index * WIDTH, WIDTH):
            raise IntegrityError("an entry bundle lacks entries")
        return entries

    def _edge(self, head: TreeHead) -> Edge:
        """Return the right edge of a published tree.

        Raises:
            IntegrityError: when the tiles on the edge do not lead to the root hash that was signed.
        """
        levels: list[tuple[bytes, ...]] = []
        for level in range(edge_levels(head.size)):
            width = partial_width(head.size, level)
            index = head.size >> (8 * (level + 1))
            data = self.tile(level, index, head.size)[: width * HASH_BYTES] if width else b""
            levels.append(tuple(split_hashes(data)))
        entries = self._bundle(head.size // WIDTH, head.size)[: head.size % WIDTH] if head.size % WIDTH else []
        edge = Edge(head.size, encode_bundle(entries), tuple(levels))
        leaves = tuple(map(leaf_hash, entries))
        if edge.root() != head.root or (levels and leaves != levels[0]):
            raise IntegrityError("the tiles do not lead to the signed root hash; run `umaya ledger verify`")
        return edge


class _Subtrees:
    """Roots of complete subtrees, from the tiles of one tree; tiles are read once."""

    def __init__(self, reader: LedgerReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, start: int, stop: int) -> bytes:
        height = (stop - start).bit_length() - 1
        level = height // 8
        first, count = start >> (8 * level), 1 << (height % 8)
        tile = (level, first // WIDTH)
        if tile not in self._tiles:
            self._tiles[tile] = split_hashes(self._reader.tile(level, tile[1], self._size))
        hashes = self._tiles[tile][first % WIDTH : first % WIDTH + count]
        if len(hashes) != count or any(len(hash_) != HASH_BYTES for hash_ in hashes):
            raise IntegrityError("a tile lacks hashes")
        return perfect_root(hashes)


def _require_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise NotFoundError(f"the ledger has no entry {index}")
