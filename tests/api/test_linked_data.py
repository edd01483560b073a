"""The catalogue and schemes as a dataspace connector reads them: JSON-LD whose every term its vocabulary declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from pyshacl import validate
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, GEO, ODRL2, RDFS, SKOS, XSD

from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, OFFICER, make_hub
from umaya.api.linked_data import policy_document
from umaya.api.linked_data.terms import BASES, PREFIXES, Names
from umaya.gate import Party, Words, documents
from umaya.gate.scheme import parse
from umaya.gate.schemes import SchemeVersion, State
from umaya.hub import Hub
from umaya.law import RULES
from umaya.sample.bank import DATASET as DEPOSITS
from umaya.types.site import Actor

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's own

OFFER = "minase-insurance-offer"
VOCABULARIES = Path(__file__).parent / "vocabularies"
DPV = PREFIXES["dpv"]
DPV_TERMS = frozenset(
    line for line in (VOCABULARIES / "dpv-2.0.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")
)
HUB = "https://minase.example/umaya"
OWN = f"{HUB}/vocabulary#"
STRANGER = Actor("insurer-officer", "保 五郎", "insurer-minase", frozenset({"officer"}))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("linked") / "hub")
    hub.gate.catalogue.add_party(Party("insurer-minase", Words("水無瀬生命", "Minase Life"), "insurer"))
    hub.gate.catalogue.add_actor(STRANGER)
    yield hub
    hub.close()


def asked(hub: Hub, path: str, who: Actor | None = OFFICER) -> Any:
    answer = client_of(hub, who).get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/ld+json"
    return answer.json()


def graph_of(document: Any) -> Graph:
    """Return the triples of a document; nothing is fetched for it: the net is closed in tests."""
    graph = Graph()
    graph.parse(data=json.dumps(document), format="json-ld")
    return graph


@pytest.fixture(
    scope="module", params=["/catalogue", "/catalogue/bike-positions", "/schemes/minase-passable-roads/policy"]
)
def graph(request: pytest.FixtureRequest, hub: Hub) -> Graph:
    return graph_of(asked(hub, request.param))


def declared(term: URIRef, own: frozenset[str]) -> bool:
    """Return whether the vocabulary of a term has it; terms of no vocabulary are things of the hub."""
    for namespace in (DCAT, DCTERMS, FOAF, GEO, ODRL2, RDFS, SKOS, RDF, XSD):
        if str(term).startswith(str(namespace)):
            return term in namespace
    if str(term).startswith(DPV):
        return str(term).removeprefix(DPV) in DPV_TERMS
    return not str(term).startswith(OWN) or str(term) in own


def test_every_term_is_declared_by_its_vocabulary(hub: Hub, graph: Graph) -> None:
    """Of DCAT, Dublin Core, FOAF, ODRL, SKOS as rdflib has them, of DPV 2.0, and of the hub's own."""
    own = frozenset(map(str, graph_of(asked(hub, "/vocabulary", None)).subjects()))
    terms = {term for triple in graph for term in triple if isinstance(term, URIRef)}
    terms |= {term.datatype for term in graph.objects() if isinstance(term, Literal) and term.datatype}
    assert sorted(str(term) for term in terms if not declared(term, own)) == []
    assert not declared(URIRef(DPV + "Invented"), own), "the check finds what nobody declared"
    assert not declared(URIRef(str(ODRL2) + "invented"), own)
    assert not declared(URIRef(OWN + "invented"), own)


def test_documents_have_the_shape_that_readers_rely_on(graph: Graph) -> None:
    """SHACL shapes of DCAT-AP's mandatory properties and of ODRL's information model."""
    shapes = Graph().parse(VOCABULARIES / "shapes.ttl")
    conforms, _, report = validate(graph, shacl_graph=shapes)
    assert conforms, report


def test_a_document_without_its_purpose_is_refused_by_the_shapes(hub: Hub) -> None:
    """Guards the test above."""
    document = asked(hub, "/schemes/minase-passable-roads/policy")
    del document["@graph"][1]["dpv:hasPurpose"]
    conforms, _, _ = validate(graph_of(document), shacl_graph=Graph().parse(VOCABULARIES / "shapes.ttl"))
    assert not conforms


