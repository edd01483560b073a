"""JSON API of reports: those in force as GeoJSON, for the road map's layer and the receivers' systems."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from umaya.services.reports.pages import May, Passes
from umaya.services.reports.service import Report, RoadReports
from umaya.types.site import Site

PREFIX = "/api/v1/roads/reports"


def router(reports: RoadReports, site: Site, may_see: May, last_passed: Passes) -> APIRouter:
    """Return the route `/api/v1/roads/reports`; arguments as of the pages."""
    routes = APIRouter(tags=["roads"])

    @routes.get(PREFIX)
    def in_force(request: Request) -> dict[str, Any]:
        """What carriers reported of roads and still holds, as GeoJSON points on the road; the latest first."""
        actor = site.actor(request)
        may_see(actor)
        held = reports.in_force(last_passed(actor))
        return {"type": "FeatureCollection", "features": [_feature(one) for one in held]}

    return routes


def _feature(report: Report) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": report.id,
        "geometry": {"type": "Point", "coordinates": [report.lon, report.lat]},
        "properties": {
            "kind": report.kind,
            "segment_id": report.segment,
            "way_id": report.way,
            "made_at": report.made_at.isoformat(),
            "holds_until": report.holds_until.isoformat(),
            "confirmations": report.confirmations,
            "photo": report.has_photo,
            "damage": report.damage,
        },
    }
