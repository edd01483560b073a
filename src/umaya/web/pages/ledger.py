"""The ledger, for auditors: entries newest first, the checkpoint, the independent check in one click.

For nobody else, as it names what every party does.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from umaya.hub import Hub
from umaya.ledger import check_ledger, load_vkey
from umaya.web.site import WebSite

PAGE_ENTRIES = 50
ROLES = ("auditor",)


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the ledger pages."""
    routes = APIRouter()

    @routes.get("/ledger")
    def ledger_page(request: Request, page: Annotated[int, Query(ge=1)] = 1) -> Response:
        site.require(request, *ROLES)
        return _entries(hub, site, request, page, result=None)

    @routes.post("/ledger/verify")
    def verify(request: Request) -> Response:
        site.require(request, *ROLES)
        result = check_ledger(hub.directory / "ledger", load_vkey(hub.directory / "keys" / "ledger.vkey"))
        if request.headers.get("hx-request") == "true":
            return site.page(request, "ledger/result.html", result=result)
        return _entries(hub, site, request, 1, result=result)

    @routes.get("/ledger/checkpoint")
    def checkpoint(request: Request) -> Response:
        site.require(request, *ROLES)
        return PlainTextResponse(hub.ledger.checkpoint(), headers={"Cache-Control": "no-store"})

    return routes


def _entries(hub: Hub, site: WebSite, request: Request, page: int, *, result: object) -> Response:
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
        result=result,
    )
