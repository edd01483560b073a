"""Applying for a scheme: the list of one's drafts and schemes, ways to begin, files in and out.

A draft is its owner's alone; somebody else's is answered as one that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.datastructures import UploadFile

from umaya.gate import SchemeRecord, documents
from umaya.gate.pending import Need
from umaya.gate.roles import APPLICANT
from umaya.hub import Hub
from umaya.services.drafts import Drafts
from umaya.types.errors import InputError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.web.pages import apply_steps
from umaya.web.pages.apply_draft import Data, document_of, of_data, of_document
from umaya.web.pages.apply_parameters import Form
from umaya.web.pages.apply_steps import Sent
from umaya.web.scheme_steps import is_mine, may_see, pending_of
from umaya.web.site import WebSite

TEMPLATES: Final = (
    "minase-homes-per-road",
    "minase-probe-statistics",
    "minase-passable-roads",
    "minase-insurance-offer",
)
"""Worked examples that a draft can begin from."""
MOST_BYTES: Final = 800_000
"""Of a file that is brought along."""


async def uploaded(request: Request) -> str | None:
    """Return the text of the file that a form brings along, or None.

    Raises:
        InputError: when it is too large or no text.
    """
    form = await request.form(max_fields=100)
    file = form.get("file")
    content = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) and file.filename else None
    await form.close()
    if content is None:
        return None
    if len(content) > MOST_BYTES:
        raise InputError(Place("file"), "the file is too large", f"keep it under {MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Place("file"), "the file is no text in UTF-8", "save it as UTF-8") from error


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of applying, the steps of the form included."""
    routes = APIRouter()
    drafts = Drafts(hub.database, hub.clock)

    @routes.get("/apply")
    def mine(request: Request, kept: str = "") -> Response:
        actor = site.require(request, APPLICANT)
        return _list(hub, site, request, drafts, actor, kept)

    @routes.get("/apply/new")
    def new(request: Request) -> Response:
        actor = site.require(request, APPLICANT)
        return _new(hub, site, request, actor)

    @routes.post("/apply/new")
    def begin(request: Request, form: Sent, file: Annotated[str | None, Depends(uploaded)]) -> Response:
        actor = site.require(request, APPLICANT)
        try:
            data = _beginning(hub, actor, form, file)
        except InputError as error:
            return _new(hub, site, request, actor, form, error)
        return RedirectResponse(f"/apply/{drafts.start(actor, data).id}/idea", 303)

    @routes.get("/apply/{draft}/scheme.yaml")
    def download(request: Request, draft: str) -> Response:
        actor = site.require(request, APPLICANT)
        kept = drafts.get(actor, draft)
        headers = {"Content-Disposition": 'attachment; filename="scheme.yaml"'}
        text = documents.write(document_of(kept.document))
        return PlainTextResponse(text, media_type="application/yaml; charset=utf-8", headers=headers)

    @routes.post("/apply/{draft}/discard")
    def discard(request: Request, draft: str) -> Response:
        actor = site.require(request, APPLICANT)
        drafts.discard(actor, draft)
        return RedirectResponse("/apply", 303)

    routes.include_router(apply_steps.router(hub, site, drafts))
    return routes


def _list(hub: Hub, site: WebSite, request: Request, drafts: Drafts, actor: Actor, kept: str) -> Response:
    pending: dict[str, list[tuple[Any, bool]]] = {}
    for one in pending_of(hub.gate, actor):
        pending.setdefault(one.scheme, []).append((one, is_mine(hub.gate, actor, one)))
    records = _records(hub, actor)
    own = [record for record in records if any(act.actor == actor.id and act.act == "submit" for act in record.acts)]
    return site.page(
        request,
        "apply/list.html",
        drafts=drafts.list(actor),
        records=own,
        others=[record for record in records if record not in own and _waits_for_version(pending, record)],
        pending=pending,
        parties={party.id: party.name for party in hub.gate.catalogue.parties()},
        kept=kept,
    )


def _waits_for_version(pending: Mapping[str, list[tuple[Any, bool]]], record: SchemeRecord) -> bool:
    """Return whether a scheme waits for a version that this applicant may write."""
    return any(mine and one.need is Need.CORRECT for one, mine in pending.get(record.summary.id, ()))


def _records(hub: Hub, actor: Actor) -> list[SchemeRecord]:
    seen = [one for one in hub.gate.schemes.list() if may_see(actor, one)]
    return [hub.gate.schemes.get(one.id) for one in seen]


def _new(
    hub: Hub,
    site: WebSite,
    request: Request,
    actor: Actor,
    form: Form | None = None,
    fault: InputError | None = None,
) -> Response:
    own = [record.summary for record in _records(hub, actor) if actor.party in _parties(record)]
    chosen = form or Form([("how", "next"), ("scheme", request.query_params.get("scheme", ""))])
    return site.render(
        request,
        "apply/new.html",
        200 if fault is None else 422,
        schemes=own,
        templates=TEMPLATES,
        form=chosen,
        fault=fault,
    )


def _parties(record: SchemeRecord) -> set[str]:
    return {record.summary.provider, record.summary.recipient}


def _beginning(hub: Hub, actor: Actor, form: Form, file: str | None) -> Data:
    """Return what a new draft holds: nothing, a scheme's newest version, a worked example, or a file.

    Raises:
        InputError: when the file cannot be read as YAML.
        NotFoundError: when there is no such scheme or example.
    """
    match form.text("how"):
        case "next" | "copy" if form.text("scheme"):
            record = hub.gate.schemes.get(form.text("scheme"))
            if actor.party not in _parties(record):
                raise NotFoundError("there is no such scheme")
            data = of_document(record.versions[-1].document)
            return data if form.text("how") == "next" else _renamed(data)
        case "template" if form.text("template"):
            if form.text("template") not in TEMPLATES:
                raise NotFoundError("there is no such example")
            file_of = resources.files("umaya.sample") / "schemes" / f"{form.text('template')}.yaml"
            return _renamed(of_data(documents.read(file_of.read_text("utf-8"), "example").data))
        case "yaml":
            text = form.text("yaml") if file is None else file
            return of_data(documents.read(text, "scheme.yaml").data)
        case _:
            return {}


def _renamed(data: Data) -> Data:
    """Return the draft without what only one scheme may have."""
    return {key: value for key, value in data.items() if key not in {"scheme", "title"}}
