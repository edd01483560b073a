"""Rule sets: which bases hold from which day, and what each asks for. Data, read from `rules.yaml`.

Must hold: every basis sorts every secrecy class once, what never leaves is never's in all of them, and what may leave
may also leave when it is lowered. The version of a rule set names its day and the digest of its content, and stands in
every decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import rfc8785
import yaml

from umaya.law.consent import ConsentTier
from umaya.law.cross_sell import Direction
from umaya.law.evidence import Evidence
from umaya.law.provision import Ground
from umaya.types.classes import SecrecyClass
from umaya.types.effects import BELOW


class RecipientRule(StrEnum):
    """Who may receive on a basis."""

    PROVIDER = "provider"
    MUNICIPALITY = "municipality"
    TAX_COLLECTOR = "tax-collector"
    BAR_ASSOCIATION = "bar-association"
    JOINT_USER = "joint-user"
    """A party within the scope of users of the notice."""
    ANY = "any"


class PrivacyDuty(StrEnum):
    """When the privacy check (`umaya.law.privacy_check`) must be answered."""

    ALWAYS = "always"
    ABOUT_PEOPLE = "about-people"
    """Where the rows of the dataset are about people whom the hub knows."""
    NOT_NEEDED = "not-needed"
    """In an emergency; what is answered all the same must stand."""


@dataclass(frozen=True)
class Basis:
    """A ground on which the law allows a use. Each secrecy class is in exactly one of `may` to `never`.

    Attributes:
        id: stored in schemes.
        title_ja, title_en: for people.
        source_ja, source: articles, in Japanese and in English.
        recipient: who may receive.
        provision: what the use is to the articles on third-party provision.
        evidence: what must be shown.
        tiers: how people may have been asked; empty where nobody is.
        obligations: names that a scheme must owe, in this order; others may stand between.
        least: parameters of obligations with the least number that each must have.
        may: classes that leave as they are.
        within_business: classes that leave as they are within one business of one company.
        lowered: classes that leave only when obligations bring them down to one that may leave.
        never: classes that it can never touch.
        privacy_check: when a scheme on it must answer the privacy check before its locks close.
    """

    id: str
    title_ja: str
    title_en: str
    source_ja: str
    source: str
    recipient: RecipientRule
    provision: Ground
    evidence: tuple[Evidence, ...]
    tiers: frozenset[ConsentTier]
    obligations: tuple[str, ...]
    least: Mapping[str, Mapping[str, int]]
    may: frozenset[SecrecyClass]
    within_business: frozenset[SecrecyClass]
    lowered: frozenset[SecrecyClass]
    never: frozenset[SecrecyClass]
    privacy_check: PrivacyDuty = PrivacyDuty.ALWAYS

    @property
    def asks_the_person(self) -> bool:
        """Whether it rests on each person's own word."""
        return Evidence.CONSENT in self.evidence

    def leaves(self, flow: Direction | None) -> frozenset[SecrecyClass]:
        """Return the classes that leave as they are.

        Args:
            flow: from which business of which company to which; None where that is unknown.
        """
        within = flow is not None and not flow.crosses
        return self.may | self.within_business if within else self.may


@dataclass(frozen=True)
class RuleSet:
    """The rules of one time.

    Attributes:
        version: `rules-YYYY-MM-DD-<12 hex digits>`.
        valid_from: first day in Japan.
        sources: laws and guidelines.
        never_leaves: classes that no basis can release.
        bases: by id.
    """

    version: str
    valid_from: date
    sources: tuple[str, ...]
    never_leaves: frozenset[SecrecyClass]
    bases: Mapping[str, Basis]


