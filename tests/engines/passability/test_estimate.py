"""Which roads were passed since an event, and which are probably blocked.

Drawn worlds first; then the weighing of turn-backs against plain Python; then a simulated town against its truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.passability.rounds import FIRST_DAY, Town
from tests.worlds import World, draw
from umaya.engines.disclosure import link_counts
from umaya.engines.passability import PASSABILITY, USUAL, PassabilityParams, estimate, usual_pattern
from umaya.types.schemas import PASSAGES

EVENT = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)
"""10:00 in Japan."""

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
    turned: list[tuple[str, float, int]] = field(default_factory=list)
    habitual: set[str] = field(default_factory=set)
    hour: int = 10

    def since(self) -> pa.Table:
        rows = [self._row(name, minute, passes=1) for name, minute in self.passed.items()]
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
        names = sorted(self.usual | self.habitual, key=self.world.segment)
        rows = [
            {
                "segment_id": self.world.segment(name),
                "hour": self.hour,
                "p": float(name in self.usual),
                "rate": 2.0 * (name in self.usual),
                "turn_backs": int(name in self.habitual),
                "days": 28,
            }
            for name in names
        ]
        return pa.Table.from_pylist(rows, schema=USUAL)

    def rows(self, hours: float = 3.0, **changes: Any) -> dict[str, dict[str, Any]]:
        """The estimate by names of the drawn ways."""
        table = estimate(
            self.world.network, self.since(), self.pattern(), EVENT, EVENT + timedelta(hours=hours), **changes
        )
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


def test_nothing_seen_is_no_evidence() -> None:
    assert set(Day(LADDER, set()).status().values()) == {"no-evidence"}


def test_a_road_nobody_usually_rides_is_no_evidence_though_all_others_were_passed() -> None:
    day = Day(LADDER, set(LADDER.ways) - {"CH"}, all_but(LADDER, "CH"))
    assert day.status()["CH"] == "no-evidence"
    assert day.rows()["CH"]["p_blocked"] == pytest.approx(PassabilityParams().prior_closed)


def test_a_road_surely_passed_on_other_days_and_gone_round_today_is_probably_blocked() -> None:
    day = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"))
    assert {name for name, status in day.status().items() if status == "probably-blocked"} == {"CH"}


def test_before_its_usual_hour_is_over_nothing_is_said_of_it() -> None:
    """At 10:12 a road that is passed between 10 and 11 is not missing yet; at 13:00 one usual at 15 neither."""
    day = Day(LADDER, set(LADDER.ways), dict.fromkeys(all_but(LADDER, "CH"), 5.0))
    assert day.status(hours=0.2)["CH"] == "no-evidence"
    day.hour = 15
    assert day.status()["CH"] == "no-evidence"


def test_an_earthquake_that_stops_half_the_rounds_does_not_mark_half_the_town() -> None:
    """All roads of the northern street are usual; nobody rode there today."""
    day = Day(PARALLELS, set(PARALLELS.ways), all_but(PARALLELS, "AB", "BC", "CD", "DE"))
    assert "probably-blocked" not in day.status().values()


def test_when_nobody_rides_at_all_nothing_is_blocked() -> None:
    assert set(Day(LADDER, set(LADDER.ways)).status().values()) == {"no-evidence"}


def test_the_shadow_of_a_closure_is_not_called_blocked() -> None:
    """B-C is closed: riders turned back there, and C-D, D-E beyond it were not passed either."""
    day = Day(PARALLELS, set(PARALLELS.ways), all_but(PARALLELS, "BC", "CD", "DE"), [("BC", 25, 1)])
    assert {name for name, status in day.status().items() if status == "probably-blocked"} == {"BC"}


def test_expected_passes_shrink_with_the_activity_of_the_town() -> None:
    everywhere = Day(LADDER, set(LADDER.ways), all_but(LADDER)).rows()["AB"]["expected"]
    half = Day(LADDER, set(LADDER.ways), dict.fromkeys(sorted(LADDER.ways)[:6], 30.0)).rows()["AB"]["expected"]
    assert 0 < half < everywhere


def test_an_hour_of_the_day_counts_once_a_day_and_only_when_it_is_over() -> None:
    """Two passes are usual between 10 and 11 and nowhere else in the day."""
    day = Day(LADDER, set(LADDER.ways), dict.fromkeys(LADDER.ways, 5.0))
    half, whole, evening, tomorrow = (day.rows(hours)["AB"]["expected"] for hours in (0.5, 1, 9, 25))
    activity = whole / 2.0
    assert 0.8 < activity <= 1.2
    assert evening == pytest.approx(whole)
    assert half == pytest.approx(whole / 2, rel=0.2)
    assert tomorrow == pytest.approx(2 * whole)


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
    day = Day(LADDER, set(), {"CH": 45.0}, [("CH", 25, 3)])
    assert day.status()["CH"] == "passed"


def test_turn_backs_after_a_pass_weigh_against_it() -> None:
    """An aftershock can close what was passed: the odds rise, from the lower prior of a road once passed."""
    before = Day(LADDER, set(), {"CH": 15.0}).rows()["CH"]["p_blocked"]
    after = Day(LADDER, set(), {"CH": 15.0}, [("CH", 45, 3)]).rows()["CH"]["p_blocked"]
    assert after > 10 * before


def test_turning_at_the_end_of_a_passed_road_points_beyond_it() -> None:
    """They came through B-C and turned at C: of the roads that go on there, only C-H was not passed."""
    turned = [("BC", 25.0, 2)]
    day = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"), turned)
    without = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"))
    assert day.rows()["CH"]["p_blocked"] > without.rows()["CH"]["p_blocked"] + 0.1
    assert day.status()["BC"] == "passed"


def test_where_vehicles_turn_on_ordinary_days_nothing_is_said_of_what_lies_beyond() -> None:
    day = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"), [("BC", 25, 2)], habitual={"BC"})
    without = Day(LADDER, set(LADDER.ways), all_but(LADDER, "CH"))
    assert day.rows()["CH"]["p_blocked"] == pytest.approx(without.rows()["CH"]["p_blocked"])


def test_turn_backs_before_the_event_do_not_count() -> None:
    row = Day(LADDER, set(), turned=[("CH", -20, 3)]).rows()["CH"]
    assert (row["status"], row["turn_backs"]) == ("no-evidence", 0)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(LADDER.ways)), st.floats(0, 170)),
    st.sets(st.sampled_from(sorted(LADDER.ways))),
    st.lists(st.tuples(st.sampled_from(sorted(LADDER.ways)), st.integers(0, 170), st.integers(1, 2)), max_size=4),
)
def test_more_vehicles_that_turned_back_never_lower_the_probability(
    passed: dict[str, float], usual: set[str], turned: list[tuple[str, float, int]]
) -> None:
    fewer = Day(LADDER, usual, passed, turned).rows()
    more = Day(LADDER, usual, passed, [(name, minute, number + 1) for name, minute, number in turned]).rows()
    for name, row in fewer.items():
        assert 0 < row["p_blocked"] <= more[name]["p_blocked"] < 1
        if name not in usual and not turned:
            assert row["status"] != "probably-blocked"


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prior_closed", 0.0),  # would never be blocked
        ("prior_closed", 1.0),  # would always be
        ("prior_reclosed", float("nan")),
        ("certainty", 1.0),  # one missed round would be proof
        ("blocked_from", 1.0),
        ("turn_back_ratio", 0.5),  # turn-backs would speak for an open road
        ("turn_backs_counted", 0),
        ("on_edge_share", 1.1),
        ("neighbour_weight", 0.0),  # 0 / 0 at the end of a lonely road
    ],
)
def test_params_check_themselves(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        PassabilityParams(**{name: value})  # type: ignore[arg-type]  # one of them is an int


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
    """Six towns, eight of about 290 segments closed in each; seeds are fixed."""
    results = [found_and_false(seed, 8) for seed in range(6)]
    found, false = (sum(column) for column in zip(*results, strict=True))
    assert found >= 0.6 * 6 * 8
    assert false <= 0.2 * found


def test_a_town_without_closures_stays_nearly_unmarked() -> None:
    assert sum(found_and_false(seed, 0)[1] for seed in range(6)) <= 10


def test_where_turn_backs_are_withheld_less_is_found_but_little_is_made_up() -> None:
    """No ten minutes see three vehicles turn at one place: only the absence of passes is left to judge by."""
    results = [found_and_false(seed, 8, min_turn_backs=3) for seed in range(4)]
    assert sum(false for _, false in results) <= 2
