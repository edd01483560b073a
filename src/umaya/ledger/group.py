"""Group commit: many threads record, one appends what has come together, and each learns when its own is durable.

While one append is being made durable the next records gather, so that under load many share one signature and one
flush, and a lone record waits for nobody. Must always hold: a future that has a result is of an entry that is
durable and published; every other future gets the reason; nothing that was submitted is lost without a word.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import NamedTuple

from umaya.ledger.entries import Given, Record
from umaya.ledger.log import Appended, Ledger
from umaya.ledger.templates import Recordable, check_records
from umaya.types.errors import ConflictError

BATCH = 2048
"""Entries of one append at most: some 15 ms of work, so that no record waits long for those before it."""

QUEUE = 4096
"""Records that may wait: two appends. Whoever hands in more is held up until there is room."""


class _Waiting(NamedTuple):
    """What was handed in together, and how its future is told."""

    records: Sequence[Recordable]
    told: Callable[[Sequence[Appended]], None]
    failed: Callable[[BaseException], None]


class GroupCommit:
    """Appends for many threads. Use it as a context, or close it: what was handed in is then recorded first.

    Args:
        ledger: where to append. Others may append to it too.
        batch: entries of one append at most, unless more were handed in together.
        queue: records that may wait.
    """

    def __init__(self, ledger: Ledger, batch: int = BATCH, queue: int = QUEUE) -> None:
        self._ledger = ledger
        self._batch = batch
        self._queue = queue
        self._waiting: deque[_Waiting] = deque()
        self._count = 0
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._space = threading.Condition(self._lock)
        self._closed = False
        self._writer = threading.Thread(target=self._run, name="ledger-group-commit", daemon=True)
        self._writer.start()

    def submit(self, record: Recordable) -> Future[Appended]:
        """Hand in a record; waits while the queue is full.

        Returns:
            A future of its place in the log once it is durable; it cannot be cancelled. It raises ValueError when the
            record could carry personal data, what `Ledger.append_many` raises when the disk fails (the act must then
            not happen), and ConflictError when the group commit was closed before. What one thread hands in keeps its
            order.
        """
        future: Future[Appended] = Future()
        future.set_running_or_notify_cancel()
        self._put(_Waiting((record,), lambda appended: future.set_result(appended[0]), future.set_exception))
        return future

    def submit_many(self, records: Sequence[Recordable]) -> Future[Sequence[Appended]]:
        """Hand in records that stay together, as `submit` does one: all of them are recorded, or none."""
        future: Future[Sequence[Appended]] = Future()
        future.set_running_or_notify_cancel()
        self._put(_Waiting(records, future.set_result, future.set_exception))
        return future

    def append(self, kind: str, actor: str, body: Mapping[str, Given]) -> Appended:
        """Record one act and wait until it is durable; raises as the future of `submit` does."""
        return self.submit(Record(kind, actor, body)).result()

    def append_many(self, records: Sequence[Recordable]) -> Sequence[Appended]:
        """Record acts with nothing between them, all or none, and wait until they are durable."""
        return self.submit_many(records).result()

    def receipt(self, index: int) -> str:
        """Return the proof that an entry is in the log; see `LedgerReader.receipt`."""
        return self._ledger.receipt(index)

    def entry_bytes(self, index: int) -> bytes:
        """Return the bytes of one entry; see `LedgerReader.entry_bytes`."""
        return self._ledger.entry_bytes(index)

    def close(self) -> None:
        """Take no more records, record those that were handed in, and end the writer's thread."""
        with self._lock:
            self._closed = True
            self._work.notify_all()
            self._space.notify_all()
        self._writer.join()

    def __enter__(self) -> GroupCommit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, waiting: _Waiting) -> None:
        with self._lock:
            self._space.wait_for(lambda: self._closed or self._count < self._queue)
            closed = self._closed
            if not closed:
                self._waiting.append(waiting)
                self._count += len(waiting.records)
                self._work.notify()
        if closed:
            waiting.failed(ConflictError("the ledger is closing and takes no more records"))

    def _run(self) -> None:
        while batch := self._take():
            self._append(batch)

    def _take(self) -> list[_Waiting]:
        """Return what has come together, waiting for the first; nothing once all is done and closed."""
        with self._lock:
            self._work.wait_for(lambda: self._closed or self._waiting)
            batch: list[_Waiting] = []
            count = 0
            while self._waiting and (not batch or count + len(self._waiting[0].records) <= self._batch):
                batch.append(self._waiting.popleft())
                count += len(batch[-1].records)
            self._count -= count
            self._space.notify_all()
        return batch

    def _append(self, batch: Sequence[_Waiting]) -> None:
        try:
            appended = self._ledger.append_many([record for waiting in batch for record in waiting.records])
        except ValueError as error:
            self._append_good(batch, error)
        except BaseException as error:  # the futures carry it; the thread goes on
            for waiting in batch:
                waiting.failed(error)
        else:
            at = 0
            for waiting in batch:
                waiting.told(appended[at : at + len(waiting.records)])
                at += len(waiting.records)

    def _append_good(self, batch: Sequence[_Waiting], error: ValueError) -> None:
        """Tell those whose records are refused, and append the others: one thread's fault is not another's."""
        good: list[_Waiting] = []
        for waiting in batch:
            try:
                check_records(waiting.records)
            except ValueError as refusal:
                waiting.failed(refusal)
            else:
                good.append(waiting)
        if len(good) < len(batch):
            self._append(good)
        else:  # no record's fault
            for waiting in batch:
                waiting.failed(error)
