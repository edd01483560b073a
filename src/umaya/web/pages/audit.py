"""The auditor's desk: state of the ledger, search, one entry with its proof, evidence as an archive.

For auditors alone, as the ledger names what every party does. Searching, proving and exporting is the ledger's and the
gate's; nothing is decided here.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Request, Response

from umaya.gate.audit import Exported
from umaya.gate.roles import AUDITOR
from umaya.hub import Hub
from umaya.ledger import Kind
from umaya.ledger.evidence import MAX_ENTRIES, fingerprint
from umaya.ledger.search import Found, Question
from umaya.types.errors import InputError, NotFoundError, Place
from umaya.types.reasons import Reason
from umaya.web.languages import JAPAN
from umaya.web.pages.audit_search import MEMBERS, clean, names_of, proven_entry, search_of
from umaya.web.site import WebSite

PAGE = 50
LATEST = 5
SCOPES = ("use", "scheme", "search")
_Index = Annotated[int, Path(ge=0, le=2**62)]
_Text = Annotated[str | None, Query(max_length=128)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the auditor's desk."""
    routes = APIRouter()
    gate, search = hub.gate, search_of(hub)

    def form_of(values: dict[str, str], faults: dict[str, str]) -> dict[str, Any]:
        return {"values": values, "faults": faults, "kinds": sorted(Kind), "reasons": sorted(Reason), **names_of(hub)}

    @routes.get("/audit")
    def home(request: Request) -> Response:
        actor = site.require(request, AUDITOR)
        size = hub.ledger.size
        latest = hub.ledger.entry(size - 1)
        return site.page(
            request,
            "audit/home.html",
            size=size,
            latest=latest,
            checks=search.find(Question(kind=Kind.LEDGER_CHECKED), limit=1).hits,
            exports=search.find(Question(kind=Kind.EVIDENCE_EXPORTED), limit=LATEST),
            alarms=gate.audit.open_alarms(actor),
            fingerprint=fingerprint(search.vkey),
            **form_of({}, {}),
        )

    @routes.get("/audit/search")
    def searched(
        request: Request,
        party: _Text = None,
        scheme: _Text = None,
        reason: _Text = None,
        kind: _Text = None,
        actor: _Text = None,
        use: _Text = None,
        start: _Text = None,
        end: _Text = None,
        before: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    ) -> Response:
        """Show what was found, latest first."""
        site.require(request, AUDITOR)
        given = {"party": party, "scheme": scheme, "reason": reason, "kind": kind, "actor": actor, "use": use}
        values = clean({**given, "start": start, "end": end})
        found: Found | None = None
        question, faults = question_of(values)
        if question is not None:
            found = search.find(question, before, PAGE)
        older = None if found is None or found.older is None else urlencode({**values, "before": found.older})
        context = {"found": found, "older": older, "most": MAX_ENTRIES, "latest": urlencode(values)}
        status = 422 if faults else 200
        return site.render(request, "audit/search.html", status, **context, **form_of(values, faults))

    @routes.get("/audit/entries/{index}")
    def entry(request: Request, index: _Index) -> Response:
        """Show one entry in words, as bytes, and proved."""
        site.require(request, AUDITOR)
        shown = proven_entry(search, index)
        context = dict(names_of(hub)) | {"members": MEMBERS, "back": "/audit/search"}
        return site.page(request, "audit/entry.html", shown=shown, **context)

    @routes.get("/audit/entries/{index}/{part}")
    def part(request: Request, index: _Index, part: str) -> Response:
        """Return the canonical bytes of an entry (`entry.json`) or its proof (`proof.txt`), for the command line."""
        site.require(request, AUDITOR)
        shown = proven_entry(search, index)
        texts = {"entry.json": (shown.text, "application/json"), "proof.txt": (shown.receipt, "text/plain")}
        if part not in texts:
            raise NotFoundError("an entry has no such part")
        text, media = texts[part]
        headers = {"Content-Disposition": f'attachment; filename="{index}-{part}"', "Cache-Control": "no-store"}
        return Response(text, media_type=media, headers=headers)

    @routes.post("/audit/export")
    def export(
        request: Request,
        of: Annotated[str, Form(max_length=16)] = "",
        use: Annotated[str, Form(max_length=128)] = "",
        scheme: Annotated[str, Form(max_length=128)] = "",
        party: Annotated[str, Form(max_length=128)] = "",
        reason: Annotated[str, Form(max_length=128)] = "",
        kind: Annotated[str, Form(max_length=128)] = "",
        actor: Annotated[str, Form(max_length=128)] = "",
        start: Annotated[str, Form(max_length=32)] = "",
        end: Annotated[str, Form(max_length=32)] = "",
    ) -> Response:
        """Record that evidence is taken, and return the archive."""
        auditor = site.require(request, AUDITOR)
        if of == "use":
            return archive(gate.audit.export_use(auditor, use, search))
        if of == "scheme":
            return archive(gate.audit.export_scheme(auditor, scheme, search))
        if of not in SCOPES:
            raise InputError(Place("export", field="of"), "it is not said what to export", "give use, scheme or search")
        values = clean(
            {
                "party": party,
                "scheme": scheme,
                "reason": reason,
                "kind": kind,
                "actor": actor,
                "use": use,
                "start": start,
                "end": end,
            }
        )
        question, faults = question_of(values)
        if question is None:
            context = {"found": None, "older": None, "most": MAX_ENTRIES, "latest": ""}
            return site.render(request, "audit/search.html", 422, **context, **form_of(values, faults))
        return archive(gate.audit.export_search(auditor, question, search))

    return routes


def question_of(values: dict[str, str]) -> tuple[Question | None, dict[str, str]]:
    """Return the question that a form states, or None and what is wrong with it: `reference` or `day` by its input.

    Days are those of Japan; the last one is included.
    """
    references = {name: value for name, value in values.items() if name not in {"start", "end"}}
    faults: dict[str, str] = {}
    moments: dict[str, datetime] = {}
    for name, after in (("start", 0), ("end", 1)):
        try:
            if name in values:
                day = date.fromisoformat(values[name]) + timedelta(days=after)
                moments[name] = datetime.combine(day, time(), JAPAN)
        except (ValueError, OverflowError):
            faults[name] = "day"
    for name, value in references.items():
        try:
            Question(**{name: value})  # type: ignore[arg-type] # the names are those of references
        except InputError:
            faults[name] = "reference"
    if faults:
        return None, faults
    return Question(**references, **moments), {}  # type: ignore[arg-type] # as above


def archive(exported: Exported) -> Response:
    """Return an archive of evidence as a file."""
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{exported.entry}.zip"',
        "Cache-Control": "no-store",
        "Umaya-Entry": str(exported.entry),
        "Umaya-Content": exported.digest,
    }
    return Response(exported.data, media_type="application/zip", headers=headers)
