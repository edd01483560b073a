"""Pages of monitoring: the work list of the three lines, and one case with its objective data and its steps.

A person is told as a customer number only where somebody who deals with the case asks for it, which is recorded first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.monitoring.cases import AlarmCase, Result
from umaya.gate.monitoring.opening import CaseState
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.errors import InputError
from umaya.types.site import Actor
from umaya.web.charts import Chart, Series, bars, legend
from umaya.web.pages.figures import Figure
from umaya.web.site import WebSite

ROLES = ("steward", "verifier", "auditor")
AlarmId = Annotated[str, Path(max_length=64)]
Text = Annotated[str, Form(max_length=4000)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of alarms and their cases."""
    routes = APIRouter(prefix="/monitoring")
    work = hub.gate.monitoring.casework
    page = _Pages(hub, site)

    @routes.get("")
    def desk(request: Request) -> Response:
        actor = site.require(request, *ROLES)
        cases = work.cases(actor)
        third = "auditor" in actor.roles
        open_ = [one for one in cases if one.state is not CaseState.CLOSED]
        shown = [one for one in open_ if not third or one.escalated_at or one.owner is None or one.party == actor.party]
        return site.page(
            request,
            "monitoring/desk.html",
            cases=shown,
            closed=[one for one in cases if one.state is CaseState.CLOSED and one.party == actor.party],
            sample=work.sample(actor) if third else [],
            counts=work.counts(actor) if third else {},
            states=list(CaseState),
            turn={one.id: turn(one) for one in cases},
            mine={one.id: is_mine(one, actor) for one in cases},
            today=day_in_japan(hub.clock.now()),
            third=third,
            **page.names(),
        )

    @routes.get("/{alarm}")
    def one(request: Request, alarm: AlarmId) -> Response:
        return page.one(request, site.require(request, *ROLES), alarm)

    @routes.post("/{alarm}/state")
    def state(request: Request, alarm: AlarmId, words: Text = "") -> Response:
        return page.act(request, alarm, "state", words, lambda actor: work.state(actor, alarm, words))

    @routes.post("/{alarm}/begin")
    def begin(request: Request, alarm: AlarmId) -> Response:
        return page.act(request, alarm, "begin", "", lambda actor: work.begin(actor, alarm))

    @routes.post("/{alarm}/close")
    def close(
        request: Request, alarm: AlarmId, words: Text = "", result: Annotated[Result, Form()] = Result.HARMLESS
    ) -> Response:
        return page.act(request, alarm, "close", words, lambda actor: work.close(actor, alarm, result, words))

    @routes.post("/{alarm}/assign")
    def assign(
        request: Request, alarm: AlarmId, owner: Annotated[str, Form(max_length=64)] = "", words: Text = ""
    ) -> Response:
        return page.act(request, alarm, "assign", words, lambda actor: work.assign(actor, alarm, owner, words))

    @routes.post("/{alarm}/confirm")
    def confirm(request: Request, alarm: AlarmId, words: Text = "") -> Response:
        return page.act(request, alarm, "confirm", words, lambda actor: work.confirm(actor, alarm, words))

    @routes.post("/{alarm}/reopen")
    def reopen(request: Request, alarm: AlarmId, words: Text = "") -> Response:
        return page.act(request, alarm, "reopen", words, lambda actor: work.reopen(actor, alarm, words))

    @routes.post("/{alarm}/person")
    def person(request: Request, alarm: AlarmId) -> Response:
        actor = site.require(request, *ROLES)
        return page.one(request, actor, alarm, number=work.person_number(actor, alarm))

    return routes


def turn(case: AlarmCase) -> str:
    """Return whose turn it is, and for what: the code of the next step."""
    if case.state is CaseState.CLOSED:
        return "sample" if not case.sampled else "done"
    if case.state is CaseState.OPEN:
        return "assign"
    if case.state is CaseState.IN_REVIEW:
        return "close"
    return "begin" if case.stated else "state"


def is_mine(case: AlarmCase, actor: Actor) -> bool:
    """Return whether the next step is the actor's."""
    step, ours = turn(case), actor.party == case.party
    if step == "sample":
        return "auditor" in actor.roles
    if step == "assign":
        return "auditor" in actor.roles or (ours and "verifier" in actor.roles)
    if step == "state":
        return ours and "steward" in actor.roles
    return step in {"begin", "close"} and case.owner == actor.id


class _Pages:
    """Renders a case, also when what was typed is wrong."""

    def __init__(self, hub: Hub, site: WebSite) -> None:
        self._hub = hub
        self._site = site

    def names(self) -> dict[str, object]:
        catalogue = self._hub.gate.catalogue
        return {
            "parties": {party.id: party.name for party in catalogue.parties()},
            "people": {person.id: person.name for person in catalogue.actors()},
        }

    def act(self, request: Request, alarm: str, form: str, words: str, act: Callable[[Actor], None]) -> Response:
        actor = self._site.require(request, *ROLES)
        try:
            act(actor)
        except InputError as error:
            return self.one(request, actor, alarm, fault=(form, error.place.field or "words"), typed=words)
        return RedirectResponse(f"/monitoring/{alarm}", 303)

    def one(
        self,
        request: Request,
        actor: Actor,
        alarm: str,
        number: str = "",
        fault: tuple[str, str] | None = None,
        typed: str = "",
    ) -> Response:
        work = self._hub.gate.monitoring.casework
        case = work.get(actor, alarm)
        ours, open_ = actor.party == case.party, case.state is not CaseState.CLOSED
        owner = case.owner == actor.id and "verifier" in actor.roles
        second = ours and "verifier" in actor.roles
        can = {
            "state": open_ and ours and "steward" in actor.roles,
            "begin": owner and case.state is CaseState.ASSIGNED,
            "close": owner and case.state is CaseState.IN_REVIEW,
            "assign": open_ and (second or "auditor" in actor.roles),
            "third": not open_ and "auditor" in actor.roles,
            "person": case.one_person and ours and not actor.roles.isdisjoint({"steward", "verifier"}),
            "breach": second and case.breach is None,
        }
        return self._site.render(
            request,
            "monitoring/case.html",
            422 if fault else 200,
            case=case,
            can=can,
            turn=turn(case),
            mine=is_mine(case, actor),
            figure=self._figure(request, case),
            owners=work.owners(actor, alarm) if can["assign"] else [],
            results=list(Result),
            number=number,
            fault=fault,
            typed=typed,
            today=day_in_japan(self._hub.clock.now()),
            **self.names(),
        )

    def _figure(self, request: Request, case: AlarmCase) -> Figure:
        say, language = self._site.catalogue(request).gettext, self._site.language(request)
        chart = Chart(
            id="data",
            title=say("monitoring.data"),
            description=say("monitoring.data-about"),
            heading=say("monitoring.data-heading"),
            labels=tuple(say(f"monitoring.number.{key}") for key in case.numbers),
            series=(Series(say("monitoring.data-value"), tuple(case.numbers.values())),),
        )
        return Figure(chart, bars(chart, language), legend(chart))
