"""JSON API of break-glass: ask, take, watch, end, acknowledge, review. Translation only; the gate says who may."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from umaya.api.paging import Cursor, Limit, cursor_of, key_of
from umaya.api.rows import ARROW, Rows
from umaya.client import models
from umaya.gate import Area, Gate, Refusal
from umaya.gate.emergency.asking import EmergencyRequest
from umaya.gate.emergency.desk import EmergencyRecord, EmergencyRefusal
from umaya.gate.emergency.openings import Balancing, Finding
from umaya.types.clock import Clock
from umaya.types.errors import InputError, Place
from umaya.types.site import Site

PREFIX = "/api/v1/emergencies"
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Id = Annotated[str, Field(max_length=64)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BalancingBody(_Body):
    """The balancing statement; see `umaya.gate.emergency.openings.Balancing`."""

    danger: Text
    why_raw: Text
    why_fields: Text
    harm: Text


class AskBody(_Body):
    """What a requester states; `area` is GeoJSON (Polygon or MultiPolygon), the whole event without one."""

    event: Id
    dataset: Id
    recipient: Id
    fields: Annotated[list[Id], Field(min_length=1, max_length=200)]
    area: dict[str, Any] | None = None
    ends: AwareDatetime
    why: Text
    balancing: BalancingBody


class DataBody(_Body):
    """A span of time, for a dataset with time; everything since the event began without one."""

    window: tuple[AwareDatetime, AwareDatetime] | None = None


class NoteBody(_Body):
    """A word about it."""

    note: Text


class ReviewBody(_Body):
    """What somebody other than the requester found."""

    finding: Finding
    seen: Text
    measures: Text


def router(gate: Gate, clock: Clock, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/emergencies`."""
    routes = APIRouter(prefix=PREFIX, tags=["emergencies"])
    desk = gate.emergency

    def shown(request: Request, emergency: str) -> models.Emergency:
        return _told(desk.get(site.actor(request), emergency), clock)

    @routes.get("")
    def emergencies(request: Request, cursor: Cursor = None, limit: Limit = 50) -> models.Page[models.Emergency]:
        """The openings that one may see, latest first."""
        last = key_of(cursor, int)
        found = [one for one in desk.list(site.actor(request)) if last is None or one.emergency.entry < last]
        following = cursor_of(found[limit - 1].emergency.entry) if len(found) > limit else None
        return models.Page(items=[_told(one, clock) for one in found[:limit]], next=following)

    @routes.post("", status_code=201, response_model=models.Emergency)
    def ask(request: Request, body: AskBody) -> Any:
        """Open at once, or be refused with a problem of code `refused`; either is recorded, and people are warned."""
        area = None if body.area is None else _area(body.area)
        stated = Balancing(**body.balancing.model_dump())
        asked = EmergencyRequest(
            site.actor(request),
            body.event,
            body.dataset,
            tuple(body.fields),
            body.recipient,
            area,
            body.ends,
            body.why,
            stated,
        )
        outcome = desk.open(asked)
        if isinstance(outcome, EmergencyRefusal):
            return site.refusal(request, outcome.reason)
        return shown(request, outcome.id)

    @routes.get("/{emergency}")
    def one(request: Request, emergency: str) -> models.Emergency:
        """An opening: who was warned, what was taken, how long it lasts."""
        return shown(request, emergency)

    @routes.post("/{emergency}/data", response_class=Response, responses={200: {"content": {ARROW: {}}}})
    def data(request: Request, emergency: str, body: DataBody) -> Response:
        """Record the use, then release its raw rows as an Arrow IPC stream."""
        actor = site.actor(request)
        desk.get(actor, emergency)
        outcome = gate.stream(desk.use(actor, emergency, body.window))
        if isinstance(outcome, Refusal):
            return site.refusal(request, outcome.reason)
        return Rows(outcome, {"Umaya-Use": outcome.use, "Umaya-Entry": str(outcome.entry)})

    @routes.post("/{emergency}/acknowledge", status_code=204)
    def acknowledge(request: Request, emergency: str) -> None:
        """Note that somebody who was warned has seen it."""
        desk.acknowledge(site.actor(request), emergency)

    @routes.post("/{emergency}/end")
    def end(request: Request, emergency: str, body: NoteBody) -> models.Emergency:
        """End an opening now."""
        shown(request, emergency)
        desk.end(site.actor(request), emergency, body.note)
        return shown(request, emergency)

    @routes.post("/{emergency}/review")
    def review(request: Request, emergency: str, body: ReviewBody) -> models.Emergency:
        """Write the review of an opening that is over, which unlocks its requester."""
        shown(request, emergency)
        desk.review(site.actor(request), emergency, body.finding, body.seen, body.measures)
        return shown(request, emergency)

    return routes


def _area(geojson: dict[str, Any]) -> Area:
    try:
        return Area.of_geojson(geojson)
    except ValueError as error:
        raise InputError(Place("emergency", field="area"), str(error), "give it in degrees, longitude first") from error


def _told(record: EmergencyRecord, clock: Clock) -> models.Emergency:
    found = record.emergency
    return models.Emergency(
        emergency=found.id,
        state=found.state(clock.now()),
        requester=found.requester,
        provider=found.provider,
        recipient=found.recipient,
        dataset=found.dataset,
        fields=list(found.fields),
        plan=found.plan,
        version=found.version,
        event=found.event,
        opened_at=found.opened_at,
        ends=found.ends,
        entry=found.entry,
        finding=None if found.review is None else found.review.finding,
        warned=[models.Warned(actor=one.actor, role=one.role, at=one.at, seen_at=one.seen_at) for one in record.warned],
        uses=[one.id for one in record.uses],
        rows=record.rows,
    )
