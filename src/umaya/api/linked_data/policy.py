"""A scheme in force as an ODRL agreement, with what DPV says of its processing.

scheme                      ODRL and DPV
provider, recipient         assigner, assignee; data controller, recipient
dataset, fields             target: the dataset, refined to these fields; personal data
purpose                     constraint `purpose`; dpv:hasPurpose
period, area                constraints `dateTime`, `spatial`
consent topic               duty `obtainConsent` of each person
obligations, in order       duties of the hub's own profile, each within an action of ODRL; technical measures
conditions (附帯意見)        constraints of the profile
"""

from __future__ import annotations

from typing import Any, Final

from umaya.api.linked_data.terms import BASES, CLASSES, MEASURES, Names, Node, day, ref, texts
from umaya.gate import Dataset
from umaya.gate.conditions import Condition
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import SchemeVersion
from umaya.law import Basis, Evidence

PURPOSE: Final = "odrl:purpose"


def policy_document(names: Names, version: SchemeVersion, dataset: Dataset, basis: Basis | None) -> list[Node]:
    """Return the nodes of a version in force: the agreement first, then its processing.

    Args:
        names: of the hub.
        version: approved.
        dataset: that the scheme names.
        basis: as the rules of the day have it; None for one that is no longer in them.
    """
    document = version.document
    identifier = names.policy(version.scheme, version.version)
    agreement: Node = {
        "@id": identifier,
        "@type": "odrl:Agreement",
        "odrl:uid": ref(identifier),
        "odrl:profile": ref(names.vocabulary.removesuffix("#")),
        "dcterms:identifier": f"{version.scheme}/{version.version}",
        "dcterms:title": texts(document.title),
        "umaya:digest": version.digest,
        "umaya:dataset": ref(names.dataset(dataset.id)),
        "odrl:permission": _permission(names, version, identifier, basis),
    }
    return [agreement, _processing(names, document, dataset, basis, identifier)]


def _permission(names: Names, version: SchemeVersion, identifier: str, basis: Basis | None) -> Node:
    document = version.document
    duties = [_owed(identifier, at, step) for at, step in enumerate(document.obligations, 1)]
    if basis is not None and Evidence.CONSENT in basis.evidence:
        consent = {"@id": f"{identifier}#consent", "@type": "odrl:Duty", "odrl:action": ref("odrl:obtainConsent")}
        duties.insert(0, {**consent, "umaya:topic": document.topic})
    permission: Node = {
        "@id": f"{identifier}#permission",
        "@type": "odrl:Permission",
        "odrl:assigner": ref(names.party(document.provider)),
        "odrl:assignee": ref(names.party(document.recipient)),
        "odrl:target": {
            "@id": f"{identifier}#target",
            "@type": "odrl:AssetCollection",
            "odrl:source": ref(names.dataset(document.dataset)),
            "odrl:refinement": _constraint("umaya:fields", "odrl:isAnyOf", list(document.fields)),
        },
        "odrl:action": ref("odrl:use"),
        "odrl:constraint": _constraints(version.document, identifier, version.conditions),
    }
    if duties:
        permission["odrl:duty"] = duties
    return permission


def _constraints(document: SchemeDocument, identifier: str, conditions: tuple[Condition, ...]) -> list[Node]:
    found = [
        _constraint(PURPOSE, "odrl:eq", ref(f"{identifier}#purpose")),
        _constraint("odrl:dateTime", "odrl:gteq", day(document.period.from_)),
        _constraint("odrl:dateTime", "odrl:lteq", day(document.period.to)),
    ]
    if document.area is not None:
        area = {"@value": document.area.area().canonical().decode(), "@type": "geo:geoJSONLiteral"}
        found.append(_constraint("odrl:spatial", "odrl:isPartOf", area))
    found += [_constraint("umaya:condition", "odrl:eq", str(condition)) for condition in conditions]
    return found


def _constraint(left: str, operator: str, right: Any) -> Node:
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": ref(left),
        "odrl:operator": ref(operator),
        "odrl:rightOperand": right,
    }


def _owed(identifier: str, at: int, step: dict[str, dict[str, Any]]) -> Node:
    ((name, parameters),) = step.items()
    action: Node = {"rdf:value": ref(f"umaya:obligation-{name}")}
    if parameters:
        action["odrl:refinement"] = [
            _constraint("umaya:parameter", "odrl:eq", f"{key}={_plain(value)}")
            for key, value in sorted(parameters.items())
        ]
    return {
        "@id": f"{identifier}#duty-{at}",
        "@type": "odrl:Duty",
        "umaya:order": at,
        "odrl:action": action,
    }


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _processing(names: Names, document: SchemeDocument, dataset: Dataset, basis: Basis | None, identifier: str) -> Node:
    classes = sorted({dataset.classes[name] for name in document.fields})
    measures = sorted({MEASURES.get(name, "dpv:Deidentification") for step in document.obligations for name in step})
    node: Node = {
        "@id": f"{identifier}#processing",
        "@type": "dpv:Process",
        "dpv:hasPolicy": ref(identifier),
        "dpv:hasDataController": ref(names.party(document.provider)),
        "dpv:hasRecipient": ref(names.party(document.recipient)),
        "dpv:hasPurpose": {
            "@id": f"{identifier}#purpose",
            "@type": "dpv:Purpose",
            "dcterms:description": texts(document.purpose),
        },
        "dpv:hasData": [{"@id": f"umaya:class-{secrecy.value}", "@type": CLASSES[secrecy]} for secrecy in classes],
        "dpv:hasLegalBasis": _basis(document.basis, basis),
        "dpv:hasDuration": f"{document.period.from_}/{document.period.to}",
    }
    if measures:
        node["dpv:hasTechnicalMeasure"] = [ref(measure) for measure in measures]
    return node


def _basis(name: str, basis: Basis | None) -> Node:
    node: Node = {"@id": f"umaya:basis-{name}", "@type": BASES.get(name, "dpv:LegalBasis")}
    if basis is not None:
        node["dcterms:title"] = [
            {"@value": basis.title_ja, "@language": "ja"},
            {"@value": basis.title_en, "@language": "en"},
        ]
        node["dcterms:source"] = [
            {"@value": basis.source_ja, "@language": "ja"},
            {"@value": basis.source, "@language": "en"},
        ]
    return node
