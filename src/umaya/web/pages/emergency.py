"""Break-glass pages: the form of a requester, an opening as it runs, its review, and the history.

The gate decides everything; a refusal comes back with the form as it was filled, and with who can be called.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Refusal
from umaya.gate.emergency.desk import EmergencyRecord, EmergencyRefusal, may_review
from umaya.gate.emergency.openings import EmergencyState, Finding
from umaya.gate.emergency.plan import Plan, watches
from umaya.hub import Hub
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.emergency_form import HOURS, RADII_KM, TEXTS, EmergencyForm
from umaya.web.row_files import Download, RowsResponse, geojson
from umaya.web.site import WebSite

ROLES = ("responder", "verifier", "privacy-officer", "steward", "auditor", "declarer")
SPANS = {"1h": timedelta(hours=1), "3h": timedelta(hours=3), "24h": timedelta(hours=24), "all": None}
Line = Annotated[str, Form(max_length=4000)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the break-glass pages."""
    routes = APIRouter(prefix="/emergency")
    desk = hub.gate.emergency

    @routes.get("")
    def overview(request: Request, plan: Annotated[str, Query(max_length=64)] = "") -> Response:
        actor = site.require(request, *ROLES)
        plans = desk.plans(actor) if "responder" in actor.roles else []
        chosen = next((one for one in plans if one.document.scheme == plan), plans[0] if len(plans) == 1 else None)
        form = EmergencyForm(plan="" if chosen is None else chosen.document.scheme)
        if chosen is not None:
            form.fields, form.hours = list(chosen.document.fields), min(6, chosen.hours)
        return _overview(hub, site, request, actor, form)

    @routes.post("")
    def open_(
        request: Request,
        plan: Annotated[str, Form(max_length=64)],
        event: Annotated[str, Form(max_length=64)] = "",
        fields: Annotated[list[str], Form(max_length=200)] = [],  # noqa: B006 - FastAPI copies it
        where: Annotated[Literal["whole", "around"], Form()] = "whole",
        point: Annotated[str, Form(max_length=100)] = "",
        radius: Annotated[int, Form(ge=1, le=100)] = 2,
        hours: Annotated[int, Form(ge=1, le=720)] = 6,
        why: Line = "",
        danger: Line = "",
        why_raw: Line = "",
        why_fields: Line = "",
        harm: Line = "",
    ) -> Response:
        actor = site.require(request, "responder")
        texts = dict(zip(TEXTS, (why, danger, why_raw, why_fields, harm), strict=True))
        form = EmergencyForm(plan, event, fields, where, point, radius, hours, texts)
        chosen = next((one for one in desk.plans(actor) if one.document.scheme == plan), None)
        if chosen is None:
            raise NotFoundError("there is no such emergency plan")
        asked = form.request(actor, chosen, hub.clock.now())
        if asked is None:
            return _overview(hub, site, request, actor, form, status=422)
        outcome = desk.open(asked)
        if isinstance(outcome, EmergencyRefusal):
            return _overview(hub, site, request, actor, form, outcome, 403)
        return RedirectResponse(f"/emergency/{outcome.id}", 303)

    @routes.get("/{emergency}")
    def one(request: Request, emergency: str) -> Response:
        actor = site.require(request, *ROLES)
        return _one(hub, site, request, actor, emergency)

    @routes.post("/{emergency}/data")
    def data(
        request: Request,
        emergency: str,
        kind: Annotated[Literal["arrows", "csv", "geojson"], Form()],
        since: Annotated[Literal["1h", "3h", "24h", "all"], Form()] = "all",
    ) -> Response:
        actor = site.require(request, "responder")
        record = desk.get(actor, emergency)
        dataset = hub.gate.catalogue.dataset(record.emergency.dataset)
        lon, lat = dataset.lon or "", dataset.lat or ""
        if kind == "geojson" and not {lon, lat} <= set(record.emergency.fields):
            raise NotFoundError("these fields make no GeoJSON: they have no place")
        stream = hub.gate.stream(desk.use(actor, emergency, _window(hub, record, dataset.time, since)))
        if isinstance(stream, Refusal):
            return site.refusal(request, stream.reason)
        name = f"{record.emergency.dataset}-{stream.entry}"
        if kind != "geojson":
            return Download(stream, {"csv": "csv-excel", "arrows": "arrow"}[kind], name)
        headers = {"Content-Disposition": f'attachment; filename="{name}.geojson"', "Umaya-Use": stream.use}
        return RowsResponse(stream, geojson(stream, lon, lat), "application/geo+json", headers)

    @routes.post("/{emergency}/seen")
    def seen(request: Request, emergency: str) -> Response:
        desk.acknowledge(site.require(request, *ROLES), emergency)
        return RedirectResponse(f"/emergency/{emergency}", 303)

    @routes.post("/{emergency}/end")
    def end(request: Request, emergency: str, note: Line = "") -> Response:
        actor = site.require(request, *ROLES)
        if not note.strip():
            return _one(hub, site, request, actor, emergency, {"note": "text"})
        desk.end(actor, emergency, note)
        return RedirectResponse(f"/emergency/{emergency}", 303)

    @routes.post("/{emergency}/review")
    def review(
        request: Request,
        emergency: str,
        finding: Annotated[Literal["", "justified", "not-justified"], Form()] = "",
        looked: Line = "",
        measures: Line = "",
    ) -> Response:
        actor = site.require(request, *ROLES)
        typed = {"finding": finding, "looked": looked, "measures": measures}
        faults = {name: "finding" if name == "finding" else "text" for name, text in typed.items() if not text.strip()}
        if faults:
            return _one(hub, site, request, actor, emergency, faults, typed)
        desk.review(actor, emergency, Finding(finding), looked, measures)
        return RedirectResponse(f"/emergency/{emergency}", 303)

    return routes


