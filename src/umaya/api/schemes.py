"""JSON API of schemes: submit, review, watch, read with history. Translation only: the gate decides who may act.

A scheme that is none of the asker's business is answered as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from umaya.api.paging import Cursor, Limit, after
from umaya.client import models
from umaya.gate import Gate, Review, SchemeAct, SchemeRecord, SchemeSummary, SchemeVersion
from umaya.gate.changes import compare
from umaya.gate.conditions import Condition, of_data, parse
from umaya.gate.documents import MAX_CHARACTERS
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor, Site
from umaya.web.scheme_steps import may_see

PREFIX = "/api/v1/schemes"
MAX_VERSION = 2**31 - 1
"""What the database takes for a version."""
Version = Annotated[int | None, Field(ge=1, le=MAX_VERSION)]
Text = Annotated[str, Field(max_length=4000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubmitBody(_Body):
    """A scheme document (YAML) and the name of its file, for errors."""

    document: str = Field(max_length=MAX_CHARACTERS)
    file: str = Field(default="scheme.yaml", max_length=200)


class NoteBody(_Body):
    """A remark, and the version that was seen; the one whose turn it is without it."""

    version: Version = None
    note: Text = ""


class LockBody(NoteBody):
    """A lock is closed; conditions as `{"max-uses-per-day": {"uses": 10}}`, or as people write them."""

    conditions: list[dict[str, Any] | str] = []


class ReasonBody(_Body):
    """Why."""

    reason: Text


class ReturnBody(ReasonBody):
    """Why, and the version that was seen."""

    version: Version = None


class ImposeBody(ReturnBody):
    """Conditions, and why."""

    conditions: list[dict[str, Any] | str]


class ReportBody(_Body):
    """What was done."""

    text: Text


def router(gate: Gate, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/schemes`."""
    routes = APIRouter(prefix=PREFIX, tags=["schemes"])
    _add_reading(routes, gate, site)
    _add_review(routes, gate, site)
    _add_watch(routes, gate, site)
    return routes


def _add_reading(routes: APIRouter, gate: Gate, site: Site) -> None:
    @routes.get("")
    def schemes(request: Request, cursor: Cursor = None, limit: Limit = 50) -> models.Page[models.Scheme]:
        """The schemes that are one's business."""
        actor = site.actor(request)
        seen = [(one.id, _summary(one)) for one in gate.schemes.list() if may_see(actor, one)]
        items, following = after(seen, cursor, limit)
        return models.Page(items=items, next=following)

    @routes.get("/{scheme}")
    def scheme(request: Request, scheme: str) -> models.WholeScheme:
        """A scheme with its versions, and what keeps the locks of the newest open."""
        record = _find(gate, site.actor(request), scheme)
        return models.WholeScheme(
            **dict(_summary(record.summary)),
            versions=[models.SchemeVersion(**_version(version)) for version in record.versions],
            open_points=_points(gate, scheme),
        )

    @routes.get("/{scheme}/history")
    def history(
        request: Request, scheme: str, cursor: Cursor = None, limit: Limit = 50
    ) -> models.Page[models.SchemeAct]:
        """Who did what on which version, when, oldest first; each with its ledger index."""
        acts = _find(gate, site.actor(request), scheme).acts
        items, following = after([(f"{act.entry:016}", _act(act)) for act in acts], cursor, limit)
        return models.Page(items=items, next=following)

    @routes.get("/{scheme}/diff")
    def diff(request: Request, scheme: str, version: Version = None) -> models.Difference:
        """What a version changes in the one that it would replace."""
        found = compare(_find(gate, site.actor(request), scheme), version)
        return models.Difference(
            before=found.before,
            after=found.after,
            changes=[models.Change(key=one.key, before=one.before, after=one.after) for one in found.changes],
            without_conditions=[str(condition) for condition in found.without],
        )


