"""A draft as data: how a scheme document becomes one and how it becomes a document again.

A draft holds what was typed, right or wrong: days as texts, numbers as texts where they are none. What the chosen basis
has no use for is put aside, not thrown away, so that choosing another basis and coming back loses nothing. Keys that
the forms do not know stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any, Final

from umaya.gate.documents import Document
from umaya.gate.scheme import SchemeDocument
from umaya.law import Basis, Evidence

STEPS: Final = ("idea", "what", "whose", "why", "obligations", "privacy", "review")
"""The steps of the form, in their order."""
STEP_OF: Final[Mapping[str, str]] = {
    "scheme": "idea",
    "title": "idea",
    "purpose": "idea",
    "provider": "what",
    "dataset": "what",
    "fields": "what",
    "recipient": "whose",
    "area": "whose",
    "period": "whose",
    "basis": "why",
    "topic": "why",
    "notice": "why",
    "authority": "why",
    "business": "why",
    "agreement": "why",
    "obligations": "obligations",
    "privacy_check": "privacy",
}
"""The step at which each key is asked for; others are shown at the review."""
ASIDE: Final = "_aside"
_RESTS_ON: Final[Mapping[str, frozenset[Evidence]]] = {
    "topic": frozenset({Evidence.CONSENT_TOPIC}),
    "notice": frozenset({Evidence.PUBLISHED_NOTICE}),
    "authority": frozenset({Evidence.CITATION}),
    "business": frozenset({Evidence.CONSENT_DIRECTION}),
    "agreement": frozenset({Evidence.AGREED_POINTS}),
}
"""What each key shows: it is asked for where the basis wants one of these."""
_TEXTS: Final = frozenset({"scheme", "provider", "recipient", "dataset", "basis", "topic", "notice", "business"})
_LISTS: Final = frozenset({"fields", "obligations", "privacy_check"})
Data = dict[str, Any]


def of_data(data: Mapping[str, Any]) -> Data:
    """Return the draft of what a file states: only what JSON can hold, days as texts, lists where forms need lists."""
    draft = {str(key): _plain(value) for key, value in data.items() if key != ASIDE}
    draft = {key: value for key, value in draft.items() if value is not None}
    for key in _TEXTS & draft.keys():
        draft[key] = draft[key] if isinstance(draft[key], str) else str(draft[key])
    for key in _LISTS & draft.keys():
        draft[key] = draft[key] if isinstance(draft[key], list) else [draft[key]]
    if "fields" in draft:
        draft["fields"] = [str(name) for name in draft["fields"]]
    if "obligations" in draft:
        draft["obligations"] = [step if isinstance(step, dict) else {str(step): {}} for step in draft["obligations"]]
    return draft


def of_document(document: SchemeDocument) -> Data:
    """Return the draft of a scheme that was submitted once."""
    data: Data = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return data


def document_of(data: Mapping[str, Any]) -> Data:
    """Return the document that a draft states, ready to be written out."""
    document = deepcopy({key: value for key, value in data.items() if key != ASIDE})
    period = document.get("period")
    if isinstance(period, dict):
        document["period"] = {key: _day(value) for key, value in period.items()}
    return document


def as_document(data: Mapping[str, Any]) -> Document:
    """Return the same for the dry check."""
    return Document("draft", document_of(data), {})


def asks_for(basis: Basis | None, key: str) -> bool:
    """Return whether a basis has a use for a key."""
    if basis is None:
        return False
    if key == "business" and basis.within_business:
        return True
    return not _RESTS_ON[key].isdisjoint(basis.evidence)


def set_basis(data: Data, basis: Basis | None) -> Data:
    """Return the draft with what the basis has a use for, and the rest put aside. No known basis changes nothing."""
    if basis is None:
        return data
    aside = dict(data.get(ASIDE, {}))
    kept = {key: value for key, value in data.items() if key != ASIDE}
    for key in _RESTS_ON:
        if not asks_for(basis, key) and key in kept:
            aside[key] = kept.pop(key)
        elif asks_for(basis, key) and key not in kept and key in aside:
            kept[key] = aside.pop(key)
    return {**kept, ASIDE: aside} if aside else kept


def _day(value: Any) -> Any:
    """Return a day where a text is one in the form 2026-04-01."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value
    except ValueError:
        return value


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case bool() | int() | str() | None:
            return value
        case float() if math.isfinite(value):
            return value
        case date():
            return value.isoformat()
        case _:
            return str(value)
