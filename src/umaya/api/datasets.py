"""JSON API of datasets: rows in as an Arrow IPC stream, and what came in. Translation only.

Who may send rows is asked before the first of them is read; a body is held in memory up to the limit of the settings,
and what it unpacks to up to `UNPACKED` times that.
"""

from __future__ import annotations

import io
from typing import Annotated, Any, Final

import pyarrow as pa
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool

from umaya.api.paging import Cursor, Limit, cursor_of, key_of
from umaya.api.responses import PROBLEM_TYPE
from umaya.client import models
from umaya.gate import Gate
from umaya.gate.intake import Preview, Taken
from umaya.gate.lineage import IntakeRecord
from umaya.types.errors import InputError, Place
from umaya.types.site import Site

PREFIX: Final = "/api/v1"
ARROW: Final = "application/vnd.apache.arrow.stream"
FAULTS: Final = 100
"""So many faults are told in an answer, the first."""
UNPACKED: Final = 8
"""Compressed columns may unpack to so many times the limit."""
MEGABYTE: Final = 1_000_000
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The rows, columns as catalogued, in any order.",
        "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": said, "content": {PROBLEM_TYPE: {"schema": models.Problem.model_json_schema()}}}
    for status, said in (
        (413, "the body is larger than the hub takes: send it in parts"),
        (415, f"the body is not said to be `{ARROW}`"),
    )
}


def router(gate: Gate, site: Site, megabytes: int) -> APIRouter:
    """Return the routes of datasets under `/api/v1`.

    Args:
        gate: takes in.
        site: who asks.
        megabytes: how large a body may be.
    """
    routes = APIRouter(prefix=PREFIX, tags=["datasets"])
    limit = megabytes * MEGABYTE

    def permitted(request: Request, dataset: str) -> None:
        gate.intake.check(site.actor(request), dataset)

    @routes.post("/datasets/{dataset}/rows", openapi_extra=_BODY, responses=_ANSWERS, dependencies=[Depends(permitted)])
    async def take(
        request: Request,
        dataset: str,
        notice: Annotated[int | None, Query(ge=1, lt=2**31, description="Version of the collection notice.")] = None,
        source: Annotated[str, Query(max_length=200, description="Name of the feed, for the steward.")] = "api",
        *,
        keep_good: Annotated[bool, Query(description="Leave rows with faults out; else all or none.")] = False,
        preview: Annotated[bool, Query(description="Say what would be taken in, and take nothing.")] = False,
    ) -> models.RowsTaken | models.RowsPreview:
        """Take rows in. The same rows are not taken in twice: a repetition is a conflict, with or without a key."""
        actor, content = site.actor(request), await _body(request, limit)

        def done() -> models.RowsTaken | models.RowsPreview:
            table = _table(content, limit * UNPACKED)
            if preview:
                return _preview(gate.intake.preview(actor, dataset, table, source, notice, None))
            return _taken(gate.intake.take(actor, dataset, table, source, notice, keep_good=keep_good))

        return await run_in_threadpool(done)

    @routes.get("/datasets/{dataset}/intakes")
    def intakes(
        request: Request, dataset: str, cursor: Cursor = None, limit: Limit = 50
    ) -> models.Page[models.IntakeRecord]:
        """What came into a dataset, latest first: for its owner's data people and for auditors."""
        found = gate.lineage.intakes(site.actor(request), dataset, limit + 1, key_of(cursor, int))
        following = cursor_of(found[limit - 1].entry) if len(found) > limit else None
        return models.Page(items=[_record(one) for one in found[:limit]], next=following)

    return routes


async def _body(request: Request, limit: int) -> bytes:
    """Return the body of a request; raises 415 on another kind and 413 on a larger one, unread as far as can be."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ARROW:
        raise HTTPException(415)
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit:
        raise HTTPException(413)
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > limit:
            raise HTTPException(413)
    return bytes(content)


def _table(content: bytes, limit: int) -> pa.Table:
    """Return the rows of an Arrow IPC stream.

    Raises:
        InputError: when it is none, or damaged.
        HTTPException: 413 when it unpacks to more octets than the limit.
    """
    place = Place("request", field="body")
    batches: list[pa.RecordBatch] = []
    size = 0
    try:
        with pa.ipc.open_stream(io.BytesIO(content)) as stream:
            for batch in stream:
                size += batch.nbytes
                if size > limit:
                    raise HTTPException(413)
                batches.append(batch)
            table = pa.Table.from_batches(batches, stream.schema)
        table.validate(full=True)
    except (pa.ArrowException, OSError, EOFError, ValueError, OverflowError, MemoryError):
        advice = "write it with an Arrow library's stream writer"
        raise InputError(place, "the body is no Arrow IPC stream, or damaged", advice) from None
    return table


def _taken(taken: Taken) -> models.RowsTaken:
    return models.RowsTaken(
        intake=taken.id, rows=taken.rows, left_out=taken.left_out, digest=taken.digest, entry=taken.entry
    )


def _preview(seen: Preview) -> models.RowsPreview:
    faults = [models.RowFault.model_validate(one) for one in seen.faults.slice(0, FAULTS).to_pylist()]
    return models.RowsPreview(
        given=seen.total, good=seen.good, repeated=seen.repeated, faults=faults, fault_count=seen.faults.num_rows
    )


def _record(one: IntakeRecord) -> models.IntakeRecord:
    return models.IntakeRecord(
        intake=one.id,
        dataset=one.dataset,
        actor=one.actor,
        source=one.source,
        rows=one.rows,
        left_out=one.left_out,
        digest=one.digest,
        at=one.at,
        entry=one.entry,
        notice=one.collection,
    )
