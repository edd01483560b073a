"""The rights desk: the work list by due day, receiving a request, and for protectors what agents ask.

Customers are named by their number at the party; what was written stands on the request's own page.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.rights import Asked, RequestChannel, Requester
from umaya.gate.rights import Form as AnswerForm
from umaya.gate.roles import PROTECTOR, RIGHTS_DESK
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.law.rights import RIGHTS, RequestKind
from umaya.types.errors import InputError, Place
from umaya.types.site import Actor
from umaya.web.pages.rights_steps import next_step
from umaya.web.site import WebSite


class Typed:
    """What was typed into the form for a new request."""

    def __init__(
        self,
        number: Annotated[str, Form(max_length=200)] = "",
        kind: Annotated[str, Form(max_length=32)] = "",
        ground: Annotated[str, Form(max_length=32)] = "",
        requester: Annotated[str, Form(max_length=32)] = "person",
        agent: Annotated[str, Form(max_length=4000)] = "",
        form: Annotated[str, Form(max_length=32)] = "pdf",
        dataset: Annotated[str, Form(max_length=64)] = "",
        words: Annotated[str, Form(max_length=4000)] = "",
        channel: Annotated[str, Form(max_length=32)] = "counter",
        language: Annotated[str, Form(max_length=2)] = "ja",
    ) -> None:
        self.number, self.kind, self.ground, self.requester = number, kind, ground, requester
        self.agent, self.form, self.dataset, self.words = agent, form, dataset, words
        self.channel, self.language = channel, language


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the work list and of new requests."""
    routes = APIRouter(prefix="/rights")

    @routes.get("")
    def work_list(request: Request, closed: bool = False) -> Response:
        actor = site.require(request, RIGHTS_DESK, PROTECTOR)
        rights, numbers = hub.gate.rights, hub.gate.numbers
        desk = rights.requests.list(actor, closed=closed) if RIGHTS_DESK in actor.roles else []
        agents = rights.desk.agents(actor) if PROTECTOR in actor.roles else []
        return site.page(
            request,
            "rights/list.html",
            requests=desk,
            agents=agents,
            closed=closed,
            mine=RIGHTS_DESK in actor.roles,
            today=day_in_japan(hub.clock.now()),
            rules=RIGHTS.at(day_in_japan(hub.clock.now())),
            next_step=lambda one: next_step(actor, one),
            number=lambda one: numbers.of(one.party, one.person),
            parties={party.id: party.name for party in hub.gate.catalogue.parties()},
        )

    @routes.get("/new")
    def new(request: Request) -> Response:
        actor = site.require(request, RIGHTS_DESK)
        return _form(hub, site, request, actor, Typed(), "", 200)

    @routes.post("/new")
    def receive(request: Request, typed: Annotated[Typed, Depends()]) -> Response:
        actor = site.require(request, RIGHTS_DESK)
        try:
            received = hub.gate.rights.submit(_asked(hub, actor, typed), actor)
        except InputError as error:
            return _form(hub, site, request, actor, typed, error.place.field or "number", 422)
        return RedirectResponse(f"/rights/{received.id}?done=received", 303)

    return routes


def _asked(hub: Hub, actor: Actor, typed: Typed) -> Asked:
    """Return what was typed as what is asked; raises InputError with the field that does not fit."""
    person = hub.gate.numbers.person(actor.party, typed.number)
    for field, values in (
        ("kind", set(RequestKind)),
        ("requester", set(Requester)),
        ("form", set(AnswerForm)),
        ("channel", set(RequestChannel)),
        ("language", {"ja", "en"}),
        ("dataset", {"", *(one.id for one in hub.gate.catalogue.datasets() if one.owner == actor.party)}),
    ):
        if getattr(typed, field) not in values:
            raise InputError(Place("request", field=field), "a choice is missing", "choose one")
    return Asked(
        party=actor.party,
        person=person,
        kind=RequestKind(typed.kind),
        words=typed.words,
        form=AnswerForm(typed.form),
        requester=Requester(typed.requester),
        agent=typed.agent,
        ground=typed.ground if RIGHTS.at(day_in_japan(hub.clock.now())).grounds_of(RequestKind(typed.kind)) else "",
        dataset=typed.dataset or None,
        language=typed.language,
        channel=RequestChannel(typed.channel),
    )


def _form(hub: Hub, site: WebSite, request: Request, actor: Actor, typed: Typed, fault: str, status: int) -> Response:
    return site.render(
        request,
        "rights/new.html",
        status,
        typed=typed,
        fault=fault,
        rules=RIGHTS.at(day_in_japan(hub.clock.now())),
        requesters=[one.value for one in Requester],
        forms=[one.value for one in AnswerForm],
        channels=[one.value for one in RequestChannel],
        datasets=[one for one in hub.gate.catalogue.datasets() if one.owner == actor.party and one.subject is not None],
    )
