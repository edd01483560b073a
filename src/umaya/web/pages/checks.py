"""Pages of checks: the carrier's on a phone, one row at a time, and the steward's overview. Translation only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from umaya.gate.roles import CARRIER, STEWARD
from umaya.hub import Hub
from umaya.services.buildings import AnsweredMeanwhileError, Check, Note, State, Verdict
from umaya.services.buildings.naming import written
from umaya.services.buildings.picture import picture
from umaya.types.errors import InputError
from umaya.web.site import WebSite

TOLD: Final = frozenset({"answered", "waits", "confirmed", "rejected", "meanwhile", "done"})
"""What a page may say of what was done just before: `checks.told.WORD`."""
_LEAST: Final = {Verdict.ONE: 1, Verdict.MERGED: 2, Verdict.SEVERAL: 2}


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the pages under `/checks`."""
    routes = APIRouter()
    _add_lists(routes, hub, site)
    form = _forms(hub, site)

    @routes.get("/checks/{check}")
    def shown(request: Request, check: str, office: str = "", told: str = "") -> Response:
        actor = site.require(request, CARRIER, STEWARD)
        return form(request, hub.checks.show(actor, check), office, told if told in TOLD else "")

    @routes.post("/checks/{check}/answer")
    def answer(
        request: Request,
        check: str,
        revision: Annotated[int, Form()],
        verdict: Annotated[Verdict | None, Form()] = None,
        chosen: Annotated[list[int], Form()] = [],  # noqa: B006 - read only
        note: Annotated[Note | None, Form()] = None,
        office: Annotated[str, Form()] = "",
    ) -> Response:
        actor = site.require(request, CARRIER)
        given: dict[str, object] = {"verdict": verdict, "chosen": chosen, "note": note}
        if verdict is None:
            return form(request, hub.checks.show(actor, check), office, given={**given, "fault": "verdict"})
        try:
            done = hub.checks.answer(actor, check, revision, verdict, chosen, note)
        except InputError:
            return form(request, hub.checks.show(actor, check), office, given={**given, "fault": "chosen"})
        except AnsweredMeanwhileError:
            return _to(check, office, "meanwhile")
        return _next(office, "waits" if done.state is State.SECOND else "answered")

    @routes.post("/checks/{check}/second")
    def second(
        request: Request,
        check: str,
        revision: Annotated[int, Form()],
        agree: Annotated[bool, Form()],
        office: Annotated[str, Form()] = "",
    ) -> Response:
        actor = site.require(request, CARRIER, STEWARD)
        try:
            hub.checks.second(actor, check, revision, agree=agree)
        except AnsweredMeanwhileError:
            return _to(check, office, "meanwhile")
        if CARRIER not in actor.roles:
            return RedirectResponse("/checks/overview", 303)
        return _next(office, "confirmed" if agree else "rejected")

    return routes


def _add_lists(routes: APIRouter, hub: Hub, site: WebSite) -> None:
    """Add the pages that lead to checks: the carrier's start, the next one, the steward's overview."""

    def offices(request: Request) -> dict[str, str]:
        english = site.language(request) == "en"
        return {one.office_id: (one.name_en if english else "") or one.name for one in hub.offices.register.all()}

    @routes.get("/checks")
    def start(request: Request, told: str = "") -> Response:
        actor = site.require(request, CARRIER)
        todo = hub.checks.todo(actor)
        shown = told if told in TOLD else ""
        return site.page(request, "checks/start.html", todo=todo, offices=offices(request), told=shown)

    @routes.get("/checks/next")
    def next_(request: Request, office: str = "", after: str = "", told: str = "") -> Response:
        actor = site.require(request, CARRIER)
        found = hub.checks.next(actor, office, after)
        return RedirectResponse("/checks?told=done", 303) if found is None else _to(found, office, told)

    @routes.get("/checks/overview")
    def overview(request: Request) -> Response:
        actor = site.require(request, STEWARD)
        return site.page(
            request,
            "checks/overview.html",
            progress=hub.checks.progress(actor),
            waiting=hub.checks.waiting(actor),
            offices=offices(request),
            states=list(State),
        )


def _forms(hub: Hub, site: WebSite) -> Callable[..., Response]:
    """Return what makes the page of one check: for a request, the check, the office, what to tell, what was given."""

    def form(
        request: Request, check: Check, office: str, told: str = "", given: dict[str, object] | None = None
    ) -> Response:
        actor = site.actor(request)
        say = site.catalogue(request).gettext
        about = say("checks.picture-about") % {"n": len(check.drawing.candidates)}
        return site.render(
            request,
            "checks/check.html",
            422 if given else 200,
            check=check,
            office=office,
            told=told,
            given=given or {},
            address=written(hub.addresses, check.address),
            picture=Markup(picture(check.drawing, say("checks.picture"), about)),  # noqa: S704 - escaped there
            verdicts=[each for each in Verdict if _possible(each, check)],
            notes=list(Note),
            may_answer=check.state is State.OPEN and CARRIER in actor.roles,
            may_second=check.state is State.SECOND and check.answered_by != actor.id,
            carrier=CARRIER in actor.roles,
        )

    return form


def _possible(verdict: Verdict, check: Check) -> bool:
    """Whether there are buildings enough for a verdict."""
    return len(check.drawing.candidates) >= _LEAST.get(verdict, 0)


def _to(check: str, office: str, told: str) -> Response:
    return RedirectResponse(f"/checks/{check}?{urlencode({'office': office, 'told': told})}", 303)


def _next(office: str, told: str) -> Response:
    return RedirectResponse(f"/checks/next?{urlencode({'office': office, 'told': told})}", 303)