def test_a_policy_says_what_the_scheme_says(hub: Hub) -> None:
    """Parties, fields, period, area and obligations in their order; a connector can decide by it."""
    graph = graph_of(asked(hub, "/schemes/minase-passable-roads/policy"))
    agreement = graph.value(predicate=RDF.type, object=ODRL2.Agreement)
    permission = graph.value(agreement, ODRL2.permission)
    assert str(graph.value(permission, ODRL2.assigner)) == f"{HUB}/parties/post-minase"
    assert str(graph.value(permission, ODRL2.assignee)) == f"{HUB}/parties/city-minase"
    target = graph.value(permission, ODRL2.target)
    fields = graph.objects(graph.value(target, ODRL2.refinement), ODRL2.rightOperand)
    assert {str(field) for field in fields} == {"vehicle_id", "t", "lon", "lat"}
    limits = {
        (graph.value(one, ODRL2.leftOperand), graph.value(one, ODRL2.operator)): graph.value(one, ODRL2.rightOperand)
        for one in graph.objects(permission, ODRL2.constraint)
    }
    assert str(limits[ODRL2.dateTime, ODRL2.lteq]) == "2027-03-31"
    assert "136.8" in str(limits[ODRL2.spatial, ODRL2.isPartOf])
    order = URIRef(OWN + "order")
    duties = sorted(graph.objects(permission, ODRL2.duty), key=lambda duty: int(str(graph.value(duty, order))))
    actions = [graph.value(graph.value(duty, ODRL2.action), RDF.value) for duty in duties]
    assert [str(one).removeprefix(OWN) for one in actions] == [
        "obligation-move-to-road",
        "obligation-suppress-dead-ends",
        "obligation-link-counts",
    ]
    assert str(graph.value(agreement, URIRef(OWN + "digest"))).startswith("sha256:")


def test_only_a_scheme_in_force_states_a_policy_and_only_to_its_parties_and_auditors(hub: Hub) -> None:
    for who, scheme, status in (
        (OFFICER, "minase-passable-roads", 200),
        (AUDITOR, "minase-passable-roads", 200),
        (STRANGER, "minase-passable-roads", 404),
        (OFFICER, "minase-drill", 404),
        (OFFICER, "nobodys", 404),
    ):
        assert client_of(hub, who).get(f"/api/v1/schemes/{scheme}/policy").status_code == status
    stranger = graph_of(asked(hub, "/catalogue", STRANGER))
    assert list(stranger.subjects(RDF.type, ODRL2.Agreement)) == []
    assert len(list(stranger.subjects(RDF.type, DCAT.Dataset))) == len(hub.gate.catalogue.datasets())


def test_nobody_reads_the_catalogue_without_signing_in(hub: Hub) -> None:
    assert client_of(hub).get("/api/v1/catalogue").status_code == 401
    assert client_of(hub, OFFICER).get("/api/v1/catalogue/nothing").status_code == 404


def test_every_basis_of_the_law_has_its_term() -> None:
    known = {basis for rules in RULES.sets for basis in rules.bases}
    assert known == BASES.keys()


def test_a_scheme_on_consent_owes_each_persons_consent_first() -> None:
    """The sample's offer of insurance: the duty names the topic, basis and classes what DPV calls them."""
    document = parse(
        documents.read((resources.files("umaya.sample") / "schemes" / f"{OFFER}.yaml").read_text("utf-8"), OFFER)
    )
    version = SchemeVersion(OFFER, 3, State.APPROVED, "sha256:" + "0" * 64, document)
    basis = RULES.at(date(2026, 11, 20)).bases["cross-sell-consent"]
    nodes = policy_document(Names("minase.example/umaya"), version, DEPOSITS, basis)
    first, *rest = nodes[0]["odrl:permission"]["odrl:duty"]
    assert first["odrl:action"] == {"@id": "odrl:obtainConsent"}
    assert first["umaya:topic"] == "deposits-to-insurance"
    assert [one["odrl:action"]["rdf:value"]["@id"] for one in rest] == [
        "umaya:obligation-generalise-numbers",
        "umaya:obligation-delete-by",
    ]
    assert nodes[1]["dpv:hasLegalBasis"]["@type"] == "dpv:Consent"
    assert "dpv:SensitivePersonalData" in {one["@type"] for one in nodes[1]["dpv:hasData"]}
