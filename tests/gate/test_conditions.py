"""Conditions: a closed vocabulary with one limit each; what is not known counts as failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.gate.conditions import Condition, ConditionFacts, Look, Rule, failing, of_data, parse
from umaya.types.errors import InputError

DAY = date(2026, 4, 2)
FACTS = ConditionFacts(DAY, uses_today=3, asked=100, permitted=80, reported_on=DAY, notice_published=True)

HOLDS_AND_FAILS: list[tuple[str, dict[str, object], dict[str, object]]] = [
    # condition, facts in which it just holds, facts in which it just fails
    ("max-people-per-use: {people: 80}", {"permitted": 80}, {"permitted": 81}),
    ("min-group-size: {people: 20}", {"permitted": 20}, {"permitted": 19}),
    ("max-refused-share: {percent: 20}", {"permitted": 80}, {"permitted": 79}),
    ("max-refused-share: {percent: 0}", {"asked": 0, "permitted": 0}, {"asked": 1, "permitted": 0}),
    ("max-uses-per-day: {uses: 4}", {"uses_today": 3}, {"uses_today": 4}),
    ("valid-until: {day: 2026-04-02}", {"day": DAY}, {"day": DAY + timedelta(days=1)}),
    (
        "report-every-days: {days: 30}",
        {"reported_on": DAY - timedelta(days=30)},
        {"reported_on": DAY - timedelta(days=31)},
    ),
    ("require-notice-published", {"notice_published": True}, {"notice_published": False}),
]


@pytest.mark.parametrize(("text", "holds", "fails"), HOLDS_AND_FAILS, ids=[case[0] for case in HOLDS_AND_FAILS])
def test_a_condition_holds_up_to_its_limit(text: str, holds: dict[str, object], fails: dict[str, object]) -> None:
    condition = parse(text)
    assert failing([condition], replace(FACTS, **holds)) is None  # type: ignore[arg-type] # of the table above
    assert failing([condition], replace(FACTS, **fails)) == condition  # type: ignore[arg-type] # as above


def test_every_condition_is_in_the_table_above() -> None:
    assert {parse(case[0]).rule for case in HOLDS_AND_FAILS} == set(Rule)


@pytest.mark.parametrize("text", [case[0] for case in HOLDS_AND_FAILS if not case[0].startswith("valid")])
def test_what_is_not_known_counts_as_failed(text: str) -> None:
    assert failing([parse(text)], ConditionFacts(DAY)) == parse(text)


def test_the_first_that_fails_is_named() -> None:
    conditions = [parse(text) for text in ("max-uses-per-day: {uses: 9}", "min-group-size: {people: 90}", "x")[:2]]
    late = parse("valid-until: {day: 2026-01-01}")
    assert failing([*conditions, late], FACTS) == conditions[1]
    assert failing([*conditions, late], FACTS, frozenset({Look.TIME})) == late
    assert failing([], FACTS) is None


WRONG: list[tuple[str, str]] = [
    ("max-people: {people: 5}", "no such condition"),
    ("max-people-per-use", "lacks its limit"),
    ("max-people-per-use: {persons: 5}", "lacks its limit"),
    ("max-people-per-use: {people: 5, uses: 2}", "lacks its limit"),
    ("max-people-per-use: {people: 0}", "out of range"),
    ("max-people-per-use: {people: 2.5}", "out of range"),
    ("max-people-per-use: {people: true}", "out of range"),
    ("max-refused-share: {percent: 100}", "out of range"),
    ("min-group-size: {people: 1}", "out of range"),
    ("valid-until: {day: soon}", "no day"),
    ("valid-until: {day: 2026-04-02T00:00:00Z}", "no day"),
    ("require-notice-published: {days: 3}", "takes no limit"),
    ("a: 1\nb: 2", "one name"),
    ("[", "one name"),
    ("", "one name"),
    ("7", "one name"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_no_condition_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(text)


CONDITIONS = st.one_of(
    st.builds(Condition, st.sampled_from([Rule.MAX_PEOPLE_PER_USE, Rule.MAX_USES_PER_DAY]), st.integers(1, 10**9)),
    st.builds(Condition, st.just(Rule.VALID_UNTIL), st.dates()),
    st.just(Condition(Rule.REQUIRE_NOTICE_PUBLISHED)),
)


@given(CONDITIONS)
def test_a_condition_survives_its_forms(condition: Condition) -> None:
    assert Condition.of_canonical(condition.canonical()) == condition
    assert parse(str(condition)) == condition
    assert of_data({condition.rule.value: {condition.key: condition.limit} if condition.key else {}}) == condition


def test_canonical_forms_are_pinned() -> None:
    """Stored and recorded: they never change."""
    assert [parse(case[0]).canonical() for case in HOLDS_AND_FAILS] == [
        "max-people-per-use:people:80",
        "min-group-size:people:20",
        "max-refused-share:percent:20",
        "max-refused-share:percent:0",
        "max-uses-per-day:uses:4",
        "valid-until:day:2026-04-02",
        "report-every-days:days:30",
        "require-notice-published",
    ]


@pytest.mark.parametrize("text", ["", "max-people-per-use:people:", "valid-until:day:4", "hearsay", "A"])
def test_what_was_not_written_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Condition.of_canonical(text)
