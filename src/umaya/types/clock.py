"""Time as an argument: every part that asks what time it is takes a `Clock`.

Times are timezone-aware UTC everywhere inside; pages show Japan time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970, as columns of times hold it.

    Raises:
        ValueError: when it is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("expected an aware moment, with its time zone")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told: for tests and for playing a recorded day.

    Raises:
        ValueError: when given a naive time, or moved backwards.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to `moment`, which must not lie before the present."""
        moment = moment.astimezone(UTC)
        if moment < self._now:
            raise ValueError("a clock does not run backwards")
        self._now = moment

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`."""
        self.set(self._now + by)
