"""A resident's own pages: who may use data about them, and what they said; withdrawal in one tap.

For that person alone: every page asks who is signed in, takes no person from its address, and is recorded before it
shows anything. Uses and receipts are `my_uses`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.own import OwnTopic
from umaya.gate.people import State
from umaya.hub import Hub
from umaya.types.errors import NotFoundError
from umaya.web.site import WebSite

LATEST = 3
SEARCHED = 50
"""How many of the newest uses are searched for those of one topic."""
Id = Annotated[str, Path(max_length=64)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the resident's pages."""
    routes = APIRouter()
    own = hub.gate.own

    @routes.get("/my")
    def home(request: Request) -> Response:
        resident = site.signed_in_resident(request)
        if resident is None:
            return site.page(request, "my/welcome.html", staff=site.signed_in(request) is not None)
        look = own.look(resident.person, "home")
        topics = look.topics()
        return site.page(
            request,
            "my/home.html",
            uses=look.uses(LATEST).uses,
            consenting=[topic for topic in topics if topic.state is State.ACTIVE],
            permitted=[scheme for scheme in look.schemes() if scheme.permitted],
        )

    @routes.get("/my/schemes")
    def schemes(request: Request) -> Response:
        look = own.look(site.resident(request).person, "schemes")
        return site.page(request, "my/schemes.html", schemes=look.schemes())

    @routes.get("/my/schemes/{scheme}/absences")
    def absences(request: Request, scheme: Id) -> Response:
        look = own.look(site.resident(request).person, "absences")
        found = next((known for known in look.schemes() if known.id == scheme), None)
        if found is None:
            raise NotFoundError("there is no such scheme in force over data about people")
        return site.page(request, "my/absences.html", scheme=found, absences=look.absences(scheme))

    @routes.get("/my/consents")
    def consents(request: Request) -> Response:
        look = own.look(site.resident(request).person, "consents")
        return site.page(request, "my/consents.html", topics=sorted(look.topics(), key=_consenting_first))

    @routes.get("/my/consents/{topic}")
    def consent(request: Request, topic: Id, done: Literal["withdrawn"] | None = None) -> Response:
        look = own.look(site.resident(request).person, "consents")
        found = look.topic(topic)
        past = [use for use in look.uses(SEARCHED).uses if use.document.topic == topic]
        return site.page(request, "my/consent.html", topic=found, done=done, past=past[:LATEST])

    @routes.post("/my/consents/{topic}/withdraw")
    def withdraw(request: Request, topic: Id) -> Response:
        own.withdraw(site.resident(request).person, topic)
        return RedirectResponse(f"/my/consents/{topic}?done=withdrawn", 303)

    return routes


def _consenting_first(topic: OwnTopic) -> tuple[bool, str]:
    return topic.state is not State.ACTIVE, topic.topic.id
