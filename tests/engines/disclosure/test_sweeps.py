"""Sweeps: a neighbourhood is told when most of its roads were passed; until then it looks like one nobody rode in."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.drives import MORNING, Drive, traversals
from tests.worlds import draw
from umaya.engines.disclosure import Sweeping, neighbourhoods, tell_swept
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
HALVES = ("AB BC CF FE EB BE ED", "DA AD DG GH HE EH HI IF")
NONE = np.empty(0, np.int64)
HOUR = timedelta(hours=1)
Row = tuple[str, int, int]
"""Road, and the minutes of the block in which it was passed."""


def release(
    drives: list[Drive],
    hour: int = 0,
    *,
    hours: int = 1,
    percent: int = 80,
    held: int = 80,
    hold_h: int = 12,
    roads: int = 12,
    suppressed: tuple[str, ...] = (),
    since_min: int = 0,
) -> pa.Table:
    """Release hours of the morning, from the one that begins so many after 9:00; the data begins `since_min` later."""
    hidden = np.array(sorted(TOWN.segment(name) for name in suppressed), np.int64)
    window = (MORNING + hour * HOUR, MORNING + (hour + hours) * HOUR)
    data = traversals(TOWN, drives) if drives else TRAVERSALS.empty_table()
    data = data.filter(pc.less(data["left"], pa.scalar(window[1], TRAVERSALS.field("left").type)))
    since = MORNING + timedelta(minutes=since_min)
    sweeping = Sweeping(3600, percent, held, hold_h * 3600, 2)
    return tell_swept(data, TOWN.network, neighbourhoods(TOWN.network, roads), hidden, window, since, sweeping)


def rows(table: pa.Table, column: str = "passes") -> list[Row]:
    """Roads of which a column tells something, each direction for itself, with their blocks."""
    told = table.filter(pc.greater(table[column], 0))
    start = pc.divide(pc.subtract(told["window_start"].cast(pa.int64()), int(MORNING.timestamp() * 1e6)), 60_000_000)
    names = ["".join(sorted(TOWN.name(e))) for e in told["edge_id"].to_pylist()]
    ends = [a + b // 60 for a, b in zip(start.to_pylist(), told["window_s"].to_pylist(), strict=True)]
    return sorted(zip(names, start.to_pylist(), ends, strict=True))


def told(drives: list[Drive], percent: int, roads: int = 12, suppressed: tuple[str, ...] = ()) -> set[str]:
    """Roads told as passed in the first hour."""
    return {name for name, *_ in rows(release(drives, percent=percent, roads=roads, suppressed=suppressed))}


def test_a_rider_who_sweeps_the_town_is_told() -> None:
    assert len(told([Drive("v", ROUND)], 100)) == 12


def test_a_rider_with_two_parcels_is_not() -> None:
    """Which four roads he took would tell at whose doors he was."""
    assert told([Drive("v", "AB BE EH HG")], 80) == set()


def test_the_same_ride_is_told_among_others_that_sweep() -> None:
    """It adds nothing to what is told, not even to numbers: the roads were passed anyway."""
    swept = release([Drive("v", ROUND)])
    assert release([Drive("v", ROUND), Drive("w", "AB BE EH HE")]).equals(swept)


def test_many_riders_sweep_together() -> None:
    drives = [Drive(f"v{n}", name) for n, name in enumerate(ROUND.split())]
    assert len(told(drives, 100)) == 12


def test_the_share_includes_itself_and_leaves_out_roads_that_are_never_told() -> None:
    half = "AB BC CF FE EB BE ED DA"
    passed = told([Drive("v", half)], 1)
    share = 100 * len(passed) // 12
    assert told([Drive("v", half)], share) == passed
    assert told([Drive("v", half)], share + 1) == set()
    rest = ("GH", "HI", "DG", "EH", "FI")
    assert told([Drive("v", half)], 100, suppressed=rest) == passed


def test_passes_wait_until_they_make_up_a_sweep_and_are_told_as_one_block() -> None:
    """When within the two hours each road was passed is not told: each half alone would tell what its rider chose."""
    drives = [Drive("v", HALVES[0]), Drive("w", HALVES[1], 60)]
    assert rows(release(drives)) == []
    found = rows(release(drives, 1))
    assert len({name for name, *_ in found}) == 12
    assert {(start, end) for _, start, end in found} == {(0, 120)}


def test_what_adds_up_is_asked_for_the_larger_share() -> None:
    """Rides chosen for their parcels add up to much in the end; a sweep passes nearly all."""
    drives = [Drive("v", "AB BC CF FE EB BE ED"), Drive("w", "DA AD DG GH HE", 60)]
    assert len({name for name, *_ in rows(release(drives, 1, held=80))}) == 10
    assert rows(release(drives, 1, held=90)) == []


def test_a_neighbourhood_begins_anew_when_it_was_told() -> None:
    drives = [Drive("v", ROUND), Drive("w", "AB BE", 60), Drive("x", ROUND, 120)]
    assert rows(release(drives, 1)) == []
    assert {(start, end) for _, start, end in rows(release(drives, 2))} == {(60, 180)}


def test_nothing_waits_beyond_the_end_of_a_frame() -> None:
    drives = [Drive("v", HALVES[0], 60), Drive("w", HALVES[1], 120)]
    assert rows(release(drives, 2, hold_h=2)) == []
    assert len(rows(release(drives, 2, hold_h=3))) == 15


def test_a_window_that_began_before_the_data_waits_for_the_next() -> None:
    """A disaster begins at no full hour; nothing from before it is told, and of its first hour all that came after."""
    drives = [Drive("v", "HE EH", 10), Drive("w", "AB BC CF FE EB BE ED DA AD DG GH", 20), Drive("x", "HI IF", 70)]
    found = rows(release(drives, 1, since_min=15, percent=90, held=90))
    assert {(start, end) for _, start, end in found} == {(15, 120)}
    assert "EH" not in {name for name, *_ in found}


def test_vehicles_that_turned_back_at_different_times_are_told_together() -> None:
    """A closure is no delivery: it is met by more than one, from whichever end, and passed by nobody."""
    drives = [Drive("v", "AB* BA*"), Drive("w", "CB BA* AB*", 65)]
    assert rows(release(drives), "turn_backs") == []
    later = release(drives, 1)
    assert rows(later, "turn_backs") == [("AB", 0, 120)]
    assert rows(later) == []
    assert rows(release([*drives, Drive("x", "AB* BA*", 125)], 2), "turn_backs") == []


def test_one_vehicle_that_turned_back_twice_may_have_delivered() -> None:
    assert rows(release([Drive("v", "AB* BA*"), Drive("v", "AB* BA*", 10, 1)]), "turn_backs") == []


def test_who_turned_on_a_road_that_others_passed_met_no_closure() -> None:
    drives = [Drive("v", "AB* BA*"), Drive("w", "AB* BA*", 10), Drive("x", "AB", 20)]
    assert rows(release(drives), "turn_backs") == []


def test_that_a_road_opened_again_is_told_by_itself_and_once() -> None:
    drives = [Drive("v", "AB* BA*"), Drive("w", "AB* BA*", 10), Drive("x", "AB BE", 70), Drive("y", "AB", 130)]
    assert rows(release(drives, 1)) == [("AB", 60, 120)]
    assert rows(release(drives, 2)) == []
    swept = [*drives, Drive("z", "BC CF FE EB BE ED DA AD DG GH HE EH HI IF", 135)]
    assert ("AB", 0, 180) in rows(release(swept, 2)), "the pass of the third hour"
    without = rows(release([*drives[:3], swept[-1]], 2))
    assert without
    assert "AB" not in {name for name, *_ in without}, "told before, so not told again"


def test_a_sweep_that_passes_what_was_closed_tells_in_which_window_it_opened() -> None:
    """Else it would seem to have opened before it was told as closed."""
    drives = [Drive("v", "AB* BA*"), Drive("w", "AB* BA*", 10), Drive("x", HALVES[1], 20), Drive("y", HALVES[0], 65)]
    found = rows(release(drives, 1))
    assert len({name for name, *_ in found}) == 12
    assert {name for name, start, _ in found if start == 60} == {"AB"}
    assert {start for name, start, _ in found if name != "AB"} == {0}


def test_what_was_told_as_closed_in_one_frame_waits_in_the_next_like_any_road() -> None:
    drives = [Drive("v", "AB* BA*"), Drive("w", "AB* BA*", 10), Drive("x", "AB BE", 130)]
    assert rows(release(drives, hold_h=2), "turn_backs") == [("AB", 0, 60)]
    assert rows(release(drives, 2, hold_h=2)) == []
    assert rows(release(drives, 2, hold_h=3)) == [("AB", 120, 180)]


def test_vehicles_whose_turn_backs_were_told_do_not_count_again_in_the_frame() -> None:
    """So what two releases tell can be added up: two and two other vehicles."""
    first = [Drive("v", "AB* BA*"), Drive("w", "AB* BA*", 10)]
    again = [Drive("v", "AB* BA*", 70, 1), Drive("w", "AB* BA*", 80, 1), Drive("x", "AB* BA*", 90)]
    assert rows(release([*first, *again]), "turn_backs") == [("AB", 0, 60)]
    assert rows(release([*first, *again], 1), "turn_backs") == []
    other = Drive("y", "AB* BA*", 130)
    assert rows(release([*first, *again, other], 2), "turn_backs") == [("AB", 0, 180)]
    assert rows(release([*first, *again], 1, hold_h=1), "turn_backs") == [("AB", 60, 120)]


def test_the_share_of_one_window_is_asked_only_where_nothing_can_have_waited() -> None:
    """And what is swept later in a frame is told of all of it."""
    most = "AB BC CF FE EB BE ED DA AD DG GH HE"
    assert len({name for name, *_ in rows(release([Drive("v", most)], held=90))}) == 10
    assert rows(release([Drive("v", most, 120)], 2, held=90)) == []
    assert {block[1:] for block in rows(release([Drive("v", ROUND, 665)], 11, held=90))} == {(0, 720)}
    after = [Drive("v", ROUND), Drive("w", most, 60, 1)]
    assert {block[1:] for block in rows(release(after, 1, held=90))} == {(60, 120)}


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
    shown = {TOWN.segment(name) for name in told(drives, percent, roads)}
    passed = {TOWN.segment(name) for name in names}
    for area in np.unique(areas):
        inside = {int(s) for s in segments if areas[s] == area}
        enough = 100 * len(passed & inside) >= percent * len(inside) and passed & inside
        assert shown & inside == (passed & inside if enough else set())


RIDES = st.lists(
    st.tuples(st.sampled_from(["AB* BA*", "AB BE", "ED DA", *HALVES, ROUND]), st.integers(0, 230)), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(RIDES, st.sampled_from([40, 80]), st.sampled_from([4, 12]))
def test_window_by_window_tells_what_all_at_once_tells_and_blocks_are_disjoint(
    rides: list[tuple[str, int]], percent: int, roads: int
) -> None:
    """So no two releases can be subtracted: a road's blocks do not overlap, and its neighbourhood has the same ones."""
    drives = [Drive(f"v{n}", stretches, minute) for n, (stretches, minute) in enumerate(rides)]
    ask = partial(release, drives, percent=percent, held=percent, hold_h=2, roads=roads)
    single = pa.concat_tables([ask(hour) for hour in range(4)])
    assert single.equals(ask(0, hours=4))
    edge, start = (single[name].cast(pa.int64()).to_numpy() for name in ("edge_id", "window_start"))
    end = start + single["window_s"].to_numpy().astype(np.int64) * 1_000_000
    passed = single["passes"].to_numpy() > 0
    for number in np.unique(edge[passed]):
        here = passed & (edge == number)
        order = np.argsort(start[here])
        alone = TOWN.segment("AB") == TOWN.network.edges["segment_id"].to_numpy()[number]
        assert alone or (end[here][order][:-1] <= start[here][order][1:]).all()


@pytest.mark.parametrize(
    ("window_s", "percent", "held", "hold_s"),
    [(0, 50, 50, 3600), (60, 0, 50, 60), (60, 101, 50, 60), (60, 50, 0, 60), (60, 50, 50, 30), (60, 50, 50, 90)],
)
def test_numbers_that_make_no_sense_are_refused(window_s: int, percent: int, held: int, hold_s: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        Sweeping(window_s, percent, held, hold_s, 2)


def test_a_window_off_the_grid_is_refused() -> None:
    """Blocks of two grids would overlap."""
    areas, window = neighbourhoods(TOWN.network, 12), (MORNING + HOUR / 2, MORNING + 3 * HOUR / 2)
    with pytest.raises(ValueError, match="whole multiples"):
        tell_swept(
            TRAVERSALS.empty_table(), TOWN.network, areas, NONE, window, MORNING, Sweeping(3600, 80, 90, 3600, 2)
        )
