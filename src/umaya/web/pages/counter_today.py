"""What a clerk took today, with corrections; and evidence, opened again by the party's clerks and by auditors."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.people.evidence import OpenedEvidence
from umaya.gate.people.evidence_images import PDF
from umaya.gate.people.look_ups import Way
from umaya.gate.roles import AUDITOR, CLERK
from umaya.hub import Hub
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.types.site import Actor
from umaya.web.pages.counter import WRONG, Desk
from umaya.web.site import WebSite

Entries = Annotated[list[int] | None, Form(max_length=200)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of today's words and of evidence."""
    routes = APIRouter(prefix="/counter")
    desk = Desk(hub, site)

    def listed(request: Request, actor: Actor, status: int = 200, **told: object) -> Response:
        slips = hub.gate.counter.today(actor)
        context: dict[str, object] = {"slips": slips, "chosen": [], "fault": False, "done": False}
        return site.render(request, "counter/today.html", status, **(context | told))

    @routes.get("/today")
    def today(request: Request, corrected: bool = False) -> Response:
        return listed(request, desk.clerk(request), done=corrected)

    @routes.post("/today/correct")
    def correct(request: Request, entry: Entries = None) -> Response:
        actor = desk.clerk(request)
        slips = {slip.entry: slip for slip in hub.gate.counter.today(actor)}
        chosen = [slips[number] for number in entry or [] if number in slips]
        if not chosen:
            return listed(request, actor, WRONG, fault=True)
        return site.page(request, "counter/correct.html", slips=chosen)

    @routes.post("/today/corrected")
    def corrected(request: Request, entry: Entries = None) -> Response:
        actor = desk.clerk(request)
        try:
            hub.gate.counter.correct(actor, entry or [])
        except ConflictError:
            return listed(request, actor, WRONG, fault=True)
        return RedirectResponse("/counter/today?corrected=true", 303)

    @routes.get("/evidence")
    def evidence(request: Request, entry: int | None = None) -> Response:
        site.require(request, CLERK, AUDITOR)
        return _asked(site, request, "" if entry is None else str(entry))

    @routes.post("/evidence")
    def opened(
        request: Request,
        entry: Annotated[str, Form(max_length=30)] = "",
        reason: Annotated[str, Form(max_length=4000)] = "",
    ) -> Response:
        actor = site.require(request, CLERK, AUDITOR)
        found, faults = _opened(hub, actor, entry, reason)
        if found is None:
            return _asked(site, request, entry, reason, WRONG, faults)
        if found.media_type == PDF and found.image is not None and "pdf" in request.query_params:
            headers = {"Content-Disposition": f'attachment; filename="evidence-{found.consent}.pdf"'}
            return Response(found.image, media_type=PDF, headers=headers)
        image = None
        if found.image is not None and found.media_type != PDF:
            image = f"data:{found.media_type};base64,{b64encode(found.image).decode()}"
        told: dict[str, Any] = {"image": image, "reason": reason, "lines": _lines(found), "size": _size(found)}
        told |= {"at": datetime.fromisoformat(found.form["at"])}
        told |= {"good_through": date.fromisoformat(found.form["good_through"])}
        return site.page(request, "counter/evidence_opened.html", opened=found, **told)

    return routes


def _asked(
    site: WebSite,
    request: Request,
    entry: str,
    reason: str = "",
    status: int = 200,
    faults: dict[str, str] | None = None,
) -> Response:
    told: dict[str, Any] = {"entry": entry, "reason": reason, "faults": faults or {}}
    return site.render(request, "counter/evidence.html", status, **told)


def _opened(hub: Hub, actor: Actor, entry: str, reason: str) -> tuple[OpenedEvidence | None, dict[str, str]]:
    """Open evidence; return it, or what is wrong with the question, by field."""
    faults = {}
    if not entry.isascii() or not entry.isdecimal() or int(entry) >= 2**53:
        faults["entry"] = "entry"
    if not reason.strip():
        faults["reason"] = "reason"
    if faults:
        return None, faults
    try:
        return hub.gate.evidence.open(actor, int(entry), Way.PAGE, reason), {}
    except NotFoundError:
        return None, {"entry": "entry"}
    except InputError:
        return None, {"reason": "reason"}


def _lines(opened: OpenedEvidence) -> list[str]:
    """Return the strokes of a signature as points of SVG lines."""
    return [" ".join(f"{x},{y}" for x, y, _ in stroke) for stroke in opened.form.get("strokes", [])]


def _size(opened: OpenedEvidence) -> tuple[int, int]:
    """Return how wide and high the signature is."""
    points = [point for stroke in opened.form.get("strokes", []) for point in stroke]
    return max((x for x, _, _ in points), default=0) + 10, max((y for _, y, _ in points), default=0) + 10
