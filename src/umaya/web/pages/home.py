"""The home page: what the actor's roles can do here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from umaya.web.site import WebSite

if TYPE_CHECKING:
    from umaya.hub import Hub


def router(hub: Hub, site: WebSite) -> APIRouter:  # noqa: ARG001 - every page has this signature
    """Return the route of the home page."""
    routes = APIRouter()

    @routes.get("/")
    def home(request: Request) -> Response:
        site.actor(request)
        return site.page(request, "home.html", todo=[])

    return routes
