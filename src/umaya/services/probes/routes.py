"""JSON API of live positions: a batch in, and how the live intake is doing. Translation only.

An answer is given when the rows are durable, so a sender that heard nothing sends the batch again under its number.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool

from umaya.client import models
from umaya.gate import Gate
from umaya.gate.intake import Arrived
from umaya.services.probes.batches import ARROW, JSON, read_batch
from umaya.services.probes.service import FullError, ProbeService
from umaya.types.errors import UmayaError
from umaya.types.site import Actor, Site

PREFIX: Final = "/api/v1/probes"
POSITIONS: Final = "bike-positions"
"""The dataset that positions go into where the request names none."""
MEGABYTES: Final = 16


def _batch_schema() -> dict[str, Any]:
    """Return the JSON schema of a batch, without references that would lead out of it."""
    schema = models.PositionBatch.model_json_schema()
    schema["properties"]["positions"]["items"] = schema.pop("$defs")["Position"]
    return schema


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The rows, columns as catalogued, in any order.",
        "content": {
            ARROW: {"schema": {"type": "string", "format": "binary"}},
            JSON: {"schema": _batch_schema()},
        },
    }
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    413: {"description": f"the body is larger than {MEGABYTES} MB: send it in parts"},
    415: {"description": f"the body is not said to be `{ARROW}` or `{JSON}`"},
    429: {"description": "too much is waiting to be taken in, or too many calls: come again after `Retry-After`"},
    503: {"description": "the batch could not be made durable, so it was not taken: send it again"},
}
DatasetId = Annotated[str, Query(max_length=64, description="Dataset that the rows go into.")]


def router(gate: Gate, probes: ProbeService, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/probes`."""
    routes = APIRouter(prefix=PREFIX, tags=["probes"])

    def sender(
        request: Request,
        dataset: DatasetId = POSITIONS,
        notice: Annotated[int | None, Query(ge=1, lt=2**31, description="Version of the collection notice.")] = None,
    ) -> Actor:
        actor = site.actor(request)
        probes.check(actor, dataset, notice)
        return actor

    @routes.post("/positions", openapi_extra=_BODY, responses=_ANSWERS)
    async def take(
        request: Request,
        actor: Actor = Depends(sender),
        dataset: DatasetId = POSITIONS,
        notice: Annotated[int | None, Query(ge=1, lt=2**31, description="Version of the collection notice.")] = None,
        source: Annotated[str | None, Query(max_length=200, description="Name of the feed.")] = None,
        sequence: Annotated[
            int | None, Query(ge=0, lt=2**53, description="Number of the batch; the same when it is sent again.")
        ] = None,
    ) -> models.BatchTaken:
        """Take a batch in: all of its rows or none. A batch of a number that was taken before is taken once only."""
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if form not in {ARROW, JSON}:
            raise HTTPException(415)
        content = await _body(request)

        def offered() -> Any:
            found = gate.catalogue.dataset(dataset)
            batch = read_batch(content, form, found, source, sequence)
            return probes.offer(actor, dataset, notice, batch)

        try:
            future = await run_in_threadpool(offered)
        except FullError as full:
            raise HTTPException(429, headers={"Retry-After": str(full.retry_after_s)}) from full
        outcome = await asyncio.wrap_future(future)
        if isinstance(outcome, UmayaError):
            raise outcome
        return _taken(outcome)

    @routes.get("/positions")
    def state(request: Request, dataset: DatasetId = POSITIONS) -> models.LiveState:
        """How the live intake of this process is doing, for the owner's data people and for auditors."""
        gate.lineage.total(site.actor(request), dataset)
        figures = probes.figures(dataset)
        derivation = gate.derivations.of(dataset)
        final: datetime | None = None if derivation is None else derivation.final_until
        return models.LiveState(
            dataset=dataset,
            derived=None if derivation is None else derivation.derived,
            final_until=final,
            **vars(figures),
        )

    return routes


async def _body(request: Request) -> bytes:
    limit = MEGABYTES * 1_000_000
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > limit:
            raise HTTPException(413)
    return bytes(content)


def _taken(outcome: Arrived) -> models.BatchTaken:
    return models.BatchTaken(intake=outcome.intake, rows=outcome.rows, repeated=outcome.repeated)
