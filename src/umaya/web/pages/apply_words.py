"""What the gate says to a draft, in words and beside the field that it is about.

Every finding has an anchor: the id of the form field that mends it, and the step at which that field stands. The words
are the law's own where the law speaks (`umaya.law.words`), and the catalogue's for everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from umaya.gate.documents import key_path
from umaya.gate.dry_check import Checked, Found, Stage
from umaya.law import Language
from umaya.law.joint_use import NoticeFault
from umaya.law.privacy_check import PrivacyFault
from umaya.law.words import explain
from umaya.web.languages import Catalogue
from umaya.web.pages.apply_draft import STEP_OF, Data

_FITS: Final[tuple[tuple[str, str], ...]] = (
    (r"it needs the (?:field|column) `(\w+)`", "field"),
    (r"it needs text in the field `(\w+)`", "text"),
    (r"it needs numbers in the field `(\w+)`", "numbers"),
    (r"it needs days or times in the field `(\w+)`", "days"),
    (r"it needs rows that are about people", "people"),
    (r"it stands behind a step that leaves another table", "order"),
)
"""Why a step of a chain does not fit, as obligations say it, and the key of its words: `apply.fit.KEY`."""
_WHOLE: Final = {
    "title": "title-ja",
    "purpose": "purpose-ja",
    "authority": "authority-ja",
    "period": "period-to",
    "provider": "dataset",
    "area": "area",
}
_UNDIVIDED: Final = frozenset({"provider", "area"})
FITS: Final = tuple(key for _, key in _FITS)


@dataclass(frozen=True)
class Said:
    """One finding in words.

    Attributes:
        anchor: id of the form field.
        step: at which it stands.
        stage: where the gate would say it.
        what: what is the matter.
        next: what the person can do.
        source: the article or rule; empty where none speaks.
        unwritten: whether something is only not written yet.
        quiet: the same, or an answer that is not given yet: nobody needs to be told so beside every empty field.
        key: key path within the document.
    """

    anchor: str
    step: str
    stage: Stage
    what: str
    next: str
    source: str
    unwritten: bool
    quiet: bool
    key: str


def said(checked: Checked, data: Data, words: Catalogue) -> list[Said]:
    """Return everything that was found in words, in its order."""
    return [_said(one, checked, data, words) for one in checked.found]


def by_anchor(found: Iterable[Said]) -> Mapping[str, list[Said]]:
    """Return what was found by the id of the form field that it is about."""
    sorted_in: dict[str, list[Said]] = {}
    for one in found:
        sorted_in.setdefault(one.anchor, []).append(one)
    return sorted_in


def _said(one: Found, checked: Checked, data: Data, words: Catalogue) -> Said:
    source = ""
    if one.law is not None:
        language: Language = "ja" if words.language == "ja" else "en"
        told = explain(one.law, checked.rules, language, data.get("basis"))
        what, advice, source = told.what, told.next, told.source
    else:
        what, advice = (words.gettext(f"apply.fault.{one.code}.{part}") for part in ("what", "next"))
        what += _detail(one, words)
    path = _settled(one.path, data)
    step = STEP_OF.get(str(path[0]) if path else "", "review")
    quiet = one.unwritten or one.code in {PrivacyFault.NOT_ANSWERED, NoticeFault.POINT_NOT_AGREED}
    return Said(anchor(path), step, one.stage, what, advice, source, one.unwritten, quiet, key_path(one.path))


def _detail(one: Found, words: Catalogue) -> str:
    """Return which field an obligation misses or cannot use, where it says so."""
    for pattern, key in _FITS:
        match = re.search(pattern, one.problem)
        if match is not None:
            return " " + words.gettext(f"apply.fit.{key}") % {"field": match.group(1) if match.groups() else ""}
    return ""


def _settled(path: tuple[str | int, ...], data: Data) -> tuple[str | int, ...]:
    """Return a path that names fields and answers by their id instead of by their place."""
    match path:
        case ("fields", int(at), *_):
            return ("fields", _item(data.get("fields"), at))
        case ("privacy_check", int(at), *rest):
            answer = _item(data.get("privacy_check"), at)
            return ("privacy_check", str(answer.get("problem")) if isinstance(answer, dict) else "", *rest)
        case _:
            return path


def _item(items: Any, at: int) -> Any:
    return items[at] if isinstance(items, list) and at < len(items) else ""


def anchor(path: tuple[str | int, ...]) -> str:
    """Return the id of the form field that a settled key path is about."""
    match path:
        case ("agreement", str(point), *rest):
            return f"agreement-{point}-{rest[0] if rest else 'ja'}"
        case ("obligations", int(at), _, str(parameter), *_):
            return f"obligations-{at}-{parameter}"
        case ("obligations", int(at), *_):
            return f"obligations-{at}"
        case ("privacy_check", str(problem), "because" | "measure" as key, *rest):
            return f"privacy-{problem}-{key}-{rest[0] if rest else 'ja'}"
        case ("privacy_check", str(problem), *rest):
            return f"privacy-{problem}-{rest[0] if rest else 'risk'}"
        case (str(key), *_) if key in _WHOLE and (len(path) == 1 or key in _UNDIVIDED):
            return _WHOLE[key]
        case _:
            return "-".join(map(str, path)) or "review"
