"""Rule sets: which bases hold from which day, and what each asks for. Data, read from `rules.yaml`.

Must hold: every basis sorts every secrecy class into may or never, and what never leaves is never's in all of them.
The version of a rule set names its day and the digest of its content, and stands in every decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import rfc8785
import yaml

from umaya.types.classes import SecrecyClass

_JAPAN = timezone(timedelta(hours=9), "JST")


class Evidence(StrEnum):
    """What a basis wants shown. Stored with the review: values never change."""

    DECLARED_EVENT = "declared-event"
    """A disaster was declared and is in effect at the use."""
    NAMED_MUNICIPALITY = "named-municipality"
    """The recipient is the municipality that the declaration names."""
    AREA = "area"
    """The scheme says where."""
    END_TIME = "end-time"
    """The declaration says when it ends by itself."""
    BALANCING = "balancing"
    """Lock one weighed the need against the secrecy of Postal Act art. 8(2)."""


class RecipientRule(StrEnum):
    """Who may receive on a basis."""

    PROVIDER = "provider"
    MUNICIPALITY = "municipality"
    ANY = "any"


@dataclass(frozen=True)
class Basis:
    """A ground on which the law allows a use.

    Attributes:
        id: stored in schemes.
        title_ja, title_en: for people.
        source: article.
        recipient: who may receive.
        evidence: what must be shown.
        obligations: names that a scheme must owe, in this order; others may stand between.
        least: parameters of obligations with the least number that each must have.
        may: classes that it can touch.
        never: classes that it can never touch.
    """

    id: str
    title_ja: str
    title_en: str
    source: str
    recipient: RecipientRule
    evidence: tuple[Evidence, ...]
    obligations: tuple[str, ...]
    least: Mapping[str, Mapping[str, int]]
    may: frozenset[SecrecyClass]
    never: frozenset[SecrecyClass]


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
        ValueError: when a basis does not sort every class once, or two sets begin on one day.
    """

    def __init__(self, data: Sequence[Mapping[str, Any]]) -> None:
        self._sets = sorted((_rule_set(item) for item in data), key=lambda rules: rules.valid_from)
        if len({rules.valid_from for rules in self._sets}) < len(self._sets):
            raise ValueError("two rule sets begin on the same day")

    def at(self, day: date) -> RuleSet:
        """Return the rules of a day in Japan; before the first set, rules that allow nothing."""
        for rules in reversed(self._sets):
            if rules.valid_from <= day:
                return rules
        return RuleSet("rules-none", date.min, (), frozenset(SecrecyClass), {})


def day_in_japan(moment: datetime) -> date:
    """Return the calendar day in Japan of an aware moment: periods and rules are dated in Japan time."""
    return moment.astimezone(_JAPAN).date()


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
    may, never = _classes(item["may"]), _classes(item["never"])
    if may & never or may | never != frozenset(SecrecyClass) or not never_leaves <= never:
        raise ValueError(f"basis `{item['id']}` must sort every secrecy class once into may or never")
    return Basis(
        id=item["id"],
        title_ja=item["title"]["ja"],
        title_en=item["title"]["en"],
        source=item["source"],
        recipient=RecipientRule(item["recipient"]),
        evidence=tuple(Evidence(code) for code in item["evidence"]),
        obligations=tuple(item["obligations"]),
        least=item.get("least", {}),
        may=may,
        never=never,
    )


def _classes(names: Sequence[str]) -> frozenset[SecrecyClass]:
    return frozenset(SecrecyClass(name) for name in names)


RULES: Final = RuleBook(yaml.safe_load(files("umaya.law").joinpath("rules.yaml").read_text(encoding="utf-8")))
"""The rules in the package."""
