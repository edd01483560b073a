"""The stages of a check, in order, over one folder."""

from __future__ import annotations

import base64
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from umaya.ledger.check.entries import prove_entry, split_bundle
from umaya.ledger.check.faults import CheckResult, Fault, FaultError
from umaya.ledger.check.heads import NOTE, Head, Key
from umaya.ledger.check.journal import Journal, take_apart
from umaya.ledger.check.ranges import Proved, Range, prove_all, ranges, read
from umaya.ledger.check.tree import WIDTH, Tree, grown_files, kinds, tile_path

Progress = Callable[[int, int], None]
"""Called with the number of entries that are proved and that there are."""

_MANY = 200_000
"""Entries from which on it pays to start processes."""


def check_ledger(
    directory: Path,
    vkey: str,
    against: str | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> CheckResult:
    """Prove a log.

    Args:
        directory: the log's folder, e.g. `HUB/ledger`.
        vkey: the verifier key, `name+hash+base64`, from a source that you trust.
        against: text of a checkpoint that was seen before and kept elsewhere.
        progress: told how far the check is.
        processes: that share the work; None means one for a short log and one for each core for a long one.

    Returns:
        What was found. A folder that is not there, or holds no log, is a fault too.

    Raises:
        ValueError: when the verifier key is malformed.
    """
    key = Key(vkey)
    before = _moment(directory)
    check = _Check(directory, key, against, progress, processes)
    result = check.run()
    if result.faults and (_moment(directory) != before or check.journaled):
        with _no_writer(directory):
            result = _Check(directory, key, against, progress, processes).run()
    return result


class _Check:
    """One pass over one folder."""

    def __init__(
        self, folder: Path, key: Key, against: str | None, progress: Progress | None, processes: int | None
    ) -> None:
        self._folder = folder
        self._key = key
        self._against = against
        self._progress = progress
        self._processes = processes
        self._present = Head(0, b"", b"")
        self._heads: list[Head] = []
        self._history_rest = b""
        self._journal = Journal(b"", [], b"")
        self._allowed = {"checkpoint", "checkpoints", "journal", "lock"}
        self._tree = Tree(self._prove_full_tile)
        self._notes: list[str] = []

    @property
    def journaled(self) -> bool:
        """True when the journal holds anything."""
        return self._journal != Journal(b"", [], b"")

    def run(self) -> CheckResult:
        faults: list[Fault] = []
        for stages in ((self._prove_heads, self._prove_entries, self._prove_folder), (self._prove_against,)):
            try:
                for stage in stages:
                    stage()
            except FaultError as error:
                faults.append(error.fault)
        if self._journal.batches and any(fault.file.startswith("tile/") for fault in faults):
            self._notes.append(
                "after a power cut the next writer writes anew what the journal holds: open the hub once"
            )
        root = base64.b64encode(self._present.root).decode()
        return CheckResult(
            self._present.size, root, len(self._heads), str(self._key), tuple(faults), tuple(self._notes)
        )

    # Stages 1 and 2: the signed heads

    def _prove_heads(self) -> None:
        note = self._read("checkpoint")
        self._present = self._key.head(NOTE.fullmatch(note), "checkpoint", "the checkpoint")
        if (self._folder / "journal").exists():
            self._journal = take_apart(self._read("journal"))
        history = self._read("checkpoints")
        end = history.rfind(note) + len(note)
        if end < len(note):
            raise FaultError("checkpoints", "the history does not hold the present checkpoint")
        self._history_rest = history[end:]
        if self._history_rest and not self.journaled:
            raise FaultError("checkpoints", "something follows the present checkpoint in the history")
        at = 0
        while at < end:
            where = f"tree head {len(self._heads)}"
            head = self._key.head(NOTE.match(history, at), "checkpoints", where)
            if head.size <= (self._heads[-1].size if self._heads else -1):
                raise FaultError("checkpoints", f"{where} is not larger than the one before it")
            self._heads.append(head)
            at += len(head.note)
        if self._heads[0].size != 0:
            raise FaultError("checkpoints", "the history does not begin with the empty tree")

    # Stage 3: entries and hashes

    def _prove_entries(self) -> None:
        self._prove_root(0)
        size = self._present.size
        processes = self._processes or (_cores() if size >= _MANY else 1)
        sizes = [head.size for head in self._heads]
        for part, proved in prove_all(ranges(self._folder, sizes, processes), processes):
            self._take(part, proved)
            for start in range(part.start, part.stop, WIDTH):
                width = min(WIDTH, part.stop - start)
                self._allowed |= {tile_path(kind, start // WIDTH, width) for kind in kinds(0)}
            if self._progress:
                self._progress(part.stop, size)
        self._prove_edge()
        self._prove_journal()

    def _take(self, part: Range, proved: Proved) -> None:
        """Take what a range gave into the tree, and prove every tree head that ends in it."""
        number = part.number
        for root in proved.roots:
            end = self._tree.size + WIDTH
            while number in proved.ends and self._heads[number].size < end:
                self._prove_root(number, proved.ends[number])
                number += 1
            self._tree.push_tile(root)
            number += self._prove_end(number)
        for leaf in proved.rest:
            self._tree.push(leaf)
            number += self._prove_end(number)
        if proved.fault is not None:
            raise FaultError(proved.fault.file, proved.fault.problem, proved.fault.index)

    def _prove_end(self, number: int) -> bool:
        """Prove a tree head if it ends here."""
        ends = number < len(self._heads) and self._heads[number].size == self._tree.size
        if ends:
            self._prove_root(number)
        return ends

    def _prove_root(self, number: int, partial: bytes = b"") -> None:
        if self._tree.root(partial) != self._heads[number].root:
            first = self._heads[number - 1].size if number else 0
            problem = f"tree head {number} is not the root of the entries: a changed entry or a forked history"
            raise FaultError("checkpoints", problem, first)

    def _prove_full_tile(self, level: int, index: int, row: list[bytes]) -> None:
        if level:  # the leaves are compared one by one
            self._prove_file(tile_path(level, index), b"".join(row), index << (8 * (level + 1)))

    def _prove_edge(self) -> None:
        """Prove the partial tiles: one for each signed head that ends in an unfinished tile, and no other."""
        # SPEC: tlog-tiles "Logs MUST serve partial tiles corresponding to tree sizes for which a checkpoint was
        # produced, but MAY delete any partial tile once the corresponding full tile is [...] available"
        size = self._present.size
        for level, at in enumerate(self._tree.levels):
            index = size >> (8 * (level + 1))
            for width in self._widths(level, index):
                self._prove_file(tile_path(level, index, width), b"".join(at.row[:width]), index << (8 * (level + 1)))
                if level == 0:
                    self._prove_bundle(index, self._read(tile_path("entries", index, size % WIDTH)), width)

    def _widths(self, level: int, index: int) -> list[int]:
        """Return the widths that signed heads gave to one tile while it was unfinished."""
        sizes = (head.size >> (8 * level) for head in self._heads)
        return sorted({size % WIDTH for size in sizes if size >> 8 == index and size % WIDTH})

    def _prove_bundle(self, index: int, whole: bytes, width: int) -> None:
        self._prove_file(tile_path("entries", index, width), whole[: _end_of(whole, width)], index * WIDTH)

    def _prove_file(self, file: str, expected: bytes, index: int) -> None:
        if self._read(file) != expected:
            raise FaultError(file, "it is not what the entries and their hashes give", index)
        self._allowed.add(file)

    # What the journal holds, and what a crash may leave

    def _prove_journal(self) -> None:
        """Prove what the journal says of published appends, and allow for what it may leave in the folder."""
        journal, heads = self._journal, self._heads
        notes = [head.note for head in heads]
        if journal.base and journal.base not in notes:
            raise FaultError("journal", "it does not set out from a tree head of the history")
        first = notes.index(journal.base) if journal.base else len(heads) - 1
        published = list(pairwise(heads[first:]))
        for at, (old, new) in enumerate(published):
            if journal.batches[at : at + 1] != [(self._bundles(old.size, new.size), new.note)]:
                raise FaultError("journal", "it does not hold this append as the log does", old.size)
            self._allowed |= {f"{file}.tmp" for file in grown_files(old.size, new.size)}
        if self.journaled:
            self._prove_superseded([head.size for head in heads[first:-1]])
            self._allowed.add("checkpoint.tmp")
            self._prove_unfinished(journal.batches[len(published) :])

    def _prove_unfinished(self, batches: list[tuple[bytes, bytes]]) -> None:
        """Allow for the append that a crash cut short, and prove as much of it as is there."""
        match = NOTE.fullmatch(batches[0][1]) if batches else None
        if match is None:
            if batches or self._journal.rest:
                self._notes.append("an append was cut short before it was recorded; nothing of it is in the log")
            if self._history_rest:
                raise FaultError("checkpoints", "something follows the present checkpoint in the history")
            return
        self._notes.append("an append was cut short after it was recorded; the next writer completes it")
        head = self._key.head(match, "journal", "the unfinished tree head")
        if not head.note.startswith(self._history_rest):
            raise FaultError("checkpoints", "something follows the present checkpoint in the history")
        if len(batches) > 1 or self._journal.rest:
            raise FaultError("journal", "something follows the unfinished append", self._present.size)
        for file, data in self._unfinished(split_bundle(batches[0][0], "journal", self._present.size), head).items():
            self._allowed.add(f"{file}.tmp")
            if (self._folder / file).exists():
                self._prove_file(file, data, self._present.size)

    def _unfinished(self, entries: list[bytes], head: Head) -> dict[str, bytes]:
        """Return the files that an unfinished append writes, having proved that its signed head is theirs."""
        files: dict[str, bytes] = {}

        def keep(level: int, index: int, row: list[bytes]) -> None:
            files[tile_path(level, index)] = b"".join(row)

        old, start = self._present.size, self._present.size % WIDTH
        tree = self._tree
        tree.sink = keep
        bundle = self._read(tile_path("entries", old // WIDTH, start)) if start else b""
        for entry in entries:
            prove_entry(entry, len(self._heads), "journal", tree.size)
            tree.push(sha256(b"\x00" + entry).digest())
            bundle += len(entry).to_bytes(2, "big") + entry
            if tree.size % WIDTH == 0:
                files[tile_path("entries", tree.size // WIDTH - 1)] = bundle
                bundle = b""
        if (tree.size, tree.root()) != (head.size, head.root) or not entries:
            raise FaultError("journal", "the unfinished tree head is not that of its entries", old)
        if bundle:
            files[tile_path("entries", tree.size // WIDTH, tree.size % WIDTH)] = bundle
        for level, at in enumerate(tree.levels):
            if at.row and tree.size >> (8 * level) != old >> (8 * level):
                files[tile_path(level, tree.size >> (8 * (level + 1)), len(at.row))] = b"".join(at.row)
        return files

    def _prove_superseded(self, sizes: list[int]) -> None:
        """Allow the partial tiles at the ends of trees of these sizes that are full by now and not removed yet."""
        tiles = {(level, size >> (8 * (level + 1))) for size in sizes for level in range(8)}
        for level, index in sorted(tiles):
            widths = self._widths(level, index) if index < self._present.size >> (8 * (level + 1)) else []
            for width in widths:
                if (self._folder / tile_path(level, index, width)).exists():
                    whole = self._read(tile_path(level, index))
                    self._prove_file(tile_path(level, index, width), whole[: width * 32], index << (8 * (level + 1)))
                if level == 0 and (self._folder / tile_path("entries", index, width)).exists():
                    self._prove_bundle(index, self._read(tile_path("entries", index)), width)
            if widths:
                self._allowed |= {f"{tile_path(kind, index)}.p/" for kind in kinds(level)}

    def _bundles(self, start: int, stop: int) -> bytes:
        """Return the entries from `start` up to `stop` as one bundle."""
        parts: list[bytes] = []
        for first in range(start - start % WIDTH, stop, WIDTH):
            data = self._read(tile_path("entries", first // WIDTH, min(WIDTH, self._present.size - first)))
            begin = _end_of(data, max(start - first, 0))
            parts.append(data[begin : _end_of(data, min(stop - first, WIDTH))])
        return b"".join(parts)

    # Stages 4 and 5: the folder, and what was seen before

    def _prove_folder(self) -> None:
        folders = {file[:at] for file in self._allowed for at, letter in enumerate(file) if letter == "/"}
        for name, entry in _walk(self._folder, ""):
            known = entry.is_dir(follow_symlinks=False) and name in folders
            if not known and not (entry.is_file(follow_symlinks=False) and name in self._allowed):
                raise FaultError(name, "this does not belong to the log")
        if (self._folder / "lock").exists() and self._read("lock"):
            raise FaultError("lock", "the lock file holds something")

    def _prove_against(self) -> None:
        if self._against is None or not self._heads:
            return
        # SPEC: signed-note "the text is separated from the signatures by the last empty line in the note"; "Verifiers
        # MUST ignore signatures from unknown keys": the copy may carry those of witnesses.
        text, _, lines = self._against.rpartition("\n\n")
        ours = [line for line in lines.splitlines() if line.startswith(f"\u2014 {self._key.name} ")]
        note = f"{text}\n\n{ours[0] if ours else lines}\n".encode()
        seen = self._key.head(NOTE.fullmatch(note), "against", "the checkpoint seen before")
        if seen.size > self._present.size:
            problem = f"the log has {self._present.size} entries, but {seen.size} were signed: it was rolled back"
            raise FaultError("against", problem, self._present.size)
        roots = {head.size: head.root for head in self._heads}
        if roots.get(seen.size) != seen.root:
            raise FaultError("against", "the checkpoint seen before is not in this history: the history was forked")

    def _read(self, file: str) -> bytes:
        return read(self._folder, file)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_of(bundle: bytes, count: int) -> int:
    """Return where the first entries of a bundle end."""
    end = 0
    for _ in range(count):
        end += 2 + int.from_bytes(bundle[end : end + 2], "big")
    return end


def _walk(folder: Path, below: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            yield below + entry.name, entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, f"{below}{entry.name}/")


def _moment(folder: Path) -> list[tuple[int, ...]]:
    """Return what changes whenever a writer does anything: at the latest the length of the history."""
    moment: list[tuple[int, ...]] = []
    for name in ("checkpoint", "checkpoints", "journal"):
        try:
            status = (folder / name).stat()
        except OSError:
            moment.append(())
        else:
            moment.append((status.st_size, status.st_mtime_ns, status.st_ino))
    return moment


@contextmanager
def _no_writer(folder: Path) -> Iterator[None]:
    """Hold the writer's lock, where there is one to hold, so that nothing changes under the check."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def check_hub(
    hub: Path, key: str | None = None, against: Path | None = None, progress: Progress | None = None
) -> CheckResult:
    """Check the ledger of a hub's directory.

    Args:
        hub: holds `ledger/` and `keys/ledger.vkey`.
        key: verifier key or the path of its file; the hub's own when None, which proves less: whoever forges a
            whole log may forge the key beside it.
        against: file of a checkpoint that was kept elsewhere.
        progress: told how far the check is.

    Raises:
        OSError: when the key or the checkpoint kept elsewhere cannot be read.
        ValueError: when the key is malformed.
    """
    vkey = key if key and key.count("+") >= 2 else Path(key or hub / "keys" / "ledger.vkey").read_text("ascii")
    text = None if against is None else against.read_text("utf-8", errors="replace")
    return check_ledger(hub / "ledger", vkey, text, progress)
