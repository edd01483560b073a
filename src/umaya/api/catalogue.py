"""JSON-LD API: the catalogue (DCAT), schemes in force (ODRL with DPV) and the hub's vocabulary. Translation only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from umaya.api.linked_data import catalogue_document, dataset_document, policy_document, vocabulary_document
from umaya.api.linked_data.terms import Names, Node
from umaya.gate import Gate
from umaya.law import RULES, day_in_japan
from umaya.types.clock import Clock
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor, Site
from umaya.web.languages import SUPPORTED, load_catalogue
from umaya.web.scheme_steps import may_see

LINKED_DATA = "application/ld+json"


class LinkedData(JSONResponse):
    """A document of JSON-LD 1.1."""

    media_type = LINKED_DATA


def router(gate: Gate, clock: Clock, origin: str, site: Site) -> APIRouter:
    """Return the routes of the catalogue under `/api/v1`.

    Args:
        gate: whose catalogue and schemes.
        clock: the present.
        origin: of the hub, of which identifiers are made.
        site: who is asking.
    """
    routes = APIRouter(prefix="/api/v1", tags=["catalogue"], default_response_class=LinkedData)
    names = Names(origin)
    words = {language: load_catalogue(language) for language in SUPPORTED}

    @routes.get("/catalogue")
    def catalogue(request: Request) -> dict[str, Any]:
        """Every dataset with its owner, and the schemes in force that are one's business, as DCAT and ODRL."""
        actor = site.actor(request)
        policies = _policies(gate, clock, names, actor)
        return catalogue_document(names, gate.catalogue.datasets(), gate.catalogue.parties(), policies)

    @routes.get("/catalogue/{dataset}")
    def dataset(request: Request, dataset: str) -> dict[str, Any]:
        """One dataset, and the schemes in force on it that are one's business."""
        actor = site.actor(request)
        found = gate.catalogue.dataset(dataset)
        policies = _policies(gate, clock, names, actor, found.id)
        return dataset_document(names, found, gate.catalogue.party(found.owner), policies)

    @routes.get("/schemes/{scheme}/policy")
    def policy(request: Request, scheme: str) -> dict[str, Any]:
        """The version in force as an ODRL agreement with DPV terms."""
        actor = site.actor(request)
        record = gate.schemes.get(scheme)
        if not may_see(actor, record.summary):
            raise NotFoundError("there is no such scheme")
        nodes = _stated(gate, clock, names, scheme)
        if not nodes:
            raise NotFoundError("no version of the scheme is in force")
        return {"@context": names.context(), "@graph": nodes}

    @routes.get("/vocabulary")
    def vocabulary() -> dict[str, Any]:
        """The terms that these documents use and no other vocabulary has: for everybody."""
        bases = RULES.at(day_in_japan(clock.now())).bases.values()
        return vocabulary_document(
            names, gate.schemes.obligations, bases, lambda key, language: words[language].gettext(key)
        )

    return routes


def _policies(gate: Gate, clock: Clock, names: Names, actor: Actor, dataset: str | None = None) -> list[Node]:
    seen = [one for one in gate.schemes.list() if may_see(actor, one) and dataset in {None, one.dataset}]
    return [node for one in seen for node in _stated(gate, clock, names, one.id)]


def _stated(gate: Gate, clock: Clock, names: Names, scheme: str) -> list[Node]:
    """Return the nodes of the version in force; none where there is none."""
    record = gate.schemes.get(scheme)
    version = next((one for one in record.versions if one.version == record.summary.in_force), None)
    if version is None:
        return []
    basis = RULES.at(day_in_japan(clock.now())).bases.get(version.document.basis)
    return policy_document(names, version, gate.catalogue.dataset(version.document.dataset), basis)
