"""What a step's page shows: the draft, what the gate says to it, and what the catalogue offers.

Reads only; the same for a page that is opened, for one that is refused, and for the part that changes while somebody
types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from umaya.gate import Dataset, Gate
from umaya.gate.dry_check import Stage
from umaya.gate.open_points import privacy_asked
from umaya.gate.reach import Way
from umaya.hub import Hub
from umaya.law import RULES, Basis, RuleSet, day_in_japan
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import PROBLEMS, Problem, Risk
from umaya.services.drafts import Draft
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.languages import Catalogue
from umaya.web.pages import apply_suggestions as suggestions
from umaya.web.pages.apply_draft import STEP_OF, STEPS, Data, as_document, asks_for
from umaya.web.pages.apply_parameters import ParameterField, parameter_fields
from umaya.web.pages.apply_words import Said, by_anchor, said


@dataclass(frozen=True)
class StepState:
    """One step in the indicator.

    Attributes:
        against: how much the gate would refuse.
        unwritten: how much is not written yet.
        later: how much keeps the locks open or uses away.
        begun: whether anything is written.
    """

    name: str
    against: int
    unwritten: int
    later: int
    begun: bool


def page_context(hub: Hub, actor: Actor, draft: Draft, data: Data, step: str, words: Catalogue) -> dict[str, Any]:
    """Return what the templates of a step are given.

    Args:
        hub: the hub.
        actor: whose draft it is.
        draft: as it is kept.
        data: as it is shown; what was typed and is not kept yet is in it.
        step: one of `STEPS`.
        words: of the reader's language.
    """
    gate = hub.gate
    rules = RULES.at(day_in_japan(hub.clock.now()))
    datasets = {one.id: one for one in gate.catalogue.datasets()}
    dataset = datasets.get(str(data.get("dataset")))
    basis = rules.bases.get(str(data.get("basis")))
    checked = gate.dry_check.check(actor, as_document(data))
    found = said(checked, data, words)
    return {
        "draft": draft,
        "data": data,
        "step": step,
        "steps": _states(found, data),
        "following": dict(pairwise(STEPS)).get(step),
        "here": [one for one in found if one.step == step and one.stage is Stage.SUBMISSION],
        "later": [one for one in found if one.stage is not Stage.SUBMISSION],
        "unwritten": [one for one in found if one.unwritten],
        "found": found,
        "faults": by_anchor(found),
        "parties": {one.id: one for one in gate.catalogue.parties()},
        "datasets": datasets,
        "dataset": dataset,
        "basis": basis,
        "asks": {key: asks_for(basis, key) for key in ("topic", "notice", "authority", "business", "agreement")},
        "problems": PROBLEMS,
        "answers": answers(data),
        "pressing": suggestions.pressing(data, dataset),
        "beside": suggestions.AT_STEP.get(step, ()),
        "privacy_due": dataset is not None and basis is not None and privacy_asked(basis, dataset),
        "told": False,
        "outdated": False,
        "refused": None,
        **_of_step(hub, data, step, rules, datasets),
    }


def answers(data: Data) -> Mapping[str, Mapping[str, Any]]:
    """Return the answers of the privacy check by problem."""
    given = data.get("privacy_check")
    items = given if isinstance(given, list) else []
    return {str(item.get("problem")): item for item in items if isinstance(item, dict)}


def ways_of(gate: Gate, data: Data, datasets: Mapping[str, Dataset]) -> tuple[Way, ...]:
    """Return what every basis says to the draft; nothing while fields or recipient are not known."""
    wanted = suggestions.wanted(data, datasets)
    if wanted is None:
        return ()
    try:
        return gate.reach.ways(wanted, suggestions.candidates(data))
    except NotFoundError:  # the recipient of a draft may have been mistyped
        return ()


def anchors(step: str, data: Data, dataset: Dataset | None, basis: Basis | None) -> list[str]:
    """Return the ids of the form fields of a step, each of which has a place for what is wrong with it."""
    match step:
        case "idea":
            return ["title-ja", "title-en", "purpose-ja", "purpose-en", "scheme"]
        case "what":
            shown = shown_fields(data, dataset)
            return ["dataset", *(["fields"] if shown else []), *(f"fields-{name}" for name in shown)]
        case "whose":
            return ["recipient", "area", "period-from", "period-to"]
        case "why":
            return ["basis", *_evidence_anchors(basis)]
        case "obligations":
            steps = enumerate(shown_steps(data))
            inner = [
                [f"obligations-{at}", *(f"obligations-{at}-{f.name}" for f in fields)] for at, (_, _, fields) in steps
            ]
            return ["obligations", *(one for each in inner for one in each)]
        case "privacy":
            keys = ("risk", "because-ja", "because-en", "measure-ja", "measure-en", "residual")
            return [f"privacy-{problem}-{key}" for problem in Problem for key in keys]
        case _:
            return []


def _evidence_anchors(basis: Basis | None) -> list[str]:
    found = [key for key in ("topic", "notice", "business") if asks_for(basis, key)]
    if asks_for(basis, "authority"):
        found += ["authority-ja", "authority-en"]
    if asks_for(basis, "agreement"):
        found += [f"agreement-{point}-{language}" for point in AgreedPoint for language in ("ja", "en")]
    return found


def shown_fields(data: Data, dataset: Dataset | None) -> list[str]:
    """Return the names of the fields that can be ticked: the dataset's without its subject, and what was ticked."""
    known = [] if dataset is None else [field.name for field in dataset.fields if field.name != dataset.subject]
    given = data.get("fields")
    return [*known, *(name for name in (given if isinstance(given, list) else []) if name not in known)]


