"""Which roads were passed since an event, which are probably blocked, and which opened again.

Drawn worlds with beliefs of their own, so that a new calibration changes none of them; then a simulated town of another
make than the one the calibration was fitted to, against its truth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.passability.rounds import FIRST_DAY, Town
from tests.worlds import World, draw
from umaya.engines.disclosure import link_counts
from umaya.engines.passability import PASSABILITY, ROUNDS, USUAL, PassabilityParams, calibrated, estimate, usual_pattern
from umaya.engines.passability.params import Kind
from umaya.types.schemas import PASSAGES

EVENT = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)
"""10:00 in Japan, a Monday."""

PARAMS = PassabilityParams(
    prior_closed=0.03,
    reopening=0.02,
    reclosing=0.0001,
    doubt=0.0005,
    near_weight=1.5,
    near_both=0.5,
    near_size=10.0,
    missed_weight=0.05,
    detour_ratio=10.0,
    turn_back_ratio=8.0,
)

LADDER = draw("""
    A---B---C---D---E
    |   |   |   |   |
    F---G---H---I---J
""")

PARALLELS = draw("""
    A---B---C---D---E
    |               |
    F---G---H---I---J
""")


@dataclass
class Day:
    """What was seen in a world: usual roads by name, passes and turn-backs in minutes after the event."""

    world: World
    usual: set[str]
    passed: dict[str, float] = field(default_factory=dict)
    again: list[tuple[str, float]] = field(default_factory=list)
    turned: list[tuple[str, float, int]] = field(default_factory=list)
    habitual: set[str] = field(default_factory=set)
    hour: int = 10

    def since(self) -> pa.Table:
        rows = [self._row(name, minute, passes=1) for name, minute in self.passed.items()]
        rows += [self._row(name, minute, passes=1) for name, minute in self.again]
        rows += [self._row(name, minute, turn_backs=number) for name, minute, number in self.turned]
        return pa.Table.from_pylist(rows, schema=PASSAGES)

    def _row(self, name: str, minute: float, passes: int = 0, turn_backs: int | None = None) -> dict[str, object]:
        moment = EVENT + timedelta(minutes=minute)
        return {
            "edge_id": self.world.edge(name[0], name[1]),
            "way_id": 1,
            "forward": True,
            "window_start": EVENT + timedelta(minutes=minute // 10 * 10),
            "window_s": 600,
            "passes": passes,
            "vehicles": passes,
            "last_passed": moment if passes else None,
            "turn_backs": turn_backs,
            "days": None,
        }

    def pattern(self) -> pa.Table:
        """Two passes a day on each usual road, one each way, in one hour of the day."""
        names = sorted(self.usual | self.habitual, key=self.world.segment)
        rows = [
            {
                "edge_id": self.world.edge(*ends),
                "weekday": None,
                "hour": self.hour,
                "p": float(name in self.usual),
                "rate": 1.0 * (name in self.usual),
                "turn_backs": int(name in self.habitual),
                "days": 28,
            }
            for name in names
            for ends in (name, name[::-1])
        ]
        return pa.Table.from_pylist(rows, schema=USUAL)

    def rows(self, hours: float = 3.0, **changes: Any) -> dict[str, dict[str, Any]]:
        """The estimate by names of the drawn ways."""
        now = EVENT + timedelta(hours=hours)
        table = estimate(self.world.network, self.since(), self.pattern(), EVENT, now, **({"params": PARAMS} | changes))
        assert table.schema.equals(PASSABILITY)
        by_id = {row["segment_id"]: row for row in table.to_pylist()}
        return {name: by_id[self.world.segment(name)] for name in self.world.ways}

    def status(self, hours: float = 3.0, **changes: Any) -> dict[str, str]:
        return {name: row["status"] for name, row in self.rows(hours, **changes).items()}


def all_but(world: World, *names: str) -> dict[str, float]:
    """Every way passed half an hour after the event but these."""
    return {way: 30.0 for way in world.ways if way not in names}


# --- passed ---------------------------------------------------------------------------------------------------------


def test_a_passed_road_is_passed() -> None:
    row = Day(LADDER, {"AB"}, {"AB": 12.0}).rows()["AB"]
    assert (row["status"], row["passed_since"], row["passes"]) == ("passed", True, 1)
    assert row["last_passed"] == EVENT + timedelta(minutes=12)


@pytest.mark.parametrize(
    ("minutes_ago", "name"),
    [(60, "1h"), (61, "3h"), (180, "3h"), (181, "24h"), (24 * 60, "24h"), (24 * 60 + 1, "older")],
)
def test_the_age_of_the_last_pass_is_one_of_four_classes(minutes_ago: int, name: str) -> None:
    hours = 30.0
    day = Day(LADDER, set(), {"AB": hours * 60 - minutes_ago})
    assert day.rows(hours)["AB"]["age_class"] == name


def test_a_road_not_passed_has_no_age() -> None:
    row = Day(LADDER, set()).rows()["AB"]
    assert (row["age_class"], row["last_passed"], row["passed_since"]) == ("none", None, False)


def test_passes_before_the_event_or_after_now_do_not_count() -> None:
    rows = Day(LADDER, set(), {"AB": -5.0, "BC": 185.0}).rows()
    assert not rows["AB"]["passed_since"]
    assert not rows["BC"]["passed_since"]


def test_a_pass_either_way_is_a_pass() -> None:
    assert Day(LADDER, set(), {"BA": 5.0}).status()["AB"] == "passed"


# --- not passed -----------------------------------------------------------------------------------------------------


def rounds_about(world: World, times: int, *names: str) -> list[tuple[str, float]]:
    """Every edge passed so often but those of some roads, ten minutes apart."""
    ways = [way for way in world.ways if way not in names]
    return [(ends, 10.0 * n + 5) for n in range(times) for way in ways for ends in (way, way[::-1])]


def test_nothing_seen_is_no_evidence() -> None:
    assert set(Day(LADDER, set()).status().values()) == {"no-evidence"}


def test_a_road_nobody_usually_rides_is_no_evidence_though_all_others_were_passed() -> None:
    day = Day(LADDER, set(LADDER.ways) - {"CH"}, again=rounds_about(LADDER, 15, "CH"))
    assert day.status()["CH"] == "no-evidence"
    assert day.rows()["CH"]["p_blocked"] <= PARAMS.prior_closed


def test_a_usual_road_that_riders_came_to_and_did_not_enter_is_probably_blocked() -> None:
    """Riders came to C and to H, from where one in three usually goes on into C-H."""
    day = Day(LADDER, set(LADDER.ways), again=rounds_about(LADDER, 6, "CH"))
    assert {name for name, status in day.status().items() if status == "probably-blocked"} == {"CH"}


def test_each_near_miss_says_more() -> None:
    p = [Day(LADDER, set(LADDER.ways), again=rounds_about(LADDER, n, "CH")).rows()["CH"]["p_blocked"] for n in range(5)]
    assert p == sorted(p)
    assert p[4] > 5 * p[0]


def test_riders_at_both_ends_say_more_than_as_many_at_one() -> None:
    """A street of a round that does not go out is missed by its neighbours at one end only."""

    def p_of(*edges: str) -> float:
        return float(Day(LADDER, set(LADDER.ways), again=[(e, 15.0) for e in edges]).rows()["CH"]["p_blocked"])

    assert p_of("BC", "GH") > p_of("BC", "DC") > p_of("AB", "FG")


def test_who_goes_round_speaks_against_a_road() -> None:
    """The same edges were passed: once as a ride round B-C by G and H within ten minutes, once an hour apart."""
    round_ = ("BG", "GH", "HC")

    def p_of(apart: float) -> float:
        again = [(edge, 5 + apart * n) for n, edge in enumerate(round_)]
        return float(Day(LADDER, set(LADDER.ways), again=again).rows()["BC"]["p_blocked"])

    assert p_of(1.0) > 2 * p_of(60.0)


def test_a_way_round_that_is_usual_says_less() -> None:
    """Fewer than usual rode the way round: that is no detour."""
    again = [(edge, 5.0) for edge in ("BG", "GH", "HC")]
    others = [(way, 5.0) for way in ("AB", "CD", "DE", "AF", "DI", "EJ", "FG", "HI", "IJ")] * 8
    few = Day(LADDER, set(LADDER.ways), again=again).rows(params=replace(PARAMS, near_weight=0.0))
    busy = Day(LADDER, set(LADDER.ways), again=again + others).rows(params=replace(PARAMS, near_weight=0.0))
    assert busy["BC"]["p_blocked"] < few["BC"]["p_blocked"]


def test_before_its_usual_hour_is_over_little_is_said_of_it() -> None:
    """What weekday and hour let expect alone: at 10:12 a road usual between 10 and 11 is not missing yet."""
    alone = replace(PARAMS, near_weight=0.0, detour_ratio=0.0, missed_weight=3.0, reopening=1e-6)
    day = Day(LADDER, set(LADDER.ways), dict.fromkeys(all_but(LADDER, "CH"), 5.0))
    early, over = (day.rows(hours, params=alone)["CH"]["p_blocked"] for hours in (0.2, 1.0))
    assert early < 0.5 < over
    day.hour = 15
    assert day.rows(3, params=alone)["CH"]["p_blocked"] == pytest.approx(PARAMS.prior_closed, abs=0.001)


def test_an_earthquake_that_stops_half_the_rounds_does_not_mark_half_the_town() -> None:
    """All roads of the northern street are usual; nobody rode there today."""
    north = ("AB", "BC", "CD", "DE")
    day = Day(PARALLELS, set(PARALLELS.ways), again=rounds_about(PARALLELS, 3, *north))
    assert not {name for name in ("BC", "CD") if day.status()[name] == "probably-blocked"}


def test_when_nobody_rides_at_all_nothing_is_blocked() -> None:
    assert set(Day(LADDER, set(LADDER.ways)).status().values()) == {"no-evidence"}


def test_a_closure_behind_another_is_found_from_its_other_side_and_what_nobody_reached_stays_unknown() -> None:
    """B-C and D-E are closed. Riders come to B and to E; nobody gets to C-D between them."""
    between = ("BC", "CD", "DE")
    day = Day(PARALLELS, set(PARALLELS.ways), again=rounds_about(PARALLELS, 16, *between))
    found = day.status()
    assert (found["BC"], found["CD"], found["DE"]) == ("probably-blocked", "no-evidence", "probably-blocked")
    assert day.rows()["CD"]["p_blocked"] < 1.5 * PARAMS.prior_closed


def test_a_closure_that_nobody_comes_near_fades_as_closures_are_cleared() -> None:
    day = Day(LADDER, set(LADDER.ways), again=rounds_about(LADDER, 6, "CH"))
    p = [day.rows(hours)["CH"]["p_blocked"] for hours in (2, 26, 74)]
    assert p == sorted(p, reverse=True)


def test_expected_passes_shrink_with_the_activity_of_the_town() -> None:
    everywhere = Day(LADDER, set(LADDER.ways), all_but(LADDER)).rows()["AB"]["expected"]
    half = Day(LADDER, set(LADDER.ways), dict.fromkeys(sorted(LADDER.ways)[:6], 30.0)).rows()["AB"]["expected"]
    assert 0 < half < everywhere


def test_an_hour_of_the_day_counts_once_a_day_and_only_when_it_is_over() -> None:
    """Two passes are usual between 10 and 11 and nowhere else in the day."""
    day = Day(LADDER, set(LADDER.ways), dict.fromkeys(LADDER.ways, 5.0))
    half, whole, evening, tomorrow = (day.rows(hours)["AB"]["expected"] for hours in (0.5, 1, 9, 25))
    assert 0 < half < whole < 2.5
    assert evening == pytest.approx(whole, rel=0.2)
    assert tomorrow > 1.1 * evening


def test_where_a_neighbourhood_is_withheld_its_roads_are_not_missed() -> None:
    """C-H lies in a neighbourhood of its own that tells nothing: riders at its ends say nothing of it."""
    again = rounds_about(LADDER, 6, "CH")
    edges = LADDER.network.edges
    lone = edges["segment_id"].to_numpy() == LADDER.segment("CH")
    day = Day(LADDER, set(LADDER.ways), again=again)
    apart, together = (day.rows(areas=areas)["CH"] for areas in (lone.astype(np.int64), np.zeros(len(lone), np.int64)))
    assert apart["status"] == "no-evidence"
    assert apart["p_blocked"] <= PARAMS.prior_closed
    assert together["status"] == "probably-blocked"


def test_where_fewer_rounds_are_planned_less_is_expected() -> None:
    day = Day(LADDER, set(LADDER.ways))
    rounds = pa.table([[EVENT], [EVENT + timedelta(hours=5)], [0.25]], schema=ROUNDS)
    some, all_ = (day.rows(3, rounds=given)["CH"] for given in (rounds, None))
    assert some["expected"] < all_["expected"] / 2
    assert some["p_blocked"] < all_["p_blocked"]


@pytest.mark.parametrize(("weekday", "suspected"), [(0, True), (1, False), (6, False)])
def test_a_road_used_on_mondays_only_is_missed_on_mondays_only(weekday: int, suspected: bool) -> None:
    """Four Mondays of four it was passed between 10 and 11; the other roads every day."""
    rows = [
        {"edge_id": LADDER.edge(*ends), "weekday": day, "hour": 10, "p": 1.0, "rate": 1.0, "turn_backs": 0, "days": 4}
        for name in LADDER.ways
        for ends in (name, name[::-1])
        for day in range(7)
        if name != "CH" or day == 0
    ]
    usual = pa.Table.from_pylist(sorted(rows, key=lambda r: (r["edge_id"], r["weekday"])), schema=USUAL)
    event = EVENT + timedelta(days=weekday)
    alone = replace(PARAMS, near_weight=0.0, detour_ratio=0.0, missed_weight=10.0, reopening=1e-6)
    table = estimate(LADDER.network, PASSAGES.empty_table(), usual, event, event + timedelta(hours=2), alone)
    (row,) = table.filter(pc.field("segment_id") == LADDER.segment("CH")).to_pylist()
    assert (row["status"] == "probably-blocked") == suspected
    assert suspected or row["p_blocked"] < 0.1


# --- turn-backs -----------------------------------------------------------------------------------------------------


def test_two_vehicles_that_turned_back_mark_a_road_even_where_few_ride() -> None:
    day = Day(LADDER, set(), turned=[("CH", 25, 2)])
    assert day.status()["CH"] == "probably-blocked"
    assert day.rows()["CH"]["turn_backs"] == 2


def test_vehicles_that_turned_back_are_not_added_up_over_windows() -> None:
    """With counts over half an hour in windows of ten minutes the same two are told three times: they are two."""
    day = Day(LADDER, set(), turned=[("CH", 15, 2), ("CH", 25, 3), ("HC", 35, 2)])
    assert day.rows()["CH"]["turn_backs"] == 3


def test_one_vehicle_that_turned_back_is_not_enough_where_few_ride() -> None:
    assert Day(LADDER, set(), turned=[("CH", 25, 1)]).status()["CH"] == "no-evidence"


def test_a_pass_after_the_turn_backs_reopens() -> None:
    day = Day(LADDER, set(), {"CH": 45.0}, turned=[("CH", 25, 3)])
    row = day.rows()["CH"]
    assert (row["status"], row["reopened"]) == ("passed", EVENT + timedelta(minutes=40))
    assert row["last_passed"] == EVENT + timedelta(minutes=45)


def test_what_was_never_called_blocked_did_not_reopen() -> None:
    assert Day(LADDER, set(), {"CH": 45.0}).rows()["CH"]["reopened"] is None


def test_what_closed_again_is_no_longer_reopened() -> None:
    day = Day(LADDER, set(), {"CH": 45.0}, turned=[("CH", 25, 3), ("CH", 75, 3), ("HC", 75, 3)])
    row = day.rows()["CH"]
    assert (row["status"], row["reopened"]) == ("probably-blocked", None)
    assert row["last_passed"] == EVENT + timedelta(minutes=45)


def test_a_road_that_riders_missed_and_then_passed_reopened() -> None:
    day = Day(LADDER, set(LADDER.ways), {"CH": 100.0}, again=rounds_about(LADDER, 6, "CH"))
    assert day.rows()["CH"]["reopened"] == EVENT + timedelta(minutes=100)


def test_turn_backs_after_a_pass_weigh_against_it() -> None:
    """An aftershock can close what was passed: the odds rise, from the lower prior of a road once passed."""
    before = Day(LADDER, set(), {"CH": 15.0}).rows()["CH"]["p_blocked"]
    after = Day(LADDER, set(), {"CH": 15.0}, turned=[("CH", 45, 3)]).rows()["CH"]["p_blocked"]
    assert after > 10 * before


def test_turning_at_the_end_of_a_passed_road_points_beyond_it() -> None:
    """They came through B-C and turned at C: of the roads that go on there, only C-H was not passed."""
    day = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"), turned=[("BC", 25.0, 2)])
    without = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"))
    assert day.rows()["CH"]["p_blocked"] > 5 * without.rows()["CH"]["p_blocked"]
    assert day.status()["BC"] == "passed"


def test_where_vehicles_turn_on_ordinary_days_nothing_is_said_of_what_lies_beyond() -> None:
    day = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"), turned=[("BC", 25, 2)], habitual={"BC"})
    without = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"))
    assert day.rows()["CH"]["p_blocked"] == pytest.approx(without.rows()["CH"]["p_blocked"], abs=0.005)


def test_turn_backs_before_the_event_do_not_count() -> None:
    row = Day(LADDER, set(), turned=[("CH", -20, 3)]).rows()["CH"]
    assert (row["status"], row["turn_backs"]) == ("no-evidence", 0)


def test_the_third_vehicle_counts_and_the_fourth_no_more() -> None:
    p = [Day(LADDER, set(), turned=[("CH", 25, n)]).rows()["CH"]["p_blocked"] for n in (2, 3, 4)]
    assert p[0] < p[1] == p[2]


# --- what always holds ------------------------------------------------------------------------------------------------

ways = st.sampled_from(sorted(LADDER.ways))
minutes = st.integers(0, 17).map(lambda window: 10.0 * window + 5)
days = st.builds(
    Day,
    st.just(LADDER),
    st.sets(ways),
    again=st.lists(st.tuples(ways, minutes), max_size=12),
    turned=st.lists(st.tuples(ways, minutes, st.integers(1, 2)), max_size=4),
    habitual=st.sets(ways, max_size=2),
)
CLOCK = [("AB", 10.0 * n + 5) for n in range(18)]
"""Somebody passes A-B in every window, so that each is a step whatever else is seen."""


@settings(max_examples=60, deadline=None)
@given(days)
def test_more_vehicles_that_turned_back_never_lower_the_probability(day: Day) -> None:
    day.again = day.again + CLOCK
    more = replace(day, turned=[(name, minute, number + 1) for name, minute, number in day.turned])
    for name, row in day.rows().items():
        turned = {n for n, _, _ in day.turned}
        if name in turned or not turned:
            assert 0 < row["p_blocked"] <= more.rows()[name]["p_blocked"] + 1e-9 < 1.1


@settings(max_examples=100, deadline=None)
@given(days, ways, minutes)
def test_more_passes_of_a_road_never_raise_its_probability(day: Day, name: str, minute: float) -> None:
    day.again = day.again + CLOCK
    more = replace(day, again=[*day.again, (name, minute)])
    assert more.rows()[name]["p_blocked"] <= day.rows()[name]["p_blocked"] + 1e-9


@settings(max_examples=60, deadline=None)
@given(days)
def test_where_nobody_usually_rides_and_nobody_turned_back_nothing_is_ever_called_blocked(day: Day) -> None:
    """Absence of probes is not evidence: whatever happens elsewhere, the probability stays that of any road."""
    day.turned = []
    for name, row in day.rows().items():
        if name not in day.usual:
            assert row["p_blocked"] <= PARAMS.prior_closed + 10 * row["passes"]
            assert row["status"] == ("passed" if row["passes"] else "no-evidence")


@settings(max_examples=40, deadline=None)
@given(days)
def test_a_pass_in_the_last_window_leaves_only_doubt(day: Day) -> None:
    day.again = [*day.again, ("CH", 175.0)]
    row = day.rows()["CH"]
    assert row["p_blocked"] == pytest.approx(PARAMS.doubt, abs=0.01)
    assert row["status"] == "passed"


# --- empty, bad -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"since": USUAL.empty_table()}, "schema"),
        ({"usual": PASSAGES.empty_table()}, "schema"),
        ({"now": EVENT - timedelta(seconds=1)}, "before the event"),
        ({"now": EVENT.replace(tzinfo=None)}, "aware"),
    ],
)
def test_bad_input_is_refused(changes: dict[str, Any], problem: str) -> None:
    arguments = {
        "network": LADDER.network,
        "since": PASSAGES.empty_table(),
        "usual": USUAL.empty_table(),
        "event_start": EVENT,
        "now": EVENT,
    }
    with pytest.raises(ValueError, match=problem):
        estimate(**(arguments | changes))


def test_folded_counts_are_refused_as_counts_since_the_event() -> None:
    table = Day(LADDER, set(), {"AB": 5.0}).since()
    folded = table.set_column(7, PASSAGES.field("last_passed"), pa.nulls(1, PASSAGES.field("last_passed").type))
    with pytest.raises(ValueError, match="folded"):
        estimate(LADDER.network, folded, USUAL.empty_table(), EVENT, EVENT)


def test_planned_rounds_of_another_schema_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        estimate(LADDER.network, PASSAGES.empty_table(), USUAL.empty_table(), EVENT, EVENT, rounds=USUAL.empty_table())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prior_closed", 0.0),  # would never be blocked
        ("prior_closed", 1.0),  # would always be
        ("doubt", float("nan")),
        ("reopening", 0.0),  # nothing would ever be cleared
        ("near_size", 0.0),
        ("near_weight", -1.0),  # riders who pass by would speak for an open road
        ("near_both", 1.5),
        ("detour_ratio", -0.1),
        ("platt_slope", 0.0),  # everything would be alike
        ("blocked_from", 1.0),
        ("turn_back_ratio", 0.5),  # turn-backs would speak for an open road
        ("turn_backs_counted", 0),
    ],
)
def test_params_check_themselves(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        replace(PARAMS, **{name: value})  # type: ignore[arg-type]  # one of them is an int


def test_a_calibration_with_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        PassabilityParams.of({"params": {"colour": 1.0}})


@pytest.mark.parametrize("kind", ["plain", "swept"])
def test_the_newest_calibration_says_how_it_was_made(kind: Kind) -> None:
    folder = files("umaya.engines.passability") / "calibrations"
    newest = max((file for file in folder.iterdir() if file.name.startswith(kind)), key=lambda file: file.name)
    document = json.loads(newest.read_text("utf-8"))
    assert PassabilityParams.of(document) == calibrated(kind)
    assert {"date", "how", "seeds", "set_by_hand", "log_loss"} <= document["made"].keys()
    assert newest.name == f"{kind}-{document['made']['date']}.json"


# --- against the truth of a simulated town --------------------------------------------------------------------------


def found_and_false(seed: int, closures: int, min_turn_backs: int = 1) -> tuple[int, int]:
    """Closed segments found, and open ones called blocked, four hours after the event."""
    town, days = Town(seed), 10
    midnight = FIRST_DAY - timedelta(hours=9)
    ordinary = link_counts(town.days(days), midnight, midnight + timedelta(days=days), 3600, 1, 2, True)
    event = FIRST_DAY + timedelta(days=days, minutes=10)
    town.close(closures)
    now = event + timedelta(hours=4)
    since = link_counts(town.day_of_the_event(event), event, now, 600, 1, min_turn_backs, False)
    table = estimate(town.network, since, usual_pattern(ordinary, town.network, days), event, now)
    blocked = set(table.filter(pc.field("status") == "probably-blocked")["segment_id"].to_pylist())
    closed = town.segments(town.closed)
    return len(blocked & closed), len(blocked - closed)


def test_most_closures_of_a_simulated_town_are_found_and_few_false() -> None:
    """Six towns, eight of about 290 segments closed in each; seeds are fixed.

    A harder town than those of the calibration: every street is passed once a day, and the event comes ten minutes
    into the rounds, so streets ridden just before it are missed by nobody but the estimate.
    """
    results = [found_and_false(seed, 8) for seed in range(6)]
    found, false = (sum(column) for column in zip(*results, strict=True))
    assert found >= 0.7 * 6 * 8
    assert false <= 0.75 * found


def test_a_town_without_closures_stays_nearly_unmarked() -> None:
    """At most two in a hundred segments."""
    assert sum(found_and_false(seed, 0)[1] for seed in range(6)) <= 0.02 * 6 * 290


def test_where_turn_backs_are_withheld_less_is_found_but_little_is_made_up() -> None:
    """No ten minutes see three vehicles turn at one place: only the absence of passes is left to judge by."""
    results = [found_and_false(seed, 8, min_turn_backs=3) for seed in range(4)]
    assert sum(false for _, false in results) <= 2
