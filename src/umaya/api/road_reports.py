"""Where reports of carriers meet the road map: services know nothing of each other, this knows both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from umaya.services.reports import RoadReports, Sight, Sights
from umaya.services.reports.routes import collection
from umaya.services.roads.service import MapState, RoadMapService
from umaya.types.errors import ConflictError
from umaya.types.site import Actor

_HIDING = ("suppress-dead-ends", "tell-swept")
"""Obligations that hide dead ends, by their `max_homes`."""


def sights(roads: RoadMapService) -> Sights:
    """Return what tells which reports an actor may be told: those that the actor's live scheme would let be seen.

    Reports hold without a disaster too. Then only the scheme's area limits them, and no pass ends them.
    """

    def sight(actor: Actor) -> Sight:
        document = roads.live_scheme(actor).document
        areas = [] if document.area is None else [document.area.area()]
        state = _state(roads, actor)
        if state is not None and state.stage != "over":
            areas.append(state.event.area)
        return Sight(tuple(areas), _max_homes(document.obligations), {} if state is None else _last_passed(state))

    return sight


def kinds_reported(roads: RoadMapService, reports: RoadReports) -> Callable[[Actor], Mapping[int, list[str]]]:
    """Return what tells, by segment, the kinds of the reports that hold, the latest first; each call is a look."""
    sight = sights(roads)

    def told(actor: Actor) -> Mapping[int, list[str]]:
        kinds: dict[int, list[str]] = {}
        for report in reports.shown(actor, sight(actor)):
            known = kinds.setdefault(report.segment, [])
            if report.kind not in known:
                known.append(report.kind)
        return kinds

    return told


def taken_along(roads: RoadMapService, reports: RoadReports, actor: Actor) -> dict[str, Any]:
    """Return what an actor is told of reports as GeoJSON, for a map to take along; it is a look like every other."""
    return collection(reports.shown(actor, sights(roads)(actor)), reports.road)


def _state(roads: RoadMapService, actor: Actor) -> MapState | None:
    """Return the state of the roads; None while no disaster was declared, as there is no map then."""
    try:
        return roads.state(actor)
    except ConflictError:
        return None


def _last_passed(state: MapState) -> dict[int, datetime]:
    ids, times = state.segments["segment_id"].to_pylist(), state.segments["last_passed"].to_pylist()
    return {segment: time for segment, time in zip(ids, times, strict=True) if time is not None}


def _max_homes(obligations: Sequence[Mapping[str, Mapping[str, Any]]]) -> int | None:
    """Return the threshold of all that hide dead ends; the highest hides what every other hides."""
    return max((int(step[key]["max_homes"]) for step in obligations for key in _HIDING if key in step), default=None)
