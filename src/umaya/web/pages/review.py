"""Review: the work list, and one version with everything that a reviewer looks at, side by side, and the acts to take.

Offers the acts that the gate would take from the reader now and no other. A form that a person filled comes back with
what they typed and the fault beside the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Gate, SchemeRecord, SchemeSummary, SchemeVersion
from umaya.gate.changes import changes, compare
from umaya.gate.conditions import Condition
from umaya.gate.highlights import highlights
from umaya.gate.rehearsal import Offer, Step
from umaya.gate.roles import APPROVER, AUDITOR, OFFICER, PRIVACY_OFFICER, STEWARD, VERIFIER
from umaya.gate.statements import MAX_CHARACTERS
from umaya.hub import Hub
from umaya.law import RULES, Finding, Language, RuleSet, day_in_japan
from umaya.law.privacy_check import PROBLEMS
from umaya.law.words import explain
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.condition_forms import PREFIX, condition_fields, read_conditions
from umaya.web.pages.schemes import find_scheme, party_names
from umaya.web.scheme_steps import is_mine, pending_of
from umaya.web.site import WebSite

ROLES = (VERIFIER, APPROVER, PRIVACY_OFFICER, STEWARD, AUDITOR, OFFICER)
NEEDS_REASON = frozenset({Step.RETURN, Step.IMPOSE, Step.REPORT, Step.SUSPEND, Step.RESUME, Step.END})
WITH_CONDITIONS = frozenset({Step.VERIFY, Step.APPROVE, Step.IMPOSE})
MAX_VERSION = 2**31 - 1
MANY = 5
"""At most so many similar schemes are set beside one."""
Version = Annotated[int, Path(ge=1, le=MAX_VERSION)]


@dataclass(frozen=True)
class Filled:
    """A form as a person filled it.

    Attributes:
        step: which of the page's forms.
        faults: name of the field to the key of what is wrong with it.
    """

    step: Step
    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


async def form_values(request: Request) -> dict[str, str]:
    """Return the text fields of a submitted form."""
    form = await request.form()
    return {key: value for key, value in form.items() if isinstance(value, str)}


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the review."""
    routes = APIRouter()

    @routes.get("/review")
    def work_list(request: Request) -> Response:
        actor = site.require(request, *ROLES)
        pending = pending_of(hub.gate, actor)
        mine = {id(one) for one in pending if is_mine(hub.gate, actor, one)}
        points = {
            (one.scheme, one.version): len(hub.gate.schemes.open_points(one.scheme, one.version)) for one in pending
        }
        return site.page(
            request,
            "review/list.html",
            mine=[one for one in pending if id(one) in mine],
            others=[one for one in pending if id(one) not in mine],
            points=points,
            parties=party_names(hub.gate),
            now=hub.clock.now(),
        )

    @routes.get("/review/{scheme}/{version}")
    def version_page(request: Request, scheme: str, version: Version) -> Response:
        return _page(hub, site, request, scheme, version)

    @routes.post("/schemes/{scheme}/{version}/{step}")
    def act(
        request: Request,
        scheme: str,
        version: Version,
        step: Step,
        values: Annotated[dict[str, str], Depends(form_values)],
    ) -> Response:
        actor = site.actor(request)
        found = _version(find_scheme(hub.gate, actor, scheme), version)
        dataset = hub.gate.catalogue.dataset(found.document.dataset)
        fields = condition_fields(found.document, dataset) if step in WITH_CONDITIONS else []
        conditions, wrong = read_conditions(fields, values)
        faults = dict.fromkeys(wrong, "range") | _note_fault(step, values.get("note", ""))
        if step is Step.IMPOSE and not conditions and not wrong:
            faults["conditions"] = "none"
        if faults:
            return _page(hub, site, request, scheme, version, Filled(step, values, faults))
        _do(hub.gate, actor, scheme, version, step, values.get("note", ""), conditions)
        return RedirectResponse(f"/schemes/{scheme}?done={step}", 303)

    return routes


def _note_fault(step: Step, note: str) -> dict[str, str]:
    if step in NEEDS_REASON and not note.strip():
        return {"note": "reason"}
    return {"note": "long"} if len(note.strip()) > MAX_CHARACTERS else {}


def _do(
    gate: Gate, actor: Actor, scheme: str, version: int, step: Step, note: str, conditions: list[Condition]
) -> None:
    review = gate.review
    match step:
        case Step.PRIVACY_CHECK:
            review.sign_privacy(actor, scheme, version, note)
        case Step.VERIFY:
            review.verify(actor, scheme, version, note, conditions)
        case Step.CONSENT:
            review.consent(actor, scheme, version, note)
        case Step.APPROVE:
            review.approve(actor, scheme, version, note, conditions)
        case Step.RETURN:
            review.send_back(actor, scheme, note, version)
        case Step.IMPOSE:
            review.impose(actor, scheme, conditions, note, version)
        case Step.REPORT:
            review.report(actor, scheme, note)
        case Step.SUSPEND:
            review.suspend(actor, scheme, note)
        case Step.RESUME:
            review.resume(actor, scheme, note)
        case Step.END:
            review.end(actor, scheme, note)


