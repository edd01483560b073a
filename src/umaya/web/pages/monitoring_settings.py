"""Pages of what monitoring is told: whom one must not look up, on which days a party sells, where somebody works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.monitoring.settings import DECLARERS, GUARDS, Relation, Workplace
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.errors import InputError, Place
from umaya.types.site import Actor
from umaya.web.site import WebSite

ROLES = tuple(sorted(DECLARERS | {"auditor"}))
PLANNERS = frozenset({"steward", "verifier"})
FAULTS = ("number", "title", "starts", "ends", "office", "opens", "place")
_PATH = "/monitoring/settings"
Short = Annotated[str, Form(max_length=64)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the settings."""
    routes = APIRouter(prefix=_PATH)
    settings = hub.gate.monitoring.settings

    def shown(request: Request, actor: Actor, fault: str = "", typed: dict[str, str] | None = None) -> Response:
        planner = not actor.roles.isdisjoint(PLANNERS)
        guard = not actor.roles.isdisjoint(GUARDS)
        today = day_in_japan(hub.clock.now())
        return site.render(
            request,
            "monitoring/settings.html",
            422 if fault else 200,
            restrictions=settings.restrictions(actor),
            campaigns=settings.campaigns(actor) if planner or "auditor" in actor.roles else (),
            relations=[one for one in Relation if guard or one is not Relation.PUBLIC_INTEREST],
            declares=not actor.roles.isdisjoint(DECLARERS),
            planner=planner,
            guard=guard,
            steward="steward" in actor.roles,
            staff=[one for one in hub.gate.catalogue.actors() if one.party == actor.party],
            today=today,
            fault=fault,
            typed={
                **dict.fromkeys(("number", "title", "office", "place"), ""),
                "starts": today.isoformat(),
                "ends": today.isoformat(),
                "opens": "09:00",
                "closes": "17:00",
                **(typed or {}),
            },
        )

    def act(
        request: Request, roles: frozenset[str], does: Callable[[Actor], object], typed: dict[str, str]
    ) -> Response:
        actor = site.require(request, *roles)
        try:
            does(actor)
        except InputError as error:
            return shown(request, actor, error.place.field or "title", typed)
        return RedirectResponse(_PATH, 303)

    @routes.get("")
    def page(request: Request) -> Response:
        return shown(request, site.require(request, *ROLES))

    @routes.post("/restrict")
    def restrict(
        request: Request, number: Short = "", relation: Annotated[Relation, Form()] = Relation.FAMILY
    ) -> Response:
        return act(request, DECLARERS, lambda actor: settings.restrict(actor, number, relation), {"number": number})

    @routes.post("/lift")
    def lift(request: Request, restriction: Short = "") -> Response:
        return act(request, GUARDS, lambda actor: settings.lift(actor, restriction), {})

    @routes.post("/campaign")
    def campaign(
        request: Request,
        title: Annotated[str, Form(max_length=4000)] = "",
        starts: Short = "",
        ends: Short = "",
        office: Short = "",
    ) -> Response:
        typed = {"title": title, "starts": starts, "ends": ends, "office": office}

        def plan(actor: Actor) -> None:
            settings.plan(actor, title, _day("starts", starts), _day("ends", ends), office)

        return act(request, PLANNERS, plan, typed)

    @routes.post("/cancel")
    def cancel(request: Request, campaign: Short = "") -> Response:
        return act(request, PLANNERS, lambda actor: settings.cancel(actor, campaign), {})

    @routes.post("/workplace")
    def workplace(
        request: Request,
        who: Short = "",
        office: Short = "",
        opens: Short = "",
        closes: Short = "",
        weekend: Annotated[bool, Form()] = False,
    ) -> Response:
        def place(actor: Actor) -> None:
            hours = (_minutes(opens), _minutes(closes))
            settings.place(actor, Workplace(who, office, *hours, weekend, day_in_japan(hub.clock.now())))

        return act(request, frozenset({"steward"}), place, {"place": office, "opens": opens, "closes": closes})

    return routes


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(Place("monitoring", field=field), "it is no day", "choose one") from None


def _minutes(text: str) -> int:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise InputError(Place("monitoring", field="opens"), "it is no time", "write hours and minutes") from None
    return at.hour * 60 + at.minute
