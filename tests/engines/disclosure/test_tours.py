"""Tours: where a ride begins and ends is cut off, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.drives import MORNING, Drive, traversals
from tests.worlds import draw
from umaya.engines.disclosure import trim_tours
from umaya.types.schemas import TRAVERSALS

STREET = draw("A---B---C---D---E---F", cell_m=25)
"""Five roads of 100 m each."""
THERE = "AB BC CD DE EF"


def left(drives: list[Drive], metres: float, since: datetime | None = None) -> list[str]:
    """Roads that stay, in order."""
    table = trim_tours(traversals(STREET, drives), metres, 1200, since)
    return [STREET.name(edge) for edge in table["edge_id"].to_pylist()]


def test_the_first_and_the_last_road_of_a_tour_go() -> None:
    assert left([Drive("v", THERE)], 90) == ["BC", "CD", "DE"]


def test_of_a_road_that_is_partly_within_the_distance_nothing_stays() -> None:
    assert left([Drive("v", THERE)], 110) == ["CD"]


def test_a_tour_shorter_than_both_ends_goes_as_a_whole() -> None:
    assert left([Drive("v", "AB BC CD")], 150) == []


def test_after_a_long_rest_a_new_tour_begins() -> None:
    """At noon the bike stands at its rider's home for two hours: the roads to it and from it are ends too."""
    assert left([Drive("v", THERE), Drive("v", "FE ED DC CB BA", 180, trip=1)], 90) == [
        "BC",
        "CD",
        "DE",
        "ED",
        "DC",
        "CB",
    ]


def test_a_stop_of_a_minute_ends_no_tour() -> None:
    assert left([Drive("v", "AB BC"), Drive("v", "CD DE EF", 4, trip=1)], 90) == ["BC", "CD", "DE"]


def test_a_vehicle_that_was_under_way_when_the_data_begin_began_elsewhere() -> None:
    """Its beginning was cut off where it was; what it does at the end of the data is not known yet, so it goes."""
    assert left([Drive("v", THERE)], 90, MORNING) == ["AB", "BC", "CD", "DE"]
    assert left([Drive("v", THERE)], 90, MORNING - timedelta(minutes=15)) == ["BC", "CD", "DE"]


def test_each_vehicle_has_tours_of_its_own() -> None:
    assert left([Drive("v", THERE), Drive("w", "AB BC CD")], 90) == ["BC", "CD", "DE", "BC"]


@pytest.mark.parametrize(("metres", "rest_s"), [(-1.0, 60), (float("inf"), 60), (float("nan"), 60), (1.0, 0)])
def test_bad_input_is_refused(metres: float, rest_s: int) -> None:
    with pytest.raises(ValueError, match="metres"):
        trim_tours(TRAVERSALS.empty_table(), metres, rest_s)


def test_no_traversal_gives_none() -> None:
    assert trim_tours(TRAVERSALS.empty_table(), 200, 60).num_rows == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 5)), max_size=6, unique=True), st.integers(0, 400))
def test_more_metres_leave_less_and_none_leaves_all(starts: list[tuple[str, int]], metres: int) -> None:
    drives = [Drive(vehicle, THERE, 40 * number, trip=number) for vehicle, number in sorted(starts)]
    table = traversals(STREET, drives) if drives else TRAVERSALS.empty_table()
    rows = [trim_tours(table, m, 1200).to_pylist() for m in (0, metres, metres + 50)]
    assert rows[0] == table.to_pylist()
    assert all(row in rows[1] for row in rows[2])
    assert pa.Table.from_pylist(rows[1], schema=TRAVERSALS).schema.equals(TRAVERSALS)