class RuleBook:
    """Rule sets of all times.

    Args:
        data: as in `rules.yaml`.

    Raises:
        ValueError: when a basis does not sort every class once or would stop what was lowered, when two sets begin on
            one day, or when a set amends another than the one before it.
    """

    def __init__(self, data: Sequence[Mapping[str, Any]]) -> None:
        self._sets: list[RuleSet] = []
        before: Mapping[str, Any] = {}
        for item in sorted(data, key=lambda item: item["from"]):
            if before and before["from"] == item["from"]:
                raise ValueError("two rule sets begin on the same day")
            before = _amended(before, item) if "amends" in item else item
            self._sets.append(_rule_set(before))

    @property
    def sets(self) -> tuple[RuleSet, ...]:
        """Every rule set, earliest first."""
        return tuple(self._sets)

    def at(self, day: date) -> RuleSet:
        """Return the rules of a day in Japan; before the first set, rules that allow nothing."""
        for rules in reversed(self._sets):
            if rules.valid_from <= day:
                return rules
        return RuleSet("rules-none", date.min, (), frozenset(SecrecyClass), {})


def _amended(before: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole of a set that states only what changes."""
    if before.get("from") != item["amends"]:
        raise ValueError(f"the rule set of {item['from']} must amend the one before it")
    bases = {basis["id"]: basis for basis in before["bases"]} | {basis["id"]: basis for basis in item.get("bases", [])}
    for ended in item.get("ends", []):
        del bases[ended]
    return {
        "from": item["from"],
        "sources": [*before["sources"], *item["sources"]],
        "never_leaves": item.get("never_leaves", before["never_leaves"]),
        "bases": list(bases.values()),
    }


def _rule_set(item: Mapping[str, Any]) -> RuleSet:
    never_leaves = _classes(item["never_leaves"])
    bases = [_basis(basis, never_leaves) for basis in item["bases"]]
    content = hashlib.sha256(rfc8785.dumps({**item, "from": item["from"].isoformat()})).hexdigest()
    return RuleSet(
        version=f"rules-{item['from'].isoformat()}-{content[:12]}",
        valid_from=item["from"],
        sources=tuple(item["sources"]),
        never_leaves=never_leaves,
        bases={basis.id: basis for basis in bases},
    )


def _basis(item: Mapping[str, Any], never_leaves: frozenset[SecrecyClass]) -> Basis:
    basis = Basis(
        id=item["id"],
        title_ja=item["title"]["ja"],
        title_en=item["title"]["en"],
        source_ja=item["source"]["ja"],
        source=item["source"]["en"],
        recipient=RecipientRule(item["recipient"]),
        provision=Ground(item["provision"]),
        evidence=tuple(Evidence(code) for code in item["evidence"]),
        tiers=frozenset(ConsentTier(tier) for tier in item.get("tiers", [])),
        obligations=tuple(item.get("obligations", [])),
        least=item.get("least", {}),
        may=_classes(item["may"]),
        within_business=_classes(item.get("within_business", [])),
        lowered=_classes(item.get("lowered", [])),
        never=_classes(item["never"]),
        privacy_check=PrivacyDuty(item.get("privacy_check", PrivacyDuty.ALWAYS)),
    )
    _check_classes(basis, never_leaves)
    if bool(basis.tiers) != basis.asks_the_person:
        raise ValueError(f"basis `{basis.id}` must name tiers where it asks for consent, and nowhere else")
    return basis


def _check_classes(basis: Basis, never_leaves: frozenset[SecrecyClass]) -> None:
    sorted_in = [*basis.may, *basis.within_business, *basis.lowered, *basis.never]
    if sorted(sorted_in) != sorted(SecrecyClass) or not never_leaves <= basis.never:
        raise ValueError(f"basis `{basis.id}` must sort every secrecy class once, and what never leaves into never")
    for leaves in (basis.may, basis.may | basis.within_business):
        if any(not BELOW[secrecy] <= leaves for secrecy in leaves):
            raise ValueError(f"basis `{basis.id}` lets a class leave and stops it when it is lowered")


def _classes(names: Sequence[str]) -> frozenset[SecrecyClass]:
    return frozenset(SecrecyClass(name) for name in names)


RULES: Final = RuleBook(yaml.safe_load(files("umaya.law").joinpath("rules.yaml").read_text(encoding="utf-8")))
"""The rules in the package."""
