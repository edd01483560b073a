"""The catalogue as DCAT: datasets with their fields' secrecy classes, and the service that data is asked from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from umaya.api.linked_data.terms import CLASSES, Names, Node, ref, texts
from umaya.gate import Dataset, Party

SERVICE_PATH = "/api/v1/uses"
ARROW_TYPE = "https://www.iana.org/assignments/media-types/application/vnd.apache.arrow.stream"


def catalogue_document(
    names: Names, datasets: Sequence[Dataset], parties: Iterable[Party], policies: Iterable[Node]
) -> Node:
    """Return the whole catalogue.

    Args:
        names: of the hub.
        datasets: to describe.
        parties: every party that a dataset or a policy names.
        policies: nodes of `policy_document`, of the schemes that the reader may see; each dataset refers to its own.
    """
    stated = list(policies)
    described = [_dataset(names, one, stated) for one in datasets]
    service: Node = {
        "@id": f"{names.catalogue}/service",
        "@type": "dcat:DataService",
        "dcterms:title": [
            {"@value": "門（データの利用）", "@language": "ja"},
            {"@value": "The gate (uses of data)", "@language": "en"},
        ],
        "dcat:endpointURL": ref(f"https://{names.origin}{SERVICE_PATH}"),
        "dcat:endpointDescription": ref(f"https://{names.origin}/api/v1/openapi.json"),
        "dcat:servesDataset": [ref(one["@id"]) for one in described],
    }
    catalogue: Node = {
        "@id": names.catalogue,
        "@type": "dcat:Catalog",
        "dcterms:title": [
            {"@value": "駅家のデータ目録", "@language": "ja"},
            {"@value": "Data catalogue of the hub", "@language": "en"},
        ],
        "dcterms:description": [
            {
                "@value": "この目録にあるデータは、承認された施策の条件の下でだけ、門を通して利用できます。",
                "@language": "ja",
            },
            {
                "@value": "What is catalogued here is used through the gate alone, on the terms of approved schemes.",
                "@language": "en",
            },
        ],
        "dcterms:language": ["ja", "en"],
        "dcat:dataset": [ref(one["@id"]) for one in described],
        "dcat:service": ref(service["@id"]),
    }
    graph = [catalogue, service, *described, *[_party(names, one) for one in parties], *stated]
    return {"@context": names.context(), "@graph": graph}


def dataset_document(names: Names, dataset: Dataset, owner: Party, policies: Iterable[Node]) -> Node:
    """Return one dataset with its owner and the policies that the reader may see."""
    stated = list(policies)
    return {
        "@context": names.context(),
        "@graph": [_dataset(names, dataset, stated), _party(names, owner), *stated],
    }


def _dataset(names: Names, dataset: Dataset, policies: Sequence[Node]) -> Node:
    identifier = names.dataset(dataset.id)
    own = [
        one for one in policies if one.get("@type") == "odrl:Agreement" and one["umaya:dataset"]["@id"] == identifier
    ]
    node: Node = {
        "@id": identifier,
        "@type": "dcat:Dataset",
        "dcterms:identifier": dataset.id,
        "dcterms:title": texts(dataset.title),
        "dcterms:publisher": ref(names.party(dataset.owner)),
        "dcterms:accessRights": ref("umaya:through-the-gate"),
        "umaya:field": [
            _field(names, dataset, field.name) for field in dataset.fields if field.name != dataset.subject
        ],
        "dcat:distribution": {
            "@id": f"{identifier}/stream",
            "@type": "dcat:Distribution",
            "dcterms:title": texts(dataset.title),
            "dcat:accessURL": ref(f"https://{names.origin}{SERVICE_PATH}"),
            "dcat:accessService": ref(f"{names.catalogue}/service"),
            "dcat:mediaType": ref(ARROW_TYPE),
        },
    }
    if own:
        node["odrl:hasPolicy"] = [ref(one["@id"]) for one in own]
    return node


def _field(names: Names, dataset: Dataset, name: str) -> Node:
    secrecy = dataset.classes[name]
    return {
        "@id": f"{names.dataset(dataset.id)}#{name}",
        "@type": ["umaya:Field", CLASSES[secrecy]],
        "dcterms:identifier": name,
        "umaya:secrecyClass": ref(f"umaya:class-{secrecy.value}"),
        "umaya:arrowType": str(dataset.schema.field(name).type),
    }


def _party(names: Names, party: Party) -> Node:
    return {
        "@id": names.party(party.id),
        "@type": ["foaf:Organization", "odrl:Party"],
        "dcterms:identifier": party.id,
        "foaf:name": texts(party.name),
        "umaya:partyKind": party.kind,
    }
