"""What of reports an officer may be told follows from the officer's scheme and the declared event."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web import town
from tests.web.hubs import APPLICANT, AREA, OFFICER, make_hub
from umaya.api.road_reports import sights
from umaya.services.roads.service import RoadMapService
from umaya.types.errors import ForbiddenError


def test_scheme_and_event_bound_the_area_and_the_scheme_hides_dead_ends(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "hub")
    sight = sights(hub.roads)(OFFICER)
    assert [[round(side, 6) for side in area.box] for area in sight.areas] == [AREA, AREA]
    assert sight.max_homes == 3
    assert max(sight.last_passed.values()) >= town.FIRST
    with pytest.raises(ForbiddenError):
        sights(hub.roads)(APPLICANT)
    real = RoadMapService(hub.gate, hub.atlas, tmp_path / "products", hub.clock)  # the hub's is played
    assert real.live_scheme(OFFICER) == hub.roads.live_scheme(OFFICER)
    with pytest.raises(ForbiddenError):
        real.live_scheme(APPLICANT)
    hub.close()


def test_without_a_disaster_the_scheme_alone_bounds_what_is_told(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "hub", disaster=False)
    sight = sights(hub.roads)(OFFICER)
    assert (len(sight.areas), sight.max_homes, sight.last_passed) == (1, 3, {})
    hub.close()
