"""Schemes: the list, and one scheme with its document, its review history and the next step."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from umaya.gate import Gate, SchemeRecord
from umaya.gate.rehearsal import Step
from umaya.hub import Hub
from umaya.law import RULES, day_in_japan
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.scheme_steps import is_mine, may_see, pending_of
from umaya.web.site import WebSite


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the scheme pages."""
    routes = APIRouter()

    @routes.get("/schemes")
    def scheme_list(request: Request) -> Response:
        actor = site.actor(request)
        schemes = [scheme for scheme in hub.gate.schemes.list() if may_see(actor, scheme)]
        return site.page(
            request,
            "schemes/list.html",
            schemes=schemes,
            parties=party_names(hub.gate),
            pending={one.scheme: one for one in reversed(pending_of(hub.gate, actor))},
        )

    @routes.get("/schemes/{scheme}")
    def scheme_page(request: Request, scheme: str, done: Step | None = None) -> Response:
        actor = site.actor(request)
        record = find_scheme(hub.gate, actor, scheme)
        document = record.versions[-1].document
        rules = RULES.at(day_in_japan(hub.clock.now()))
        pending = hub.gate.agenda.of_scheme(scheme)
        offers = hub.gate.rehearsal.offers(actor, scheme)
        return site.page(
            request,
            "schemes/scheme.html",
            record=record,
            scheme=record.summary,
            version=record.versions[-1],
            document=document,
            basis=rules.bases.get(document.basis),
            dataset=hub.gate.catalogue.dataset(document.dataset),
            parties=party_names(hub.gate),
            people={person.id: person.name for person in hub.gate.catalogue.actors()},
            pending=[(one, is_mine(hub.gate, actor, one)) for one in pending],
            offers=offers,
            done=done,
            now=hub.clock.now(),
        )

    return routes


def find_scheme(gate: Gate, actor: Actor, scheme: str) -> SchemeRecord:
    """Return a scheme that is the actor's business; another is not told from one that is not there."""
    record = gate.schemes.get(scheme)
    if not may_see(actor, record.summary):
        raise NotFoundError("there is no such scheme")
    return record


def party_names(gate: Gate) -> dict[str, object]:
    """Return the name of every party."""
    return {party.id: party.name for party in gate.catalogue.parties()}
