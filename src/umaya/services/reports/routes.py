"""JSON API of reports: those in force as GeoJSON, for the road map's layer and the receivers' systems.

Whoever looks again names what is held by its tag, and is answered without a body, and without a record, while that is
all there is: a map that stays open asks often. No cache may keep an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from umaya.services.reports.service import RoadReports
from umaya.services.reports.telling import Sights, Told, tag
from umaya.types.site import Site

PREFIX = "/api/v1/roads/reports"
Names = Callable[[int], Mapping[str, str | None]]


def router(reports: RoadReports, site: Site, sights: Sights) -> APIRouter:
    """Return the route `/api/v1/roads/reports`; arguments as of the pages."""
    routes = APIRouter(tags=["roads"])

    @routes.get(PREFIX, response_model=dict[str, Any])
    def in_force(request: Request) -> Response:
        """What carriers reported of roads and still holds: points in the middle of the road, times by the half hour."""
        actor = site.actor(request)
        known = request.headers.get("if-none-match", "").strip('"')
        held = reports.news(actor, sights(actor), known)
        headers = {"Cache-Control": "private, no-store", "ETag": f'"{known if held is None else tag(held)}"'}
        if held is None:
            return Response(status_code=304, headers=headers)
        return JSONResponse(collection(held, reports.road), headers=headers)

    return routes


def collection(held: Sequence[Told], names: Names) -> dict[str, Any]:
    """Return reports as a FeatureCollection.

    Args:
        held: what is told.
        names: returns `name` and `name_en` of a road.
    """
    return {"type": "FeatureCollection", "features": [_feature(one, names(one.segment)) for one in held]}


def _feature(report: Told, names: Mapping[str, str | None]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": report.id,
        "geometry": {"type": "Point", "coordinates": [report.lon, report.lat]},
        "properties": {
            "kind": report.kind,
            "segment_id": report.segment,
            "way_id": report.way,
            "name": names["name"],
            "name_en": names["name_en"],
            "made_at": report.made_at.isoformat(),
            "holds_until": report.holds_until.isoformat(),
            "confirmations": report.confirmations,
            "photo": report.has_photo,
            "damage": report.damage,
        },
    }
