"""Live matching as a deriver: what it calls final waits for a bike of which nobody can tell what it passed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engines.live.feeds import DAY, by_arrival, moment, seconds
from tests.engines.matching.rides import blur, positions, ride
from tests.worlds import draw
from umaya.engines.live import LiveParams
from umaya.places.atlas import Atlas
from umaya.places.live import LiveMatching
from umaya.places.roads.background import BACKGROUND
from umaya.types.schemas import POSITIONS


def test_of_bikes_whose_positions_come_in_lots_nothing_comes_after_its_time_was_called_final(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every two minutes come those of the two before; what is final goes on soon after the last lot."""
    street = draw("A----B----C----D", cell_m=20)
    atlas = Atlas(tmp_path / "places")
    atlas.put(street.network, BACKGROUND.empty_table())
    live = LiveMatching(atlas)
    table = positions(
        {
            "bike-1": blur(ride(street, "ABCDCBA", stops={"C": 200.0, "D": 150.0}), 5.0, 1),
            "bike-2": blur(ride(street, "DCBA", at=130.0, stops={"B": 100.0}), 5.0, 2),
        }
    )
    final = moment(0) - DAY
    for tick, batch in enumerate(by_arrival(table, seconds(table), 120.0)):
        now = moment(batch.second)
        for row in live.feed(batch.positions, now, tick).rows.to_pylist():
            assert not row["complete"] or final <= row["left"]
        final = live.final_until(now)
        assert final <= moment(batch.second) - timedelta(seconds=LiveParams().silent_s)
    assert live.waits
    live.feed(POSITIONS.empty_table(), now + DAY, tick + 1)
    assert live.final_until(now + DAY) == now + DAY - timedelta(seconds=LiveParams().silent_s)
    assert not caplog.records


def test_roads_from_before_what_was_told_while_it_was_quiet_are_counted_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    street = draw("A----B----C----D", cell_m=20)
    atlas = Atlas(tmp_path / "places")
    atlas.put(street.network, BACKGROUND.empty_table())
    live = LiveMatching(atlas)
    table = positions({"bike-1": blur(ride(street, "ABCDCBA"), 5.0, 1)})
    live.feed(POSITIONS.empty_table(), moment(0), 0)
    told = live.final_until(moment(600))
    made = live.feed(table, moment(601), 1, told).rows.to_pylist()
    whole = sum(row["complete"] for row in made)
    assert [record.getMessage() for record in caplog.records] == [
        f"{whole} roads came after their time was called final"
    ]
    assert whole > 0
    assert live.arrived == moment(601)