def _version(record: SchemeRecord, version: int) -> SchemeVersion:
    found = next((one for one in record.versions if one.version == version), None)
    if found is None:
        raise NotFoundError("the scheme has no such version")
    return found


def _page(
    hub: Hub, site: WebSite, request: Request, scheme: str, number: int, filled: Filled | None = None
) -> Response:
    actor, gate = site.actor(request), hub.gate
    record = find_scheme(gate, actor, scheme)
    version = _version(record, number)
    document = version.document
    rules = RULES.at(day_in_japan(hub.clock.now()))
    dataset = gate.catalogue.dataset(document.dataset)
    standing = gate.agenda.standing(scheme, number)
    comparison = compare(record, number)
    inside = actor.party == document.provider or AUDITOR in actor.roles
    others = _others(gate, record) if inside else None
    basis = rules.bases.get(document.basis)
    language: Language = "ja" if site.language(request) == "ja" else "en"
    context = {
        "record": record,
        "scheme": record.summary,
        "version": version,
        "document": document,
        "dataset": dataset,
        "basis": basis,
        "rules": rules,
        "classes": sorted({dataset.classes[name] for name in document.fields}),
        "standing": standing,
        "fault": standing.fault and explain(standing.fault, rules, language),
        "points": _spoken(standing.open_points, rules, language, document.basis),
        "highlights": highlights(version, dataset, basis, comparison, standing, others),
        "comparison": comparison,
        "lines": [str(change) for change in comparison.changes],
        "reach": gate.figures.head_count(document) if inside else None,
        "similar": _similar(gate, others or [], version),
        "topic": None if document.topic is None else gate.topics.get(document.topic),
        "text": _text_in_force(gate, document.topic),
        "notice": None if document.notice is None else gate.joint_use.get(document.notice),
        "problems": PROBLEMS,
        "pending": [(one, is_mine(gate, actor, one)) for one in gate.agenda.of_scheme(scheme) if one.version == number],
        "offers": _offers(gate, actor, scheme, version),
        "fields": condition_fields(document, dataset),
        "filled": filled,
        "needs_reason": NEEDS_REASON,
        "with_conditions": WITH_CONDITIONS,
        "prefix": PREFIX,
        "parties": party_names(gate),
        "people": {person.id: person.name for person in gate.catalogue.actors()},
        "acts": [act for act in record.acts if act.version == number],
        "today": day_in_japan(hub.clock.now()),
        "now": hub.clock.now(),
    }
    return site.render(request, "review/version.html", 200 if filled is None else 422, **context)


def _offers(gate: Gate, actor: Actor, scheme: str, version: SchemeVersion) -> list[Step]:
    return [offer.step for offer in gate.rehearsal.offers(actor, scheme) if offer == Offer(offer.step, version.version)]


def _spoken(found: tuple[Finding, ...], rules: RuleSet, language: Language, basis: str) -> list[object]:
    return [explain(one, rules, language, basis) for one in found]


def _text_in_force(gate: Gate, topic: str | None) -> object:
    """Return the newest wording of a topic that holds, or None."""
    if topic is None:
        return None
    return next((text for text in reversed(gate.topics.texts(topic)) if text.ended_at is None), None)


@dataclass(frozen=True)
class Similar:
    """Another scheme on the same data or for the same recipient, and what this one says otherwise."""

    record: SchemeRecord
    lines: tuple[str, ...]


def _others(gate: Gate, record: SchemeRecord) -> list[SchemeSummary]:
    """Return the provider's other schemes: they are the business of the provider's own people and of auditors."""
    of = record.summary
    return [one for one in gate.schemes.list() if one.provider == of.provider and one.id != of.id]


def _similar(gate: Gate, others: list[SchemeSummary], version: SchemeVersion) -> list[Similar]:
    document = version.document
    alike = [
        (-(other.dataset == document.dataset) - (other.recipient == document.recipient), other.id)
        for other in others
        if other.in_force and (other.dataset == document.dataset or other.recipient == document.recipient)
    ]
    return [_beside(gate, key, version) for _, key in sorted(alike)[:MANY]]


_UNCOMPARED = ("scheme", "title", "privacy_check", "agreement")


def _beside(gate: Gate, key: str, version: SchemeVersion) -> Similar:
    other = gate.schemes.get(key)
    in_force = next(one for one in other.versions if one.version == other.summary.in_force)
    lines = (
        str(change)
        for change in changes(in_force.document, version.document)
        if change.key.split(".")[0] not in _UNCOMPARED
    )
    return Similar(other, tuple(lines))