def _window(hub: Hub, record: EmergencyRecord, time: str | None, since: str) -> tuple[datetime, datetime] | None:
    span = SPANS[since]
    if time is None or span is None:
        return None
    start, now = hub.gate.events.get(record.emergency.event).start, hub.clock.now()
    return (max(start, now - span), now)


def _overview(
    hub: Hub,
    site: WebSite,
    request: Request,
    actor: Actor,
    form: EmergencyForm,
    refusal: EmergencyRefusal | None = None,
    status: int = 200,
) -> Response:
    desk, now = hub.gate.emergency, hub.clock.now()
    asks = "responder" in actor.roles
    plans = list(desk.plans(actor)) if asks else []
    plan: Plan | None = next((one for one in plans if one.document.scheme == form.plan), None)
    events = [event for event in hub.gate.events.list() if event.start <= now < event.end]
    if not form.event and len(events) == 1:
        form.event = events[0].id
    return site.render(
        request,
        "emergency/overview.html",
        status,
        form=form,
        asks=asks,
        plans=plans,
        plan=plan,
        events=events,
        hours=[one for one in HOURS if plan is None or one <= plan.hours] or [1],
        radii=RADII_KM,
        locked=desk.locked_by(actor) if asks else None,
        refusal=refusal,
        without=desk.without_plan(actor) if asks else [],
        records=desk.list(actor),
        now=now,
        **_names(hub),
    )


def _one(
    hub: Hub,
    site: WebSite,
    request: Request,
    actor: Actor,
    emergency: str,
    faults: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    record, now = hub.gate.emergency.get(actor, emergency), hub.clock.now()
    found = record.emergency
    state = found.state(now)
    mine = next((one for one in record.warned if one.actor == actor.id), None)
    dataset = hub.gate.catalogue.dataset(found.dataset)
    return site.render(
        request,
        "emergency/one.html",
        422 if faults else 200,
        record=record,
        one=found,
        state=state,
        now=now,
        dataset=dataset,
        event=hub.gate.events.get(found.event),
        is_mine=actor.id == found.requester,
        may_end=state is EmergencyState.OPEN and (actor.id == found.requester or watches(actor, found.provider)),
        may_review=state is EmergencyState.TO_REVIEW and may_review(actor, found),
        to_acknowledge=mine is not None and mine.seen_at is None,
        has_place={dataset.lon, dataset.lat} <= set(found.fields),
        seen=sum(one.seen_at is not None for one in record.warned),
        minutes_left=max(0, int((found.ends - now).total_seconds() // 60)),
        faults=faults or {},
        typed=typed or {"finding": "", "looked": "", "measures": ""},
        **_names(hub),
    )


def _names(hub: Hub) -> dict[str, object]:
    return {
        "people": {person.id: person.name for person in hub.gate.catalogue.actors()},
        "parties": {party.id: party.name for party in hub.gate.catalogue.parties()},
    }