def shown_steps(data: Data) -> list[tuple[str, Any, tuple[ParameterField, ...]]]:
    """Return the obligations of a draft: name, parameters, fields of the form."""
    given = data.get("obligations")
    steps = [step for step in (given if isinstance(given, list) else []) if isinstance(step, dict)]
    return [(name, values, parameter_fields(name)) for step in steps for name, values in step.items()]


def _states(found: list[Said], data: Data) -> list[StepState]:
    return [
        StepState(
            name,
            sum(one.step == name and one.stage is Stage.SUBMISSION and not one.unwritten for one in found),
            sum(one.step == name and one.unwritten for one in found),
            sum(one.step == name and one.stage is not Stage.SUBMISSION for one in found),
            any(STEP_OF.get(key) == name for key in data),
        )
        for name in STEPS
    ]


def _businesses(gate: Gate, datasets: Mapping[str, Dataset]) -> list[str]:
    """Return the businesses that the catalogue knows: of the data there is, and of what people are asked about."""
    asked = {side.business for topic in gate.topics.list() for side in (topic.source, topic.target)}
    return sorted(asked | {one.business for one in datasets.values() if one.business is not None})


def _of_step(hub: Hub, data: Data, step: str, rules: RuleSet, datasets: Mapping[str, Dataset]) -> Mapping[str, Any]:
    """Return what one step needs and the others do not."""
    gate, today = hub.gate, day_in_japan(hub.clock.now())
    dataset = datasets.get(str(data.get("dataset")))
    match step:
        case "what":
            return {"shown_fields": shown_fields(data, dataset)}
        case "why":
            return {
                "ways": ways_of(gate, data, datasets),
                "bases": rules.bases,
                "topics": gate.topics.list(),
                "notices": [(one.id, one.seen(today)[-1]) for one in gate.joint_use.list() if one.seen(today)],
                "events": [one for one in gate.events.list() if one.end > hub.clock.now()],
                "points": list(AgreedPoint),
                "businesses": _businesses(gate, datasets),
            }
        case "obligations":
            ways = ways_of(gate, data, datasets)
            return {
                "shown_steps": shown_steps(data),
                "fields_of_scheme": list(data.get("fields", [])),
                "way": next((way for way in ways if way.basis.id == data.get("basis")), None),
                "offered": sorted(gate.schemes.obligations),
                "parameter_fields": parameter_fields,
            }
        case "privacy":
            return {"risks": list(Risk)}
        case "review":
            return {
                "shown_steps": shown_steps(data),
                "points": list(AgreedPoint),
                "shown_fields": shown_fields(data, dataset),
            }
        case _:
            return {}
