"""Where reports of carriers meet the road map: services know nothing of each other, so passes are handed over here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from umaya.services.reports.service import RoadReports
from umaya.services.roads.service import RoadMapService
from umaya.types.errors import ConflictError
from umaya.types.site import Actor


def last_passed(roads: RoadMapService) -> Callable[[Actor], Mapping[int, datetime]]:
    """Return what tells, by segment, the start of the last window with a pass, as an actor's road map has it.

    Nothing is known to have been passed while no disaster is declared: then there is no road map.
    """

    def told(actor: Actor) -> Mapping[int, datetime]:
        try:
            segments = roads.state(actor).segments
        except ConflictError:
            return {}
        ids, times = segments["segment_id"].to_pylist(), segments["last_passed"].to_pylist()
        return {segment: time for segment, time in zip(ids, times, strict=True) if time is not None}

    return told


def kinds_reported(roads: RoadMapService, reports: RoadReports) -> Callable[[Actor], Mapping[int, list[str]]]:
    """Return what tells, by segment, the kinds of the reports that hold, the latest first."""
    passed = last_passed(roads)

    def told(actor: Actor) -> Mapping[int, list[str]]:
        kinds: dict[int, list[str]] = {}
        for report in reports.in_force(passed(actor)):
            known = kinds.setdefault(report.segment, [])
            if report.kind not in known:
                known.append(report.kind)
        return kinds

    return told
