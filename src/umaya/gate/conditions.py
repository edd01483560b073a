"""Conditions (附帯意見): what a reviewer imposes on a version, as checks that are carried out, not as prose.

A closed vocabulary, one limit each. Pure: facts are handed in. Must hold: what a condition needs to know and is not
told counts as failed. Evolution: conditions are stored and recorded in their canonical form; names and keys never
change, a new one may be added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import yaml

from umaya.types.errors import InputError, Place


class Rule(StrEnum):
    """What is limited. Stored and recorded: values never change."""

    MAX_PEOPLE_PER_USE = "max-people-per-use"
    MIN_GROUP_SIZE = "min-group-size"
    MAX_REFUSED_SHARE = "max-refused-share"
    MAX_USES_PER_DAY = "max-uses-per-day"
    VALID_UNTIL = "valid-until"
    REPORT_EVERY_DAYS = "report-every-days"
    REQUIRE_NOTICE_PUBLISHED = "require-notice-published"


class Look(StrEnum):
    """What a condition looks at."""

    TIME = "time"
    """The day alone: it can fail while nobody uses the scheme."""
    USE = "use"
    PEOPLE = "people"
    """The people of a use: only for a dataset with a subject."""


class Form(NamedTuple):
    """What the limit of a condition is called, its range where it is a number, and what the condition looks at."""

    key: str | None
    least: int
    most: int
    look: Look


FORMS: Final[Mapping[Rule, Form]] = MappingProxyType(
    {
        Rule.MAX_PEOPLE_PER_USE: Form("people", 1, 2**32 - 1, Look.PEOPLE),
        Rule.MIN_GROUP_SIZE: Form("people", 2, 1_000_000, Look.PEOPLE),
        Rule.MAX_REFUSED_SHARE: Form("percent", 0, 99, Look.PEOPLE),
        Rule.MAX_USES_PER_DAY: Form("uses", 1, 1_000_000_000, Look.USE),
        Rule.VALID_UNTIL: Form("day", 0, 0, Look.TIME),
        Rule.REPORT_EVERY_DAYS: Form("days", 1, 366, Look.TIME),
        Rule.REQUIRE_NOTICE_PUBLISHED: Form(None, 0, 0, Look.TIME),
    }
)
_CANONICAL = re.compile(r"([a-z-]+)(?::[a-z]+:([0-9-]+))?")


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        rule: what is limited.
        limit: a number or a day, as the rule says; None where it takes none.
    """

    rule: Rule
    limit: int | date | None = None

    @property
    def key(self) -> str | None:
        """What the limit is called."""
        return FORMS[self.rule].key

    @property
    def look(self) -> Look:
        """What it looks at."""
        return FORMS[self.rule].look

    def canonical(self) -> str:
        """Return the form in which it is stored and recorded: `max-people-per-use:people:5000`."""
        return self.rule.value if self.key is None else f"{self.rule.value}:{self.key}:{self.limit}"

    @staticmethod
    def of_canonical(text: str) -> Condition:
        """Return the condition that `canonical` wrote; raises ValueError on anything else."""
        match = _CANONICAL.fullmatch(text)
        if match is None:
            raise ValueError("the text is no condition")
        rule, limit = Rule(match[1]), match[2]
        if limit is None:
            return Condition(rule)
        return Condition(rule, date.fromisoformat(limit) if rule is Rule.VALID_UNTIL else int(limit))

    def __str__(self) -> str:
        """Return the condition as people write it."""
        return self.rule.value if self.key is None else f"{self.rule.value}: {{{self.key}: {self.limit}}}"


@dataclass(frozen=True)
class ConditionFacts:
    """What conditions are judged by.

    Attributes:
        day: in Japan.
        uses_today: uses permitted under the scheme on this day before this one.
        asked, permitted: people asked for in this use, and left of them by the rule for a person; None for a dataset
            without a subject.
        reported_on: day of the last report, or else the day on which the version came into force or was resumed.
        notice_published: whether the notice that the scheme names is published and in force.
    """

    day: date
    uses_today: int | None = None
    asked: int | None = None
    permitted: int | None = None
    reported_on: date | None = None
    notice_published: bool = False


def failing(
    conditions: Iterable[Condition], facts: ConditionFacts, looks: frozenset[Look] = frozenset(Look)
) -> Condition | None:
    """Return the first condition that fails, or None.

    Args:
        conditions: in the order in which they were imposed.
        facts: of the moment.
        looks: which of them are judged; all of them at a use.
    """
    return next((one for one in conditions if one.look in looks and not _holds(one, facts)), None)


def _holds(condition: Condition, facts: ConditionFacts) -> bool:
    match condition:
        case Condition(Rule.VALID_UNTIL, date() as last):
            return facts.day <= last
        case Condition(Rule.REPORT_EVERY_DAYS, int(days)):
            return facts.reported_on is not None and (facts.day - facts.reported_on).days <= days
        case Condition(Rule.REQUIRE_NOTICE_PUBLISHED):
            return facts.notice_published
        case Condition(Rule.MAX_USES_PER_DAY, int(uses)):
            return facts.uses_today is not None and facts.uses_today < uses
        case Condition(Rule.MAX_PEOPLE_PER_USE, int(people)):
            return facts.permitted is not None and facts.permitted <= people
        case Condition(Rule.MIN_GROUP_SIZE, int(people)):
            return facts.permitted is not None and facts.permitted >= people
        case Condition(Rule.MAX_REFUSED_SHARE, int(percent)):
            if facts.asked is None or facts.permitted is None:
                return False
            return (facts.asked - facts.permitted) * 100 <= facts.asked * percent
        case _:
            return False


def parse(text: str) -> Condition:
    """Return the condition that a person wrote: `max-people-per-use: {people: 5000}`.

    Raises:
        InputError: when it is none.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        data = None
    return of_data({data: {}} if isinstance(data, str) else data)


def of_data(data: Any) -> Condition:
    """Return the condition that a mapping states: `{"max-people-per-use": {"people": 5000}}`.

    Raises:
        InputError: when it is none.
    """
    place = Place("condition")
    if not isinstance(data, dict) or len(data) != 1:
        advice = "write `max-people-per-use: {people: 5000}`"
        raise InputError(place, "a condition is one name with its limit", advice)
    ((name, parameters),) = data.items()
    if name not in set(Rule):
        advice = "choose among " + ", ".join(f"`{rule}`" for rule in Rule)
        raise InputError(place, "there is no such condition", advice)
    rule = Rule(name)
    return Condition(rule, _limit(rule, parameters))


def _limit(rule: Rule, parameters: Any) -> int | date | None:
    form = FORMS[rule]
    place = Place("condition", field=rule.value)
    if form.key is None:
        if parameters:
            raise InputError(place, "the condition takes no limit", f"write `{rule}` alone")
        return None
    if not isinstance(parameters, dict) or set(parameters) != {form.key}:
        raise InputError(place, "the condition lacks its limit", f"state `{form.key}` and nothing else")
    limit = parameters[form.key]
    if rule is Rule.VALID_UNTIL:
        return _day(limit, place)
    if type(limit) is not int or not form.least <= limit <= form.most:
        advice = f"state a whole number from {form.least} to {form.most}"
        raise InputError(place, f"`{form.key}` is out of range", advice)
    return limit


def _day(limit: Any, place: Place) -> date:
    try:
        return limit if type(limit) is date else date.fromisoformat(limit)
    except (TypeError, ValueError):
        raise InputError(place, "`day` is no day", "write it as 2027-03-31") from None
