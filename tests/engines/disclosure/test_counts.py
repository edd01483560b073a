"""Link counts tell how many passed, never who, and nothing below the set minimum.

Drawn worlds first, then a plain-Python oracle on random traversals.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.drives import MORNING, Drive, traversals
from tests.worlds import World, draw
from umaya.engines.disclosure import link_counts
from umaya.types.schemas import PASSAGES, TRAVERSALS

JAPAN = ZoneInfo("Asia/Tokyo")
HOUR = timedelta(hours=1)

STREET = draw("""
    A---B---C
        :
        D
""")


def count(world: World, drives: list[Drive], **changes: Any) -> list[tuple[str, int, int, int | None]]:
    """Stretch, passes, vehicles, turn-backs within the hour after `MORNING`."""
    arguments = {"window_s": 3600, "min_vehicles": 1, "min_turn_backs": 1, "fold_days": False} | changes
    table = link_counts(traversals(world, drives), MORNING, MORNING + HOUR, **arguments)
    assert table.schema.equals(PASSAGES)
    return [
        (world.name(row["edge_id"]), row["passes"], row["vehicles"], row["turn_backs"]) for row in table.to_pylist()
    ]


def test_each_direction_is_counted_for_itself() -> None:
    drives = [Drive("v", "AB BC"), Drive("w", "AB BC"), Drive("w", "CB", 9, trip=1)]
    assert count(STREET, drives) == [("AB", 2, 2, None), ("BC", 2, 2, None), ("CB", 1, 1, None)]


def test_a_turn_at_a_driveway_on_a_through_road_leaves_no_trace() -> None:
    """One rider goes half-way into a road, calls at a home and comes back: nothing is told of that road."""
    assert count(STREET, [Drive("v", "AB BC* CB* BA")], min_turn_backs=2) == [("AB", 1, 1, None), ("BA", 1, 1, None)]


def test_two_vehicles_that_turned_back_are_told_though_nobody_passed() -> None:
    """Together they are what a closure looks like; passes 0 says that nobody got through."""
    drives = [Drive("v", "AB BC* CB* BA"), Drive("w", "AB BC* CB* BA")]
    assert ("BC", 0, 0, 2) in count(STREET, drives, min_turn_backs=2)


def test_the_same_vehicle_twice_is_one_vehicle() -> None:
    drives = [Drive("v", "AB"), Drive("v", "AB", 9, trip=1)]
    assert count(STREET, drives) == [("AB", 2, 1, None)]
    assert count(STREET, drives, min_vehicles=2) == []


def test_passes_below_the_minimum_are_not_told_beside_turn_backs() -> None:
    drives = [Drive("u", "BC"), Drive("v", "BC* CB*"), Drive("w", "BC* CB*")]
    assert count(STREET, drives, min_vehicles=2) == [("BC", 0, 0, 2)]


def test_a_window_begins_closed_and_ends_open() -> None:
    """A traversal that is left at the stroke of the hour belongs to the next hour."""
    drives = [Drive("before", "AB", -1.0 - 1 / 60), Drive("first", "AB", -1), Drive("next", "AB", 59)]
    assert count(STREET, drives) == [("AB", 1, 1, None)]


def test_windows_are_aligned_to_the_start() -> None:
    table = link_counts(
        traversals(STREET, [Drive("v", "AB", 9), Drive("w", "AB", 8.5)]), MORNING, MORNING + HOUR, 600, 1, 1, False
    )
    assert table["window_start"].to_pylist() == [MORNING, MORNING + timedelta(minutes=10)]
    assert table["window_s"].to_pylist() == [600, 600]
    assert table["days"].null_count == 2


@pytest.mark.parametrize("min_vehicles", [1, 2])
def test_no_time_is_finer_than_the_window(min_vehicles: int) -> None:
    """Whether a bike took ten seconds or five minutes to the next road, which is a delivery, cannot be told."""
    told = [
        link_counts(
            traversals(STREET, [Drive("v", "AB", 12.3), Drive("w", "AB", minute)]),
            MORNING,
            MORNING + HOUR,
            600,
            min_vehicles,
            1,
            False,
        )
        for minute in (13.7, 18.9)
    ]
    assert told[0]["last_passed"].to_pylist() == [MORNING + timedelta(minutes=10)]
    assert told[0].equals(told[1])


def test_the_same_hour_of_several_days_is_folded_by_the_day_in_japan() -> None:
    """23:30 UTC and 00:30 UTC are 08:30 and 09:30 of one day in Japan."""
    day = 24 * 60
    drives = [Drive("v", "AB", day * n + minute, trip=n) for n in range(3) for minute in (-31, 29)]
    start = datetime(2026, 4, 6, tzinfo=JAPAN)
    table = link_counts(traversals(STREET, drives), start, start + timedelta(days=3), 3600, 1, 1, True)
    assert table["window_start"].to_pylist() == [start + 8 * HOUR, start + 9 * HOUR]
    assert table["passes"].to_pylist() == [3, 3]
    assert table["vehicles"].to_pylist() == [1, 1]
    assert table["days"].to_pylist() == [3, 3]
    assert table["last_passed"].null_count == 2


def test_weekdays_are_told_apart_where_weeks_are_folded() -> None:
    """Two Mondays fold into one window on the first of them; the Tuesday stays a window of its own."""
    day = 24 * 60
    drives = [Drive("v", "AB", n * day + 30, trip=n) for n in (0, 1, 7)]
    start = datetime(2026, 4, 6, tzinfo=JAPAN)
    table = link_counts(
        traversals(STREET, drives), start, start + timedelta(days=14), 3600, 1, 1, True, fold_weeks=True
    )
    assert table["window_start"].to_pylist() == [start + 9 * HOUR, start + 33 * HOUR]
    assert table["passes"].to_pylist() == [2, 1]
    assert table["days"].to_pylist() == [2, 1]


def test_two_vehicles_that_turn_back_in_different_windows_are_two_that_turned_back_alone() -> None:
    """Counted over both windows they would be told, and subtracting what was told before would single one out."""
    drives = [Drive("v", "BC* CB*", 1), Drive("w", "BC* CB*", 35)]
    assert count(STREET, drives, window_s=600, min_turn_backs=2) == []
    assert count(STREET, drives, min_turn_backs=2) == [("BC", 0, 0, 2)]


def test_the_same_vehicle_turning_back_again_is_still_one() -> None:
    drives = [Drive("v", "BC* CB*", 1), Drive("v", "BC* CB*", 35, trip=1)]
    assert count(STREET, drives, min_turn_backs=2) == []


def test_of_numbers_only_the_least_is_told() -> None:
    """Nine passes of three vehicles look like the two that were needed."""
    drives = [Drive(v, "AB", minute, trip=minute) for v in "uvw" for minute in (1, 11, 21)]
    drives += [Drive(v, "BC* CB*", 40) for v in "uvw"]
    assert count(STREET, drives, min_vehicles=2, min_turn_backs=2) == [("AB", 9, 3, None), ("BC", 0, 0, 3)]
    assert count(STREET, drives, min_vehicles=2, min_turn_backs=2, least=True) == [("AB", 2, 2, None), ("BC", 0, 0, 2)]


def test_no_traversal_gives_an_empty_table() -> None:
    empty = link_counts(TRAVERSALS.empty_table(), MORNING, MORNING + HOUR, 3600, 1, 1, False)
    assert empty.equals(PASSAGES.empty_table())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"window_s": 0}, "window_s"),
        ({"min_vehicles": 0}, "min_vehicles"),
        ({"min_turn_backs": 0}, "min_turn_backs"),
        ({"window_s": 1000}, "whole number of windows"),
        ({"window_end": MORNING - HOUR}, "whole number of windows"),
        ({"window_start": MORNING.replace(tzinfo=None)}, "aware"),
        ({"window_s": 7000, "window_end": MORNING + timedelta(seconds=7000), "fold_days": True}, "divide a day"),
        ({"traversals": PASSAGES.empty_table()}, "schema"),
        ({"fold_weeks": True}, "fold_days"),
    ],
)
def test_bad_input_is_refused(changes: dict[str, Any], problem: str) -> None:
    arguments: dict[str, Any] = {
        "traversals": TRAVERSALS.empty_table(),
        "window_start": MORNING,
        "window_end": MORNING + HOUR,
        "window_s": 3600,
        "min_vehicles": 1,
        "min_turn_backs": 1,
        "fold_days": False,
    }
    with pytest.raises(ValueError, match=problem):
        link_counts(**(arguments | changes))


# --- against plain Python -------------------------------------------------------------------------------------------

START = datetime(2026, 4, 5, 18, 0, tzinfo=UTC)
SPAN_DAYS = 3


def row(vehicle: int, edge_id: int, minutes: int, complete: bool, turned_back: bool) -> dict[str, object]:
    left = START + timedelta(minutes=minutes, seconds=7)
    return {
        "vehicle_id": f"v{vehicle}",
        "trip": 0,
        "seq": 0,
        "edge_id": edge_id,
        "way_id": edge_id // 2,
        "forward": edge_id % 2 == 0,
        "entered": left,
        "left": left,
        "from_m": 0.0,
        "to_m": 1.0,
        "complete": complete,
        "turned_back": turned_back,
    }


def by_hand(
    rows: list[dict[str, Any]], window_s: int, min_vehicles: int, min_turn_backs: int, fold: bool, weeks: bool
) -> set[Any]:
    """Count with dictionaries and the calendar of the standard library."""
    width = timedelta(seconds=window_s)
    end = START + timedelta(days=SPAN_DAYS)
    passes: dict[Any, list[Any]] = defaultdict(list)
    turned: dict[Any, set[str]] = defaultdict(set)
    for r in rows:
        if not START <= r["left"] < end:
            continue
        local = r["left"].astimezone(JAPAN)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        first = START.astimezone(JAPAN).replace(hour=0, minute=0, second=0, microsecond=0)
        weekday = timedelta(days=(local.date() - first.date()).days % 7) if weeks else timedelta(0)
        begins = START + (r["left"] - START) // width * width
        if fold:
            begins = first + weekday + (local - midnight) // width * width
        key = (r["edge_id"], begins.astimezone(UTC))
        if r["complete"]:
            passes[key].append((r["vehicle_id"], r["left"], local.date()))
        if r["turned_back"]:
            turned[key].add(r["vehicle_id"])
    found = set()
    for key in passes.keys() | turned.keys():
        vehicles = {p[0] for p in passes[key]}
        told = passes[key] if len(vehicles) >= min_vehicles else []
        turn_backs = len(turned[key]) if len(turned[key]) >= min_turn_backs else None
        if not told and turn_backs is None:
            continue
        last = None
        if told and not fold:
            last = key[1]
        days = len({p[2] for p in told}) if told and fold else None
        found.add((*key, len(told), len(vehicles) if told else 0, last, turn_backs, days))
    return found


rows_strategy = st.lists(
    st.builds(row, st.integers(0, 3), st.integers(0, 3), st.integers(-60, 4400), st.booleans(), st.booleans()),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(
    rows_strategy,
    st.sampled_from([600, 3600, 43200]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([(False, False), (True, False), (True, True)]),
)
def test_equal_to_counting_by_hand(
    rows: list[dict[str, Any]], window_s: int, min_vehicles: int, min_turn_backs: int, folding: tuple[bool, bool]
) -> None:
    table = link_counts(
        pa.Table.from_pylist(rows, schema=TRAVERSALS),
        START,
        START + timedelta(days=SPAN_DAYS),
        window_s,
        min_vehicles,
        min_turn_backs,
        folding[0],
        fold_weeks=folding[1],
    )
    names = ["edge_id", "window_start", "passes", "vehicles", "last_passed", "turn_backs", "days"]
    got = [tuple(r[name] for name in names) for r in table.to_pylist()]
    assert set(got) == by_hand(rows, window_s, min_vehicles, min_turn_backs, *folding)
    assert got == sorted(got, key=lambda r: (r[1], r[0]))


@settings(max_examples=100, deadline=None)
@given(
    rows_strategy,
    st.integers(1, 3),
    st.lists(st.integers(0, SPAN_DAYS * 24), min_size=2, max_size=6, unique=True),
    st.lists(st.integers(-1, 1), min_size=5, max_size=5),
)
def test_whatever_disjoint_windows_are_released_no_pass_is_in_two_numbers_and_no_number_is_of_too_few(
    rows: list[dict[str, Any]], minimum: int, cuts: list[int], skips: list[int]
) -> None:
    """So sums and differences of what was released are made of whole numbers, none of which stands for fewer."""
    hours = sorted(cuts)
    drives = pa.Table.from_pylist(rows, schema=TRAVERSALS)
    told = 0
    for skip, begin, end in zip(skips, hours, hours[1:], strict=False):
        if skip < 0:
            continue
        span = (START + timedelta(hours=begin), START + timedelta(hours=end))
        for row in link_counts(drives, *span, (end - begin) * 3600, minimum, minimum, False).to_pylist():
            here = [r for r in rows if r["edge_id"] == row["edge_id"] and span[0] <= r["left"] < span[1]]
            if row["passes"]:
                assert len({r["vehicle_id"] for r in here if r["complete"]}) == row["vehicles"] >= minimum
            told += row["passes"]
    assert told <= sum(r["complete"] for r in rows)


def test_windows_that_overlap_single_out_one_vehicle_which_is_why_the_gate_refuses_them() -> None:
    drives = [Drive("u", "AB", 1), Drive("v", "AB", 11), Drive("w", "AB", 31)]
    table = traversals(STREET, drives)
    half, whole = (
        link_counts(table, MORNING, MORNING + span, 1800 * n, 2, 2, False) for n, span in ((1, HOUR / 2), (2, HOUR))
    )
    assert whole["vehicles"].to_pylist()[0] - half["vehicles"].to_pylist()[0] == 1
