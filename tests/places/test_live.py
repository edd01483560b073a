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


def test_a_window_in_which_a_bike_came_to_a_junction_is_final_after_it_is_known_what_it_passed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A bike stands at C for 400 s; until then the minute of its coming is not final, and nothing came too late."""
    street = draw("A----B----C----D", cell_m=20)
    atlas = Atlas(tmp_path / "places")
    atlas.put(street.network, BACKGROUND.empty_table())
    live = LiveMatching(atlas)
    track = blur(ride(street, "ABCD", stops={"C": 400.0}), 5.0, 1)
    table = positions({"bike-1": track})
    final = moment(0) - DAY
    for tick, batch in enumerate(by_arrival(table, seconds(table), 5.0)):
        now = moment(batch.second)
        for row in live.feed(batch.positions, now, tick).rows.to_pylist():
            assert not row["complete"] or final <= row["left"]
        final = live.final_until(now)
        if 150.0 <= batch.second <= 400.0:
            assert final < moment(60)
    live.feed(POSITIONS.empty_table(), now + DAY, tick + 1)
    assert live.final_until(now + DAY) == now + DAY - timedelta(seconds=LiveParams().silent_s)
    assert not caplog.records
