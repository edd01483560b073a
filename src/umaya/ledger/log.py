"""The log as its writer sees it: append, durably, one gapless order for all threads and processes of a hub.

The life of an append, under the lock of the folder (`lock`):

1. The state on disk is read again if another writer moved it, or if one was cut short (`pending` is there).
2. `pending` is written: the new signed tree head and the entries of the batch. Once it is whole on disk the append
   will happen, whatever crashes: the next writer carries out steps 3 to 5 from it.
3. Entry bundles and hash tiles are written, each under a new name.
4. The signed head is appended to `checkpoints`, the history, and then replaces `checkpoint`. Now it is published.
5. Partial tiles whose full tile exists are removed, and `pending` last.

A torn `pending` (the crash came within step 2) proves nothing, neither signature nor root fit it: it is dropped.
Must always hold: a signed head is on disk before anything depends on it, and no two different heads of one size are
published; the entries of a published head are on disk before it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from umaya.ledger import disk
from umaya.ledger.checkpoint import TreeHead, open_checkpoint, sign_head
from umaya.ledger.disk import disk_errors
from umaya.ledger.entries import Entry, Given, Kind, Record, make_entry
from umaya.ledger.keys import Signer
from umaya.ledger.merkle import EMPTY_ROOT
from umaya.ledger.reader import CHECKPOINT, HISTORY, LedgerReader
from umaya.ledger.tiles import WIDTH, Edge, Growth, decode_bundle, encode_bundle, grow, superseded
from umaya.types.clock import Clock
from umaya.types.errors import InputError, IntegrityError, Place

PENDING = "pending"
LOCK = "lock"


@dataclass(frozen=True)
class Appended:
    """One entry in its place.

    Attributes:
        index: zero-based, gapless.
        leaf_hash: RFC 6962 leaf hash.
        entry: the bytes as recorded.
        size: size of the first published tree that holds the entry.
    """

    index: int
    leaf_hash: bytes
    entry: bytes
    size: int


@dataclass(frozen=True)
class _State:
    """What the writer knows of the disk: the published note, the edge, and the number of its head."""

    note: bytes
    edge: Edge
    head_number: int


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
            self._settle()

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
            disk.write_files(directory, {HISTORY: note})
            disk.write_files(directory, {CHECKPOINT: note})
        return cls(directory, signer, clock)

    @classmethod
    def open(cls, directory: Path, signer: Signer, clock: Clock) -> Ledger:
        """Open a log, completing an append that was cut short."""
        return cls(directory, signer, clock)

    def append(self, kind: Kind | str, actor: str, body: Mapping[str, Given]) -> Appended:
        """Record one act; see `append_many`."""
        return self.append_many([Record(kind, actor, body)])[0]

    def append_many(self, records: Sequence[Record]) -> list[Appended]:
        """Record acts in this order, with nothing between them, durably before returning.

        Args:
            records: kind, id of the actor, and a body of references, digests, counts and times (see `entries`).

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
            state = self._settle()
            number, now = state.head_number + 1, self._clock.now()
            entries = [make_entry(record, now, number).to_bytes() for record in records]
            growth = grow(state.edge, entries)
            head = TreeHead(self._signer.name, growth.edge.size, growth.edge.root())
            note = sign_head(head, self._signer).encode()
            end = self._history_end(state.note)
            disk.write_in_place(self._directory / PENDING, _encode_pending(entries, note))
            self._carry_out(growth, note, end)
            self._state = _State(note, growth.edge, number)
            self._clean(state.edge.size, growth.edge.size)
        return [
            Appended(state.edge.size + at, hash_, entry, head.size)
            for at, (hash_, entry) in enumerate(zip(growth.leaf_hashes, entries, strict=True))
        ]

    def _settle(self) -> _State:
        """Return the state on disk, first completing or dropping an append that was cut short. Needs the lock."""
        pending_path = self._directory / PENDING
        try:
            pending = pending_path.read_bytes()
        except FileNotFoundError:
            pending = b""
        note, head = self._head()
        state = self._state
        if state is None or state.note != note or pending:
            state = self._load(note, head)
        if pending:
            state = self._complete(state, pending)
        disk.remove(pending_path)
        self._state = state
        return state

    def _load(self, note: bytes, head: TreeHead) -> _State:
        edge = self._edge(head)
        if head.size == 0:
            return _State(note, edge, 0)
        last = self._bundle((head.size - 1) // WIDTH, head.size)[(head.size - 1) % WIDTH]
        return _State(note, edge, Entry.from_bytes(last).head)

    def _complete(self, state: _State, pending: bytes) -> _State:
        entries, note = _decode_pending(pending)
        if note == state.note:  # published already, perhaps not cleaned
            self._clean(state.edge.size - len(entries), state.edge.size)
            return state
        try:
            head = open_checkpoint(note.decode(), self._verifier)
        except (IntegrityError, UnicodeDecodeError):
            return state
        growth = grow(state.edge, entries)
        if not entries or (growth.edge.size, growth.edge.root()) != (head.size, head.root):
            return state
        self._carry_out(growth, note, self._history_end(state.note, note), after_crash=True)
        self._clean(state.edge.size, growth.edge.size)
        return _State(note, growth.edge, state.head_number + 1)

    def _history_end(self, note: bytes, unfinished: bytes = b"") -> int:
        """Return where the history ends: behind the present head, but for a torn beginning of `unfinished`."""
        start, tail = disk.read_tail(self._directory / HISTORY, len(note) + len(unfinished))
        found = tail.rfind(note)
        if found < 0 or not unfinished.startswith(tail[found + len(note) :]):
            raise IntegrityError("the history of checkpoints does not end with the present one")
        return start + found + len(note)

    def _carry_out(self, growth: Growth, note: bytes, history_end: int, *, after_crash: bool = False) -> None:
        disk.write_files(self._directory, growth.files, after_crash=after_crash)
        disk.write_at(self._directory / HISTORY, history_end, note)
        disk.write_files(self._directory, {CHECKPOINT: note})

    def _clean(self, old: int, new: int) -> None:
        """Remove what the published tree no longer needs; what fails here is made up for by the next writer."""
        with contextlib.suppress(OSError):
            for folder in superseded(old, new):
                disk.remove_folder(self._directory / folder)
            disk.remove(self._directory / PENDING)


def _encode_pending(entries: Sequence[bytes], note: bytes) -> bytes:
    bundle = encode_bundle(entries)
    return len(bundle).to_bytes(8, "big") + bundle + note  # the signature last: torn, the file has none


def _decode_pending(data: bytes) -> tuple[list[bytes], bytes]:
    """Return entries and note of a pending batch; a torn one gives no note that could be believed."""
    end = 8 + int.from_bytes(data[:8], "big")
    try:
        return decode_bundle(data[8:end]), data[end:]
    except IntegrityError:
        return [], b""
