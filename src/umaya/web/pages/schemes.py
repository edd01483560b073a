"""Schemes: the list, and one scheme with its document, its review history and the next step."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Gate, SchemeRecord
from umaya.hub import Hub
from umaya.law import RULES, day_in_japan
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.scheme_steps import acts_of, may_see, next_role
from umaya.web.site import WebSite

Act = Literal["verify", "approve", "return", "suspend"]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the scheme pages."""
    routes = APIRouter()

    @routes.get("/schemes")
    def scheme_list(request: Request) -> Response:
        actor = site.actor(request)
        schemes = [scheme for scheme in hub.gate.schemes.list() if may_see(actor, scheme)]
        return site.page(request, "schemes/list.html", schemes=schemes, parties=_parties(hub.gate), next_role=next_role)

    @routes.get("/schemes/{scheme}")
    def scheme_page(request: Request, scheme: str, done: Act | None = None) -> Response:
        actor = site.actor(request)
        record = _find(hub.gate, actor, scheme)
        document = record.versions[-1].document
        rules = RULES.at(day_in_japan(hub.clock.now()))
        return site.page(
            request,
            "schemes/scheme.html",
            record=record,
            scheme=record.summary,
            document=document,
            basis=rules.bases.get(document.basis),
            dataset=hub.gate.catalogue.dataset(document.dataset),
            parties=_parties(hub.gate),
            people={person.id: person.name for person in hub.gate.catalogue.actors()},
            next_role=next_role(record.summary.state),
            acts=acts_of(actor, record),
            done=done,
        )

    @routes.post("/schemes/{scheme}/{version}/{act}")
    def scheme_act(
        request: Request, scheme: str, version: int, act: Act, note: Annotated[str, Form(max_length=4000)] = ""
    ) -> Response:
        actor = site.actor(request)
        _find(hub.gate, actor, scheme)
        review = hub.gate.review
        if act == "verify":
            review.verify(actor, scheme, version, note)
        elif act == "approve":
            review.approve(actor, scheme, version, note)
        elif act == "return":
            review.send_back(actor, scheme, note, version)
        else:
            review.suspend(actor, scheme, note)
        return RedirectResponse(f"/schemes/{scheme}?done={act}", 303)

    return routes


def _find(gate: Gate, actor: Actor, scheme: str) -> SchemeRecord:
    """Return a scheme that is the actor's business; another is not told from one that is not there."""
    record = gate.schemes.get(scheme)
    if not may_see(actor, record.summary):
        raise NotFoundError("there is no such scheme")
    return record


def _parties(gate: Gate) -> dict[str, object]:
    return {party.id: party.name for party in gate.catalogue.parties()}
