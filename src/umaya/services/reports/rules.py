"""The dated rules of reports: the kinds, how long each holds, whether a pass ends it, how long a photo stays.

A pure reading of `rules.yaml`; no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Final

import yaml

from umaya.gate.monitoring.calendar import JAPAN
from umaya.types.errors import InputError, Place


@dataclass(frozen=True)
class KindRule:
    """How long a report of a kind holds, and whether a later pass on the road ends it."""

    holds: timedelta
    cleared_by_pass: bool


@dataclass(frozen=True)
class Rules:
    """One version: from its day on.

    Attributes:
        since: first day in Japan.
        photo: how long a masked photo is kept after the report.
        row: how long a report is kept after its end.
        kinds: by name.
    """

    since: date
    photo: timedelta
    row: timedelta
    kinds: Mapping[str, KindRule]


def _read() -> tuple[Rules, ...]:
    versions = yaml.safe_load((files("umaya.services.reports") / "rules.yaml").read_text("utf-8"))
    return tuple(
        Rules(
            version["from"],
            timedelta(days=version["photo_days"]),
            timedelta(days=version["row_days"]),
            {
                name: KindRule(timedelta(hours=rule["hours"]), rule["cleared_by_pass"])
                for name, rule in version["kinds"].items()
            },
        )
        for version in versions
    )


VERSIONS: Final = _read()
"""By day, earliest first."""
KINDS: Final = tuple(VERSIONS[-1].kinds)


def rules_on(day: date) -> Rules:
    """Return the rules in force on a day in Japan; the earliest for days before any.

    Args:
        day: of the report.
    """
    return next((rules for rules in reversed(VERSIONS) if rules.since <= day), VERSIONS[0])


def spans() -> list[tuple[Rules, tuple[datetime | None, datetime | None]]]:
    """Return each version with the span of reports that it rules, [start, end); None for no bound."""
    starts = [datetime.combine(rules.since, time(), JAPAN) for rules in VERSIONS]
    return list(zip(VERSIONS, zip([None, *starts[1:]], [*starts[1:], None], strict=True), strict=True))


def rule_of(kind: str, day: date) -> KindRule:
    """Return the rule of a kind; raise InputError where there is no such kind."""
    rule = rules_on(day).kinds.get(kind)
    if rule is None:
        raise InputError(Place("kind"), "is no kind of report", f"choose from {', '.join(rules_on(day).kinds)}")
    return rule
