"""Homes on roads from letterboxes in their buildings."""

from __future__ import annotations

import pyarrow as pa

from tests.engines.buildings.blocks import at, boxes_of, drawn, numbered
from tests.worlds import draw
from umaya.engines.buildings.letterboxes import house
from umaya.engines.buildings.resolve import resolve
from umaya.engines.buildings.schemas import LETTERBOXES
from umaya.engines.disclosure import suppressed_segments
from umaya.places.buildings.homes import doors, homes_per_edge

HOUSES = drawn({"flats": (0, 0, 20, 10), "house": (40, 0, 50, 10)})
POINTS = numbered({"1-1": (10, -1), "1-2": (45, -1)})


def counted(*rows: dict[str, object]) -> tuple[dict[tuple[float, float], int], int]:
    table, lost = doors(house(boxes_of(*rows), resolve(POINTS, HOUSES), HOUSES), POINTS)
    places = zip(table["lon"].to_pylist(), table["lat"].to_pylist(), strict=True)
    return dict(zip(places, table["homes"].to_pylist(), strict=True)), lost


def test_rooms_are_homes_and_a_shared_room_is_one() -> None:
    rows: list[dict[str, object]] = [
        {"id": f"x{i}", "at": "1-1", "room": room} for i, room in enumerate(["101", "101号", "102"])
    ]
    assert counted(*rows, {"id": "y", "at": "1-2"}) == ({at(10, -1): 2, at(45, -1): 1}, 0)


def test_doubtful_letterboxes_count_where_they_are_or_are_told_as_lost() -> None:
    rows: list[dict[str, object]] = [{"id": "x", "at": "7-7", "place": (60, 0)}, {"id": "y", "at": "7-7"}]
    assert counted(*rows) == ({at(60, 0): 1}, 1)
    assert counted() == ({}, 0)


def test_homes_feed_the_suppression_of_dead_ends() -> None:
    """One home at the end of BD: the branch is suppressed when one may be hidden, not when none may."""
    world = draw(
        """
        A----B----C
        |    |    |
        |    1    |
        |    D    |
        |         |
        E---------F
        """
    )
    lon, lat = world.points["1"]
    ids = {"lg_code": "1", "machiaza_id": "1", "blk_id": "1", "rsdt_id": "1", "rsdt2_id": ""}
    points = pa.Table.from_pylist([{**ids, "lon": lon, "lat": lat}], POINTS.schema)
    boxes = pa.Table.from_pylist([{**dict.fromkeys(LETTERBOXES.names), **ids, "letterbox_id": "x"}], LETTERBOXES)
    housed = house(boxes, resolve(points, HOUSES), HOUSES)
    homes, lost = homes_per_edge(housed, points, world.network)
    assert (homes.to_pylist(), lost) == ([{"segment_id": world.segment("BD"), "homes": 1}], 0)
    assert world.segment("BD") in suppressed_segments(world.network, homes, 1)
    assert world.segment("BD") not in suppressed_segments(world.network, homes, 0)
