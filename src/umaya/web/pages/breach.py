"""Pages of the breach desk: cases, what left, triggers, clocks, reports, and the people to tell.

What a person filled comes back with what is wrong beside it. Auditors read; protectors see the people whom they alone
tell, on a page of their own.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal

import pyarrow as pa
import pyarrow.csv
from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from umaya.gate import Refusal
from umaya.gate.breach.cases import BreachCase, Draft, Stage
from umaya.gate.breach.released import Search
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.law.breach import LeakException, ReportField, Trigger
from umaya.types.errors import InputError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.web.assets import DIST
from umaya.web.breach_report import as_pdf, as_text, prefilled
from umaya.web.languages import JAPAN
from umaya.web.row_files import guarded
from umaya.web.site import WebSite

ROLES = ("privacy-officer", "verifier", "auditor")
DESK = ("privacy-officer", "verifier")
FAULTS = ("text", "moment", "number", "choice")
_FAULT_OF = {"known_at": "moment", "window": "moment", "day": "moment", "people": "number", "scheme": "choice"}
_FAULT_OF |= {"version": "choice", "narrowed": "choice"}
Line = Annotated[str, Form(max_length=4000)]
Codes = Annotated[list[str] | None, Form(max_length=20)]
CaseId = Annotated[str, Path(max_length=64)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the breach desk."""
    routes = APIRouter(prefix="/breach")
    desk = hub.gate.breach
    pages = _Pages(hub, site)
    _add_acts(routes, hub, pages)
    _add_drafts(routes, hub, site, pages)

    @routes.get("")
    def cases(request: Request, alarm: Annotated[str, Query(max_length=64)] = "") -> Response:
        return pages.cases(request, site.require(request, *ROLES), {"alarm": alarm})

    @routes.post("")
    def open_(
        request: Request,
        title: Line = "",
        what: Line = "",
        known_at: Annotated[str, Form(max_length=40)] = "",
        certain: Annotated[Literal["suspected", "certain"], Form()] = "suspected",
        alarm: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        actor = site.require(request, *DESK)
        typed = {"title": title, "what": what, "known_at": known_at, "certain": certain, "alarm": alarm}
        try:
            known, suspected = _moment("known_at", known_at), certain == "suspected"
            case = desk.open(actor, title, what, known, suspected=suspected, alarm=alarm or None)
        except InputError as error:
            return pages.cases(request, actor, typed, _faults(error))
        return RedirectResponse(f"/breach/{case}", 303)

    @routes.get("/protected")
    def protected(request: Request) -> Response:
        actor = site.require(request, "protector")
        return site.page(request, "breach/protected.html", cases=hub.gate.telling.to_tell(actor))

    @routes.post("/{case}/told-safely")
    def told_safely(request: Request, case: CaseId) -> Response:
        hub.gate.telling.told_safely(site.require(request, "protector"), case)
        return RedirectResponse("/breach/protected", 303)

    @routes.get("/{case}")
    def one(request: Request, case: CaseId) -> Response:
        return pages.one(request, site.require(request, *ROLES), case)

    @routes.post("/{case}/people")
    def people(
        request: Request,
        case: CaseId,
        scheme: Annotated[str, Form(max_length=64)] = "",
        kind: Annotated[Literal["contacts", "numbers"], Form()] = "contacts",
    ) -> Response:
        actor = site.require(request, *DESK)
        try:
            made = hub.gate.telling.make(actor, case, scheme)
        except InputError as error:
            return pages.one(request, actor, case, _faults(error))
        if isinstance(made, Refusal):
            return site.refusal(request, made.reason)
        table = made.data if kind == "contacts" else pa.table({"customer_number": list(made.numbers)})
        headers = {"Content-Disposition": f'attachment; filename="breach-{kind}-{made.use}.csv"'}
        return Response(contacts_csv(table), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def _add_acts(routes: APIRouter, hub: Hub, pages: _Pages) -> None:
    """Add what is done in a case."""
    desk = hub.gate.breach

    @routes.post("/{case}/search")
    def search(
        request: Request,
        case: CaseId,
        start: Annotated[str, Form(max_length=40)] = "",
        end: Annotated[str, Form(max_length=40)] = "",
        scheme: Annotated[str, Form(max_length=64)] = "",
        dataset: Annotated[str, Form(max_length=64)] = "",
        recipient: Annotated[str, Form(max_length=64)] = "",
        actor_id: Annotated[str, Form(alias="actor", max_length=64)] = "",
    ) -> Response:
        narrowed = {"scheme": scheme, "dataset": dataset, "recipient": recipient, "actor": actor_id}

        def act(actor: Actor) -> None:
            window = (_moment("window", start), _moment("window", end))
            desk.search(actor, case, Search(window, {key: one for key, one in narrowed.items() if one}))

        return pages.act(request, case, act, {"start": start, "end": end, **narrowed})

    @routes.post("/{case}/assess")
    def assess(
        request: Request, case: CaseId, trigger: Codes = None, exception: Codes = None, words: Line = ""
    ) -> Response:
        triggers = frozenset(one for one in Trigger if one.value in (trigger or ()))
        exceptions = frozenset(one for one in LeakException if one.value in (exception or ()))
        typed = {"words": words, "triggers": triggers, "exceptions": exceptions}
        return pages.act(request, case, lambda actor: desk.assess(actor, case, triggers, exceptions, words), typed)

    @routes.post("/{case}/report")
    def report(
        request: Request,
        case: CaseId,
        stage: Annotated[Stage, Form()],
        version: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
        day: Annotated[str, Form(max_length=20)] = "",
        reference: Line = "",
    ) -> Response:
        def act(actor: Actor) -> None:
            desk.report(actor, case, stage, version, _moment("day", day).date(), reference)

        return pages.act(request, case, act, {"day": day, "reference": reference})

    @routes.post("/{case}/notified")
    def notified(
        request: Request, case: CaseId, people: Annotated[str, Form(max_length=12)] = "", means: Line = ""
    ) -> Response:
        count = int(people) if people.isascii() and people.isdigit() else 0
        typed = {"people": people, "means": means}
        return pages.act(request, case, lambda actor: desk.notified(actor, case, count, means), typed)

    @routes.post("/{case}/close")
    def close(request: Request, case: CaseId, note: Line = "") -> Response:
        return pages.act(request, case, lambda actor: desk.close(actor, case, note), {"note": note})


def _add_drafts(routes: APIRouter, hub: Hub, site: WebSite, pages: _Pages) -> None:
    """Add the nine fields of the report."""
    desk = hub.gate.breach

    @routes.get("/{case}/draft")
    def draft_form(request: Request, case: CaseId) -> Response:
        actor = site.require(request, *DESK)
        found = desk.get(actor, case)
        texts = found.drafts[-1].texts if found.drafts else {}
        known = prefilled(found, desk.released(actor, case), site.catalogue(request))
        return site.page(request, "breach/draft.html", case=found, texts=texts or known, known=known, faults={})

    @routes.post("/{case}/draft")
    async def draft(request: Request, case: CaseId) -> Response:
        actor = site.require(request, *DESK)
        form = await request.form()
        texts = {name: str(form.get(name.value, "")) for name in ReportField}
        try:
            desk.draft(actor, case, texts)
        except InputError as error:
            found = desk.get(actor, case)
            given = {"case": found, "texts": texts, "known": {}, "faults": _faults(error)}
            return site.render(request, "breach/draft.html", 422, **given)
        return RedirectResponse(f"/breach/{case}#reports", 303)

    @routes.get("/{case}/draft/{version}.txt")
    def text(request: Request, case: CaseId, version: int) -> Response:
        found, kept = pages.draft(site.require(request, *ROLES), case, version)
        return PlainTextResponse(as_text(found, kept, site.catalogue(request)))

    @routes.get("/{case}/draft/{version}.pdf")
    def pdf(request: Request, case: CaseId, version: int) -> Response:
        found, kept = pages.draft(site.require(request, *ROLES), case, version)
        words = site.catalogue(request)
        name = hub.gate.catalogue.party(found.party).name
        party = name.ja if words.language == "ja" else name.en
        headers = {"Content-Disposition": f'inline; filename="breach-{found.id}-{version}-{words.language}.pdf"'}
        made = as_pdf(found, kept, words, party, DIST / "fonts")
        return Response(made, media_type="application/pdf", headers=headers)


class _Pages:
    """Renders the pages that several routes come back to."""

    def __init__(self, hub: Hub, site: WebSite) -> None:
        self._hub = hub
        self._site = site

    def act(self, request: Request, case: str, act: Callable[[Actor], object], typed: Mapping[str, object]) -> Response:
        """Do an act and lead back to the case; or show the case with what was typed and what is wrong with it."""
        actor = self._site.require(request, *DESK)
        try:
            act(actor)
        except InputError as error:
            return self.one(request, actor, case, _faults(error), dict(typed))
        return RedirectResponse(f"/breach/{case}", 303)

    def cases(
        self, request: Request, actor: Actor, typed: dict[str, str], faults: dict[str, str] | None = None
    ) -> Response:
        now = self._hub.clock.now()
        given = {"title": "", "what": "", "known_at": _local(now), "certain": "suspected", "alarm": "", **typed}
        return self._site.render(
            request,
            "breach/list.html",
            422 if faults else 200,
            cases=self._hub.gate.breach.list(actor),
            acts=not actor.roles.isdisjoint(DESK),
            typed=given,
            faults=faults or {},
            today=day_in_japan(now),
            parties=self._parties(),
        )

    def one(
        self,
        request: Request,
        actor: Actor,
        case: str,
        faults: dict[str, str] | None = None,
        typed: dict[str, object] | None = None,
    ) -> Response:
        gate, now = self._hub.gate, self._hub.clock.now()
        found = gate.breach.get(actor, case)
        acts = found.closed is None and actor.party == found.party and not actor.roles.isdisjoint(DESK)
        window = (found.known_at, now) if found.search is None else found.search.window
        narrowed = {} if found.search is None else found.search.narrowed
        suggestions = gate.breach.suggested(actor, case)
        latest = found.assessment
        given: dict[str, object] = {
            **dict.fromkeys(("scheme", "dataset", "recipient", "actor", "words", "reference", "people", "means"), ""),
            **narrowed,
            "note": "",
            "start": _local(window[0]),
            "end": _local(window[1]),
            "day": day_in_japan(now).isoformat(),
            "triggers": suggestions if latest is None else latest.triggers,
            "exceptions": frozenset() if latest is None else latest.exceptions,
            **(typed or {}),
        }
        supervisor = found.rules.supervisors.get(gate.catalogue.party(found.party).kind)
        return self._site.render(
            request,
            "breach/one.html",
            422 if faults else 200,
            case=found,
            acts=acts,
            found=gate.breach.released(actor, case),
            suggestions=suggestions,
            stages=list(Stage),
            triggers=list(Trigger),
            exceptions=found.rules.exceptions,
            owed=found.owed(),
            today=day_in_japan(now),
            supervisor=supervisor,
            law=found.rules,
            schemes=gate.telling.schemes(actor) if acts else (),
            choices=self._choices(found.party),
            typed=given,
            faults=faults or {},
            people={person.id: person.name for person in gate.catalogue.actors()},
            parties=self._parties(),
        )

    def draft(self, actor: Actor, case: str, version: int) -> tuple[BreachCase, Draft]:
        """Return a kept draft, or raise NotFoundError."""
        found = self._hub.gate.breach.get(actor, case)
        kept = next((draft for draft in found.drafts if draft.version == version), None)
        if kept is None:
            raise NotFoundError("there is no such draft")
        return found, kept

    def _choices(self, party: str) -> dict[str, list[str]]:
        """Return what a search may be narrowed to: what the party's own schemes name."""
        schemes = [scheme for scheme in self._hub.gate.schemes.list() if scheme.provider == party]
        recipients = sorted({scheme.recipient for scheme in schemes})
        actors = [actor.id for actor in self._hub.gate.catalogue.actors() if actor.party in recipients]
        return {
            "scheme": [scheme.id for scheme in schemes],
            "dataset": sorted({scheme.dataset for scheme in schemes}),
            "recipient": recipients,
            "actor": actors,
        }

    def _parties(self) -> dict[str, object]:
        return {party.id: party.name for party in self._hub.gate.catalogue.parties()}


def _faults(error: InputError) -> dict[str, str]:
    field = error.place.field or "note"
    return {field: _FAULT_OF.get(field, "text")}


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(JAPAN):%Y-%m-%dT%H:%M}"


def _moment(field: str, text: str) -> datetime:
    """Return a moment or a day as a browser's field writes it, in Japan time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=JAPAN)
    except ValueError:
        raise InputError(Place("breach", field=field), "it is no time", "choose one") from None


def contacts_csv(table: pa.Table) -> bytes:
    """Return a list of people for spreadsheets, in which no text begins a formula."""
    sink = io.BytesIO()
    batches = [guarded(batch) for batch in table.to_batches()]
    pa.csv.write_csv(pa.Table.from_batches(batches) if batches else table, sink)
    return b"\xef\xbb\xbf" + sink.getvalue()
