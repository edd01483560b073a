"""From what a step's form sent to the draft: every value that was typed is kept, right or wrong.

One function a step. Names of form fields are key paths of the document: `title.ja`, `privacy.exposure.risk`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from umaya.gate import Dataset
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import Problem
from umaya.web.pages.apply_draft import Data
from umaya.web.pages.apply_parameters import Form, read_parameters

LANGUAGES: Final = ("ja", "en")
CORNERS: Final = ("west", "south", "east", "north")
MOST_STEPS: Final = 64
"""Obligations that one form can show."""


def read_idea(data: Data, form: Form) -> Data:
    """Return the draft with title, purpose and id."""
    return _with(
        data,
        scheme=form.text("scheme") or None,
        title=_bilingual(form, "title"),
        purpose=_bilingual(form, "purpose"),
    )


def read_what(data: Data, form: Form, datasets: Mapping[str, Dataset]) -> Data:
    """Return the draft with dataset, provider and fields; of another dataset than before no field is taken over."""
    dataset = datasets.get(form.text("dataset"))
    if dataset is None:
        return _with(data, fields=form.all("fields") or None)
    ticked = set(form.all("fields"))
    known = [field.name for field in dataset.fields]
    others = [] if data.get("dataset") != dataset.id else [name for name in form.all("fields") if name not in known]
    fields = [name for name in known if name in ticked] + others
    return _with(data, dataset=dataset.id, provider=dataset.owner, fields=fields or None)


def read_whose(data: Data, form: Form) -> Data:
    """Return the draft with recipient, area and period."""
    period = {key: form.text(f"period.{key}") for key in ("from", "to") if form.text(f"period.{key}")}
    return _with(data, recipient=form.text("recipient") or None, area=_area(form), period=period or None)


def _area(form: Form) -> Any:
    match form.text("area.kind"):
        case "bbox":
            return {"bbox": [degrees(form.text(f"area.{corner}")) for corner in CORNERS]}
        case "polygon":
            return {"polygon": _geojson(form.text("area.polygon"))}
        case _:
            return None


def degrees(text: str) -> float | str:
    """Return degrees, or what was typed where it is no number."""
    try:
        return float(text)
    except ValueError:
        return text


def _geojson(text: str) -> Any:
    """Return GeoJSON, or what was typed where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_why(data: Data, form: Form) -> Data:
    """Return the draft with the basis, and with what it rests on where the form asked for that."""
    found: Data = {"basis": form.text("basis") or None}
    for key in ("topic", "notice", "business"):
        if key in form:
            found[key] = form.text(key) or None
    if "authority.ja" in form:
        found["authority"] = _bilingual(form, "authority")
    if f"agreement.{AgreedPoint.END}.ja" in form:
        points = {point.value: _bilingual(form, f"agreement.{point}") for point in AgreedPoint}
        found["agreement"] = {point: text for point, text in points.items() if text is not None} or None
    return _with(data, **found)


def read_obligations(data: Data, form: Form) -> Data:
    """Return the draft with its obligations, after the one change that a button asked for: add, remove, up, down."""
    count = min(MOST_STEPS, int(form.text("obligations.count") or 0)) if form.text("obligations.count").isdigit() else 0
    steps: list[Any] = []
    for at in range(count):
        name = form.text(f"obligations.{at}.name")
        if name:
            steps.append({name: read_parameters(name, f"obligations.{at}", form)})
    change, _, where = form.text("do").partition(":")
    at = int(where) if where.isdigit() else -1
    if change == "add" and form.text("obligations.add"):
        steps.append({form.text("obligations.add"): {}})
    elif change == "remove" and 0 <= at < len(steps):
        del steps[at]
    elif change == "up" and 0 < at < len(steps):
        steps[at - 1 : at + 1] = steps[at], steps[at - 1]
    elif change == "down" and 0 <= at < len(steps) - 1:
        steps[at : at + 2] = steps[at + 1], steps[at]
    return _with(data, obligations=steps)


def read_privacy(data: Data, form: Form) -> Data:
    """Return the draft with the answers of the privacy check, in the order of the problems."""
    answers = []
    for problem in Problem:
        prefix = f"privacy.{problem}"
        answer = {
            "risk": form.text(f"{prefix}.risk") or None,
            "because": _bilingual(form, f"{prefix}.because"),
            "measure": _bilingual(form, f"{prefix}.measure"),
            "residual": form.text(f"{prefix}.residual") or None,
        }
        said = {key: value for key, value in answer.items() if value is not None}
        if said:
            answers.append({"problem": problem.value, **said})
    return _with(data, privacy_check=answers or None)


READERS: Final[Mapping[str, Callable[[Data, Form], Data]]] = {
    "idea": read_idea,
    "whose": read_whose,
    "why": read_why,
    "obligations": read_obligations,
    "privacy": read_privacy,
}
"""Of every step but `what`, which needs the catalogue."""


def _with(data: Data, **values: Any) -> Data:
    """Return the draft with other values; None takes a key away."""
    changed = {**data, **values}
    return {key: value for key, value in changed.items() if value is not None}


def _bilingual(form: Form, name: str) -> dict[str, str] | None:
    """Return the texts that were typed; None where none was."""
    texts = {language: form.text(f"{name}.{language}") for language in LANGUAGES}
    return {language: text for language, text in texts.items() if text} or None
