"""Leaks by law: what suggests a trigger, when an exception holds, and until which day to report."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law.breach import (
    LeakException,
    ReportField,
    Trigger,
    breach_rules,
    deadlines,
    is_working_day,
    must_report,
    suggested,
)
from umaya.law.emergency import emergency_rules
from umaya.types.classes import SecrecyClass as C

RULES = breach_rules(date(2026, 11, 21))


@pytest.mark.parametrize(
    ("classes", "people", "unknown", "improper", "found"),
    [
        ({C.SPECIAL_CARE}, 1, False, False, {Trigger.SPECIAL_CARE}),
        ({C.SPECIAL_CARE}, 0, False, False, set()),
        ({C.SPECIAL_CARE}, 0, True, False, {Trigger.SPECIAL_CARE}),
        ({C.FINANCIAL}, 1, False, False, {Trigger.FINANCIAL_LOSS}),
        ({C.ORDINARY}, 1, False, True, {Trigger.IMPROPER_INTENT}),
        ({C.ORDINARY}, 1000, False, False, set()),
        ({C.ORDINARY}, 1001, False, False, {Trigger.MANY_PEOPLE}),
    ],
)
def test_what_suggests_a_trigger(
    classes: set[C], people: int, unknown: bool, improper: bool, found: set[Trigger]
) -> None:
    """One person is enough for three of the four; the fourth begins above a thousand."""
    given_ = frozenset(classes)
    assert suggested(RULES, given_, people, people_unknown=unknown, improper=improper) == found


def test_an_exception_lifts_the_duty() -> None:
    met = frozenset({Trigger.MANY_PEOPLE})
    assert must_report(met, frozenset())
    assert not must_report(met, frozenset({LeakException.RECOVERED_UNSEEN}))
    assert not must_report(frozenset(), frozenset())


def test_days_are_counted_from_the_next_and_the_last_moves_to_a_working_day() -> None:
    """Known on 4 November 2026: sixty days end on a Sunday within the New Year's rest, so Monday 4 January counts."""
    due = deadlines(RULES, date(2026, 11, 4), improper=True)
    assert (due.preliminary_from, due.preliminary) == (date(2026, 11, 7), date(2026, 11, 9))
    assert due.final == date(2027, 1, 4)
    assert deadlines(RULES, date(2026, 11, 21), improper=False).final == date(2026, 12, 21)


@pytest.mark.parametrize(
    "day", [date(2026, 11, 3), date(2026, 11, 21), date(2026, 12, 29), date(2027, 1, 3), date(2026, 9, 22)]
)
def test_holidays_weekends_and_new_year_are_no_working_days(day: date) -> None:
    assert not is_working_day(day)


@given(st.dates(date(2022, 4, 1), date(2035, 12, 31)), st.booleans())
def test_no_final_report_is_due_earlier_than_its_days_nor_on_a_day_of_rest(known: date, improper: bool) -> None:
    due = deadlines(RULES, known, improper=improper)
    assert due.preliminary_from <= due.preliminary < due.final
    assert timedelta(days=60 if improper else 30) <= due.final - known <= timedelta(days=70 if improper else 40)
    assert is_working_day(due.final)


def test_there_are_nine_fields_and_a_bank_reports_to_its_supervisor_too() -> None:
    assert RULES.fields == tuple(ReportField)
    assert len(RULES.fields) == 9
    assert "13-6-5-2" in RULES.supervisors["bank"]["en"]


def test_before_the_first_rules_no_emergency_opens_anything() -> None:
    assert emergency_rules(date(2022, 3, 31)) is None
    rules = emergency_rules(date(2026, 11, 21))
    assert rules is not None
    assert rules.review_due(date(2026, 11, 21)) == date(2026, 11, 28)
