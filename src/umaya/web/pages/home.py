"""The home page: what waits for the actor at any desk, and what the actor's roles can do here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from umaya.hub import Hub
from umaya.web.desks import DESKS
from umaya.web.site import WebSite
from umaya.web.waiting import waiting_at


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the route of the home page."""
    routes = APIRouter()

    @routes.get("/")
    def home(request: Request) -> Response:
        if site.signed_in_resident(request) is not None:
            return RedirectResponse("/my", 303)
        actor = site.actor(request)
        party = hub.gate.catalogue.party(actor.party).name
        waiting = waiting_at(DESKS, hub, actor)
        return site.page(request, "home.html", waiting=waiting, party=party, now=hub.clock.now())

    return routes
