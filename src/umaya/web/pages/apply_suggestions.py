"""What is suggested to an applicant: obligations that may bring a basis within reach, and where privacy is at stake.

Suggestions are guesses made from the catalogue; the gate judges each (`umaya.gate.reach`) and only what it would take
is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from umaya.gate import Dataset
from umaya.gate.reach import Candidates, Offer, Wanted
from umaya.law import Basis
from umaya.law.privacy_check import Problem
from umaya.types.classes import SecrecyClass
from umaya.web.pages.apply_draft import Data

ENOUGH_PEOPLE: Final = 10
"""Suggested size of the smallest group that is told: well above the least that obligations take."""
ROAD_COUNTS: Final[Sequence[Mapping[str, Mapping[str, Any]]]] = (
    {"move-to-road": {}},
    {"suppress-dead-ends": {"max_homes": 3}},
    {"link-counts": {"window_s": 3600, "min_vehicles": 3, "min_turn_backs": 3}},
)
"""Positions become counts of roads."""

_C = SecrecyClass
PRESSING: Final[Mapping[SecrecyClass, frozenset[Problem]]] = {
    _C.CORRESPONDENCE: frozenset({Problem.BREACH_OF_CONFIDENTIALITY}),
    _C.POSTAL: frozenset({Problem.BREACH_OF_CONFIDENTIALITY, Problem.IDENTIFICATION, Problem.SECONDARY_USE}),
    _C.SPECIAL_CARE: frozenset({Problem.EXPOSURE, Problem.DISCLOSURE, Problem.INSECURITY}),
    _C.FINANCIAL: frozenset(
        {Problem.SECONDARY_USE, Problem.EXPOSURE, Problem.INTRUSION, Problem.DECISIONAL_INTERFERENCE}
    ),
    _C.INSURANCE: frozenset(
        {Problem.SECONDARY_USE, Problem.EXPOSURE, Problem.INTRUSION, Problem.DECISIONAL_INTERFERENCE}
    ),
    _C.LOCATION: frozenset({Problem.SURVEILLANCE, Problem.IDENTIFICATION, Problem.BLACKMAIL}),
    _C.ORDINARY: frozenset({Problem.INCREASED_ACCESSIBILITY, Problem.DISTORTION}),
    _C.NON_PERSONAL: frozenset(),
}
"""Where each class hurts most when something goes wrong: what to think through first."""
AT_STEP: Final[Mapping[str, tuple[Problem, ...]]] = {
    "idea": (Problem.SECONDARY_USE, Problem.DECISIONAL_INTERFERENCE),
    "what": (Problem.AGGREGATION, Problem.IDENTIFICATION, Problem.EXPOSURE),
    "whose": (Problem.SURVEILLANCE, Problem.DISCLOSURE, Problem.INCREASED_ACCESSIBILITY),
    "why": (Problem.BREACH_OF_CONFIDENTIALITY, Problem.EXCLUSION, Problem.INTERROGATION),
    "obligations": (Problem.INSECURITY, Problem.DISTORTION, Problem.BLACKMAIL),
}
"""The questions that stand beside each step."""


def pressing(data: Data, dataset: Dataset | None) -> frozenset[Problem]:
    """Return the problems that the chosen fields make pressing; joining companies' data is one of them."""
    classes = set() if dataset is None else {dataset.classes.get(name) for name in data.get("fields", [])}
    found = {problem for secrecy in classes if secrecy is not None for problem in PRESSING[secrecy]}
    crosses = data.get("recipient") is not None and data.get("recipient") != data.get("provider")
    return frozenset(found | {Problem.AGGREGATION} if crosses and found else found)


def wanted(data: Data, datasets: Mapping[str, Dataset]) -> Wanted | None:
    """Return what a draft wants to use; None while that is not clear. Without a recipient it is the provider."""
    dataset = datasets.get(str(data.get("dataset")))
    fields = [name for name in data.get("fields", []) if dataset is not None and name in dataset.classes]
    if dataset is None or not fields:
        return None
    obligations = [step for step in data.get("obligations", []) if isinstance(step, dict)]
    return Wanted(
        provider=dataset.owner,
        dataset=dataset.id,
        fields=tuple(name for name in fields if name != dataset.subject),
        recipient=str(data.get("recipient") or dataset.owner),
        business=data.get("business"),
        obligations=obligations if all(isinstance(given, dict) for s in obligations for given in s.values()) else (),
    )


def candidates(data: Data) -> Candidates:
    """Return what suggests offers for the fields of a draft."""

    def offers(dataset: Dataset, basis: Basis) -> Iterator[Offer]:
        fields = [name for name in data.get("fields", []) if name in dataset.classes]
        if basis.within_business:
            yield Offer(tuple(data.get("obligations", ())), dataset.business)
        low = [name for name in fields if dataset.classes[name] not in basis.may]
        if {"vehicle_id", "t", "lon", "lat"} <= set(fields):
            yield Offer(ROAD_COUNTS)
        if dataset.lon in fields and dataset.lat in fields:
            yield Offer([{"generalise-places": {"lon": dataset.lon, "lat": dataset.lat}}])
        if dataset.subject is not None:
            yield from _groups(dataset, fields)
        if low and len(low) < len(fields):
            yield Offer([{"drop": {"fields": low}}])
        if low and all(pa.types.is_string(dataset.schema.field(name).type) for name in low):
            yield Offer([{"mask": {"fields": low}}])

    return offers


def _groups(dataset: Dataset, fields: Sequence[str]) -> Iterator[Offer]:
    """Suggest counting people by what is no number, and summing what is."""
    kinds = {name: dataset.schema.field(name).type for name in fields}
    numbers = [name for name, kind in kinds.items() if pa.types.is_integer(kind) or pa.types.is_floating(kind)]
    texts = [name for name, kind in kinds.items() if pa.types.is_string(kind)]
    by = texts or [name for name in fields if name not in numbers] or list(fields)[:1]
    if by:
        sums = [name for name in numbers if name not in by]
        yield Offer([{"aggregate": {"by": by, "sums": sums, "min_people": ENOUGH_PEOPLE}}])
