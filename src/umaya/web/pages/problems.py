"""What each problem code means: the pages that `type` of an API problem points to."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from umaya.hub import Hub
from umaya.types.errors import NotFoundError
from umaya.web.problem import CODES
from umaya.web.site import WebSite


def router(hub: Hub, site: WebSite) -> APIRouter:  # noqa: ARG001 - every page has this signature
    """Return the routes of the problem pages."""
    routes = APIRouter()

    @routes.get("/problems/{code}")
    def problem_type(request: Request, code: str) -> Response:
        if code not in CODES:
            raise NotFoundError("no such problem code")
        return site.page(request, "problem_type.html", code=code, status=CODES[code])

    return routes
