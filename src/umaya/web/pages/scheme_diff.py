"""What a version of a scheme changes, field by field, in words, beside the document as it would be.

Shows what the gate's comparison found and adds no judgement of its own: any change is a new version, both of whose
locks are closed anew while the version in force stays. What widens a use is marked, so that it is looked at first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from umaya.gate import Dataset
from umaya.gate.changes import Change, compare
from umaya.hub import Hub
from umaya.law import RULES, Basis, RuleSet, day_in_japan
from umaya.law.privacy_check import PROBLEMS, Problem
from umaya.types.errors import NotFoundError
from umaya.web.languages import Catalogue
from umaya.web.scheme_steps import may_see
from umaya.web.site import WebSite

Kind = Literal["added", "removed", "changed"]
Weight = Literal["wider", "other", "words"]


_PARTS: Final = {
    "ja": "apply.in-japanese",
    "en": "apply.in-english",
    "from": "apply.first-day",
    "to": "apply.last-day",
}
"""Words of parts that many keys have."""


@dataclass(frozen=True)
class Line:
    """One change in words.

    Attributes:
        key: of what changed, a key of the document; its words are `diff.key.KEY`.
        part: which part of it, in words or as an id; empty for the whole.
        kind: whether it was added, removed or changed.
        before, after: in words; empty where it is absent.
        weight: `wider` where more may be used or less is owed, `words` where only the heading reads otherwise.
    """

    key: str
    part: str
    kind: Kind
    before: str
    after: str
    weight: Weight


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the route of the comparison."""
    routes = APIRouter()

    @routes.get("/schemes/{scheme}/diff")
    def diff(
        request: Request, scheme: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
    ) -> Response:
        actor = site.actor(request)
        record = hub.gate.schemes.get(scheme)
        if not may_see(actor, record.summary):
            raise NotFoundError("there is no such scheme")
        comparison = compare(record, version)
        after = next(one for one in record.versions if one.version == comparison.after)
        rules = RULES.at(day_in_japan(hub.clock.now()))
        dataset = hub.gate.catalogue.dataset(after.document.dataset)
        words = site.catalogue(request)
        return site.page(
            request,
            "scheme_diff.html",
            record=record,
            scheme=record.summary,
            comparison=comparison,
            version=after,
            document=after.document,
            dataset=dataset,
            basis=rules.bases.get(after.document.basis),
            parties={party.id: party.name for party in hub.gate.catalogue.parties()},
            lines=lines(comparison.changes, dataset, rules, words),
        )

    return routes


def lines(changes: Iterable[Change], dataset: Dataset, rules: RuleSet, words: Catalogue) -> list[Line]:
    """Return changes in words, what widens the use first."""
    found = [_line(change, dataset, rules, words) for change in changes]
    return sorted(found, key=lambda line: ("wider", "other", "words").index(line.weight))


def _line(change: Change, dataset: Dataset, rules: RuleSet, words: Catalogue) -> Line:
    key, part = _parted(change.key)
    kind: Kind = "added" if change.before is None else "removed" if change.after is None else "changed"
    before, after = (_shown(key, value, dataset, rules, words) for value in (change.before, change.after))
    return Line(key, _named(key, part, words), kind, before, after, _weight(change, key, kind))


def _parted(path: str) -> tuple[str, str]:
    """Return the key of the document and the part of it: `fields.lon`, `obligations[0].drop.fields`."""
    ends = [at for at in (path.find("."), path.find("[")) if at >= 0]
    end = min(ends, default=len(path))
    return path[:end], path[end:].lstrip(".")


def _named(key: str, part: str, words: Catalogue) -> str:
    if key == "privacy_check":
        problem, _, rest = part.partition(".")
        title = PROBLEMS[Problem(problem)].title if problem in set(Problem) else None
        return f"{problem if title is None else getattr(title, words.language)} {rest}".strip()
    if key == "obligations":
        place, _, rest = part.partition(".")
        name, _, parameter = rest.partition(".")
        number = int(place.strip("[]")) + 1 if place.strip("[]").isdigit() else place
        told = words.gettext(f"obligation.{name}") if name else ""
        label = f"apply.parameter.{name}.{parameter.partition('.')[0]}"
        return f"{number}. {told} {words.texts.get(label, parameter)}".strip()
    if part in _PARTS:
        return words.gettext(_PARTS[part])
    return "" if key == "fields" else part


def _shown(key: str, value: Any, dataset: Dataset, rules: RuleSet, words: Catalogue) -> str:
    if value is None:
        return ""
    if key == "fields" and value in dataset.classes:
        return f"{value} ({words.gettext(f'class.{dataset.classes[value].value}')})"
    if key == "basis":
        basis: Basis | None = rules.bases.get(str(value))
        title = "" if basis is None else basis.title_ja if words.language == "ja" else basis.title_en
        return f"{title} ({value})" if title else str(value)
    if key == "area" and isinstance(value, dict) and value.get("bbox"):
        return ", ".join(map(str, value["bbox"]))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _weight(change: Change, key: str, kind: Kind) -> Weight:
    if key == "title":
        return "words"
    if key == "period":
        return "wider" if _longer(change) else "other"
    wider = (key == "fields" and kind == "added") or (key in {"obligations", "area"} and kind == "removed")
    return "wider" if wider else "other"


def _longer(change: Change) -> bool:
    before, after = (date.fromisoformat(str(value)) for value in (change.before, change.after))
    return after > before if change.key.endswith(".to") else after < before
