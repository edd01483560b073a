"""The page of one use: followed from the application of its scheme to its receipt, and reported on.

For the parties of its scheme and for auditors; for everybody else it is as if there were none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse

from umaya.gate import Stream, UseRecord
from umaya.gate.audit import Trail, trail_of
from umaya.gate.roles import AUDITOR, OFFICER
from umaya.gate.schemes import SchemeRecord, SchemeVersion
from umaya.gate.uses import UseState
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.ledger.search import LedgerSearch
from umaya.types.errors import InputError, NotFoundError
from umaya.types.site import Actor
from umaya.web.pages.audit_search import MEMBERS, names_of, proven_entry
from umaya.web.site import WebSite

UNPROCESSABLE = 422


def router(hub: Hub, site: WebSite, search: LedgerSearch, under_way: Mapping[str, Stream]) -> APIRouter:
    """Return the routes of one use's pages.

    Args:
        hub: open.
        site: that they are mounted on.
        search: of the ledger.
        under_way: uses whose rows leave through this process now, by id.
    """
    routes = APIRouter()
    gate = hub.gate

    def told(request: Request, use: str) -> tuple[Actor, UseRecord, SchemeRecord | None, Trail]:
        actor = site.actor(request)
        record = gate.uses.seen_by(actor, use)
        try:
            scheme = gate.schemes.get(record.scheme)
        except NotFoundError:
            scheme = None
        return actor, record, scheme, trail_of(record, scheme, search)

    def use_page(request: Request, use: str, done: str = "", fault: str = "", text: str = "") -> Response:
        actor, record, scheme, trail = told(request, use)
        search.proved(list(trail.entries))
        stream = under_way.get(use)
        return site.render(
            request,
            "uses/use.html",
            UNPROCESSABLE if fault else 200,
            use=record,
            scheme=scheme,
            trail=trail,
            rows=None if stream is None else stream.rows,
            owed=_owed(record, trail),
            size=hub.ledger.size,
            is_auditor=AUDITOR in actor.roles,
            may_report=OFFICER in actor.roles and scheme is not None and actor.party == scheme.summary.recipient,
            done=done,
            fault=fault,
            text=text,
            **names_of(hub),
        )

    @routes.get("/uses/{use}")
    def one(request: Request, use: str, done: str = "") -> Response:
        return use_page(request, use, done if done == "report" else "")

    @routes.get("/uses/{use}/entries/{index}")
    def entry(request: Request, use: str, index: int) -> Response:
        """Show one entry of the use's trail, for those who may see the use."""
        *_, trail = told(request, use)
        if index not in trail.entries:
            raise NotFoundError("the trail has no such entry")
        shown = proven_entry(search, index)
        return site.page(
            request, "audit/entry.html", shown=shown, members=MEMBERS, back=f"/uses/{use}", **names_of(hub)
        )

    @routes.get("/uses/{use}/receipt")
    def receipt(request: Request, use: str) -> Response:
        """Return the proof that the use is in the ledger, as it was made when the use was closed."""
        record = gate.uses.seen_by(site.actor(request), use)
        if record.receipt is None:
            raise NotFoundError("there is no such receipt")
        headers = {"Content-Disposition": f'attachment; filename="receipt-{record.entry}.txt"'}
        return PlainTextResponse(record.receipt, headers=headers)

    @routes.get("/uses/{use}/report.txt")
    def report_text(request: Request, use: str) -> Response:
        """Return what was given, as a text to be filed."""
        _, record, scheme, trail = told(request, use)
        context: dict[str, Any] = {
            "use": record,
            "scheme": scheme,
            "trail": trail,
            "owed": _owed(record, trail),
        } | dict(names_of(hub))
        text = site.render(request, "uses/report.txt", 200, **context)
        headers = {"Content-Disposition": f'attachment; filename="use-{record.entry}.txt"', "Cache-Control": "no-store"}
        return PlainTextResponse(bytes(text.body), headers=headers)

    @routes.post("/uses/{use}/report")
    async def report(request: Request, use: str) -> Response:
        text = str((await request.form()).get("text", ""))[:8000]
        return await run_in_threadpool(_report, request, use, text)

    def _report(request: Request, use: str, text: str) -> Response:
        actor = site.require(request, OFFICER)
        record = gate.uses.seen_by(actor, use)
        try:
            gate.review.report(actor, record.scheme, text)
        except InputError:
            return use_page(request, use, fault="text", text=text)
        return RedirectResponse(f"/uses/{use}?done=report", 303)

    return routes


def _owed(record: UseRecord, trail: Trail) -> Mapping[str, Any]:
    """Return what the recipient owes after a use: when rows are deleted, how long the record is kept."""
    keep = [step.body.get("keep_through") for step in trail.steps if step.body and step.kind == "provision.recorded"]
    kept = [date.fromisoformat(str(day)) for day in keep if day is not None]
    left = record.state in {UseState.RELEASED, UseState.INTERRUPTED}
    return {"delete_by": _delete_by(record, trail.version) if left else None, "keep_through": max(kept, default=None)}


def _delete_by(record: UseRecord, version: SchemeVersion | None) -> date | None:
    """Return the last day on which the recipient may hold the rows: what `delete-by` writes into them."""
    if version is None:
        return None
    days = [
        int(parameters["days"])
        for step in version.document.obligations
        for name, parameters in step.items()
        if name == "delete-by"
    ]
    return day_in_japan(record.decided_at) + timedelta(days=min(days)) if days else None
