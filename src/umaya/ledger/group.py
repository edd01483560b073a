"""Group commit: many threads record, one appends what has come together, and each learns when its own is durable.

While one append is being made durable the next records gather, so that under load many share one signature and one
flush, and a lone record waits for nobody. Must always hold: a future that has a result is of an entry that is
durable and published; every other future gets the reason; nothing that was submitted is lost without a word.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import TypeAlias

from umaya.ledger.log import Appended, Ledger
from umaya.ledger.templates import Recordable, check_record
from umaya.types.errors import ConflictError

BATCH = 2048
"""Entries of one append at most: some 15 ms of work, so that no record waits long for those before it."""

QUEUE = 4096
"""Records that may wait: two appends. Whoever submits more is held up until there is room."""

_Waiting: TypeAlias = tuple[Recordable, "Future[Appended]"]


class GroupCommit:
    """Appends for many threads. Use it as a context, or close it: what was submitted is then recorded first.

    Args:
        ledger: where to append. Others may append to it too.
        batch: entries of one append at most.
        queue: records that may wait.
    """

    def __init__(self, ledger: Ledger, batch: int = BATCH, queue: int = QUEUE) -> None:
        self._ledger = ledger
        self._batch = batch
        self._queue = queue
        self._waiting: deque[_Waiting] = deque()
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
            not happen), and ConflictError when the group commit was closed before. Records of one thread keep their
            order.
        """
        return self.submit_many((record,))[0]

    def submit_many(self, records: Iterable[Recordable]) -> list[Future[Appended]]:
        """Hand in records in this order, as `submit` does one; those of other threads may come between them."""
        waiting: list[_Waiting] = [(record, Future()) for record in records]
        for _, future in waiting:
            future.set_running_or_notify_cancel()
        at = 0
        while at < len(waiting):
            with self._lock:
                self._space.wait_for(lambda: self._closed or len(self._waiting) < self._queue)
                if self._closed:
                    break
                part = waiting[at : at + self._queue - len(self._waiting)]
                self._waiting.extend(part)
                self._work.notify()
            at += len(part)
        for _, future in waiting[at:]:
            future.set_exception(ConflictError("the ledger is closing and takes no more records"))
        return [future for _, future in waiting]

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

    def _run(self) -> None:
        while batch := self._take():
            self._append(batch)

    def _take(self) -> list[_Waiting]:
        """Return what has come together, waiting for the first record; nothing once all is done and closed."""
        with self._lock:
            self._work.wait_for(lambda: self._closed or self._waiting)
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._batch))]
            self._space.notify_all()
        return batch

    def _append(self, batch: Sequence[_Waiting]) -> None:
        try:
            appended = self._ledger.append_many([record for record, _ in batch])
        except ValueError as error:
            self._append_good(batch, error)
        except BaseException as error:  # the futures carry it; the thread goes on
            for _, future in batch:
                future.set_exception(error)
        else:
            for (_, future), one in zip(batch, appended, strict=True):
                future.set_result(one)

    def _append_good(self, batch: Sequence[_Waiting], error: ValueError) -> None:
        """Tell the records that were refused, and append the others: one thread's fault is not another's."""
        good: list[_Waiting] = []
        for record, future in batch:
            try:
                check_record(record)
            except ValueError as refusal:
                future.set_exception(refusal)
            else:
                good.append((record, future))
        if len(good) < len(batch):
            self._append(good)
        else:  # no record's fault
            for _, future in batch:
                future.set_exception(error)
