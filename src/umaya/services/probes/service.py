"""The live service: batches wait in a bounded queue, and a thread takes all that have come together in one tick.

Responsible for back-pressure and for telling every sender what became of its batch. Not for what is taken and how it is
made durable (`umaya.gate.intake.live`). Must hold: a batch that was accepted into the queue is answered, whatever
happens; what the queue has no room for is not accepted, and the sender is told when to come again.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from umaya.gate import Dataset, Gate
from umaya.gate.intake import Arrived, Batch, LiveWriter, Outcome
from umaya.gate.record import NotRecordedError
from umaya.types.errors import ConflictError, UmayaError
from umaya.types.site import Actor

MOST_ROWS: Final = 400_000
"""Rows that may wait: five seconds of all bikes of Japan."""
MOST_BATCHES: Final = 4_096
MOST_BYTES: Final = 256_000_000
"""Bytes that may wait, for names of vehicles may be long."""
TICK_ROWS: Final = 200_000
"""Rows of one tick at most, unless a single batch has more."""
TICK_S: Final = 1.0
"""A tick begins no sooner after the one before, so that one entry of the ledger stands for a second."""
IDLE_S: Final = 5.0
"""How often time passes for the engine while nothing comes in."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_log = logging.getLogger("umaya.live")


class FullError(UmayaError):
    """The queue has no room for a batch now.

    Args:
        retry_after_s: seconds after which there should be.
    """

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too much is waiting to be taken in: send the batch again in {retry_after_s} s")


@dataclass(frozen=True)
class Figures:
    """How a dataset's live intake is doing since this process began.

    Attributes:
        waiting_batches, waiting_rows: in the queue.
        taken_batches, taken_rows: taken in.
        repeated: batches that had been taken before.
        refused: batches with a fault.
        full: batches that there was no room for.
        failed: ticks that could not be taken in, whose senders were told to send again.
        ticks: that were taken in.
    """

    waiting_batches: int = 0
    waiting_rows: int = 0
    taken_batches: int = 0
    taken_rows: int = 0
    repeated: int = 0
    refused: int = 0
    full: int = 0
    failed: int = 0
    ticks: int = 0


@dataclass
class _Waiting:
    actor: Actor
    notice: int | None
    batch: Batch
    told: Future[Outcome]
    size: int = 0

    def __post_init__(self) -> None:
        self.size = self.batch.rows.nbytes


class ProbeService:
    """Takes live rows into datasets.

    Args:
        gate: takes in.
        most_rows: that may wait for each dataset.
        most_bytes: that these rows may take.
        tick_s: seconds from the beginning of one tick to that of the next, at least.
        idle_s: seconds without a batch after which time passes for the engine.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        most_rows: int = MOST_ROWS,
        most_bytes: int = MOST_BYTES,
        tick_s: float = TICK_S,
        idle_s: float = IDLE_S,
    ) -> None:
        self._gate = gate
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._tick_s = tick_s
        self._idle_s = idle_s
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()
        self._closed = False

    def check(self, actor: Actor, dataset: str, notice: int | None) -> Dataset:
        """Return the dataset when the actor may take rows into it; errors as `umaya.gate.intake.Intake.take`."""
        return self._gate.live_intake.check(actor, dataset, notice)

    def offer(
        self, actor: Actor, dataset: str, notice: int | None, batch: Batch, *, wait_s: float = 0.0
    ) -> Future[Outcome]:
        """Put a batch into the queue; its future tells what became of it, or raises what kept it from being taken.

        Args:
            actor: an operator of the dataset's owner.
            dataset: id.
            notice: version of the collection notice.
            batch: rows; none is no batch.
            wait_s: seconds to wait for room.

        Raises:
            FullError: when there is no room.
            ConflictError: when the service is closing, or another process takes live rows into the dataset.
            UmayaError: as `umaya.gate.intake.LiveIntake.open`.
        """
        told: Future[Outcome] = Future()
        told.set_running_or_notify_cancel()  # who waits may go away; the batch is taken all the same
        return self._lane(dataset).offer(_Waiting(actor, notice, batch, told), wait_s)

    def pass_time(self, actor: Actor, dataset: str, notice: int | None) -> None:
        """Let time pass for the engine now, where nobody waits for `idle_s`; arguments and errors as `offer`."""
        self._lane(dataset).pass_time(actor, notice)

    def figures(self, dataset: str) -> Figures:
        """Return how a dataset's live intake is doing."""
        with self._lock:
            lane = self._lanes.get(dataset)
        return Figures() if lane is None else lane.figures()

    def close(self) -> None:
        """Take in what waits, keep the engines' states, and let other processes take rows in."""
        with self._lock:
            self._closed = True
            lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.close()

    def _lane(self, dataset: str) -> _Lane:
        with self._lock:
            if self._closed:
                raise ConflictError("the live service is closing and takes no more batches")
            if dataset not in self._lanes:
                writer = self._gate.live_intake.open(dataset)
                self._lanes[dataset] = _Lane(writer, (self._most_rows, self._most_bytes), self._tick_s, self._idle_s)
            return self._lanes[dataset]


