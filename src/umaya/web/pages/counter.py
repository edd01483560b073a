"""The counter: a clerk looks up what holds for a person on a topic, takes a consent, takes a withdrawal.

One screen for the keyboard. Numbers of customers stand in forms, never in addresses; a number that is none of the
party's is told beside the field, and nothing is recorded about anybody. The gate decides, records and tells; this only
asks and shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.people import Channel, Standing, Topic
from umaya.gate.people.look_ups import Way
from umaya.gate.record import NotRecordedError
from umaya.gate.roles import CLERK
from umaya.hub import Hub
from umaya.sample.residents import residents
from umaya.types.errors import InputError
from umaya.types.site import Actor
from umaya.web.languages import JAPAN
from umaya.web.site import WebSite

TOO_LATE = 503
WRONG = 422


class Asked:
    """Whom and what a form is about, as it was typed."""

    def __init__(
        self,
        number: Annotated[str, Form(max_length=200)] = "",
        topic: Annotated[str, Form(max_length=200)] = "",
        reason: Annotated[str, Form(max_length=4000)] = "",
    ) -> None:
        self.number = number
        self.topic = topic
        self.reason = reason


@dataclass(frozen=True)
class Desk:
    """What every page of the counter needs: the hub, the site, and what a clerk may ask about."""

    hub: Hub
    site: WebSite

    def clerk(self, request: Request) -> Actor:
        """Return the clerk who is signed in, or raise SignInRequiredError or ForbiddenError."""
        return self.site.require(request, CLERK)

    def topics(self, actor: Actor) -> list[Topic]:
        """Return the topics of the clerk's party, in both directions."""
        return [topic for topic in self.hub.gate.topics.list() if actor.party in topic.parties]

    def check(self, actor: Actor, asked: Asked) -> tuple[int, Topic | None, dict[str, str]]:
        """Return person and topic of what was asked, and what is wrong, by field."""
        faults: dict[str, str] = {}
        person = -1
        try:
            person = self.hub.gate.numbers.person(actor.party, asked.number)
        except InputError:
            faults["number"] = "number" if asked.number.strip() else "number-missing"
        topic = next((topic for topic in self.topics(actor) if topic.id == asked.topic), None)
        if topic is None:
            faults["topic"] = "topic"
        return person, topic, faults

    def show(self, request: Request, actor: Actor, asked: Asked, status: int = 200, **context: object) -> Response:
        """Return the counter's screen."""
        topics = self.topics(actor)
        people = residents(self.hub) if self.site.demo else []
        numbers = [(one.label, self.hub.gate.numbers.of(actor.party, one.resident.person)) for one in people]
        chosen = asked.topic or (topics[0].id if len(topics) == 1 else "")
        told: dict[str, object] = {"standing": None, "faults": {}, "done": None, "names": self.names()}
        told |= {"asked": asked, "chosen": chosen, "topics": topics, "numbers": numbers}
        return self.site.render(request, "counter/desk.html", status, **(told | context))

    def names(self) -> dict[str, object]:
        """Return the names of parties by id."""
        return {party.id: party.name for party in self.hub.gate.catalogue.parties()}


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of look-ups and withdrawals."""
    routes = APIRouter(prefix="/counter")
    desk = Desk(hub, site)

    @routes.get("")
    def counter(request: Request, topic: str = "", withdrawn: bool = False) -> Response:
        actor = desk.clerk(request)
        return desk.show(request, actor, Asked("", topic), done="withdrawn" if withdrawn else None)

    @routes.post("/state")
    def state(request: Request, asked: Annotated[Asked, Depends()]) -> Response:
        actor = desk.clerk(request)
        person, topic, faults = desk.check(actor, asked)
        if topic is None or faults:
            return desk.show(request, actor, asked, WRONG, faults=faults)
        try:
            standing: Standing = hub.gate.consents.look_up(
                actor, person, topic.id, Way.PAGE, history=True, reason=asked.reason
            )
        except NotRecordedError:
            return desk.show(request, actor, asked, TOO_LATE, faults={"form": "not-recorded"})
        return desk.show(request, actor, asked, standing=standing, topic=topic)

    @routes.post("/withdraw")
    def withdraw(request: Request, asked: Annotated[Asked, Depends()]) -> Response:
        actor = desk.clerk(request)
        _, topic, faults = desk.check(actor, asked)
        if topic is None or faults:
            return desk.show(request, actor, asked, WRONG, faults=faults)
        names = desk.names()
        return site.page(request, "counter/withdraw.html", asked=asked, topic=topic, names=names)

    @routes.post("/withdrawn")
    def withdrawn(request: Request, asked: Annotated[Asked, Depends()]) -> Response:
        actor = desk.clerk(request)
        person, topic, faults = desk.check(actor, asked)
        if topic is None or faults:
            return desk.show(request, actor, asked, WRONG, faults=faults)
        try:
            hub.gate.consents.withdraw(actor, person, topic.id, Channel.COUNTER)
        except NotRecordedError:
            return desk.show(request, actor, asked, TOO_LATE, faults={"form": "not-recorded"})
        return RedirectResponse(f"/counter?topic={topic.id}&withdrawn=true", 303)

    return routes


def japan_minute(text: str) -> datetime | None:
    """Return the moment that a `datetime-local` field says in Japan time; None where it says none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=JAPAN) if moment.tzinfo is None else None
