"""Leaks (漏えい等): which of the four triggers an incident meets, until when it is reported, and the nine fields.

Pure functions over `breach.yaml` (APPI art. 26; Enforcement Rules arts. 7, 8, 10). Suggests from classes and counts; a
person decides. Data that was given on purpose is never a leak, but may be an unlawful provision. Periods count from the
day after the one on which it was known (Civil Code art. 140), weekends included; where the last day of the final report
is a Saturday, a Sunday, a holiday or one of 29 December to 3 January, the next working day takes its place (general
guideline 3-5-3-4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import jpholiday
import yaml

from umaya.types.classes import SecrecyClass


class Trigger(StrEnum):
    """What makes an incident one that is reported. Stored and recorded: values never change."""

    SPECIAL_CARE = "special-care"
    """Special-care information (要配慮個人情報) of one person (rule 7(i))."""
    FINANCIAL_LOSS = "financial-loss"
    """One person may lose money by its unauthorised use (rule 7(ii))."""
    IMPROPER_INTENT = "improper-intent"
    """It may have been done with an improper intent: intrusion, theft by an insider (rule 7(iii))."""
    MANY_PEOPLE = "many-people"
    """More than a thousand people (rule 7(iv))."""


class LeakException(StrEnum):
    """Why there is nothing to report all the same. Stored and recorded: values never change."""

    STRONGLY_ENCRYPTED = "strongly-encrypted"
    """Advanced encryption or another measure that keeps people's rights safe (rule 7(i))."""
    RECOVERED_UNSEEN = "recovered-unseen"
    """All of it came back before anybody saw it."""


class ReportField(StrEnum):
    """The nine fields of a report (rule 8(1)). Stored: values never change."""

    OUTLINE = "outline"
    ITEMS = "items"
    PEOPLE = "people"
    CAUSE = "cause"
    SECONDARY_DAMAGE = "secondary-damage"
    HANDLING = "handling"
    PUBLICATION = "publication"
    PREVENTION = "prevention"
    OTHER = "other"


@dataclass(frozen=True)
class BreachRules:
    """The rules of one time.

    Attributes:
        version: `breach-YYYY-MM-DD`.
        valid_from: first day in Japan.
        sources: by language.
        people: trigger to the least number of people.
        classes: trigger to the secrecy classes that suggest it.
        exceptions: those that the law knows.
        preliminary: after so many days at the earliest and the latest, as the guideline says.
        final, final_improper: days for the final report, the second where an improper intent is possible.
        fields: of a report, in order.
        supervisors: kind of party to what else it reports, by language.
        notify: the provision on notices to the people, by language.
    """

    version: str
    valid_from: date
    sources: Mapping[str, tuple[str, ...]]
    people: Mapping[Trigger, int]
    classes: Mapping[Trigger, frozenset[SecrecyClass]]
    exceptions: tuple[LeakException, ...]
    preliminary: tuple[int, int]
    final: int
    final_improper: int
    fields: tuple[ReportField, ...]
    supervisors: Mapping[str, Mapping[str, str]]
    notify: Mapping[str, str]


@dataclass(frozen=True)
class Deadlines:
    """Days in Japan.

    Attributes:
        preliminary_from, preliminary: the span within which the preliminary report is expected; the second is the last.
        final: the last day of the final report.
    """

    preliminary_from: date
    preliminary: date
    final: date


def breach_rules(day: date) -> BreachRules:
    """Return the rules of a day in Japan; those before the first are the first: no leak goes unreported for want of."""
    return next((rules for rules in reversed(_RULES) if rules.valid_from <= day), _RULES[0])


def suggested(
    rules: BreachRules, classes: frozenset[SecrecyClass], people: int, *, people_unknown: bool, improper: bool
) -> frozenset[Trigger]:
    """Return the triggers that an incident seems to meet.

    Args:
        rules: of the day.
        classes: of the fields concerned.
        people: how many are known to be concerned, nobody counted twice.
        people_unknown: whether there are rows beside theirs that nobody was counted for; then there may be anybody.
        improper: whether something hints at an improper intent.
    """
    found = set()
    for trigger, least in rules.people.items():
        enough = people >= least or (people_unknown and least == 1)
        hinted = bool(rules.classes[trigger] & classes)
        if trigger is Trigger.MANY_PEOPLE:
            hinted = True
        if trigger is Trigger.IMPROPER_INTENT:
            hinted = improper
        if enough and hinted:
            found.add(trigger)
    return frozenset(found)


def must_report(triggers: frozenset[Trigger], exceptions: frozenset[LeakException]) -> bool:
    """Return whether the commission and the people are told: a trigger is met and no exception holds."""
    return bool(triggers) and not exceptions


def deadlines(rules: BreachRules, known: date, *, improper: bool) -> Deadlines:
    """Return until when to report what was known on a day in Japan.

    Args:
        rules: of the day.
        known: the day on which anybody of the party knew or suspected it.
        improper: whether the trigger of improper intent is met.
    """
    earliest, latest = (known + timedelta(days=days) for days in rules.preliminary)
    final = known + timedelta(days=rules.final_improper if improper else rules.final)
    while not is_working_day(final):
        final += timedelta(days=1)
    return Deadlines(earliest, latest, final)


def is_working_day(day: date) -> bool:
    """Return whether offices of the state are open (Act on Holidays of Administrative Organs art. 1)."""
    new_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and not new_year and not jpholiday.is_holiday(day)


def _read(items: Sequence[Mapping[str, Any]]) -> tuple[BreachRules, ...]:
    rules = [
        BreachRules(
            version=f"breach-{item['from'].isoformat()}",
            valid_from=item["from"],
            sources={language: tuple(lines) for language, lines in item["sources"].items()},
            people={Trigger(key): one["people"] for key, one in item["triggers"].items()},
            classes={
                Trigger(key): frozenset(SecrecyClass(name) for name in one["classes"])
                for key, one in item["triggers"].items()
            },
            exceptions=tuple(LeakException(code) for code in item["exceptions"]),
            preliminary=(item["preliminary"]["from"], item["preliminary"]["to"]),
            final=item["final"],
            final_improper=item["final_improper"],
            fields=tuple(ReportField(code) for code in item["fields"]),
            supervisors=item["supervisors"],
            notify=item["notify"],
        )
        for item in items
    ]
    return tuple(sorted(rules, key=lambda one: one.valid_from))


_RULES: Final = _read(yaml.safe_load(files("umaya.law").joinpath("breach.yaml").read_text(encoding="utf-8")))
