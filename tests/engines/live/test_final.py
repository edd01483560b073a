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
    live = LiveMatcher(MATCHER)
    made, _ = told(live, positions({"v": standing("C", 400.0, seed)}))
    whole = [(final, row) for final, row in made if row["complete"]]
    assert STREET.name(whole[0][1]["edge_id"]) == "BC"
    assert all(final <= row["left"] for final, row in whole)
    assert live.counts.overdue == 0


def test_it_is_held_up_and_goes_on_when_the_bike_does() -> None:
    held = []
    for seed in range(6):
        _, finals = told(LiveMatcher(MATCHER), positions({"v": standing("C", 400.0, seed)}))
        held.append(max(moment(s + 1) - final for s, final in enumerate(finals)))
        assert moment(len(finals)) - finals[-1] == SILENT or finals[-1] >= moment(400)
    assert sum(one >= timedelta(seconds=250) for one in held) >= 3


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


def test_after_the_cap_time_goes_on_and_what_comes_then_is_counted() -> None:
    cap = timedelta(seconds=120)
    overdue = 0
    for seed in range(6):
        live = LiveMatcher(MATCHER, LiveParams(hold_s=120.0))
        made, finals = told(live, positions({"v": standing("C", 400.0, seed)}))
        assert all(moment(s + 1) - final <= cap for s, final in enumerate(finals))
        assert live.counts.overdue == sum(final > row["left"] for final, row in made if row["complete"])
        overdue += live.counts.overdue
        assert LiveMatcher.restore(MATCHER, live.snapshot()).counts == live.counts
    assert overdue >= 3


def test_what_is_final_is_the_same_after_a_crash() -> None:
    table = positions({"v": standing("C", 400.0, 0), "w": standing("B", 200.0, 1)})
    live = LiveMatcher(MATCHER)
    live.feed(table.slice(0, 300), moment(350), 0)
    again = LiveMatcher.restore(MATCHER, live.snapshot())
    assert again.final_until(moment(351)) == live.final_until(moment(351)) < moment(351) - SILENT


def test_vehicles_whose_trips_are_ended_hold_nothing_up() -> None:
    live = LiveMatcher(MATCHER)
    assert live.final_until(moment(0)) == moment(0) - SILENT
    live.feed(positions({"v": standing("C", 100.0, 0)}), moment(140), 0)
    live.feed(POSITIONS.empty_table(), moment(300), 1)
    assert live.final_until(moment(300)) == moment(300) - SILENT


def test_a_hold_shorter_than_the_silence_is_refused() -> None:
    with pytest.raises(ValueError, match="hold_s"):
        LiveParams(hold_s=60.0)
