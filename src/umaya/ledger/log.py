"""The log as its writer sees it: append, durably, one gapless order for all threads and processes of a hub.

The life of an append, under the lock of the folder (`lock`):

1. The state on disk is read again if another writer moved it, or if one was cut short.
2. The entries and the new signed tree head are added to `journal`, and that file is flushed. From here on the append
   will happen, whatever crashes: the next writer carries out step 3 from the journal.
3. Entry bundles and hash tiles are written, each under a new name; the signed head is appended to `checkpoints`, the
   history, and then replaces `checkpoint`. Now it is published, and `append_many` returns.

Flushing the files of step 3, one by one, costs far more than writing them. It is done for many appends together, when
the journal has grown long and when the log is closed; after it the partial tiles that are full by now are removed, and
last the journal is emptied (`_settle_journal`). Whoever opens a log whose journal is not empty writes the files of
the journal's appends anew (`_recover`): after a power cut they may be torn, whatever the program had written.

A torn batch at the end of the journal proves nothing, neither signature nor root fit it: it is dropped.
Must always hold: a signed head is in the flushed journal before anything depends on it, and no two different heads of
one size are published; the entries of a published head are on disk before it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, repeat
from pathlib import Path
from typing import NamedTuple

from umaya.ledger import disk
from umaya.ledger.checkpoint import TreeHead, open_checkpoint, sign_head
from umaya.ledger.disk import disk_errors
from umaya.ledger.entries import Entry, Given, Kind, Record
from umaya.ledger.growth import Growth, grow
from umaya.ledger.journal import Batch, encode_base, encode_batch, parse
from umaya.ledger.keys import Signer
from umaya.ledger.merkle import EMPTY_ROOT
from umaya.ledger.reader import CHECKPOINT, HISTORY, LedgerReader
from umaya.ledger.templates import Recordable, encode_records
from umaya.ledger.tiles import WIDTH, Edge, decode_bundle, grown_files, superseded
from umaya.types.clock import Clock
from umaya.types.errors import InputError, IntegrityError, Place

JOURNAL = "journal"
LOCK = "lock"

JOURNAL_BYTES = 1 << 20
"""Length of the journal from which on the next append first flushes what it holds: some 3,000 entries, 10 to 20 ms."""

JOURNAL_BATCHES = 32
"""Appends in the journal from which on likewise: each left partial tiles, and to flush hundreds of them takes long."""


class Appended(NamedTuple):
    """One entry in its place.

    Attributes:
        index: zero-based, gapless.
        leaf_hash: RFC 6962 leaf hash.
        entry: the bytes as recorded.
        size: size of the first published tree that holds the entry.
    """

    index: int  # type: ignore[assignment] # in place of the method of tuples
    leaf_hash: bytes
    entry: bytes
    size: int


@dataclass(frozen=True)
class _State:
    """What the writer knows of the disk: the published note, its edge and number, and the length of the journal.

    `batches` are the appends in the journal since this writer read it: fewer than there are, where others write too.
    """

    note: bytes
    edge: Edge
    head_number: int
    journal: int
    batches: int = 0


class Ledger(LedgerReader):
    """A log that can be appended to. Safe to share between threads.

    Args:
        directory: the log's folder.
        signer: whose name is the log's origin.
        clock: gives entries their time.

    Raises:
        InputError: when the folder holds no log.
        IntegrityError: when the log was signed by another key, or its edge is damaged.
        LedgerUnavailableError: when the folder cannot be read or written.
    """

    def __init__(self, directory: Path, signer: Signer, clock: Clock) -> None:
        super().__init__(directory, signer.vkey)
        self._signer = signer
        self._clock = clock
        self._mutex = threading.Lock()
        self._state: _State | None = None
        with disk_errors(), disk.exclusive(directory / LOCK):
            self._state = self._recover()

    @classmethod
    def create(cls, directory: Path, signer: Signer, clock: Clock) -> Ledger:
        """Make an empty log in a folder that is empty or not there yet.

        Raises:
            InputError: when something lies in the folder.
            LedgerUnavailableError: when the folder cannot be written.
        """
        with disk_errors():
            directory.mkdir(parents=True, exist_ok=True)
            if any(directory.iterdir()):
                raise InputError(Place(str(directory)), "the folder is not empty", "choose another one for the ledger")
            note = sign_head(TreeHead(signer.name, 0, EMPTY_ROOT), signer).encode()
            disk.write_files(directory, {HISTORY: note, JOURNAL: b""})
            disk.write_files(directory, {CHECKPOINT: note})
        return cls(directory, signer, clock)

    @classmethod
    def open(cls, directory: Path, signer: Signer, clock: Clock) -> Ledger:
        """Open a log, completing an append that was cut short."""
        return cls(directory, signer, clock)

    def close(self) -> None:
        """Flush what the journal holds and empty it, so that the next to open the log has nothing to do.

        Nothing is lost without it, and the log may be appended to after it.

        Raises:
            LedgerUnavailableError: when the disk fails.
        """
        with self._mutex, disk_errors(), disk.exclusive(self._directory / LOCK):
            self._state = self._settle_journal(self._present())

    def append(self, kind: Kind | str, actor: str, body: Mapping[str, Given]) -> Appended:
        """Record one act; see `append_many`."""
        return self.append_many([Record(kind, actor, body)])[0]

    def append_many(self, records: Sequence[Recordable]) -> list[Appended]:
        """Record acts in this order, with nothing between them, durably before returning.

        Args:
            records: kind, id of the actor, and a body of references, digests, counts and times (see `entries`), or
                records of a template.

        Returns:
            One `Appended` for each record; nothing is written for none.

        Raises:
            ValueError: when a record could carry personal data or is too long; then nothing is recorded.
            LedgerUnavailableError: when the disk fails; what had to be recorded first must then not happen.
            IntegrityError: when the folder is not as it was written; likewise.
        """
        if not records:
            return []
        with self._mutex, disk_errors(), disk.exclusive(self._directory / LOCK):
            state = self._present()
            entries = encode_records(records, self._clock.now(), state.head_number + 1)
            if state.journal > JOURNAL_BYTES or state.batches >= JOURNAL_BATCHES:
                state = self._settle_journal(state)
            growth = grow(state.edge, entries)
            head = TreeHead(self._signer.name, growth.edge.size, growth.edge.root())
            note = sign_head(head, self._signer).encode()
            end = self._history_end(state.note)
            opening = b"" if state.journal else encode_base(state.note)
            batch = opening + encode_batch(growth.bundle, note)
            disk.write_at(self._directory / JOURNAL, state.journal, batch)
            disk.write_files(self._directory, growth.files, durable=False)
            disk.write_at(self._directory / HISTORY, end, note, durable=False)
            disk.write_files(self._directory, {CHECKPOINT: note}, durable=False)
            length, batches = state.journal + len(batch), state.batches + 1
            self._state = _State(note, growth.edge, state.head_number + 1, length, batches)
        indices = range(state.edge.size, head.size)
        return list(map(Appended, indices, growth.leaf_hashes, entries, repeat(head.size)))

    def _present(self) -> _State:
        """Return the state on disk, first completing or dropping an append that was cut short. Needs the lock."""
        note = (self._directory / CHECKPOINT).read_bytes()
        length = disk.length_of(self._directory / JOURNAL)
        state = self._state
        if state is not None and (state.note, state.journal) == (note, length):
            return state
        _, tail = disk.read_tail(self._directory / JOURNAL, len(note)) if length else (0, note)
        self._state = self._load(length) if state is not None and tail == note else self._recover()
        return self._state

    def _load(self, journal: int) -> _State:
        """Return the state that another writer left, its last append published."""
        note, head = self._head()
        edge = self._edge(head)
        if head.size == 0:
            return _State(note, edge, 0, journal)
        last = self._bundle((head.size - 1) // WIDTH, head.size)[(head.size - 1) % WIDTH]
        return _State(note, edge, Entry.from_bytes(last).head, journal)

    def _recover(self) -> _State:
        """Write what the journal holds anew, as its files may be torn or not there, and empty the journal."""
        path = self._directory / JOURNAL
        if not path.exists():
            disk.write_files(self._directory, {JOURNAL: b""})
        base, batches = parse(path.read_bytes())
        notes, sizes, files = self._replay(base, batches) if base else ([], [], {})
        published = (self._directory / CHECKPOINT).read_bytes()
        if base and published not in {base, *notes} and not (notes and self._opened(published) is None):
            raise IntegrityError("the journal does not lead to the present checkpoint; run `umaya ledger verify`")
        if notes:
            gone = _superseded(sizes)
            kept = {name: data for name, data in files.items() if name.rpartition("/")[0] not in gone}
            disk.write_files(self._directory, kept, after_crash=True)
            self._restore_history(base, b"".join(notes))
            disk.write_files(self._directory, {CHECKPOINT: notes[-1]})
            disk.remove_folders(self._directory, list(gone))
        disk.write_at(path, 0, b"")
        return self._load(0)

    def _replay(self, base: bytes, batches: Sequence[Batch]) -> tuple[list[bytes], list[int], dict[str, bytes]]:
        """Return the notes, sizes and files of a journal's appends, as far as they are proved by their signatures."""
        notes: list[bytes] = []
        files: dict[str, bytes] = {}
        edge = self._edge(open_checkpoint(base.decode(errors="replace"), self._verifier))
        sizes = [edge.size]
        for batch in batches:
            growth = self._proved(edge, batch)
            if growth is None:
                break
            edge = growth.edge
            files |= growth.files
            notes.append(batch.note)
            sizes.append(edge.size)
        return notes, sizes, files

    def _proved(self, edge: Edge, batch: Batch) -> Growth | None:
        """Return what an append of the journal makes, or None when it is torn: its signed head does not fit it."""
        head = self._opened(batch.note)
        try:
            entries = decode_bundle(batch.bundle)
        except IntegrityError:
            entries = []
        if head is None or not entries:
            return None
        growth = grow(edge, entries)
        return growth if (growth.edge.size, growth.edge.root()) == (head.size, head.root) else None

    def _opened(self, note: bytes) -> TreeHead | None:
        """Return the head of a note, or None when it is not signed."""
        try:
            return open_checkpoint(note.decode(), self._verifier)
        except (IntegrityError, UnicodeDecodeError):
            return None

    def _restore_history(self, base: bytes, notes: bytes) -> None:
        """Write what the history lacks of the notes that follow `base`, so that nobody misses what is published."""
        end = self._history_end(base, len(notes))
        _, tail = disk.read_tail(self._directory / HISTORY, disk.length_of(self._directory / HISTORY) - end)
        right = next((at for at, pair in enumerate(zip(tail, notes, strict=False)) if pair[0] != pair[1]), len(tail))
        disk.write_at(self._directory / HISTORY, end + right, notes[right:])

    def _settle_journal(self, state: _State) -> _State:
        """Flush the files of the journal's appends, remove what they superseded, and empty the journal."""
        if not state.journal:
            return state
        self._state = None  # what could not be flushed once is written anew
        base, batches = parse((self._directory / JOURNAL).read_bytes())
        sizes = [open_checkpoint(note.decode(), self._verifier).size for note in (base, *(b.note for b in batches))]
        gone = _superseded(sizes)
        files = [name for old, new in pairwise(sizes) for name in grown_files(old, new)]
        kept = [name for name in files if name.rpartition("/")[0] not in gone]
        disk.flush(self._directory, [*kept, HISTORY, CHECKPOINT])
        disk.remove_folders(self._directory, list(gone))
        disk.write_at(self._directory / JOURNAL, 0, b"")
        self._state = replace(state, journal=0, batches=0)
        return self._state

    def _history_end(self, note: bytes, unflushed: int = 0) -> int:
        """Return where the history ends: behind the present head, but for what may not have reached the disk."""
        start, tail = disk.read_tail(self._directory / HISTORY, len(note) + unflushed)
        found = tail.rfind(note)
        if found < 0 or len(tail) - found - len(note) > unflushed:
            raise IntegrityError("the history of checkpoints does not end with the present one")
        return start + found + len(note)


def _superseded(sizes: Sequence[int]) -> dict[str, None]:
    """Return the folders of partial tiles that a tree no longer needs, which had these sizes one after the other."""
    return dict.fromkeys(folder for old in sizes[:-1] for folder in superseded(old, sizes[-1]))
