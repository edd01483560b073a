"""When what was driven is called final: not while a vehicle stands where it may or may not have passed a junction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.engines.live.feeds import DAY, by_arrival, moment, seconds
from tests.engines.matching.rides import Track, blur, positions, ride
from tests.worlds import World, draw
from umaya.engines.live import LiveMatcher, LiveParams
from umaya.engines.matching import Matcher, MatchParams
from umaya.types.schemas import POSITIONS

NOISE_M = 5.0
STREET: World = draw("A----B----C----D", cell_m=20)
MATCHER = Matcher(STREET.network, MatchParams(threads=1))
SILENT = timedelta(seconds=LiveParams().silent_s)
CAREFUL = LiveParams(near_m=0.0)
"""Who waits until a bike is known to be beyond a junction."""
LOT = timedelta(minutes=10)


def told(live: LiveMatcher, table: pa.Table) -> tuple[list[tuple[datetime, dict[str, Any]]], list[datetime]]:
    """Feed second by second: each traversal with what was called final before it came, and that of every batch."""
    made, finals = [], [datetime.min.replace(tzinfo=moment(0).tzinfo)]
    for batch in by_arrival(table, seconds(table)):
        out = live.feed(batch.positions, moment(batch.second), live.sequence + 1)
        made += [(finals[-1], row) for row in out.to_pylist()]
        finals.append(max(finals[-1], live.final_until(moment(batch.second))))
    made += [(finals[-1], row) for row in live.flush(moment(batch.second) + DAY).to_pylist()]
    return made, finals[1:]


def standing(place: str, seconds: float, seed: int) -> Track:
    return blur(ride(STREET, "ABCD", stops={place: seconds}), NOISE_M, seed)


@pytest.mark.parametrize("seed", range(6))
def test_a_bike_that_stands_at_a_junction_holds_what_is_final_up(seed: int) -> None:
    """For 400 s nobody can tell whether it passed BC; when it does, that lies not before what was called final."""
    live = LiveMatcher(MATCHER, CAREFUL)
    made, _ = told(live, positions({"v": standing("C", 400.0, seed)}))
    whole = [(final, row) for final, row in made if row["complete"]]
    assert STREET.name(whole[0][1]["edge_id"]) == "BC"
    assert all(final <= row["left"] for final, row in whole)
    assert live.counts.overdue == 0


def test_it_is_held_up_and_goes_on_when_the_bike_does() -> None:
    held = []
    for seed in range(6):
        _, finals = told(LiveMatcher(MATCHER, CAREFUL), positions({"v": standing("C", 400.0, seed)}))
        held.append(max(moment(s + 1) - final for s, final in enumerate(finals)))
        assert moment(len(finals)) - finals[-1] == SILENT or finals[-1] >= moment(400)
    assert sum(one >= timedelta(seconds=250) for one in held) >= 3


@pytest.mark.parametrize("seed", range(6))
def test_what_all_likely_ways_share_is_told_while_the_bike_stands(seed: int) -> None:
    """It stands at C or a metre beside it: BC is told at once, with the time at which it came."""
    table = positions({"v": standing("C", 400.0, seed)})
    came = seconds(table)[0] + 3 + 80 / 7.0 * 2
    live, told_at = LiveMatcher(MATCHER), {}
    for batch in by_arrival(table, seconds(table)):
        for row in live.feed(batch.positions, moment(batch.second), live.sequence + 1).to_pylist():
            if row["complete"]:
                told_at[STREET.name(row["edge_id"])] = batch.second
                assert abs((row["left"] - moment(0)).total_seconds() - batch.second) < 12.0
    assert told_at["BC"] < came + 12.0
    assert live.counts.overdue == 0


def test_a_bike_that_stands_between_junctions_holds_nothing_up() -> None:
    """As most do that stand: on their way, or where no road is."""
    halfway = np.mean([STREET.points["B"], STREET.points["C"]], axis=0)
    for place in (halfway, halfway + np.array([0.0, 0.001])):
        way = np.vstack([ride(STREET, "AB"), np.column_stack([np.zeros(400), np.tile(place, (400, 1))])])
        way[:, 0] = np.arange(len(way))
        _, finals = told(LiveMatcher(MATCHER), positions({"v": blur(way, 3.0)}))
        assert finals[-1] == moment(len(way)) - SILENT


def test_a_turn_that_is_not_borne_out_holds_up_too() -> None:
    """At the end of a dead end: the way there is told when the bike has come back by twice the noise."""
    for seed in range(4):
        track = blur(ride(STREET, "BCDC", stops={"D": 300.0}), NOISE_M, seed)
        live = LiveMatcher(MATCHER)
        made, _ = told(live, positions({"v": track}))
        assert "CD" in [STREET.name(row["edge_id"]) for _, row in made if row["complete"]]
        assert all(final <= row["left"] for final, row in made if row["complete"])
        assert live.counts.overdue == 0


def test_after_the_cap_time_goes_on() -> None:
    cap = timedelta(seconds=120)
    for seed in range(6):
        live = LiveMatcher(MATCHER, LiveParams(hold_s=120.0, near_m=0.0))
        _, finals = told(live, positions({"v": blur(ride(STREET, "BCDC", stops={"D": 300.0}), NOISE_M, seed)}))
        assert all(moment(s + 1) - final <= cap for s, final in enumerate(finals))


def test_what_is_final_is_the_same_after_a_crash() -> None:
    table = positions({"v": standing("C", 400.0, 0), "w": standing("B", 200.0, 1)})
    live = LiveMatcher(MATCHER, CAREFUL)
    live.feed(table.slice(0, 300), moment(350), 0)
    again = LiveMatcher.restore(MATCHER, live.snapshot())
    assert again.final_until(moment(351)) == live.final_until(moment(351)) < moment(351) - SILENT


def test_vehicles_whose_trips_are_ended_hold_nothing_up() -> None:
    live = LiveMatcher(MATCHER)
    assert live.final_until(moment(0)) == moment(0) - SILENT
    live.feed(positions({"v": standing("C", 100.0, 0)}), moment(140), 0)
    live.feed(POSITIONS.empty_table(), moment(400), 1)
    assert live.final_until(moment(400)) == moment(400) - SILENT


def test_a_hold_shorter_than_the_silence_is_refused() -> None:
    with pytest.raises(ValueError, match="hold_s"):
        LiveParams(hold_s=60.0)


def in_lots(live: LiveMatcher, table: pa.Table, order: list[int]) -> list[tuple[datetime, dict[str, Any]]]:
    """Feed lots of ten minutes, each when the last of it was driven, or the next one instead, and a minute's time."""
    made, final = [], moment(0) - DAY
    which = seconds(table) // LOT.total_seconds()
    for number, lot in enumerate(order, 1):
        rows = table.filter(pa.array(which == lot))
        for now, part in ((LOT * number, rows), (LOT * number + timedelta(minutes=1), rows.slice(0, 0))):
            out = live.feed(part, moment(0) + now, live.sequence + 1)
            made += [(final, row) for row in out.to_pylist()]
            final = max(final, live.final_until(moment(0) + now))
    return made


