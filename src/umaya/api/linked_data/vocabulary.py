"""The hub's own vocabulary and ODRL profile: the terms that no other vocabulary has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from umaya.api.linked_data.terms import BASES, CLASSES, Names, Node, ref
from umaya.law import Basis

PROPERTIES: Final = ("arrowType", "dataset", "digest", "field", "order", "partyKind", "secrecyClass", "topic")
OPERANDS: Final = ("condition", "fields", "parameter")
_WITHIN: Final = {"delete-by": "odrl:delete"}


def vocabulary_document(
    names: Names, obligations: Iterable[str], bases: Iterable[Basis], word: Callable[[str, str], str]
) -> Node:
    """Return the vocabulary.

    Args:
        names: of the hub.
        obligations: that the hub can meet.
        bases: of the rules in force.
        word: returns the text of a key in a language.
    """

    def label(key: str) -> list[Node]:
        return [{"@value": word(key, language), "@language": language} for language in ("ja", "en")]

    profile = {
        "@id": names.vocabulary.removesuffix("#"),
        "@type": "odrl:Profile",
        "rdfs:label": label("linked-data.vocabulary"),
    }
    classes = [
        {
            "@id": f"umaya:class-{secrecy.value}",
            "@type": ["skos:Concept", term],
            "skos:prefLabel": label(f"class.{secrecy.value}"),
        }
        for secrecy, term in CLASSES.items()
    ]
    actions = [
        {
            "@id": f"umaya:obligation-{name}",
            "@type": "odrl:Action",
            "odrl:includedIn": ref(_WITHIN.get(name, "odrl:anonymize")),
            "skos:prefLabel": label(f"obligation.{name}"),
        }
        for name in sorted(obligations)
    ]
    grounds = [
        {
            "@id": f"umaya:basis-{basis.id}",
            "@type": ["skos:Concept", BASES.get(basis.id, "dpv:LegalBasis")],
            "skos:prefLabel": [
                {"@value": basis.title_ja, "@language": "ja"},
                {"@value": basis.title_en, "@language": "en"},
            ],
        }
        for basis in bases
    ]
    terms = [
        {"@id": "umaya:Field", "@type": "rdfs:Class", "rdfs:label": label("linked-data.Field")},
        {
            "@id": "umaya:through-the-gate",
            "@type": "dcterms:RightsStatement",
            "rdfs:label": label("linked-data.through-the-gate"),
        },
        *[
            {"@id": f"umaya:{name}", "@type": "rdf:Property", "rdfs:label": label(f"linked-data.{name}")}
            for name in PROPERTIES
        ],
        *[
            {"@id": f"umaya:{name}", "@type": "odrl:LeftOperand", "rdfs:label": label(f"linked-data.{name}")}
            for name in OPERANDS
        ],
    ]
    return {"@context": names.context(), "@graph": [profile, *terms, *classes, *actions, *grounds]}
