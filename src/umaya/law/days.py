"""Days in Japan and periods of years, counted as the Civil Code (民法) arts. 140 to 143 counts them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

_JAPAN = timezone(timedelta(hours=9), "JST")


def day_in_japan(moment: datetime) -> date:
    """Return the calendar day in Japan of an aware moment: periods and rules are dated in Japan time."""
    return moment.astimezone(_JAPAN).date()


def end_of_day_in_japan(moment: datetime) -> datetime:
    """Return the midnight in Japan that ends the calendar day of an aware moment."""
    return datetime.combine(day_in_japan(moment) + timedelta(days=1), time(), _JAPAN)


def last_day(first: date, years: int) -> date:
    """Return the last day of a period of whole years whose first day is counted (art. 143).

    A period ends on the day before the one that answers to its first; where no day does, on the last of that month.
    """
    try:
        return first.replace(year=first.year + years) - timedelta(days=1)
    except ValueError:  # 29 February
        return date(first.year + years, 2, 28)
