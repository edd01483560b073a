"""How often one carrier may report: kept in memory, so each process counts for itself and starts anew."""

from __future__ import annotations

import math
from collections import deque
from datetime import timedelta
from threading import Lock

from umaya.types.clock import Clock
from umaya.types.errors import TooManyError


class Pace:
    """Counts what each actor tries within a stretch of time.

    Args:
        most: tries within it.
        within: how long it is.
        clock: the present.
    """

    def __init__(self, most: int, within: timedelta, clock: Clock) -> None:
        self._most = most
        self._within = within
        self._clock = clock
        self._tries: dict[str, deque[float]] = {}
        self._lock = Lock()

    def take(self, actor: str) -> None:
        """Count a try.

        Args:
            actor: id of an actor; there are no more of them than were registered.

        Raises:
            TooManyError: when there were too many; such a one does not count.
        """
        now, within = self._clock.now().timestamp(), self._within.total_seconds()
        with self._lock:
            tries = self._tries.setdefault(actor, deque())
            while tries and tries[0] <= now - within:
                tries.popleft()
            if len(tries) >= self._most:
                raise TooManyError(max(1, math.ceil(tries[0] + within - now)))
            tries.append(now)
