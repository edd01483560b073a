"""Detectors: what must alarm, what must not, each on a handful of numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.gate.alarms import AlarmKind as K
from umaya.gate.monitoring import detectors as d
from umaya.gate.monitoring.calendar import Hours
from umaya.gate.monitoring.rules import monitoring_rules

DAY = date(2026, 6, 1)
RULES = monitoring_rules(DAY)
FLOOR = RULES.volume["floor"]


def day(count: int, own: list[int], peers: list[int]) -> d.DayOfActor:
    return d.DayOfActor("bank", "teller", "look-ups", count, own, peers, 7)


@pytest.mark.parametrize(
    ("count", "own", "peers", "alarms"),
    [
        (200, [20] * 10, [22] * 30, True),
        (FLOOR, [1] * 10, [1] * 30, False),  # at the floor
        (60, [50] * 10, [20] * 30, False),  # usual for this one
        (60, [20] * 10, [55] * 30, False),  # usual for the peers
        (60, [], [], False),  # no history: three times the floor
        (3 * FLOOR + 1, [], [], True),
        (60, [1000] + [10] * 9, [10] * 30, True),  # one wild day does not hide the next
    ],
)
def test_far_more_than_one_and_ones_peers_use_to_do(count: int, own: list[int], peers: list[int], alarms: bool) -> None:
    found = list(d.volume([day(count, own, peers)], RULES))
    assert [one.kind for one in found] == [K.VOLUME] * alarms


@given(st.integers(0, FLOOR), st.lists(st.integers(0, 500), max_size=28), st.lists(st.integers(0, 500), max_size=60))
def test_nothing_alarms_at_the_floor(count: int, own: list[int], peers: list[int]) -> None:
    """Whatever the history."""
    assert list(d.volume([day(count, own, peers)], RULES)) == []


@given(st.integers(1, 60), st.lists(st.floats(0.7, 1.3), min_size=40, max_size=40))
def test_ordinary_days_alarm_nobody(usual: int, spread: list[float]) -> None:
    """Days within three tenths of the usual, drawn at random, are ordinary for everybody."""
    counts = [round(usual * one) for one in spread]
    assert list(d.volume([day(counts[0], counts[1:20], counts[20:])], RULES)) == []


@pytest.mark.parametrize(
    ("moment", "outside"),
    [
        (datetime(2026, 6, 1, 1, tzinfo=UTC), False),  # Monday, ten in Japan
        (datetime(2026, 5, 31, 22, 59, tzinfo=UTC), True),  # Monday, a minute to eight
        (datetime(2026, 6, 1, 11, tzinfo=UTC), True),  # Monday, eight in the evening
        (datetime(2026, 6, 6, 1, tzinfo=UTC), True),  # Saturday
        (datetime(2026, 5, 4, 1, tzinfo=UTC), True),  # みどりの日, a Monday
    ],
)
def test_hours_of_an_office_are_those_of_japan(moment: datetime, outside: bool) -> None:
    assert Hours(480, 1200, weekend=False).outside(moment) is outside


def test_look_ups_and_consents_outside_the_hours() -> None:
    counts = [
        d.OutsideHours(K.OFF_HOURS, "bank", "late", 3, 9),
        d.OutsideHours(K.CONSENT_HOURS, "bank", "late", 2, 2),
    ]
    assert [(one.kind, one.numbers) for one in d.off_hours(counts, RULES)] == [(K.OFF_HOURS, {"count": 3, "total": 9})]


@pytest.mark.parametrize(
    ("days", "followed", "kinds"),
    [
        ({"a": 1, "b": 1, "c": 1, "d": 1}, False, [K.ONE_PERSON]),
        ({"a": 1, "b": 1, "c": 1}, False, []),
        ({"a": 4}, False, [K.REPEATED]),
        ({"a": 3}, False, []),
        ({"a": 4, "b": 1, "c": 1, "d": 1}, True, []),  # the person came and said something
    ],
)
def test_one_person_by_many_or_again_and_again(days: dict[str, int], followed: bool, kinds: list[K]) -> None:
    found = list(d.one_person([d.PersonLookedUp("bank", 1, days, followed)], RULES))
    assert [one.kind for one in found] == kinds
    assert all(one.person == 1 for one in found)


def share(some: int, all_: int, others: tuple[int, int]) -> d.Share:
    return d.Share("insurer", ("seller",), some, all_, *others, {"level": "actor", "reason": "any"})


@pytest.mark.parametrize(
    ("some", "all_", "others", "alarms"),
    [
        (18, 20, (10, 200), True),
        (4, 4, (10, 200), False),  # too few uses
        (4, 30, (0, 200), False),  # too few refusals
        (10, 20, (90, 200), False),  # hardly above the mean: chance
        (18, 20, (0, 0), False),  # nobody to compare with
    ],
)
def test_refused_far_more_often_than_the_others(some: int, all_: int, others: tuple[int, int], alarms: bool) -> None:
    assert [one.kind for one in d.refusals([share(some, all_, others)], RULES)] == [K.REFUSALS] * alarms


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilsons_lower_end_lies_below_the_share(some: int, all_: int) -> None:
    some = min(some, all_)
    assert 0 <= d.wilson(some, all_, 2.576) <= some / all_


def test_wilson_is_what_the_books_say() -> None:
    """Of 10 in 20 with z = 1.96 the interval begins at 0.299."""
    assert d.wilson(10, 20, 1.96) == pytest.approx(0.2993, abs=1e-4)
    assert d.wilson(0, 0, 1.96) == 0


@pytest.mark.parametrize(
    ("some", "all_", "others", "alarms"),
    [
        (20, 20, (5, 50), True),
        (20, 20, (50, 50), False),  # as everybody's; the campaign's day and the report show that
        (9, 9, (0, 50), False),  # too few
        (10, 20, (5, 50), False),  # not most of them
        (20, 20, (0, 0), True),  # a lonely clerk is measured by the rules
    ],
)
def test_consents_on_the_day_of_the_visit(some: int, all_: int, others: tuple[int, int], alarms: bool) -> None:
    assert [one.kind for one in d.same_day([share(some, all_, others)], RULES)] == [K.SAME_DAY] * alarms


@pytest.mark.parametrize(("count", "alarms"), [(3, True), (2, False)])
def test_consents_on_arrival_at_a_campaign(count: int, alarms: bool) -> None:
    """The "thank-you day": nobody needs to be unlike the others."""
    (found, *_) = [*d.on_campaign([d.ConsentsOnCampaign("bank", "thanks", "", ("teller",), count)], RULES), None]
    assert (found is not None) is alarms


@pytest.mark.parametrize(("days", "people", "alarms"), [(14, 5, True), (0, 5, True), (15, 500, False), (1, 4, False)])
def test_lists_shortly_before_a_campaign(days: int, people: int, alarms: bool) -> None:
    near = d.ListNear("bank", "seller", "offer", "thanks", days, people, 3)
    assert [one.kind for one in d.near_campaign([near], RULES)] == [K.NEAR_CAMPAIGN] * alarms


@pytest.mark.parametrize(("late", "consented", "alarms"), [(5, 25, True), (5, 26, False), (4, 4, False)])
def test_people_who_consented_only_after_they_were_listed(late: int, consented: int, alarms: bool) -> None:
    one = d.ListedFirst("bank", "seller", "offer", "topic", 100, late, consented, 3)
    assert [found.kind for found in d.listed_first([one], RULES)] == [K.LISTED_FIRST] * alarms


@pytest.mark.parametrize(
    ("seconds", "alarms"),
    [
        ([40.0 * n for n in range(15)], True),
        ([45.0 * n for n in range(14)], False),
        ([60.0 * n for n in range(200)], False),  # one a minute, all day
        ([], False),
    ],
)
def test_more_consents_within_minutes_than_can_be_explained(seconds: list[float], alarms: bool) -> None:
    assert [one.kind for one in d.bursts([d.Taken("bank", "teller", seconds)], RULES)] == [K.BURST] * alarms


@pytest.mark.parametrize(
    ("some", "all_", "others", "alarms"),
    [(12, 20, (2, 100), True), (4, 20, (0, 100), False), (12, 20, (55, 100), False), (12, 20, (0, 0), True)],
)
def test_consents_withdrawn_soon(some: int, all_: int, others: tuple[int, int], alarms: bool) -> None:
    assert [one.kind for one in d.regret([share(some, all_, others)], RULES)] == [K.REGRET] * alarms


def test_the_rules_of_a_day_have_a_version_that_says_which() -> None:
    assert RULES.version.startswith("monitoring-2022-04-01-")
    assert monitoring_rules(date(1999, 1, 1)).version == RULES.version
    assert (RULES.due_days("restricted"), RULES.due_days("volume")) == (3, 14)
