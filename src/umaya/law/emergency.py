"""Break-glass: how long, how wide and on which basis raw data may leave in an emergency, as dated data.

Pure functions over `emergency.yaml`. The bases themselves are in `umaya.law.rules`; seventy-two hours are the first,
decisive days of a rescue (Cabinet Office guideline of 2023-03). Must hold: before the first rules nothing is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any, Final

import yaml


@dataclass(frozen=True)
class EmergencyRules:
    """The rules of one time.

    Attributes:
        version: `emergency-YYYY-MM-DD`.
        valid_from: first day in Japan.
        sources: by language.
        bases: on which an emergency plan may rest.
        max_hours: the longest that one opening may last.
        max_area_km2: the largest area of one opening.
        review_days: how many days the reviewer has.
    """

    version: str
    valid_from: date
    sources: Mapping[str, tuple[str, ...]]
    bases: frozenset[str]
    max_hours: int
    max_area_km2: int
    review_days: int

    def review_due(self, ended: date) -> date:
        """Return the last day for the review of an opening that ended on a day in Japan (Civil Code art. 140)."""
        return ended + timedelta(days=self.review_days)


def emergency_rules(day: date) -> EmergencyRules | None:
    """Return the rules of a day in Japan, or None before the first: then no emergency opens anything."""
    return next((rules for rules in reversed(_RULES) if rules.valid_from <= day), None)


def _read(items: Sequence[Mapping[str, Any]]) -> tuple[EmergencyRules, ...]:
    rules = [
        EmergencyRules(
            version=f"emergency-{item['from'].isoformat()}",
            valid_from=item["from"],
            sources={language: tuple(lines) for language, lines in item["sources"].items()},
            bases=frozenset(item["bases"]),
            max_hours=item["max_hours"],
            max_area_km2=item["max_area_km2"],
            review_days=item["review_days"],
        )
        for item in items
    ]
    return tuple(sorted(rules, key=lambda one: one.valid_from))


_RULES: Final = _read(yaml.safe_load(files("umaya.law").joinpath("emergency.yaml").read_text(encoding="utf-8")))
