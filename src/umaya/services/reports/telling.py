"""What officers are told of reports: less than is kept, so that no carrier's way can be read from it.

Must hold: a place is told as its road, by the point in the middle of it; times by the half hour, as the road map has
them; nothing outside the areas that the recipient's scheme and event name; nothing of another party's carriers on roads
that the scheme's dead-end suppression hides. Responsible for what is told, not for recording it (the service does).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import shapely

from umaya.gate import Area
from umaya.services.reports.report import Report
from umaya.types.site import Actor

HALF_HOUR: Final = timedelta(minutes=30)
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sight:
    """What an officer's road map says about which reports may be told.

    Attributes:
        areas: a road whose middle is outside one of them is not told.
        max_homes: the threshold of dead-end suppression; None where the scheme hides no dead ends.
        last_passed: by segment, the start of the last window with a pass.
    """

    areas: tuple[Area, ...]
    max_homes: int | None
    last_passed: Mapping[int, datetime]


Sights = Callable[[Actor], Sight]
"""Returns an actor's sight; raises ForbiddenError unless the actor may see the road map."""


@dataclass(frozen=True)
class Told:
    """A report as officers see it.

    Attributes:
        id, kind, segment, way, confirmations, has_photo, damage: as of the report.
        lon, lat: the middle of the road.
        made_at: rounded down to the half hour.
        holds_until: rounded up to the half hour.
    """

    id: str
    kind: str
    segment: int
    way: int
    lon: float
    lat: float
    made_at: datetime
    holds_until: datetime
    confirmations: int
    has_photo: bool
    damage: str | None


def told(
    reports: Iterable[Report],
    party: str,
    areas: Iterable[Area],
    hidden: Container[int],
    middle: Callable[[int], tuple[float, float]],
) -> list[Told]:
    """Return what is told of reports, the latest half hour first, in an order that says no more than that.

    Args:
        reports: those that hold.
        party: of who asks.
        areas: of the sight.
        hidden: segments of which other parties are told nothing.
        middle: returns longitude and latitude of the middle of a segment.
    """

    def each() -> Iterator[Told]:
        within = tuple(areas)
        for one in reports:
            lon, lat = middle(one.segment)
            open_to = one.party == party or one.segment not in hidden
            if open_to and all(shapely.covers(area.geometry, shapely.Point(lon, lat)) for area in within):
                yield _told(one, lon, lat)

    return sorted(each(), key=lambda one: (_BEGIN - one.made_at, one.segment, one.id))


def tag(told: Sequence[Told]) -> str:
    """Return a name of what is told: whoever has it and is told the same again learns nothing."""
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()


def _told(report: Report, lon: float, lat: float) -> Told:
    return Told(
        report.id,
        report.kind,
        report.segment,
        report.way,
        lon,
        lat,
        _BEGIN + (report.made_at - _BEGIN) // HALF_HOUR * HALF_HOUR,
        _BEGIN - (_BEGIN - report.holds_until) // HALF_HOUR * HALF_HOUR,
        report.confirmations,
        report.has_photo,
        report.damage,
    )
