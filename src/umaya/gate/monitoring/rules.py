"""The dated parameters of monitoring. Data of `rules.yaml`; which numbers are unusual is in `detectors`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

import yaml


@dataclass(frozen=True)
class MonitoringRules:
    """The parameters of one time; what each means stands in `rules.yaml`.

    Attributes:
        version: `monitoring-YYYY-MM-DD-<12 hex digits>`: which parameters a finding rests on.
        valid_from: first day in Japan.
    """

    version: str
    valid_from: date
    hours: Mapping[str, Any]
    volume: Mapping[str, Any]
    off_hours: Mapping[str, Any]
    one_person: Mapping[str, Any]
    refusals: Mapping[str, Any]
    near: Mapping[str, Any]
    same_day: Mapping[str, Any]
    burst: Mapping[str, Any]
    regret: Mapping[str, Any]
    due: Mapping[str, int]
    quiet: Mapping[str, int]

    def due_days(self, kind: str) -> int:
        """Return how many days there are to close an alarm of a kind."""
        return self.due.get(kind, self.due["other"])

    def quiet_days(self, kind: str) -> int:
        """Return within how many days the same finding is not raised again."""
        return self.quiet.get(kind, self.quiet["other"])


def monitoring_rules(day: date) -> MonitoringRules:
    """Return the parameters of a day in Japan; the first ones for every day before them."""
    return next((rules for rules in reversed(_RULES) if rules.valid_from <= day), _RULES[0])


def _read(items: list[dict[str, Any]]) -> tuple[MonitoringRules, ...]:
    found = []
    for item in items:
        valid_from, values = item["from"], {key: value for key, value in item.items() if key != "from"}
        content = json.dumps(values, sort_keys=True).encode()
        version = f"monitoring-{valid_from.isoformat()}-{hashlib.sha256(content).hexdigest()[:12]}"
        found.append(MonitoringRules(version=version, valid_from=valid_from, **values))
    return tuple(sorted(found, key=lambda one: one.valid_from))


_RULES: Final = _read(yaml.safe_load(files(__package__).joinpath("rules.yaml").read_text(encoding="utf-8")))
