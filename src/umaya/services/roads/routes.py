"""JSON API of passable roads: translation only. Every route answers officers of the municipality, nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from umaya.services.roads import features
from umaya.services.roads.service import RoadMapService
from umaya.types.errors import UmayaError
from umaya.types.site import Actor, Site

PREFIX = "/api/v1/roads"
POLL_S = 0.5
"""How often a stream looks for a newly released window, seconds."""
STREAM_S = 900.0
"""How long a stream lasts, seconds: the next one shows its cookie anew, so a sign-out ends it too."""

At = Annotated[AwareDatetime | None, Query(description="Moment of the map, ISO 8601 with zone; by default the latest.")]


def router(service: RoadMapService, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/roads`."""
    routes = APIRouter(prefix=PREFIX, tags=["roads"])

    def officer(request: Request) -> Actor:
        actor = site.actor(request)
        service.check_may_see(actor)
        return actor

    @routes.get("/network")
    def network(request: Request) -> JSONResponse:
        """Roads as GeoJSON; the feature id is the segment id."""
        officer(request)
        return _still(features.roads(service.atlas.network))

    @routes.get("/background")
    def background(request: Request) -> JSONResponse:
        """Water, buildings and offices as GeoJSON."""
        officer(request)
        return _still(features.background(service.atlas.background))

    @routes.get("/state")
    def state(request: Request, at: At = None) -> dict[str, Any]:
        """What is known of each segment at a moment."""
        return features.document(service.state(officer(request), at))

    @routes.get("/stream")
    async def stream(request: Request) -> EventSourceResponse:
        """Server-sent events: `window` whenever a window was released. Ends after a while; browsers ask again."""
        await run_in_threadpool(officer, request)

        def latest() -> datetime | None:
            anew = Request({**request.scope, "state": {}})  # who asks is looked up once a request: forget it
            return service.latest(officer(anew))

        async def events() -> AsyncIterator[ServerSentEvent]:
            told = request.headers.get("last-event-id")
            end = time.monotonic() + STREAM_S
            while time.monotonic() < end and not await request.is_disconnected():
                try:
                    now = await run_in_threadpool(latest)
                except UmayaError:
                    return  # no longer the actor's to see; asking again says why
                if now is not None and now.isoformat() != told:
                    told = now.isoformat()
                    yield ServerSentEvent(event="window", data=f'{{"at": "{told}"}}', id=told)
                await asyncio.sleep(POLL_S)

        return EventSourceResponse(events())

    return routes


def _still(content: dict[str, Any]) -> JSONResponse:
    """Answer with what stays the same while the hub runs; only the reader's own browser may keep it."""
    return JSONResponse(content, headers={"Cache-Control": "private, max-age=3600"})
