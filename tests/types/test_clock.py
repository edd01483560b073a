"""Moments as numbers: microseconds since 1970, whatever the time zone; a naive moment is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from umaya.types.clock import microseconds

TOKYO = timezone(timedelta(hours=9))


def test_a_moment_is_the_same_number_in_every_zone() -> None:
    assert microseconds(datetime(1970, 1, 1, 9, tzinfo=TOKYO)) == 0
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert microseconds(datetime(2026, 11, 18, 0, 0, 0, 1, tzinfo=UTC)) == 1_794_960_000_000_001


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        microseconds(datetime(2026, 11, 18))  # noqa: DTZ001 # naive is the point
