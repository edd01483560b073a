"""Traversals of suppressed segments go, and the rows beside them do not point at the hole."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engines.drives import Drive, traversals
from tests.worlds import World, draw
from umaya.engines.disclosure import suppress_dead_ends
from umaya.types.schemas import TRAVERSALS

WORLD = draw("""
    A---B---C
        |
        D
""")


def suppress(world: World, drives: list[Drive], *names: str) -> list[tuple[str, int, int, str, bool]]:
    """Vehicle, trip, seq, stretch, turned back of what is left."""
    suppressed = np.array(sorted(world.segment(name) for name in names), np.int64)
    table = suppress_dead_ends(traversals(world, drives), world.network, suppressed)
    assert table.schema.equals(TRAVERSALS)
    return [
        (row["vehicle_id"], row["trip"], row["seq"], world.name(row["edge_id"]), row["turned_back"])
        for row in table.to_pylist()
    ]


def test_a_visit_to_a_dead_end_becomes_two_trips_past_it() -> None:
    """Neither a row on the branch nor a gap in the numbers remains."""
    assert suppress(WORLD, [Drive("v", "AB BD DB BC")], "BD") == [
        ("v", 0, 0, "AB", False),
        ("v", 1, 0, "BC", False),
    ]


def test_a_turn_at_the_mouth_of_a_suppressed_branch_leaves_no_flag() -> None:
    """Turning back on the row right after the branch would say: it came out of there and hesitated."""
    assert suppress(WORLD, [Drive("v", "BD DB BA* AB BC")], "BD") == [
        ("v", 0, 0, "BA", False),
        ("v", 0, 1, "AB", False),
        ("v", 0, 2, "BC", False),
    ]


def test_who_comes_to_the_mouth_and_goes_back_leaves_nothing_there() -> None:
    """To B and back with nothing beyond B but the branch would say: it was on the branch. So AB is not told either."""
    drives = [Drive("v", "CB BA AB BD DB BA AB BC"), Drive("w", "AB BC")]
    assert suppress(WORLD, drives, "BD") == [
        ("v", 0, 0, "CB", False),
        ("v", 0, 1, "BA", False),
        ("v", 1, 0, "AB", False),
        ("v", 1, 1, "BC", False),
        ("w", 0, 0, "AB", False),
        ("w", 0, 1, "BC", False),
    ]


def test_a_trip_that_ends_on_the_branch_and_begins_there_again_is_one_visit() -> None:
    """A long stop at the home ends a trip: in and out are of two trips, and go together all the same."""
    drives = [Drive("v", "CB BD", 0), Drive("v", "DB BC", 9, trip=1), Drive("w", "CB", 3)]
    assert suppress(WORLD, drives, "BD") == [("w", 0, 0, "CB", False)]


def test_a_turn_elsewhere_keeps_its_flag() -> None:
    assert suppress(WORLD, [Drive("v", "AB BC CB BD DB")], "BD") == [
        ("v", 0, 0, "AB", False),
        ("v", 0, 1, "BC", True),
        ("v", 0, 2, "CB", False),
    ]


def test_later_trips_move_up_and_other_vehicles_stay() -> None:
    drives = [Drive("v", "AB BD DB BC", 0), Drive("v", "CB BA", 9, trip=1), Drive("w", "AB BC", 3)]
    assert suppress(WORLD, drives, "BD") == [
        ("v", 0, 0, "AB", False),
        ("v", 1, 0, "BC", False),
        ("v", 2, 0, "CB", False),
        ("v", 2, 1, "BA", False),
        ("w", 0, 0, "AB", False),
        ("w", 0, 1, "BC", False),
    ]


def test_a_vehicle_that_was_only_in_dead_ends_vanishes() -> None:
    assert suppress(WORLD, [Drive("v", "BD DB"), Drive("w", "AB")], "BD") == [("w", 0, 0, "AB", False)]


def test_the_order_of_the_rows_does_not_matter() -> None:
    table = traversals(WORLD, [Drive("v", "AB BD DB BC"), Drive("w", "CB BD DB BA")])
    suppressed = np.array([WORLD.segment("BD")])
    expected = suppress_dead_ends(table, WORLD.network, suppressed)
    shuffled = table.take(np.random.default_rng(5).permutation(len(table)))
    assert suppress_dead_ends(shuffled, WORLD.network, suppressed).sort_by("vehicle_id").equals(expected)


def test_nothing_suppressed_changes_nothing() -> None:
    table = traversals(WORLD, [Drive("v", "AB BD DB BC")])
    assert suppress_dead_ends(table, WORLD.network, np.empty(0, np.int64)).equals(table)


def test_all_suppressed_leaves_an_empty_table() -> None:
    assert suppress(WORLD, [Drive("v", "BD DB")], "BD") == []


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema"):
        suppress_dead_ends(TRAVERSALS.empty_table().drop_columns("trip"), WORLD.network, np.array([0]))
