"""Conditions as form fields: one field for each kind that can be judged under a scheme, its limit with its unit.

A field is named `condition.RULE`; left empty it imposes nothing. No YAML is asked of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from umaya.gate import Dataset
from umaya.gate.conditions import FORMS, Condition, Look, Rule
from umaya.gate.scheme import SchemeDocument

PREFIX = "condition."


@dataclass(frozen=True)
class ConditionField:
    """A field of the form.

    Attributes:
        kind: `number`, `day` or `check`.
        least, most: range of a number.
    """

    rule: Rule
    kind: str
    least: int
    most: int

    @property
    def name(self) -> str:
        """What the form calls it."""
        return f"{PREFIX}{self.rule}"


def condition_fields(document: SchemeDocument, dataset: Dataset) -> list[ConditionField]:
    """Return the fields of every kind of condition that can be judged under a scheme."""
    return [_field(rule) for rule in Rule if _can_be_judged(rule, document, dataset)]


def _can_be_judged(rule: Rule, document: SchemeDocument, dataset: Dataset) -> bool:
    if rule is Rule.REQUIRE_NOTICE_PUBLISHED:
        return document.notice is not None
    return FORMS[rule].look is not Look.PEOPLE or dataset.subject is not None


def _field(rule: Rule) -> ConditionField:
    form = FORMS[rule]
    kind = "check" if form.key is None else "day" if form.key == "day" else "number"
    return ConditionField(rule, kind, form.least, form.most)


def read_conditions(fields: list[ConditionField], given: Mapping[str, str]) -> tuple[list[Condition], list[str]]:
    """Return the conditions that a form states, and the names of the fields whose value is none."""
    conditions: list[Condition] = []
    wrong: list[str] = []
    for field in fields:
        text = given.get(field.name, "").strip()
        if not text:
            continue
        limit = _limit(field, text)
        if limit is None and field.kind != "check":
            wrong.append(field.name)
        else:
            conditions.append(Condition(field.rule, limit))
    return conditions, wrong


def _limit(field: ConditionField, text: str) -> int | date | None:
    if field.kind == "day":
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    if field.kind == "check" or not (text.isascii() and text.isdecimal()) or len(text) > len(str(field.most)):
        return None
    return int(text) if field.least <= int(text) <= field.most else None
