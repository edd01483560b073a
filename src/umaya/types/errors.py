"""Errors that cross rooms.

    UmayaError
    ├── InputError        something a person handed in is wrong: file, row, field, what to do
    ├── NotFoundError     an id that does not exist (never used for persons: the gate refuses instead)
    ├── ConflictError     the act does not fit the present state (already approved, period over, ...)
    ├── ForbiddenError    the actor lacks the role for an administrative act
    ├── TooManyError      somebody asks more often than they may
    └── IntegrityError    stored bytes are not what was written

A message is one lower-case sentence without a final period; it names references and positions and never
carries a value from a data row, because that value may be personal.
Refusals of a use are values (`umaya.gate.Refusal`), not errors.
"""

from __future__ import annotations

from dataclasses import dataclass


class UmayaError(Exception):
    """Root of every error raised on purpose."""


@dataclass(frozen=True)
class Place:
    """Where a fault in an input lies.

    Attributes:
        file: name of the file as the person gave it.
        row: 1-based data row (a header is not counted), or None when the whole file is meant.
        field: column, key path or tag, or None.
    """

    file: str
    row: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.field is not None:
            parts.append(f"field `{self.field}`")
        return ": ".join(parts)


class InputError(UmayaError):
    """A file, row or field that cannot be taken. Commands exit with 2 and change nothing.

    Args:
        place: where.
        problem: what is wrong, without repeating the offending value.
        advice: what the person can do about it.
    """

    def __init__(self, place: Place, problem: str, advice: str) -> None:
        self.place = place
        self.problem = problem
        self.advice = advice
        super().__init__(f"{place}: {problem}; {advice}")


class NotFoundError(UmayaError):
    """An id that is not there."""


class ConflictError(UmayaError):
    """The act does not fit the present state."""


class ForbiddenError(UmayaError):
    """The actor lacks the role that an administrative act needs."""


class TooManyError(UmayaError):
    """Somebody asks more often than they may.

    Args:
        retry_after_s: seconds after which one more is taken.
    """

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many requests, try again in {retry_after_s} s")


class IntegrityError(UmayaError):
    """Stored bytes are not what was written."""