class _Lane:
    """The queue of one dataset and the thread that empties it."""

    def __init__(self, writer: LiveWriter, most: tuple[int, int], tick_s: float, idle_s: float) -> None:
        self._writer = writer
        self._most_rows, self._most_bytes = most
        self._tick_s = tick_s
        self._idle_s = idle_s
        self._queue: deque[_Waiting] = deque()
        self._rows = 0
        self._bytes = 0
        self._counts = dict.fromkeys(("batches", "rows", "repeated", "refused", "full", "failed", "ticks"), 0)
        self._rate = float(self._most_rows)
        self._closed = False
        self._last: tuple[Actor, int | None] | None = None
        self._changed = threading.Condition()
        self._busy = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="live-intake", daemon=True)
        self._thread.start()

    def offer(self, waiting: _Waiting, wait_s: float) -> Future[Outcome]:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(waiting), timeout=wait_s)
            if self._closed:
                raise ConflictError("the live service is closing and takes no more batches")
            if not self._has_room(waiting):
                self._counts["full"] += 1
                raise FullError(max(1, math.ceil(self._rows / max(self._rate, 1.0))))
            self._queue.append(waiting)
            self._rows += waiting.batch.rows.num_rows
            self._bytes += waiting.size
            self._changed.notify_all()
        return waiting.told

    def pass_time(self, actor: Actor, notice: int | None) -> None:
        with self._busy:
            self._writer.take(actor, notice, [])

    def figures(self) -> Figures:
        with self._changed:
            counts = self._counts
            return Figures(
                len(self._queue),
                self._rows,
                counts["batches"],
                counts["rows"],
                counts["repeated"],
                counts["refused"],
                counts["full"],
                counts["failed"],
                counts["ticks"],
            )

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._writer.close()

    def _has_room(self, waiting: _Waiting) -> bool:
        """A batch larger than the queue finds room when nothing waits, or it would never be taken."""
        if not self._queue:
            return True
        rows, size = self._rows + waiting.batch.rows.num_rows, self._bytes + waiting.size
        return rows <= self._most_rows and size <= self._most_bytes and len(self._queue) < MOST_BATCHES

    def _run(self) -> None:
        wait, began = _FIRST_WAIT_S, -math.inf
        while True:
            group = self._next(began + self._tick_s)
            if group is None:
                return
            began = time.monotonic()
            if self._take(group):
                wait = _FIRST_WAIT_S
            else:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, timeout=wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)

    def _next(self, earliest: float) -> list[_Waiting] | None:
        """Return what has come together; nothing where only time has passed; None once all is done and closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._queue, timeout=self._idle_s)
            if self._queue and not self._closed:  # others may come within the tick
                self._changed.wait_for(self._is_full, timeout=max(0.0, earliest - time.monotonic()))
            if not self._queue:
                return None if self._closed else []
            first = self._queue[0]
            group: list[_Waiting] = []
            rows = 0
            while self._queue and (not group or self._fits(first, self._queue[0], rows)):
                group.append(self._queue.popleft())
                rows += group[-1].batch.rows.num_rows
            return group

    def _is_full(self) -> bool:
        return self._closed or self._rows >= min(TICK_ROWS, self._most_rows)

    @staticmethod
    def _fits(first: _Waiting, other: _Waiting, rows: int) -> bool:
        same = (first.actor.id, first.notice) == (other.actor.id, other.notice)
        return same and rows + other.batch.rows.num_rows <= TICK_ROWS

    def _take(self, group: list[_Waiting]) -> bool:
        """Take a tick's batches in and tell their senders; return whether it went well."""
        if group:
            self._last = (group[0].actor, group[0].notice)
        elif self._last is None:
            return True
        actor, notice = self._last
        began = time.monotonic()
        try:
            with self._busy:
                outcomes = self._writer.take(actor, notice, [waiting.batch for waiting in group])
        except Exception as error:  # every sender must learn of it, and the thread goes on
            self._fail(group, _told_of(error))
            return isinstance(error, UmayaError) and not isinstance(error, NotRecordedError)
        self._count(outcomes, time.monotonic() - began)
        self._make_room(group)
        for waiting, outcome in zip(group, outcomes, strict=True):
            waiting.told.set_result(outcome)
        return True

    def _fail(self, group: list[_Waiting], error: UmayaError) -> None:
        with self._changed:
            self._counts["failed"] += 1
        self._make_room(group)
        for waiting in group:
            waiting.told.set_exception(error)

    def _make_room(self, group: list[_Waiting]) -> None:
        with self._changed:
            self._rows -= sum(waiting.batch.rows.num_rows for waiting in group)
            self._bytes -= sum(waiting.size for waiting in group)
            self._changed.notify_all()

    def _count(self, outcomes: list[Outcome], seconds: float) -> None:
        taken = [one for one in outcomes if isinstance(one, Arrived) and not one.repeated]
        rows = sum(one.rows for one in taken)
        with self._changed:
            self._counts["ticks"] += 1
            self._counts["batches"] += len(taken)
            self._counts["rows"] += rows
            self._counts["repeated"] += sum(isinstance(one, Arrived) and one.repeated for one in outcomes)
            self._counts["refused"] += sum(not isinstance(one, Arrived) for one in outcomes)
            if rows:
                self._rate = 0.5 * self._rate + 0.5 * rows / max(seconds, self._tick_s, 1e-3)


def _told_of(error: Exception) -> UmayaError:
    """Return what senders are told of a tick that was not taken in; what nobody foresaw is in the log."""
    if isinstance(error, UmayaError):
        return error
    _log.error("a tick could not be taken in: %s", type(error).__name__)
    told = NotRecordedError("the batch could not be made durable, so it was not taken: send it again")
    told.__cause__ = error
    return told
