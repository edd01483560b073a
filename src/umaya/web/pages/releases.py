"""Releases: what was given to whom, when, under which scheme; each with its receipt. Refusals stand beside them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from umaya.gate import Gate, SchemeSummary
from umaya.gate.uses import UseState
from umaya.hub import Hub
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.scheme_steps import may_see
from umaya.web.site import WebSite

PAGE_USES = 50
MAX_ENTRY = 2**31 - 1
"""What the database takes for the index of an entry."""
ROLES = ("officer", "steward", "auditor")


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the release pages."""
    routes = APIRouter()

    @routes.get("/releases")
    def release_list(
        request: Request,
        state: Literal["released", "refused"] = "released",
        scheme: Annotated[str | None, Query(max_length=64)] = None,
        before: Annotated[int | None, Query(ge=0, le=MAX_ENTRY)] = None,
    ) -> Response:
        actor = site.require(request, *ROLES)
        schemes = _visible(hub.gate, actor)
        chosen = scheme if scheme in schemes else None
        uses = hub.gate.uses.list(UseState(state), chosen, PAGE_USES, before)
        return site.page(
            request,
            "releases.html",
            uses=[use for use in uses if use.scheme in schemes],
            state=state,
            schemes=schemes,
            scheme=chosen,
            older=uses[-1].entry if len(uses) == PAGE_USES else None,
            people={person.id: person.name for person in hub.gate.catalogue.actors()},
        )

    @routes.get("/releases/{use}/receipt")
    def receipt(request: Request, use: str) -> Response:
        actor = site.require(request, *ROLES)
        record = hub.gate.uses.get(use)
        if record.scheme not in _visible(hub.gate, actor) or record.receipt is None:
            raise NotFoundError("there is no such use")  # as of one that nobody made
        headers = {"Content-Disposition": f'attachment; filename="receipt-{record.entry}.txt"'}
        return PlainTextResponse(record.receipt, headers=headers)

    return routes


def _visible(gate: Gate, actor: Actor) -> dict[str, SchemeSummary]:
    return {scheme.id: scheme for scheme in gate.schemes.list() if may_see(actor, scheme)}
