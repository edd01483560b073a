"""What the rules say to people: every reason, fault and finding in plain Japanese and English, with the rule's source.

The words are data (`words.yaml`). They name no person, and a reason that hides something says the same as the one it
hides behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import yaml

from umaya.law.check import Fault
from umaya.law.cross_sell import ConsentFault
from umaya.law.evidence import Evidence
from umaya.law.findings import Finding
from umaya.law.joint_use import NoticeFault
from umaya.law.privacy_check import PROBLEMS, PrivacyFault
from umaya.law.provision import ProvisionFault
from umaya.law.rules import RuleSet
from umaya.law.texts import Language, Text
from umaya.types.reasons import Reason


@dataclass(frozen=True)
class Explanation:
    """Why, for people.

    Attributes:
        what: what is the matter; one or two sentences.
        next: what they can do.
        source: the article or rule.
        rules: version of the rules that were asked.
    """

    what: str
    next: str
    source: str
    rules: str

    def __str__(self) -> str:
        return f"{self.what} {self.next} ({self.source})"


@dataclass(frozen=True)
class _Words:
    what: Text
    next: Text
    source: Text
    of_basis: bool


def explain(of: Reason | Fault | Finding, rules: RuleSet, language: Language, basis: str | None = None) -> Explanation:
    """Return what a reason, a fault of a scheme or a finding of a check says.

    Args:
        of: what to explain.
        rules: the rules that it was decided by.
        language: `ja` or `en`.
        basis: id of the basis of the scheme, where it is known; a fault knows its own.
    """
    code = of if isinstance(of, Reason) else of.reason if isinstance(of, Fault) else of.code
    words = _WORDS[code]
    source = words.source
    found = rules.bases.get((of.basis if isinstance(of, Fault) else basis) or "")
    if words.of_basis and found is not None:
        source = Text(found.source_ja, found.source)
    item = None if isinstance(of, Reason) else of.item
    what = words.what if item is None else _about(words.what, code, item)
    return Explanation(what.of(language), words.next.of(language), source.of(language), rules.version)


def evidence_title(evidence: Evidence) -> Text:
    """Return what a piece of evidence is, for people."""
    return _EVIDENCE[evidence]


def _about(what: Text, code: StrEnum, item: str) -> Text:
    """Return the words with what they are about; a consent's words name it themselves."""
    if isinstance(code, ConsentFault):
        return what
    title = _TITLES.get(type(code), {}).get(item, Text(item, item))
    return Text(f"{what.ja}(対象: {title.ja})", f"{what.en} It is about: {title.en}.")


def _words(item: Mapping[str, Any]) -> _Words:
    return _Words(Text(**item["what"]), Text(**item["next"]), Text(**item["source"]), item.get("of_basis", False))


def _texts(section: str) -> Mapping[str, Text]:
    return {code: Text(**item) for code, item in _DATA[section].items()}


_DATA = yaml.safe_load(files("umaya.law").joinpath("words.yaml").read_text(encoding="utf-8"))
_SECTIONS = ("reasons", "consent", "notice", "change", "provision", "privacy")
_WORDS: Final[Mapping[str, _Words]] = {code: _words(item) for name in _SECTIONS for code, item in _DATA[name].items()}
_EVIDENCE: Final[Mapping[str, Text]] = _texts("evidence")
_TITLES: Final[Mapping[type[StrEnum], Mapping[str, Text]]] = {
    Reason: _EVIDENCE,
    NoticeFault: _texts("points"),
    ProvisionFault: _texts("records"),
    PrivacyFault: {problem: words.title for problem, words in PROBLEMS.items()},
}
"""What an item of each kind of code is called; others are ids of the document at hand."""

SPOKEN: Final[frozenset[str]] = frozenset(_WORDS)
"""Every code that has words."""
