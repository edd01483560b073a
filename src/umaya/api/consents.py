"""JSON API of consents: give, withdraw, look up. Translation only: the gate decides who may.

Numbers of people stand in bodies, never in addresses: addresses are kept by logs and browsers.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from umaya.client import models
from umaya.gate import Gate
from umaya.gate.people import Channel, Evidence, Said
from umaya.gate.people.events import MAX_PERSON
from umaya.gate.people.look_ups import Way
from umaya.types.site import Site

PREFIX = "/api/v1/consents"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OnePerson(_Body):
    """A person and a topic."""

    person: int = Field(ge=0, le=MAX_PERSON)
    topic: str


class EvidenceBody(_Body):
    """What shows a word: the digest of a form or log (`sha256:` and hex), and where that is kept."""

    digest: str
    reference: str


class GiveBody(OnePerson):
    """A consent: version of the text that was shown, channel, evidence, times."""

    text: int
    channel: Channel
    evidence: EvidenceBody
    taken_at: AwareDatetime | None = None
    requested_at: AwareDatetime | None = None


class WithdrawBody(OnePerson):
    """A withdrawal, and where it was taken."""

    channel: Channel


class LookUpBody(OnePerson):
    """A question, whether every word is asked for, and why the actor asks."""

    history: bool = False
    reason: str = Field(default="", max_length=4000)


def router(gate: Gate, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/consents`."""
    routes = APIRouter(prefix=PREFIX, tags=["consents"])

    @routes.post("/give", status_code=201)
    def give(request: Request, body: GiveBody) -> models.Given:
        """Record that a person consents."""
        given = gate.consents.give(
            site.actor(request),
            body.person,
            body.topic,
            body.text,
            body.channel,
            Evidence(body.evidence.digest, body.evidence.reference),
            taken_at=body.taken_at,
            requested_at=body.requested_at,
        )
        return models.Given(topic=given.topic, text=given.text, good_through=given.good_through, entry=given.entry)

    @routes.post("/withdraw")
    def withdraw(request: Request, body: WithdrawBody) -> models.Withdrawn:
        """Withdraw a person's consent, at once."""
        gate.consents.withdraw(site.actor(request), body.person, body.topic, body.channel)
        return models.Withdrawn(topic=body.topic, withdrawn=True)

    @routes.post("/state")
    def state(request: Request, body: LookUpBody) -> models.Standing:
        """What holds for a person on a topic today; that it was asked is recorded before it is told."""
        found = gate.consents.look_up(
            site.actor(request), body.person, body.topic, Way.API, history=body.history, reason=body.reason
        )
        return models.Standing(
            topic=found.topic,
            state=found.state,
            word=None if found.word is None else _said(found.word),
            history=[_said(word) for word in found.history],
        )

    return routes


def _said(word: Said) -> models.Said:
    return models.Said(
        kind=word.kind, text=word.text, good_through=word.good_through, taken_at=word.taken_at, channel=word.channel
    )
