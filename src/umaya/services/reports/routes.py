"""JSON API of reports: those in force as GeoJSON, for the road map's layer and the receivers' systems."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from umaya.services.reports.service import RoadReports
from umaya.services.reports.telling import Sights, Told
from umaya.types.site import Site

PREFIX = "/api/v1/roads/reports"


def router(reports: RoadReports, site: Site, sights: Sights) -> APIRouter:
    """Return the route `/api/v1/roads/reports`; arguments as of the pages."""
    routes = APIRouter(tags=["roads"])

    @routes.get(PREFIX)
    def in_force(request: Request) -> dict[str, Any]:
        """What carriers reported of roads and still holds: points in the middle of the road, times by the half hour."""
        actor = site.actor(request)
        held = reports.shown(actor, sights(actor))
        return {"type": "FeatureCollection", "features": [_feature(one) for one in held]}

    return routes


def _feature(report: Told) -> dict[str, Any]:
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
