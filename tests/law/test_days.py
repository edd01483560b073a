"""Days in Japan end at 15:00 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from umaya.law.days import day_in_japan, end_of_day_in_japan

NOON = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)


def test_a_day_ends_at_midnight_in_japan() -> None:
    assert end_of_day_in_japan(NOON) == datetime(2026, 4, 1, 15, 0, tzinfo=UTC)
    assert end_of_day_in_japan(datetime(2026, 4, 1, 15, 0, tzinfo=UTC)) == datetime(2026, 4, 2, 15, 0, tzinfo=UTC)


@given(st.timedeltas(timedelta(0), timedelta(days=9000)))
def test_the_end_of_a_day_is_the_first_moment_of_the_next(after: timedelta) -> None:
    moment = NOON + after
    end = end_of_day_in_japan(moment)
    assert timedelta(0) < end - moment <= timedelta(days=1)
    assert day_in_japan(end) - day_in_japan(moment) == timedelta(days=1)
    assert day_in_japan(end - timedelta.resolution) == day_in_japan(moment) >= date(2026, 4, 1)
