"""Prefixes, identifiers and the correspondence of Umaya's nouns with the terms of the vocabularies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from umaya.gate import Words
from umaya.types.classes import SecrecyClass

Node = dict[str, Any]
"""A node object of JSON-LD."""

PREFIXES: Final[Mapping[str, str]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

CLASSES: Final[Mapping[SecrecyClass, str]] = {
    SecrecyClass.CORRESPONDENCE: "dpv:ConfidentialData",
    SecrecyClass.POSTAL: "dpv:ConfidentialData",
    SecrecyClass.SPECIAL_CARE: "dpv:SpecialCategoryPersonalData",
    SecrecyClass.FINANCIAL: "dpv:SensitivePersonalData",
    SecrecyClass.INSURANCE: "dpv:SensitivePersonalData",
    SecrecyClass.LOCATION: "dpv:PersonalData",
    SecrecyClass.ORDINARY: "dpv:PersonalData",
    SecrecyClass.NON_PERSONAL: "dpv:NonPersonalData",
}
"""Secrecy class to the narrowest term of DPV that holds for it; the class itself is a term of the hub's vocabulary."""

BASES: Final[Mapping[str, str]] = {
    "own-purpose": "dpv:LegitimateInterestOfController",
    "joint-use": "dpv:DataControllerContract",
    "consent": "dpv:Consent",
    "consent-statistics": "dpv:Consent",
    "cross-sell-consent": "dpv:Consent",
    "statute": "dpv:LegalObligation",
    "emergency": "dpv:VitalInterest",
    "statistics": "dpv:PublicInterest",
    "probe-statistics": "dpv:PublicInterest",
    "postal-exception-1": "dpv:PublicInterest",
    "postal-exception-2": "dpv:VitalInterest",
    "postal-exception-3": "dpv:PublicInterest",
    "postal-exception-4": "dpv:PublicInterest",
}
"""Basis to the nearest legal basis of DPV, whose terms follow the GDPR; one that is not named here is a
`dpv:LegalBasis`. The law itself is said by its source."""

MEASURES: Final[Mapping[str, str]] = {
    "delete-by": "dpv:DataSanitisationTechnique",
    "drop": "dpv:DataRedaction",
    "mask": "dpv:DataRedaction",
    "pseudonymise": "dpv:DeterministicPseudonymisation",
}
"""Obligation to the technical measure of DPV; the others reduce what can be recognised: `dpv:Deidentification`."""


@dataclass(frozen=True)
class Names:
    """Makes identifiers.

    Attributes:
        origin: of the hub, e.g. `minase.example/umaya`.
    """

    origin: str

    @property
    def catalogue(self) -> str:
        return f"https://{self.origin}/catalogue"

    @property
    def vocabulary(self) -> str:
        return f"https://{self.origin}/vocabulary#"

    def party(self, party: str) -> str:
        """Return the identifier of a party."""
        return f"https://{self.origin}/parties/{party}"

    def dataset(self, dataset: str) -> str:
        """Return the identifier of a dataset."""
        return f"https://{self.origin}/datasets/{dataset}"

    def policy(self, scheme: str, version: int) -> str:
        """Return the identifier of the policy that a version of a scheme states."""
        return f"https://{self.origin}/schemes/{scheme}/{version}/policy"

    def context(self) -> dict[str, str]:
        """Return the context that documents carry in themselves: nobody need fetch one."""
        return {**PREFIXES, "umaya": self.vocabulary}


def texts(words: Words | Any) -> list[Node]:
    """Return a bilingual text, of anything with `ja` and `en`, as language-tagged strings."""
    return [{"@value": words.ja, "@language": "ja"}, {"@value": words.en, "@language": "en"}]


def day(value: object) -> Node:
    """Return a day in Japan as a typed literal."""
    return {"@value": str(value), "@type": "xsd:date"}


def ref(identifier: str) -> Node:
    """Return a reference to a node."""
    return {"@id": identifier}