def up_and_down(minutes: float) -> Track:
    """Along the street and back, with stops, for so long."""
    once = ride(STREET, "ABCDCBA", stops={"B": 20.0, "D": 40.0})
    times = int(minutes * 60 // len(once)) + 1
    way = np.vstack([once] * times)
    way[:, 0] = np.arange(len(way))
    return way[: int(minutes * 60)]


def test_what_comes_in_lots_is_waited_for() -> None:
    """Of a bike whose positions come ten minutes at a time no road comes after its time was called final."""
    live = LiveMatcher(MATCHER)
    made = in_lots(live, positions({"v": blur(up_and_down(40.0), NOISE_M)}), [0, 1, 2, 3])
    whole = [(final, row) for final, row in made if row["complete"]]
    assert len(whole) > 60
    assert all(final <= row["left"] for final, row in whole)
    assert len({row["trip"] for _, row in made}) == 1
    assert live.counts.overdue == 0


def test_who_falls_silent_holds_up_for_half_as_much_again_as_a_lot() -> None:
    """Then the trip is ended, and time goes on."""
    live = LiveMatcher(MATCHER)
    table = positions({"v": blur(up_and_down(10.0), NOISE_M)})
    live.feed(table, moment(600), 0)
    live.feed(table.slice(0, 0), moment(1490), 1)
    assert live.final_until(moment(1490)) <= moment(600)
    assert live.under_way
    live.feed(table.slice(0, 0), moment(1501), 2)
    assert live.final_until(moment(1501)) == moment(1501) - SILENT
    assert not live.under_way


def test_a_lot_that_comes_after_the_next_one_is_late_and_nothing_of_it_is_told() -> None:
    live = LiveMatcher(MATCHER)
    table = positions({"v": blur(up_and_down(30.0), NOISE_M)})
    made = in_lots(live, table, [0, 2, 1])
    assert live.counts.late == 600
    assert live.counts.overdue == 0
    assert all(final <= row["left"] for final, row in made if row["complete"])


def test_a_clock_half_an_hour_behind_holds_nothing_up_and_its_roads_are_counted() -> None:
    live, whole = LiveMatcher(MATCHER), 0
    table = positions({"v": blur(up_and_down(10.0), NOISE_M)})
    for batch in by_arrival(table, seconds(table), 10.0):
        now = moment(batch.second + 1800)
        whole += sum(live.feed(batch.positions, now, live.sequence + 1)["complete"].to_pylist())
        assert live.final_until(now) == now - SILENT
    assert live.counts.overdue == whole > 10
    assert LiveMatcher.restore(MATCHER, live.snapshot()).counts == live.counts


def test_what_comes_from_before_what_was_told_while_it_was_quiet_is_overdue() -> None:
    """It was silent for twenty minutes, all its roads were called final, and then it hands ten minutes of them in."""
    table = positions({"v": blur(up_and_down(20.0), NOISE_M)})
    live = LiveMatcher(MATCHER)
    live.feed(table.slice(0, 60), moment(60), 0)
    live.feed(table.slice(0, 0), moment(400), 1)
    again = LiveMatcher.restore(MATCHER, live.snapshot())
    told = live.final_until(moment(1290))
    late = live.feed(table.slice(600, 600), moment(1291), 2, told).to_pylist()
    before = sum(row["complete"] and row["left"] < told for row in late)
    assert live.counts.overdue == before > 10
    again.feed(table.slice(600, 600), moment(1291), 2, told)
    assert again.counts == live.counts


def test_what_is_final_never_goes_back() -> None:
    """Neither for a bike of which more becomes expected, nor when it is asked for an earlier moment."""
    live = LiveMatcher(MATCHER)
    table = positions({"v": blur(up_and_down(10.0), NOISE_M)})
    live.feed(table.slice(0, 0), moment(900), 0)
    first = live.final_until(moment(900))
    live.feed(table, moment(901), 1)
    assert live.final_until(moment(901)) >= first
    assert live.final_until(moment(0)) >= first
    restored = LiveMatcher.restore(MATCHER, live.snapshot())
    assert restored.final_until(moment(0)) == live.final_until(moment(0))


def test_a_batch_that_arrived_before_the_last_one_is_refused_and_nothing_of_it_is_taken() -> None:
    table = positions({"v": standing("C", 10.0, 0)})
    live = LiveMatcher(MATCHER)
    assert live.arrived is None
    live.feed(table.slice(0, 10), moment(4000), 0)
    again = LiveMatcher.restore(MATCHER, live.snapshot())
    for one in (live, again):
        with pytest.raises(ValueError, match="before the one that was fed last"):
            one.feed(table.slice(10, 10), moment(3999), 1)
        assert (one.sequence, one.counts.received, one.arrived) == (0, 10, moment(4000))
        assert one.feed(table, moment(0), 0).num_rows == 0, "one that is sent again is left alone as ever"


def test_after_an_outage_what_is_final_is_soon_as_near_as_before() -> None:
    """One lot of ten minutes, then a position a second: the lot is forgotten, batch by batch."""
    live = LiveMatcher(MATCHER)
    track = blur(up_and_down(12.0), NOISE_M)
    table = positions({"v": track})
    live.feed(table.slice(0, 600), moment(600), 0)
    for second in range(600, 620):
        live.feed(table.slice(second, 1), moment(second + 1), live.sequence + 1)
    now = moment(620) + SILENT + timedelta(seconds=1)
    live.feed(table.slice(0, 0), now, live.sequence + 1)
    assert not live.under_way
