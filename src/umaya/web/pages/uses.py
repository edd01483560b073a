"""The officer's desk: what may be used, making a use, taking its rows as a file, and the trail of one use.

Deciding and recording is the gate's. What leaves goes straight to the browser and is kept nowhere on the way.
"""

from __future__ import annotations

from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from umaya.gate import Decision, Refusal, Stream, UseRecord
from umaya.gate.roles import OFFICER
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.pages import uses_form, uses_trail
from umaya.web.pages.audit_search import names_of, search_of
from umaya.web.pages.uses_form import UseForm
from umaya.web.row_files import FORMATS, Download
from umaya.web.site import WebSite

RECENT = 10
UNPROCESSABLE = 422


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the officer's desk and of the page of one use."""
    routes = APIRouter()
    gate = hub.gate
    under_way: WeakValueDictionary[str, Stream] = WeakValueDictionary()

    def form_page(
        request: Request, actor: Actor, scheme: str, form: UseForm | None, decision: Decision | None = None
    ) -> Response:
        usable = gate.usable.get(actor, scheme)
        shown = form or uses_form.empty(usable)
        return site.render(
            request,
            "uses/new.html",
            UNPROCESSABLE if shown.faults else 200,
            usable=usable,
            form=shown,
            search_fields=uses_form.search_fields(usable),
            decision=decision,
            formats=list(FORMATS),
            after=hub.ledger.size - 1,
        )

    @routes.get("/uses")
    def desk(request: Request) -> Response:
        actor = site.require(request, OFFICER)
        own = gate.uses.list(limit=RECENT, actor=actor.id)
        return site.page(request, "uses/list.html", usable=gate.usable.list(actor), uses=own, **names_of(hub))

    @routes.get("/uses/new")
    def new(request: Request, scheme: Annotated[str, Query(max_length=64)]) -> Response:
        return form_page(request, site.require(request, OFFICER), scheme, None)

    @routes.post("/uses/decide")
    async def decide(request: Request) -> Response:
        data = await request.form()
        return await run_in_threadpool(_decide, request, str(data.get("scheme", "")), data)

    def _decide(request: Request, scheme: str, data: FormData) -> Response:
        actor = site.require(request, OFFICER)
        form = uses_form.read(data, actor, gate.usable.get(actor, scheme))
        decision = None if form.use is None else gate.foresee(form.use)
        return form_page(request, actor, scheme, form, decision)

    @routes.post("/uses/release")
    async def release(request: Request) -> Response:
        data = await request.form()
        return await run_in_threadpool(_release, request, str(data.get("scheme", "")), data)

    def _release(request: Request, scheme: str, data: FormData) -> Response:
        actor = site.require(request, OFFICER)
        form = uses_form.read(data, actor, gate.usable.get(actor, scheme))
        if form.use is None:
            return form_page(request, actor, scheme, form)
        outcome = gate.stream(form.use)
        if isinstance(outcome, Refusal):
            return site.render(request, "uses/refused.html", 403, refusal=outcome, scheme=scheme)
        under_way[outcome.use] = outcome
        return Download(outcome, form.file_format, f"{scheme}-{outcome.entry}")

    def latest(actor: Actor, scheme: str, after: int) -> UseRecord | None:
        uses = gate.uses.list(scheme=scheme, limit=1, actor=actor.id)
        return next((use for use in uses if use.entry > after), None)

    @routes.get("/uses/progress")
    def progress(
        request: Request,
        scheme: Annotated[str, Query(max_length=64)],
        after: Annotated[int, Query(ge=-1, le=2**62)],
    ) -> Response:
        """How far the newest use of the form is: a part of the page that looks again by itself."""
        actor = site.require(request, OFFICER)
        use = latest(actor, scheme, after)
        stream = None if use is None else under_way.get(use.id)
        rows = None if stream is None else stream.rows
        return site.page(request, "uses/progress.html", use=use, rows=rows, scheme=scheme, after=after)

    @routes.get("/uses/last")
    def last(
        request: Request,
        scheme: Annotated[str, Query(max_length=64)],
        after: Annotated[int, Query(ge=-1, le=2**62)] = -1,
    ) -> Response:
        """Lead to the newest use of the form; to the form where there is none yet."""
        use = latest(site.require(request, OFFICER), scheme, after)
        return RedirectResponse(f"/uses/new?scheme={scheme}" if use is None else f"/uses/{use.id}", 303)

    routes.include_router(uses_trail.router(hub, site, search_of(hub), under_way))
    return routes