def _add_review(routes: APIRouter, gate: Gate, site: Site) -> None:
    act = _acting(gate, site)

    @routes.post("", status_code=201)
    def submit(request: Request, body: SubmitBody) -> models.Submitted:
        """Submit a document as the first or next version of its scheme."""
        version = gate.schemes.submit(site.actor(request), body.document, body.file)
        points = _points(gate, version.scheme)
        return models.Submitted(scheme=version.scheme, **_version(version), open_points=points)

    @routes.post("/{scheme}/privacy-check")
    def privacy_check(request: Request, scheme: str, body: NoteBody) -> models.Scheme:
        """Sign off the privacy check."""
        return act(request, scheme, lambda actor, do: do.sign_privacy(actor, scheme, body.version, body.note))

    @routes.post("/{scheme}/verify")
    def verify(request: Request, scheme: str, body: LockBody) -> models.Scheme:
        """Close lock one."""
        conditions = _conditions(body.conditions)
        return act(request, scheme, lambda actor, do: do.verify(actor, scheme, body.version, body.note, conditions))

    @routes.post("/{scheme}/consent")
    def consent(request: Request, scheme: str, body: NoteBody) -> models.Scheme:
        """Give the consent of a party that is consulted."""
        return act(request, scheme, lambda actor, do: do.consent(actor, scheme, body.version, body.note))

    @routes.post("/{scheme}/approve")
    def approve(request: Request, scheme: str, body: LockBody) -> models.Scheme:
        """Close lock two."""
        conditions = _conditions(body.conditions)
        return act(request, scheme, lambda actor, do: do.approve(actor, scheme, body.version, body.note, conditions))

    @routes.post("/{scheme}/return")
    def send_back(request: Request, scheme: str, body: ReturnBody) -> models.Scheme:
        """Send a version under review back."""
        return act(request, scheme, lambda actor, do: do.send_back(actor, scheme, body.reason, body.version))

    @routes.post("/{scheme}/impose")
    def impose(request: Request, scheme: str, body: ImposeBody) -> models.Scheme:
        """Impose conditions apart from closing a lock."""
        conditions = _conditions(body.conditions)
        return act(request, scheme, lambda actor, do: do.impose(actor, scheme, conditions, body.reason, body.version))


def _add_watch(routes: APIRouter, gate: Gate, site: Site) -> None:
    act = _acting(gate, site)

    @routes.post("/{scheme}/report")
    def report(request: Request, scheme: str, body: ReportBody) -> models.Scheme:
        """File a report on the use of a scheme."""
        return act(request, scheme, lambda actor, do: do.report(actor, scheme, body.text))

    @routes.post("/{scheme}/suspend")
    def suspend(request: Request, scheme: str, body: ReasonBody) -> models.Scheme:
        """Stop the version in force at once."""
        return act(request, scheme, lambda actor, do: do.suspend(actor, scheme, body.reason))

    @routes.post("/{scheme}/resume")
    def resume(request: Request, scheme: str, body: ReasonBody) -> models.Scheme:
        """Put a suspended version in force again."""
        return act(request, scheme, lambda actor, do: do.resume(actor, scheme, body.reason))

    @routes.post("/{scheme}/end")
    def end(request: Request, scheme: str, body: ReasonBody) -> models.Scheme:
        """End a scheme for good."""
        return act(request, scheme, lambda actor, do: do.end(actor, scheme, body.reason))


def _acting(gate: Gate, site: Site) -> Callable[[Request, str, Callable[[Actor, Review], None]], models.Scheme]:
    """Return what does an act on a scheme that is the asker's business, and answers with its new state."""

    def act(request: Request, scheme: str, do: Callable[[Actor, Review], None]) -> models.Scheme:
        actor = site.actor(request)
        _find(gate, actor, scheme)
        do(actor, gate.review)
        return _summary(gate.schemes.get(scheme).summary)

    return act


def _find(gate: Gate, actor: Actor, scheme: str) -> SchemeRecord:
    record = gate.schemes.get(scheme)
    if not may_see(actor, record.summary):
        raise NotFoundError("there is no such scheme")
    return record


def _conditions(given: list[dict[str, Any] | str]) -> list[Condition]:
    return [parse(one) if isinstance(one, str) else of_data(one) for one in given]


def _points(gate: Gate, scheme: str) -> list[models.OpenPoint]:
    return [models.OpenPoint(code=point.code, item=point.item) for point in gate.schemes.open_points(scheme)]


def _summary(scheme: SchemeSummary) -> models.Scheme:
    return models.Scheme(
        scheme=scheme.id,
        title=models.Bilingual(ja=scheme.title.ja, en=scheme.title.en),
        provider=scheme.provider,
        recipient=scheme.recipient,
        dataset=scheme.dataset,
        basis=scheme.basis,
        version=scheme.version,
        state=scheme.state,
        in_force=scheme.in_force,
        starts=scheme.starts,
        ends=scheme.ends,
    )


def _version(version: SchemeVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "state": version.state,
        "digest": version.digest,
        "conditions": [str(condition) for condition in version.conditions],
        "document": version.document.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def _act(act: SchemeAct) -> models.SchemeAct:
    return models.SchemeAct(
        version=act.version, act=act.act, actor=act.actor, role=act.role, at=act.at, note=act.note, entry=act.entry
    )
