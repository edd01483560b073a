"""Release series: a recipient gets counts of a dataset once for each time and place, in one form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.databases import migrated
from tests.gate.world import ACTORS, HOUR, MINUTE, NOW, SCHEME, WINDOW, Limits, Step, World
from umaya.gate import Area, Op, Predicate, Refusal, Release
from umaya.gate.intake.derivations import DerivationRow
from umaya.gate.series import find_told
from umaya.gate.uses import UseState
from umaya.types.reasons import Reason
from umaya.vault import ObligationContext

START, END = WINDOW
COUNTS = SCHEME + "  - link-counts: {min_vehicles: 2}\n"
TEN = timedelta(minutes=10)


@dataclass(frozen=True)
class Counts(Step):
    """Counts that could be subtracted from others."""

    in_series: bool = True


class Town(World):
    """A world whose `link-counts` says that it makes counts."""

    def _factory(self, name: str) -> Any:
        if name != "link-counts":
            return super()._factory(name)

        def make(parameters: Mapping[str, Any]) -> Counts:
            Limits.model_validate(parameters)
            return Counts(name, timedelta(0), self.seen)

        return make


def furnished(database_url: str, directory: Path) -> Town:
    """Return a town with one scheme of counts in force."""
    town = Town(migrated(database_url), directory / "vault")
    town.furnish()
    town.declare()
    town.approve(COUNTS)
    return town


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Town]:
    """The town on SQLite."""
    town = furnished(f"sqlite:///{tmp_path}/gate.sqlite", tmp_path)
    yield town
    town.database.close()


def another(city: Town, scheme: str, change: tuple[str, str] = ("", ""), text: str = COUNTS) -> str:
    """Put another scheme in force that differs in its id and, by replacing a text, in one thing more."""
    return city.approve(text.replace("minase-passable-roads", scheme).replace(*change))


def asked(city: Town, start: datetime, end: datetime, **changes: Any) -> Reason:
    """Open a use and return what the gate said."""
    outcome = city.gate.open(city.use(window=(start, end), **changes))
    return outcome.reason if isinstance(outcome, Refusal) else outcome.decision.reason


def test_windows_that_follow_each_other_are_released(city: Town) -> None:
    assert asked(city, START, START + TEN) is Reason.PERMITTED
    assert asked(city, START + TEN, START + 2 * TEN) is Reason.PERMITTED
    assert asked(city, END - TEN, END) is Reason.PERMITTED


@pytest.mark.parametrize("shift", [timedelta(0), MINUTE, -MINUTE, TEN - timedelta(microseconds=1)])
def test_a_window_that_overlaps_one_that_was_released_is_refused_by_the_gate_itself(
    city: Town, shift: timedelta
) -> None:
    """Whoever asks, with or without the service of the road map; the same window a second time is no exception."""
    begin = START + 2 * TEN
    assert asked(city, begin, begin + TEN) is Reason.PERMITTED
    assert asked(city, begin + shift, begin + shift + TEN) is Reason.RELEASE_OVERLAPS
    assert city.gate.uses.refusals()[0].reason is Reason.RELEASE_OVERLAPS


@pytest.mark.parametrize(
    "change",
    [
        ("min_vehicles: 2", "min_vehicles: 3"),
        ("lookback_s: 600", "lookback_s: 600, max_homes: 9"),
        ("fields: [vehicle_id, t, lon, lat]", "fields: [vehicle_id, t]"),
        ("136.80, 36.20, 136.90, 36.28", "136.70, 36.10, 136.95, 36.30"),
        ("136.80, 36.20, 136.90, 36.28", "136.89, 36.27, 136.95, 36.30"),
    ],
)
def test_another_scheme_does_not_give_the_same_time_and_place_in_another_form(
    city: Town, change: tuple[str, str]
) -> None:
    """Another threshold, other homes, other fields, a larger area, or one that only overlaps.

    Both look ten minutes back, so the other form may begin where what it reads begins after what was told.
    """
    another(city, "minase-other", change)
    assert asked(city, START, START + TEN) is Reason.PERMITTED
    assert asked(city, START, START + TEN, scheme="minase-other") is Reason.RELEASE_OVERLAPS
    assert asked(city, START + 2 * TEN - MINUTE, END, scheme="minase-other") is Reason.RELEASE_OVERLAPS
    assert asked(city, START + 2 * TEN, START + 3 * TEN, scheme="minase-other") is Reason.PERMITTED


def test_a_scheme_that_differs_in_nothing_but_its_name_goes_on_with_the_series(city: Town) -> None:
    """So does a new version: what it tells of longer ago, it works out as the other did."""
    another(city, "minase-other")
    assert asked(city, START, START + TEN) is Reason.PERMITTED
    assert asked(city, START, START + TEN, scheme="minase-other") is Reason.RELEASE_OVERLAPS
    assert asked(city, START + TEN, START + 2 * TEN, scheme="minase-other") is Reason.PERMITTED


def test_looking_back_does_not_tell_another_time_what_was_told_in_another_form(city: Town) -> None:
    """A second product whose window follows reads half an hour of the first again: subtracted, they tell more."""
    another(city, "minase-other", ("lookback_s: 600", "lookback_s: 1800"))
    assert asked(city, START, START + TEN) is Reason.PERMITTED
    assert asked(city, START + TEN, END, scheme="minase-other") is Reason.RELEASE_OVERLAPS
    assert asked(city, START + 4 * TEN, END, scheme="minase-other") is Reason.PERMITTED


def test_nor_does_an_earlier_window_that_a_later_one_in_another_form_has_read(city: Town) -> None:
    another(city, "minase-other", ("lookback_s: 600", "lookback_s: 1800"))
    assert asked(city, START + 4 * TEN, END, scheme="minase-other") is Reason.PERMITTED
    assert asked(city, START + TEN, START + 2 * TEN) is Reason.RELEASE_OVERLAPS
    assert asked(city, START, START + TEN) is Reason.PERMITTED


def test_a_second_event_does_not_tell_anew_what_was_told_for_the_first(city: Town) -> None:
    """An aftershock is declared: nothing is read from before it, so sums begin elsewhere. They wait for new data."""
    city.declare("aftershock", start=START + TEN)
    assert asked(city, START, START + 2 * TEN) is Reason.PERMITTED
    assert asked(city, START + 2 * TEN, START + 3 * TEN, event="aftershock") is Reason.RELEASE_OVERLAPS
    assert asked(city, START + 2 * TEN, START + 3 * TEN) is Reason.PERMITTED
    assert asked(city, START + 4 * TEN, END, event="aftershock") is Reason.PERMITTED


@pytest.mark.parametrize(
    "chosen",
    [
        Predicate("vehicle_id", Op.EQ, "a"),
        Predicate("t", Op.BETWEEN, (START.isoformat(), (START + MINUTE).isoformat())),
        Predicate("vehicle_id", Op.IS_NULL, False),
    ],
    ids=["one bike", "one minute", "a condition that all meet"],
)
def test_nobody_has_counts_made_of_the_rows_of_one_bike_or_one_minute(city: Town, chosen: Predicate) -> None:
    """Conditions filter rows before the obligations: they would walk round every threshold and every window."""
    city.seen.clear()
    assert asked(city, START, END, matching=(chosen,)) is Reason.ROWS_CHOSEN
    stream = city.gate.stream(city.use(matching=(chosen,)))
    assert isinstance(stream, Refusal)
    assert city.gate.decide(city.use(matching=(chosen,))).reason is Reason.ROWS_CHOSEN
    assert city.gate.foresee(city.use(matching=(chosen,))).reason is Reason.ROWS_CHOSEN
    assert city.gate.point(city.use(matching=(chosen,))).decide(1).reason is Reason.ROWS_CHOSEN
    assert city.seen == []
    assert asked(city, START, END) is Reason.PERMITTED


def test_areas_that_share_no_more_than_a_border_are_two_places(city: Town) -> None:
    another(city, "minase-east", ("136.80, 36.20, 136.90, 36.28", "136.90, 36.20, 136.95, 36.28"))
    assert asked(city, START, END) is Reason.PERMITTED
    assert asked(city, START, END, scheme="minase-east") is Reason.PERMITTED


def test_an_event_that_narrows_the_area_makes_another_place(city: Town) -> None:
    """What counts is the area that was permitted, not the one that the scheme states."""
    west, east = (Area.of_box((136.80 + n * 0.05, 36.20, 136.85 + n * 0.05, 36.28)) for n in (0, 1))
    city.declare("west", area=west)
    city.declare("east", area=east)
    assert asked(city, START, END, event="west") is Reason.PERMITTED
    assert asked(city, START, END, event="east") is Reason.PERMITTED
    assert asked(city, START, END) is Reason.RELEASE_OVERLAPS


def test_rows_are_no_series(city: Town) -> None:
    """A scheme that does not count (raw rows in an emergency) is not held back, and holds nobody back."""
    another(city, "minase-rows", text=SCHEME)
    for _ in range(2):
        assert asked(city, START, END, scheme="minase-rows") is Reason.PERMITTED
    assert asked(city, START, END) is Reason.PERMITTED
    assert asked(city, START, END, scheme="minase-rows") is Reason.PERMITTED


def test_a_use_of_which_nothing_left_may_be_asked_for_again(city: Town) -> None:
    another(city, "minase-fails", text=COUNTS.replace("  - link", "  - fails: {}\n  - link"))
    with pytest.raises(ValueError, match="cannot do it"):
        asked(city, START, END, scheme="minase-fails")
    assert city.gate.uses.list()[0].state is UseState.FAILED
    assert asked(city, START, END) is Reason.PERMITTED


def test_a_refused_use_takes_nothing_away(city: Town) -> None:
    assert asked(city, START, NOW + HOUR) is Reason.WINDOW_NOT_OVER
    assert asked(city, START, END, actor=ACTORS["mayor"]) is Reason.ROLE_MISSING
    assert asked(city, START, END) is Reason.PERMITTED


def test_deciding_alone_takes_nothing_away_and_says_what_would_be_refused(city: Town) -> None:
    for _ in range(2):
        assert city.gate.decide(city.use()).permitted
    assert asked(city, START, END) is Reason.PERMITTED
    assert city.gate.decide(city.use()).reason is Reason.RELEASE_OVERLAPS


def test_another_process_knows_it_too(database_url: str, tmp_path: Path) -> None:
    """On both databases: what one gate permitted binds the next."""
    first = furnished(database_url, tmp_path)
    assert isinstance(first.gate.open(first.use()), Release)
    answer = first.new_gate().open(first.use(window=(START + TEN, END)))
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.RELEASE_OVERLAPS
    first.database.close()


def test_counts_of_derived_rows_are_counts_of_the_rows_that_they_came_from(city: Town) -> None:
    """Live matching derives traversals from positions: a scheme on them tells the same rides."""
    assert asked(city, START, END) is Reason.PERMITTED
    with city.database.writing() as session:
        session.add(
            DerivationRow(
                source="bike-positions",
                derived="letterboxes",
                engine="live",
                registered_by="phones",
                registered_at=NOW,
                entry=0,
            )
        )
    with city.database.reading() as session:
        (told,) = find_told(session, "city-minase", "letterboxes", WINDOW, timedelta(0))
        assert (told.window, told.since) == (WINDOW, START - TEN)
        assert find_told(session, "bank-minase", "letterboxes", WINDOW, timedelta(0)) == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(1, 4), st.booleans()), max_size=8))
def test_whatever_is_asked_for_the_windows_that_were_permitted_are_disjoint(
    city: Town, wishes: list[tuple[int, int, bool]]
) -> None:
    """Two schemes in any order, ten minutes of lookback: no moment is told twice or read in two forms; others are."""
    if "minase-other" not in {scheme.id for scheme in city.gate.schemes.list()}:
        another(city, "minase-other", ("min_vehicles: 2", "min_vehicles: 3"))
    told = [
        ((use.window[0] - START) // (5 * MINUTE), (use.window[1] - START) // (5 * MINUTE), use.scheme)
        for use in city.gate.uses.releases()
        if use.window
    ]
    for begin, length, other in wishes:
        scheme = "minase-other" if other else "minase-passable-roads"
        span = (START + 5 * begin * MINUTE, START + 5 * (begin + length) * MINUTE)
        if span[1] > NOW:
            continue
        refused = any(
            begin - back < ends and starts - back < begin + length
            for starts, ends, before in told
            for back in [0 if before == scheme else 2]
        )
        assert asked(city, *span, scheme=scheme) is (Reason.RELEASE_OVERLAPS if refused else Reason.PERMITTED)
        if not refused:
            told.append((begin, begin + length, scheme))


def test_the_context_of_an_obligation_is_the_permitted_window(city: Town) -> None:
    asked(city, START, START + TEN)
    name, _, context = city.seen[-1]
    assert name == "link-counts"
    assert isinstance(context, ObligationContext)
    assert context.window == (START, START + TEN)
