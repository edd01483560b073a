"""The ledger, for auditors: entries newest first, the checkpoint, and in one click what the command line verifies.

A long check runs beside the request and tells how far it is. For nobody else: the ledger names what every party does.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from umaya.gate.roles import AUDITOR
from umaya.hub import Hub
from umaya.ledger import load_vkey
from umaya.types.errors import NotFoundError
from umaya.web.pages.ledger_checks import FileCheck, Job, Jobs, check_checkpoint, check_receipt_file
from umaya.web.site import WebSite

PAGE_ENTRIES = 50
ROLES = (AUDITOR,)
PATIENCE_S = 1.0
"""How long a request waits for a check that may be short, before it tells how far it is."""
MAX_UPLOAD = 1 << 20


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the ledger pages."""
    routes = APIRouter()
    jobs = Jobs(hub)

    @routes.get("/ledger")
    def ledger_page(request: Request, page: Annotated[int, Query(ge=1)] = 1) -> Response:
        site.require(request, *ROLES)
        return _entries(hub, site, request, page)

    @routes.post("/ledger/verify")
    def verify(request: Request) -> Response:
        actor = site.require(request, *ROLES)
        job = jobs.start(actor)
        if request.headers.get("hx-request") == "true":
            job.wait(PATIENCE_S)
            return progress(request, job.id)
        job.wait(None)
        return _entries(hub, site, request, 1, job=job)

    @routes.get("/ledger/verify/{job}")
    def progress(request: Request, job: str) -> Response:
        """Show how far a check is, or what it found; a part of the page."""
        actor = site.require(request, *ROLES)
        found = jobs.find(actor, job)
        if found is None:
            raise NotFoundError("there is no such check")
        if found.result is None and found.failed is None:
            return site.page(request, "ledger/progress.html", job=found)
        if found.result is None:
            raise NotFoundError("the check could not be finished")
        return site.page(request, "ledger/result.html", result=found.result, findings=found.findings)

    @routes.post("/ledger/receipt")
    async def receipt(request: Request, file: UploadFile | None = None) -> Response:
        """Check one receipt that was handed in: a person's, or the proof of an entry."""
        data = b"" if file is None else await file.read(MAX_UPLOAD + 1)
        return await run_in_threadpool(_receipt, request, data)

    def _receipt(request: Request, data: bytes) -> Response:
        site.require(request, *ROLES)
        return _entries(hub, site, request, 1, file=check_receipt_file(hub, data[:MAX_UPLOAD]))

    @routes.post("/ledger/consistency")
    async def consistency(request: Request, file: UploadFile | None = None) -> Response:
        """Check that the ledger still holds what an older checkpoint covered."""
        data = b"" if file is None else await file.read(MAX_UPLOAD + 1)
        return await run_in_threadpool(_consistency, request, data)

    def _consistency(request: Request, data: bytes) -> Response:
        site.require(request, *ROLES)
        return _entries(hub, site, request, 1, file=check_checkpoint(hub, data[:MAX_UPLOAD]))

    @routes.get("/ledger/checkpoint")
    def checkpoint(request: Request) -> Response:
        site.require(request, *ROLES)
        return PlainTextResponse(hub.ledger.checkpoint(), headers={"Cache-Control": "no-store"})

    return routes


def _entries(
    hub: Hub, site: WebSite, request: Request, page: int, job: Job | None = None, file: FileCheck | None = None
) -> Response:
    size = hub.ledger.size
    pages = max(1, -(-size // PAGE_ENTRIES))
    page = min(page, pages)
    stop = size - (page - 1) * PAGE_ENTRIES
    start = max(0, stop - PAGE_ENTRIES)
    entries = list(enumerate(hub.ledger.entries(start, stop), start))
    return site.page(
        request,
        "ledger/ledger.html",
        entries=entries[::-1],
        size=size,
        page=page,
        pages=pages,
        checkpoint=hub.ledger.checkpoint(),
        vkey=load_vkey(hub.directory / "keys" / "ledger.vkey"),
        result=None if job is None else job.result,
        findings=() if job is None else job.findings,
        file=file,
    )
