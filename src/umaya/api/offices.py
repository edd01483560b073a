"""JSON API of offices: where they are, and how far people have. Translation only."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from umaya.client import models
from umaya.engines.access import BANDS_MIN
from umaya.places.offices import OfficeService
from umaya.services.offices import Answer, OfficeAccess, Question
from umaya.services.offices.map import collection
from umaya.types.errors import ConflictError
from umaya.types.site import Site

PREFIX = "/api/v1/offices"
_UNTOLD = {"services", "opened", "closed"}
Ids = Annotated[list[Annotated[str, Query(max_length=64)]], Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=240, description="Minutes that are thought near enough.")]
Pace = Annotated[Literal["walk", "slow", "car"], Query(description="80 or 50 metres a minute, or by car.")]
Service = Annotated[OfficeService | None, Query(description="Which offices count; by default all.")]


def router(access: OfficeAccess, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/offices`."""
    routes = APIRouter(prefix=PREFIX, tags=["offices"])

    def answered(request: Request, question: Question) -> Answer:
        answer = access.answer(site.actor(request), question)
        if answer is None:
            raise ConflictError("people were not counted yet: count them on the page of offices")
        return answer

    @routes.get("")
    def offices(request: Request) -> list[models.Office]:
        """Offices that exist today."""
        found = access.offices(site.actor(request))
        return [models.Office(services=sorted(one.services), **one.model_dump(exclude=_UNTOLD)) for one in found]

    @routes.get("/access")
    def how_far(
        request: Request,
        service: Service = None,
        pace: Pace = "walk",
        change: Ids = [],  # noqa: B006 - read only
        limit: Limit = 20,
    ) -> models.OfficeAccess:
        """How many people have how far to an office, before and after some close or begin a service."""
        return _told(answered(request, Question(service, pace, frozenset(change), limit)))

    @routes.get("/map", response_model=dict[str, Any])
    def on_the_map(
        request: Request,
        service: Service = None,
        pace: Pace = "walk",
        change: Ids = [],  # noqa: B006
        limit: Limit = 20,
    ) -> dict[str, Any]:
        """The same for each cell, with offices and main roads, as GeoJSON."""
        question = Question(service, pace, frozenset(change), limit)
        return collection(answered(request, question), access.atlas.network)

    return routes


def _told(answer: Answer) -> models.OfficeAccess:
    ids = [office.office_id for office in answer.offices]
    return models.OfficeAccess(
        counted_at=answer.counted.at,
        people=int(answer.before.sum()),
        cells=answer.counted.cells.num_rows,
        borders_minutes=list(BANDS_MIN),
        before=answer.before.tolist(),
        after=answer.after.tolist(),
        concerned=answer.concerned,
        catchments=[
            models.Catchment(office_id=name, before=before, after=after)
            for name, before, after in zip(ids, *answer.catchments.tolist(), strict=True)
        ],
        suggestions=[
            models.Suggestion(office_id=ids[one.site], served=one.served, within=one.within, minutes_saved=one.saved)
            for one in answer.suggestions
        ],
    )
