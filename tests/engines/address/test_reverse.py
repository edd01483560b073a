"""The nearest residence number, parcel and town of a place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.address.small_nation import nation
from umaya.engines.address.index import NONE, text
from umaya.engines.address.reverse import REACH_M, label, nearest, reverse, tree, trees
from umaya.engines.geometry import metres_per_degree

INDEX = nation()
TREES = trees(INDEX)
DEGREES = st.floats(-0.02, 0.02)


@settings(deadline=None)  # the first call loads compiled code
@given(st.lists(st.tuples(DEGREES, DEGREES), max_size=40), DEGREES, DEGREES, st.sampled_from([100.0, 1000.0, 1e5]))
def test_the_tree_finds_what_looking_at_every_entry_finds(
    places: list[tuple[float, float]], lon: float, lat: float, reach: float
) -> None:
    """Doubled places included: of equals the smaller row is the answer."""
    lons = np.array([139 + x for x, _ in places])
    lats = np.array([35 + y for _, y in places])
    found = tree(np.arange(len(places), dtype=np.int32), lons, lats)
    lon, lat = 139 + lon, 35 + lat
    at, distance = nearest(found, lon, lat, reach)
    east, north = metres_per_degree(lat)
    squared = ((lons - lon) * east) ** 2 + ((lats - lat) * north) ** 2
    within = np.flatnonzero(squared <= reach * reach)
    if len(within) == 0:
        assert at == NONE
    else:
        assert found.row[at] == within[np.argmin(squared[within])]
        assert distance == pytest.approx(math.sqrt(squared[within].min()))


def test_an_entry_without_a_coordinate_is_in_no_tree() -> None:
    """The parcel 60 has none."""
    found = tree(np.arange(3, dtype=np.int32), np.array([139.0, np.nan, 139.1]), np.array([35.0, 35.0, np.nan]))
    assert found.row.tolist() == [0]


def test_a_residence_number_is_told_with_its_distance_and_then_its_town() -> None:
    """Ten metres north of 本郷三丁目12-2."""
    number, town = reverse(INDEX, TREES, 139.7722, 35.708 + 10 / metres_per_degree(35.708)[1])
    assert (number.level, label(INDEX, number)) == ("number", "12-2")
    assert number.distance_m == pytest.approx(10, abs=0.1)
    assert {text(INDEX.towns.name, number.town), text(INDEX.towns.name, town.town)} == {"本郷三丁目"}
    assert (town.level, label(INDEX, town)) == ("town", "")


def test_a_parcel_is_the_address_where_nobody_has_residence_numbers() -> None:
    """秋月57-10; its town's point is 500 m away."""
    parcel, town = reverse(INDEX, TREES, 135.2010, 34.2341)
    assert (parcel.level, label(INDEX, parcel), town.level) == ("parcel", "57-10", "town")


def test_a_parcel_of_a_town_with_residence_indication_is_no_address() -> None:
    """湊1-1 stands exactly there, and is a lot of the land register only."""
    assert [one.level for one in reverse(INDEX, TREES, 135.15, 34.23)] == ["town"]


@pytest.mark.parametrize(
    ("lon", "lat"), [(150.0, 20.0), (math.nan, 35.0), (139.0, math.inf), (400.0, 35.0), (0.0, 90.0)]
)
def test_where_nothing_is_near_there_is_no_answer(lon: float, lat: float) -> None:
    """Far out at sea, at the pole, and what is no place at all."""
    assert reverse(INDEX, TREES, lon, lat) == ()


def test_nothing_beyond_its_reach_is_an_answer() -> None:
    """One metre beyond the reach of numbers the town alone is told."""
    beside = 35.708 + (REACH_M["number"] + 1) / metres_per_degree(35.708)[1]
    assert [one.level for one in reverse(INDEX, TREES, 139.7722, beside)] == ["town"]
    within = 35.708 + (REACH_M["number"] - 1) / metres_per_degree(35.708)[1]
    assert [one.level for one in reverse(INDEX, TREES, 139.7722, within)] == ["number", "town"]
