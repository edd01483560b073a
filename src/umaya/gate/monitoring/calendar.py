"""When an office is open: hours of the day in Japan, weekends, national holidays. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import jpholiday

JAPAN = timezone(timedelta(hours=9), "JST")


@dataclass(frozen=True)
class Hours:
    """Hours of an office.

    Attributes:
        opens, closes: minutes of the day in Japan; the last one is outside.
        weekend: whether it opens on Saturdays and Sundays.
    """

    opens: int
    closes: int
    weekend: bool

    def outside(self, moment: datetime) -> bool:
        """Return whether the office is closed at an aware moment."""
        here = moment.astimezone(JAPAN)
        minute = here.hour * 60 + here.minute
        free = not self.weekend and (here.weekday() >= 5 or jpholiday.is_holiday(here.date()))
        return free or not self.opens <= minute < self.closes
