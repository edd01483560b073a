"""An office: its place, services, hours, staff, rooms and kiosks.

Services are those that post offices offer or try out today, beside mail: money, work of the municipality under the
Post Office Handling Act (郵便局事務取扱法), and rooms and counters of community hubs (コミュニティ・ハブ).
"""

from __future__ import annotations

import itertools
import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from umaya.stores.fine_mesh import in_japan


class OfficeService(StrEnum):
    """What one may come for."""

    MAIL = "mail"
    """郵便."""
    SAVINGS = "savings"
    """貯金."""
    INSURANCE = "insurance"
    """保険."""
    CERTIFICATES = "certificates"
    """公的証明書の交付 at the counter (郵便局事務取扱法)."""
    KIOSK = "kiosk"
    """証明書交付端末."""
    MY_NUMBER_CARD = "my-number-card"
    """マイナンバーカードの申請、電子証明書の更新."""
    MOVE_OUT = "move-out"
    """転出届 (郵便局事務取扱法)."""
    ONLINE_CARE = "online-care"
    """オンライン診療のためのブース."""
    PICK_UP = "pick-up"
    """買い物の受け取り."""
    CARRIAGE = "carriage"
    """余ったスペースでの輸送の受付."""


SERVICES: Final = tuple(OfficeService)
_HOURS: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)


def _checked_hours(hours: str) -> str:
    spans = [part for part in hours.split("/") if part]
    if not all(_HOURS.fullmatch(part) for part in spans) or (hours and not spans):
        raise ValueError("write HH:MM-HH:MM, several parted by /, or nothing when it is closed")
    ends = [end for part in spans for end in part.split("-")]
    if any(later <= earlier for earlier, later in itertools.pairwise(ends)):
        raise ValueError("the times of a day must follow one another")
    return hours


Hours = Annotated[str, AfterValidator(_checked_hours)]
"""Opening hours of a day in Japan, such as `09:00-12:00/13:00-17:00`; empty when closed."""
Count = Annotated[int, Field(ge=0, le=10_000)]


class Office(BaseModel):
    """A post office or a hub.

    Attributes:
        office_id: as its operator numbers it.
        name, name_en: in Japanese and English.
        lon, lat: degrees, in Japan.
        services: what it offers.
        staff: how many people work there on a usual day; their names are not held.
        rooms: rooms or booths that others may use.
        kiosks: certificate kiosks.
        weekdays, saturdays, sundays: hours of the counter; public holidays are as Sundays.
        opened, closed: first day, and first day that it no longer is; None for as long as one knows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    office_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    lon: Annotated[float, Field(allow_inf_nan=False)]
    lat: Annotated[float, Field(allow_inf_nan=False)]
    services: frozenset[OfficeService] = frozenset({OfficeService.MAIL})
    staff: Count = 0
    rooms: Count = 0
    kiosks: Count = 0
    weekdays: Hours = ""
    saturdays: Hours = ""
    sundays: Hours = ""
    opened: date | None = None
    closed: date | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if not in_japan(self.lon, self.lat):
            swapped = " (longitude and latitude seem swapped)" if in_japan(self.lat, self.lon) else ""
            raise ValueError(f"the place is not in Japan{swapped}")
        if self.opened and self.closed and self.closed <= self.opened:
            raise ValueError("it closes before it opens")
        if OfficeService.KIOSK in self.services and not self.kiosks:
            raise ValueError("it offers a kiosk and has none")
        return self

    def open_on(self, day: date) -> bool:
        """Return whether the office exists on a day."""
        return (self.opened is None or self.opened <= day) and (self.closed is None or day < self.closed)
