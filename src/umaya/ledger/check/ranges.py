"""Ranges of tiles: what takes time in a check, proved without regard to what lies before; many at once in processes.

Hashing is the standard library's, and so is the form of entries; nothing is compiled here but regular expressions.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from umaya.ledger.check.entries import Forms, split_bundle
from umaya.ledger.check.faults import Fault, FaultError
from umaya.ledger.check.tree import WIDTH, parents, tile_path

_TILES_AT_ONCE = 64
"""Tiles of a range when several processes share the work: some 16,000 entries, a twentieth of a second."""

_AHEAD = 3
"""Ranges that wait for a process, for each of them, so that none is idle and memory stays bounded."""

_FORMS = Forms()


@dataclass(frozen=True)
class Range:
    """Entries to prove.

    Attributes:
        folder: of the log.
        start: index of the first entry; a tile begins there.
        stop: one behind the last.
        number: of the tree head that first covers `start`.
        sizes: of that head and of those after it, up to the first that reaches `stop`.
    """

    folder: Path
    start: int
    stop: int
    number: int
    sizes: Sequence[int]


@dataclass
class Proved:
    """What the entries of a range give.

    Attributes:
        roots: of the full tiles, in order.
        ends: for each tree head that ends within a full tile, by number: the root over the part before its end.
        rest: hashes of the entries of the last tile where it is not full, or where a fault ends it.
        fault: the first one.
    """

    roots: list[bytes] = field(default_factory=list)
    ends: dict[int, bytes] = field(default_factory=dict)
    rest: list[bytes] = field(default_factory=list)
    fault: Fault | None = None


def read(folder: Path, file: str) -> bytes:
    """Return a file of the log, which is no link."""
    try:
        descriptor = os.open(f"{folder}/{file}", os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise FaultError(file, "the file is missing") from error
    except OSError as error:
        raise FaultError(file, "the file cannot be read") from error


def ranges(folder: Path, sizes: Sequence[int], processes: int) -> Iterator[Range]:
    """Yield the ranges of a log.

    Args:
        folder: of the log.
        sizes: of all its tree heads, from 0 to the present one.
        processes: how many will share the work; one alone takes tile by tile.
    """
    step = WIDTH * (_TILES_AT_ONCE if processes > 1 else 1)
    number = 1
    for start in range(0, sizes[-1], step):
        stop = min(start + step, sizes[-1])
        last = number
        while sizes[last] < stop:
            last += 1
        yield Range(folder, start, stop, number, sizes[number : last + 1])
        number = last + 1 if sizes[last] == stop else last


def prove_all(parts: Iterator[Range], processes: int) -> Iterator[tuple[Range, Proved]]:
    """Prove ranges and yield them in order."""
    if processes == 1:
        for part in parts:
            yield part, prove(part)
        return
    context = multiprocessing.get_context("spawn")  # a fork of a server's threads may never wake up
    with ProcessPoolExecutor(processes, context) as pool:
        waiting: deque[tuple[Range, Future[Proved]]] = deque()
        for part in parts:
            waiting.append((part, pool.submit(prove, part)))
            if len(waiting) > processes * _AHEAD:
                oldest, done = waiting.popleft()
                yield oldest, done.result()
        for part, done in waiting:
            yield part, done.result()


def prove(part: Range) -> Proved:
    """Prove that entries are what they must be, and that the lowest hash tiles are theirs."""
    proved = Proved()
    number = part.number
    for start in range(part.start, part.stop, WIDTH):
        stop = min(start + WIDTH, part.stop)
        last = number
        while part.sizes[last - part.number] < stop:
            last += 1
        heads = {at: min(part.sizes[at - part.number], stop) for at in range(number, last + 1)}
        try:
            leaves = _prove_tile(part.folder, start, heads, proved)
        except FaultError as error:
            proved.fault = error.fault
            return proved
        if stop - start < WIDTH:
            proved.rest = leaves
        else:
            _reduce(leaves, start, heads, proved)
        number = last + 1 if part.sizes[last - part.number] == stop else last
    return proved


def _prove_tile(folder: Path, start: int, heads: dict[int, int], proved: Proved) -> list[bytes]:
    """Return the hashes of the entries of one tile, which `heads` cover up to these indices by their numbers."""
    index, width = start // WIDTH, max(heads.values()) - start
    bundle_file, leaf_file = tile_path("entries", index, width), tile_path(0, index, width)
    entries = split_bundle(read(folder, bundle_file), bundle_file, start)
    kept = read(folder, leaf_file)
    if len(entries) != width or len(kept) != width * 32:
        raise FaultError(
            bundle_file if len(entries) != width else leaf_file, f"it does not hold {width} entries", start
        )
    leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
    same = width
    if b"".join(leaves) != kept:
        same = next(at for at in range(width) if leaves[at] != kept[at * 32 : at * 32 + 32])
    try:
        _prove_forms(entries[: same + 1], start, heads, bundle_file)
    except FaultError as error:
        proved.rest = leaves[: (error.fault.index or start) - start]
        raise
    if same < width:
        proved.rest = leaves[:same]
        raise FaultError(bundle_file, f"this is not the entry whose hash {leaf_file} holds", start + same)
    return leaves


def _prove_forms(entries: list[bytes], start: int, heads: dict[int, int], file: str) -> None:
    begin = start
    for number, end in heads.items():
        _FORMS.prove(entries[begin - start : end - start], number, file, begin)
        begin = end


def _reduce(leaves: list[bytes], start: int, heads: dict[int, int], proved: Proved) -> None:
    """Add the root of a full tile, and for each head that ends within it the root over what lies before its end."""
    rows = [leaves]
    while len(rows[-1]) > 1:
        rows.append(parents(rows[-1]))
    for number, end in heads.items():
        if end - start < WIDTH:
            root, width = b"", end - start
            for height in range(8):
                if width >> height & 1:
                    part = rows[height][(width >> height) - 1]
                    root = sha256(b"\x01" + part + root).digest() if root else part
            proved.ends[number] = root
    proved.roots += rows[8]
