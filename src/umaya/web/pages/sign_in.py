"""Sign-in and sign-out. In the demonstration one chooses whom to be; a real hub has none until it is configured."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Catalogue, Party
from umaya.gate.roles import PROGRAM
from umaya.hub import Hub
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor
from umaya.web.navigation import links_for
from umaya.web.site import SESSION_ACTOR, SESSION_PERSON, WebSite


def local_path(wanted: str) -> str:
    """Return `wanted` when it is a path of this site, else the home page: nobody is sent elsewhere after signing in."""
    plain = wanted.startswith("/") and not wanted.startswith("//") and wanted.isprintable() and "\\" not in wanted
    return wanted if plain else "/"


def _people(catalogue: Catalogue) -> list[tuple[Party, list[Actor]]]:
    """Return each party with those of its actors who are people with something to do on these pages."""
    actors = [actor for actor in catalogue.actors() if links_for(actor) and PROGRAM not in actor.roles]
    grouped = [(party, [actor for actor in actors if actor.party == party.id]) for party in catalogue.parties()]
    return [(party, theirs) for party, theirs in grouped if theirs]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of sign-in."""
    routes = APIRouter()

    @routes.get("/sign-in")
    def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name people know from addresses
        people = _people(hub.gate.catalogue) if site.demo else []
        return site.page(request, "sign_in.html", people=people, next=local_path(next))

    @routes.post("/sign-in")
    def sign_in(
        request: Request,
        actor: Annotated[str, Form(max_length=200)] = "",
        person: Annotated[int | None, Form(ge=0, lt=2**32)] = None,
        next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as above
    ) -> Response:
        if not site.demo:
            raise ForbiddenError("sign-in is not configured on this hub")
        if person is not None:
            request.session.clear()
            request.session[SESSION_PERSON] = person
            return RedirectResponse(local_path(next), 303)
        chosen = hub.gate.catalogue.actor(actor)
        if PROGRAM in chosen.roles:
            raise ForbiddenError("nobody signs in as a program")
        request.session.clear()
        request.session[SESSION_ACTOR] = chosen.id
        return RedirectResponse(local_path(next), 303)

    @routes.post("/sign-out")
    def sign_out(request: Request) -> Response:
        request.session.clear()
        return RedirectResponse("/sign-in", 303)

    return routes
