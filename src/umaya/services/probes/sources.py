"""What a broker is to the live service: a source of messages, each of which is answered once.

Must hold: a message is acknowledged after its rows are durable and not before; one with a fault is told to the sender
and acknowledged, because it would never be taken; one that could not be taken yet is neither, and comes again. Where
the queue is full, nothing is asked of the broker: it keeps what waits.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol

from umaya.gate import Dataset
from umaya.gate.intake import Arrived, Batch, Outcome
from umaya.services.probes.batches import ARROW, JSON, read_batch
from umaya.services.probes.service import FullError, ProbeService
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.site import Actor

IN_FLIGHT: Final = 256
"""Messages of a source that may be fetched and not answered."""
LAST_ANSWERS_S: Final = 10.0
"""How long the answers are waited for that are to come when a source ends."""
LATER_S: Final = 1.0
"""How long a message is put off that could not be taken yet."""
_PATIENCE_S: Final = 0.5
_log = logging.getLogger("umaya.live")


@dataclass(frozen=True)
class Delivery:
    """A message with a batch. One of its three answers is given, from any thread.

    Attributes:
        source: that its address names.
        sequence: that stands beside its content, or None.
        form: kind of its content, or empty where nobody says.
        content: whole.
        taken: acknowledges it: its rows are durable.
        refused: tells the sender what is wrong, and acknowledges it.
        later: lets it come again.
        numbered: whether its batch must have a number, because the broker may deliver it twice.
    """

    source: str
    sequence: int | None
    form: str
    content: bytes
    taken: Callable[[], None]
    refused: Callable[[str], None]
    later: Callable[[], None]
    numbered: bool = False


class Source(Protocol):
    """A broker, as far as the live service knows it."""

    def deliveries(self, stop: threading.Event) -> Generator[Delivery, None, None]:
        """Yield messages until `stop` is set; waits for the broker where it cannot be reached.

        When it ends or is closed, the answers that are still to come are waited for, so that the broker learns them.
        """
        ...


class InFlight:
    """Counts the messages that were fetched and not answered."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def add(self, count: int) -> None:
        """Note that so many were fetched, or with a negative number answered."""
        with self._changed:
            self._count += count
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until all are answered, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._count <= 0, timeout=seconds)


class Listener:
    """Hands a source's messages to the live service.

    Args:
        probes: takes batches.
        actor: an operator of the dataset's owner.
        dataset: id.
        notice: version of the collection notice.
    """

    def __init__(self, probes: ProbeService, actor: Actor, dataset: str, notice: int | None) -> None:
        self._probes = probes
        self._actor = actor
        self._dataset = dataset
        self._notice = notice

    def listen(self, source: Source, stop: threading.Event) -> None:
        """Take what comes until `stop` is set.

        Raises:
            UmayaError: when the actor may not take rows in, or another process does; as `ProbeService.check`, `offer`.
        """
        dataset = self._probes.check(self._actor, self._dataset, self._notice)
        with closing(source.deliveries(stop)) as deliveries:
            for delivery in deliveries:
                try:
                    self._hand_over(delivery, dataset, stop)
                except BaseException:
                    delivery.later()
                    raise

    def _hand_over(self, delivery: Delivery, dataset: Dataset, stop: threading.Event) -> None:
        form = delivery.form or (JSON if delivery.content.lstrip()[:1] == b"{" else ARROW)
        try:
            batch = _read(delivery, form, dataset)
        except InputError as error:
            delivery.refused(str(error))
            return
        except Exception as error:  # it would come again for ever; its text may hold a value
            _log.error("a message could not be read, and is refused: %s", type(error).__name__)
            delivery.refused("the batch cannot be read; write it as the documentation says")
            return
        while not stop.is_set():
            try:
                future = self._probes.offer(self._actor, self._dataset, self._notice, batch, wait_s=_PATIENCE_S)
            except FullError:
                continue
            future.add_done_callback(lambda done: _answer(delivery, done))
            return
        delivery.later()


def _read(delivery: Delivery, form: str, dataset: Dataset) -> Batch:
    batch = read_batch(delivery.content, form, dataset, delivery.source, delivery.sequence)
    if delivery.numbered and batch.sequence is None:
        place = Place(delivery.source, field="sequence")
        raise InputError(place, "the batch has no number, and the broker may deliver it twice", "number it")
    return batch


def _answer(delivery: Delivery, done: Future[Outcome]) -> None:
    """Answer a message by what became of its batch."""
    error = done.exception()
    outcome = done.result() if error is None else None
    if isinstance(outcome, Arrived):
        delivery.taken()
    elif outcome is not None and not isinstance(outcome, ConflictError):
        delivery.refused(str(outcome))
    else:
        if error is not None:
            _log.warning("a batch could not be taken in yet: %s", type(error).__name__)
        delivery.later()


def refusal(source: str, sequence: int | None, problem: str) -> bytes:
    """Return what a sender is told of a message with a fault: a JSON object; the problem holds no value of a row."""
    return json.dumps({"source": source, "sequence": sequence, "problem": problem}, ensure_ascii=False).encode(
        errors="replace"
    )


def number_of(text: str | None) -> int | None:
    """Return the number that stands beside a message, None where it is none."""
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) <= 16 else None


def unreachable(broker: str) -> InputError:
    """Return what is told where a broker cannot be reached, or lets nobody in."""
    return InputError(Place(broker), "the broker cannot be reached", "check its URL, who may use it, and that it runs")
