"""JSON API of uses: decide, release as an Arrow stream, records, receipts, explanations, alarms. Translation only.

The actor is who is signed in; what it may is the gate's to say. Rows leave as an Arrow IPC stream, never as JSON.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from umaya.api.paging import Cursor, Limit, cursor_of, key_of
from umaya.api.rows import ARROW, Rows
from umaya.client import models
from umaya.gate import Decision, Gate, Op, Predicate, Refusal, Use
from umaya.gate.person_rule import Verdict
from umaya.gate.uses import UseRecord, UseState
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor, Site
from umaya.web.scheme_steps import may_see

PREFIX = "/api/v1"
Person = Annotated[int, Field(ge=0, lt=2**32)]
Scalar = bool | int | float | str


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PredicateBody(_Body):
    """What rows must meet: a field of the scheme, an operator (`eq`, `ge`, `in`, ...) and its value."""

    field: str
    op: Op
    value: Scalar | list[Scalar]

    def predicate(self) -> Predicate:
        """Return it as the gate takes it."""
        return Predicate(self.field, self.op, tuple(self.value) if isinstance(self.value, list) else self.value)


class UseBody(_Body):
    """A use; see `umaya.gate.Use`."""

    scheme: str
    reason: str
    window: tuple[AwareDatetime, AwareDatetime] | None = None
    event: str | None = None
    fields: list[str] | None = None
    people: list[Person] | None = None
    matching: list[PredicateBody] = []

    def use(self, actor: Actor) -> Use:
        """Return it as the gate takes it."""
        return Use(
            actor,
            self.scheme,
            self.reason,
            self.window,
            self.event,
            None if self.fields is None else tuple(self.fields),
            self.people,
            tuple(item.predicate() for item in self.matching),
        )


class ExplainBody(UseBody):
    """A use and the one person it is explained for."""

    person: Person


def router(gate: Gate, site: Site) -> APIRouter:
    """Return the routes of uses under `/api/v1`."""
    routes = APIRouter(prefix=PREFIX, tags=["uses"])

    @routes.post("/uses/decide")
    def decide(request: Request, body: UseBody) -> models.Decision:
        """What would be decided now. Releases nothing; records that it was asked where people are named."""
        return decision_json(gate.foresee(body.use(site.actor(request))))

    @routes.post("/uses", response_class=Response, responses={200: {"content": {ARROW: {}}}})
    def release(request: Request, body: UseBody) -> Response:
        """Record the use, then release its rows as an Arrow IPC stream; a refusal is a problem of code `refused`."""
        outcome = gate.stream(body.use(site.actor(request)))
        if isinstance(outcome, Refusal):
            return site.refusal(request, outcome.reason)
        headers = {"Umaya-Use": outcome.use, "Umaya-Entry": str(outcome.entry)}
        return Rows(outcome, headers)

    @routes.get("/uses")
    def uses(
        request: Request,
        scheme: Annotated[str, Query(max_length=64)],
        state: UseState | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> models.Page[models.UseRecord]:
        """The uses of a scheme that is one's business, latest first."""
        actor = site.actor(request)
        if not may_see(actor, gate.schemes.get(scheme).summary):
            raise NotFoundError("there is no such scheme")
        found = gate.uses.list(state, scheme, limit + 1, key_of(cursor, int))
        following = cursor_of(found[limit - 1].entry) if len(found) > limit else None
        return models.Page(items=[_record(one) for one in found[:limit]], next=following)

    @routes.get("/uses/{use}")
    def record(request: Request, use: str) -> models.UseRecord:
        """What became of a use: for the parties of its scheme and for auditors."""
        return _record(gate.uses.seen_by(site.actor(request), use))

    @routes.get("/uses/{use}/receipt", response_class=PlainTextResponse)
    def receipt(request: Request, use: str) -> PlainTextResponse:
        """The proof that the use is in the ledger (C2SP tlog-proof)."""
        found = gate.uses.seen_by(site.actor(request), use)
        if found.receipt is None:
            raise NotFoundError("the use is not closed, so it has no receipt yet")
        return PlainTextResponse(found.receipt)

    @routes.post("/explain")
    def explain(request: Request, body: ExplainBody) -> models.Explanation:
        """Why one person's data may or may not be used, in words with their sources."""
        actor = site.actor(request)
        told = gate.explain(body.use(actor), body.person, "ja" if site.language(request) == "ja" else "en")
        lines = [models.Line(met=line.met, text=line.text, source=line.source) for line in told.lines]
        return models.Explanation(permitted=told.permitted, reason=told.reason, lines=lines)

    @routes.get("/alarms")
    def alarms(request: Request, *, seen: bool | None = None) -> list[dict[str, Any]]:
        """What the second line must look at, latest first."""
        return [vars(alarm) for alarm in gate.alarms.list(site.actor(request), seen=seen)]

    @routes.post("/alarms/{alarm}/see", status_code=204)
    def see(request: Request, alarm: str) -> None:
        """Note that the second line has looked into an alarm."""
        gate.alarms.see(site.actor(request), alarm)

    return routes


def decision_json(decision: Decision) -> models.Decision:
    """Return what a program may know of a decision: no person's number."""
    return models.Decision(
        permitted=decision.permitted,
        reason=decision.reason,
        scheme=decision.scheme,
        version=decision.version,
        decided_at=decision.decided_at,
        rules=decision.rule_version,
        fields=list(decision.columns),
        people=None if decision.people is None else counts_json(decision.people),
    )


def counts_json(verdict: Verdict) -> models.People:
    """Return how many people were asked for, permitted, and refused by reason."""
    refused = {reason.value: count for reason, count in verdict.refused.items()}
    return models.People(asked=verdict.asked, permitted=len(verdict.permitted), refused=refused)


def _record(found: UseRecord) -> models.UseRecord:
    return models.UseRecord(
        use=found.id,
        scheme=found.scheme,
        version=found.version,
        state=found.state,
        reason=found.reason,
        decided_at=found.decided_at,
        entry=found.entry,
        closing_entry=found.closing_entry,
        asked=found.asked,
        permitted=found.permitted,
        refused=None if found.refused is None else {code.value: count for code, count in found.refused.items()},
        rows=found.rows,
        digest=found.digest,
    )
