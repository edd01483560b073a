"""A road that is never told is missing from every block of its neighbourhood: that says nothing of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from tests.services.roads.conftest import QUAKE, STEP, Town
from umaya.sample.days import JAPAN
from umaya.sample.setup import PEOPLE
from umaya.services.roads import service
from umaya.services.roads.products import Products, Window
from umaya.services.roads.service import RoadMapService
from umaya.services.roads.together import Together
from umaya.types.schemas import HOMES, PASSAGES

RING = ("AB", "BC", "DE", "EF", "AD", "BE", "CF")


def passages(town: Town, names: tuple[str, ...], start: datetime, days: int | None) -> pa.Table:
    """Return passes of roads both ways; from the hour after the start on, on so many days where days are folded."""
    entries = [
        {
            "edge_id": town.world.edge(*ends),
            "way_id": 1,
            "forward": True,
            "window_start": start,
            "window_s": int(STEP.total_seconds()) if days is None else 3600,
            "passes": days or 1,
            "vehicles": 1,
            "last_passed": start if days is None else None,
            "turn_backs": None,
            "days": days,
        }
        for name in names
        for ends in (name, name[::-1])
    ]
    return pa.Table.from_pylist(entries, schema=PASSAGES)


def blocked(town: Town, homes: int) -> dict[str, float]:
    """Return how probably the cul-de-sac and a street are thought closed when so many homes stand along the former."""
    segments = {name: town.world.segment(name) for name in ("BG", "AB")}
    town.hub.atlas.put_homes(pa.Table.from_pylist([{"segment_id": segments["BG"], "homes": homes}], schema=HOMES))
    roads = RoadMapService(town.hub.gate, town.hub.atlas, town.hub.directory / "products" / "roads", town.clock)
    rows = roads.state(PEOPLE["city-officer"]).segments.to_pylist()
    return {name: row["p_blocked"] for name, at in segments.items() for row in rows if row["segment_id"] == at}


def test_a_road_that_homes_listed_anew_hide_is_not_called_blocked(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual pattern knows it from before; its neighbourhood was swept after the earthquake."""
    monkeypatch.setattr(service, "told_together", lambda _: Together(12, 3))
    town.quake()
    town.clock.advance(STEP)
    midnight = (QUAKE - timedelta(days=10)).astimezone(JAPAN).replace(hour=0, minute=0)
    days = Window(midnight, midnight + timedelta(days=10))
    hour = QUAKE.astimezone(JAPAN).replace(minute=0) - timedelta(days=10)
    products = Products(town.hub.directory / "products" / "roads")
    products.write("minase-probe-statistics", days, passages(town, (*RING, "BG"), hour, 10))
    products.write("minase-passable-roads.quake", Window(QUAKE, QUAKE + STEP), passages(town, RING, QUAKE, None))
    crowded, lonely = blocked(town, homes=10), blocked(town, homes=1)
    assert crowded["BG"] > 0.2, "told with its neighbourhood, it is missing from it"
    assert lonely["BG"] < 0.05
    assert lonely["AB"] == crowded["AB"] < 0.01
