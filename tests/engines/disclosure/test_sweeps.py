"""Sweeps: a neighbourhood is told when most of its roads were passed, else it looks like one where nobody rode."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.drives import MORNING, Drive, traversals
from tests.worlds import draw
from umaya.engines.disclosure import link_counts, neighbourhoods, tell_swept
from umaya.types.schemas import TRAVERSALS

TOWN = draw("""
    A---B---C
    |   |   |
    D---E---F
    |   |   |
    G---H---I
""")
"""Twelve roads."""
ROUND = "AB BC CF FE EB BE ED DA AD DG GH HE EH HI IF"
"""Passes each of them."""
NONE = np.empty(0, np.int64)


def told(drives: list[Drive], percent: int, roads: int = 12, suppressed: tuple[str, ...] = ()) -> set[str]:
    """Roads of which a pass is told within the hour, by name in order of the alphabet."""
    hidden = np.array(sorted(TOWN.segment(name) for name in suppressed), np.int64)
    areas = neighbourhoods(TOWN.network, roads)
    table = tell_swept(traversals(TOWN, drives), TOWN.network, areas, hidden, MORNING, 3600, percent)
    counts = link_counts(table, MORNING, MORNING + timedelta(hours=1), 3600, 1, 2, False)
    names = [
        TOWN.name(e) for e, n in zip(counts["edge_id"].to_pylist(), counts["passes"].to_pylist(), strict=True) if n
    ]
    return {"".join(sorted(name)) for name in names}


def test_a_rider_who_sweeps_the_town_is_told() -> None:
    assert len(told([Drive("v", ROUND)], 100)) == 12


def test_a_rider_with_two_parcels_is_not() -> None:
    """Which four roads he took would tell at whose doors he was."""
    assert told([Drive("v", "AB BE EH HG")], 80) == set()


def test_the_same_ride_is_told_among_others_that_sweep() -> None:
    """It adds nothing to what is told: the roads were passed anyway."""
    swept = told([Drive("v", ROUND)], 80)
    assert told([Drive("v", ROUND), Drive("w", "AB BE EH HG")], 80) == swept


def test_many_riders_sweep_together() -> None:
    drives = [Drive(f"v{n}", name) for n, name in enumerate(ROUND.split())]
    assert len(told(drives, 100)) == 12


def test_sweeping_in_another_window_does_not_help() -> None:
    assert told([Drive("v", ROUND, -60), Drive("w", "AB BE EH HG", 1)], 80) == set()


def test_the_share_includes_itself_and_leaves_out_roads_that_are_never_told() -> None:
    half = "AB BC CF FE EB BE ED DA"
    passed = told([Drive("v", half)], 1)
    share = 100 * len(passed) // 12
    assert told([Drive("v", half)], share) == passed
    assert told([Drive("v", half)], share + 1) == set()
    rest = ("GH", "HI", "DG", "EH", "FI")
    assert told([Drive("v", half)], 100, suppressed=rest) == passed


def test_that_several_turned_back_is_told_wherever_it_was() -> None:
    """A closure is no delivery: it is met by more than one."""
    drives = [Drive(v, "AB* BA*") for v in "vw"]
    areas = neighbourhoods(TOWN.network, 12)
    table = tell_swept(traversals(TOWN, drives), TOWN.network, areas, NONE, MORNING, 3600, 80)
    counts = link_counts(table, MORNING, MORNING + timedelta(hours=1), 3600, 1, 2, False)
    assert 2 in counts["turn_backs"].to_pylist()
    assert counts["passes"].to_pylist() == [0] * counts.num_rows


def test_neighbourhoods_are_compact_and_neither_too_large_nor_tiny() -> None:
    areas = neighbourhoods(TOWN.network, 4)
    segment = TOWN.network.edges["segment_id"].to_numpy()
    sizes = np.bincount(areas[np.unique(segment)])
    assert sizes.sum() == 12
    assert (sizes <= 4).all()
    assert (sizes >= 2).all()
    assert (areas == areas[segment]).all(), "both directions of a road lie in one"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ROUND.split()), max_size=15), st.integers(1, 100), st.sampled_from([4, 6, 12]))
def test_either_enough_of_a_neighbourhood_is_told_or_nothing(names: list[str], percent: int, roads: int) -> None:
    """And which it is follows from how many roads were passed, not from which."""
    drives = [Drive(f"v{n}", name) for n, name in enumerate(names)]
    areas = neighbourhoods(TOWN.network, roads)
    segments = np.unique(TOWN.network.edges["segment_id"].to_numpy())
    shown = {TOWN.segment(name) for name in (told(drives, percent, roads) if drives else set())}
    passed = {TOWN.segment(name) for name in names}
    for area in np.unique(areas):
        inside = {int(s) for s in segments if areas[s] == area}
        enough = 100 * len(passed & inside) >= percent * len(inside) and passed & inside
        assert shown & inside == (passed & inside if enough else set())


@pytest.mark.parametrize(("window_s", "percent"), [(0, 50), (60, 0), (60, 101)])
def test_bad_input_is_refused(window_s: int, percent: int) -> None:
    areas = neighbourhoods(TOWN.network, 12)
    with pytest.raises(ValueError, match="expected"):
        tell_swept(TRAVERSALS.empty_table(), TOWN.network, areas, NONE, MORNING, window_s, percent)
