"""The home page: what waits for the actor, and what the actor's roles can do here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from umaya.hub import Hub
from umaya.web.scheme_steps import is_turn
from umaya.web.site import WebSite


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the route of the home page."""
    routes = APIRouter()

    @routes.get("/")
    def home(request: Request) -> Response:
        actor = site.actor(request)
        waiting = [scheme for scheme in hub.gate.schemes.list() if is_turn(actor, scheme)]
        return site.page(request, "home.html", waiting=waiting, party=hub.gate.catalogue.party(actor.party).name)

    return routes
