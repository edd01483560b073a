"""Datasets: what a party holds, what people were told when it was collected, how long it is kept, where it came from
and where it went.

The owner's data people see their own datasets in full and others as the catalogue has them; auditors see all. The gate
decides who may act; a form that it does not take comes back as it was filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Dataset, Words
from umaya.gate.collection import CollectionNotice, Manner, is_personal
from umaya.gate.retention import MAX_DAYS, Rule
from umaya.gate.roles import AUDITOR, OPERATOR, PRIVACY_OFFICER, STEWARD
from umaya.gate.statements import MAX_CHARACTERS
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.errors import InputError
from umaya.types.site import Actor
from umaya.web.pages.audit_search import search_of
from umaya.web.site import WebSite

ROLES: Final = (STEWARD, OPERATOR, PRIVACY_OFFICER, AUDITOR)
LATEST: Final = 50
"""So many intakes stand on the page, the latest."""
WRONG: Final = 422
NOTICE_FIELDS: Final = ("purpose_ja", "purpose_en", "wording_ja", "wording_en", "starts")
DONE: Final = ("notice", "ended", "rule", "taken", "dropped")
Text = Annotated[str, Form(max_length=5000)]


@dataclass(frozen=True)
class Standing:
    """What of a dataset matters for what is to be done next.

    Attributes:
        personal: whether any field is about somebody.
        notices: every version, the newest first.
        rule: of retention, or None.
        overdue: whether the sweep is late.
    """

    personal: bool
    notices: tuple[CollectionNotice, ...]
    rule: Rule | None
    overdue: bool
    today: date

    @property
    def in_force(self) -> list[CollectionNotice]:
        """The versions under which rows may be taken in today."""
        return [one for one in self.notices if not one.ended and one.starts <= self.today]

    @property
    def before(self) -> date | None:
        """Rows of days before this one are due."""
        return None if self.rule is None else self.today - timedelta(days=self.rule.days)

    @property
    def step(self) -> tuple[str, str] | None:
        """What is to be done next, and the role whose turn it is; `hub` is whoever runs the hub."""
        if self.personal and not self.in_force:
            return "notice", PRIVACY_OFFICER
        if self.rule is None:
            return "rule", STEWARD
        return ("sweep", "hub") if self.overdue else None


def standing_of(hub: Hub, dataset: Dataset) -> Standing:
    """Return how a dataset stands today."""
    gate = hub.gate
    return Standing(
        is_personal(dataset),
        tuple(gate.collections.list(dataset.id)),
        gate.retention.rule(dataset.id),
        gate.retention.is_overdue(dataset.id),
        day_in_japan(hub.clock.now()),
    )


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of datasets."""
    routes = APIRouter(prefix="/datasets")
    gate = hub.gate

    @routes.get("")
    def datasets(request: Request) -> Response:
        actor = site.require(request, *ROLES)
        found = gate.catalogue.datasets()
        shown = {one.id for one in found if gate.lineage.is_shown(actor, one.owner)}
        rows = [
            (one, gate.lineage.total(actor, one.id), standing_of(hub, one), turn(hub, actor, one))
            for one in found
            if one.id in shown
        ]
        others = [one for one in found if one.id not in shown]
        return site.page(request, "datasets/list.html", rows=rows, others=others, parties=_parties(hub))

    @routes.get("/{dataset}")
    def one(
        request: Request,
        dataset: str,
        done: Annotated[str, Query(max_length=16)] = "",
        before: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    ) -> Response:
        actor = site.require(request, *ROLES)
        return _one(hub, site, request, actor, dataset, done=done if done in DONE else "", before=before)

    @routes.post("/{dataset}/notices")
    def register(
        request: Request,
        dataset: str,
        manner: Annotated[Manner, Form()] = Manner.SHOWN,
        purpose_ja: Text = "",
        purpose_en: Text = "",
        wording_ja: Text = "",
        wording_en: Text = "",
        starts: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        actor = site.require(request, PRIVACY_OFFICER)
        typed = dict(
            zip(NOTICE_FIELDS, (purpose_ja, purpose_en, wording_ja, wording_en, starts), strict=True), manner=manner
        )
        day = _day(starts)
        faults = {name: "text" for name in NOTICE_FIELDS[:4] if not str(typed[name]).strip()}
        if day is None:
            faults["starts"] = "day"
        if faults or day is None:
            return _one(hub, site, request, actor, dataset, notice=typed, faults=faults)
        purpose, wording = Words(purpose_ja.strip(), purpose_en.strip()), Words(wording_ja.strip(), wording_en.strip())
        try:
            gate.collections.register(actor, dataset, manner, purpose, wording, day)
        except InputError as error:
            name = (error.place.field or "purpose_ja").replace(".", "_")
            faults = {name: "past" if name == "starts" else "long"}
            return _one(hub, site, request, actor, dataset, notice=typed, faults=faults)
        return RedirectResponse(f"/datasets/{dataset}?done=notice", 303)

    @routes.post("/{dataset}/notices/{told}/end")
    def end(request: Request, dataset: str, told: Annotated[int, Path(ge=1, lt=2**31)]) -> Response:
        gate.collections.end(site.require(request, PRIVACY_OFFICER), dataset, told)
        return RedirectResponse(f"/datasets/{dataset}?done=ended", 303)

    @routes.post("/{dataset}/retention")
    def keep(
        request: Request, dataset: str, days: Annotated[str, Form(max_length=20)] = "", reason: Text = ""
    ) -> Response:
        actor = site.require(request, STEWARD)
        number = int(days) if days.isascii() and days.isdigit() and len(days) < 9 else 0
        faults = {} if 1 <= number <= MAX_DAYS else {"days": "days"}
        if not 0 < len(reason.strip()) <= MAX_CHARACTERS:
            faults["reason"] = "text" if not reason.strip() else "long"
        if faults:
            typed = {"days": days, "reason": reason}
            return _one(hub, site, request, actor, dataset, rule=typed, faults=faults)
        gate.retention.set_rule(actor, dataset, number, reason)
        return RedirectResponse(f"/datasets/{dataset}?done=rule", 303)

    return routes


def turn(hub: Hub, actor: Actor, dataset: Dataset) -> bool:
    """Return whether what is to be done next with a dataset is the actor's turn."""
    step = standing_of(hub, dataset).step
    return step is not None and step[1] in actor.roles and actor.party == dataset.owner


def _one(
    hub: Hub,
    site: WebSite,
    request: Request,
    actor: Actor,
    key: str,
    *,
    done: str = "",
    before: int | None = None,
    notice: Mapping[str, object] | None = None,
    rule: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    gate = hub.gate
    dataset = gate.catalogue.dataset(key)
    told: dict[str, Any] = {"dataset": dataset, "parties": _parties(hub), "shown": False, "done": done}
    if gate.lineage.is_shown(actor, dataset.owner):
        mine = actor.party == dataset.owner
        intakes = gate.lineage.intakes(actor, key, LATEST + 1, before)
        told |= {
            "shown": True,
            "standing": standing_of(hub, dataset),
            "mine": turn(hub, actor, dataset),
            "lineage": gate.lineage.of(actor, key, search_of(hub)),
            "total": gate.lineage.total(actor, key),
            "intakes": intakes[:LATEST],
            "older": intakes[LATEST - 1].entry if len(intakes) > LATEST else None,
            "people": {person.id: person.name for person in gate.catalogue.actors()},
            "may_tell": mine and PRIVACY_OFFICER in actor.roles,
            "may_keep": mine and STEWARD in actor.roles,
            "may_import": mine and OPERATOR in actor.roles,
            "is_auditor": AUDITOR in actor.roles,
            "manners": list(Manner),
            "notice": notice or {**dict.fromkeys(NOTICE_FIELDS, ""), "manner": Manner.SHOWN},
            "rule": rule or {"days": "", "reason": ""},
            "faults": faults or {},
        }
    return site.render(request, "datasets/one.html", WRONG if faults else 200, **told)


def _parties(hub: Hub) -> dict[str, Words]:
    return {party.id: party.name for party in hub.gate.catalogue.parties()}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
