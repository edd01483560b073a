"""What happens on a private way is put on the joint where it hangs from the public road."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.engines.drives import MORNING
from tests.worlds import World, draw
from umaya.engines.disclosure import AccessIndex, move_to_road
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import ACCESSES, POSITIONS

# Ten metres a character: a driveway of 40 m hangs from the middle of a street.
WORLD = draw("""
    A----B----C
         :
         :   2
         1
         D
""")


def positions(*places: tuple[float, float]) -> pa.Table:
    """One row a place, with accuracy, speed and heading known."""
    rows = [
        {
            "vehicle_id": "v",
            "t": MORNING,
            "lon": lon,
            "lat": lat,
            "accuracy_m": 5.0,
            "speed_mps": 1.0,
            "heading_deg": 9.0,
        }
        for lon, lat in places
    ]
    return pa.Table.from_pylist(rows, schema=POSITIONS)


def moved(world: World, place: tuple[float, float], **changes: Any) -> bool:
    before = positions(place)
    return not move_to_road(before, world.network, **changes).equals(before)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    scale = 111_195 * math.cos(math.radians(one[1]))
    return math.hypot((one[0] - other[0]) * scale, (one[1] - other[1]) * 111_195)


def test_a_position_on_a_driveway_goes_to_its_joint() -> None:
    row = move_to_road(positions(WORLD.points["1"]), WORLD.network).to_pylist()[0]
    assert metres((row["lon"], row["lat"]), WORLD.points["B"]) < 0.5
    assert (row["vehicle_id"], row["t"]) == ("v", MORNING)


def test_what_described_the_old_place_goes() -> None:
    row = move_to_road(positions(WORLD.points["1"]), WORLD.network).to_pylist()[0]
    assert row["accuracy_m"] is row["speed_mps"] is row["heading_deg"] is None


def test_a_position_on_the_road_stays_as_it_is() -> None:
    assert not moved(WORLD, WORLD.offset("A", 20))


def test_noise_towards_a_driveway_does_not_make_a_rider_on_the_road_jump() -> None:
    """At the joint itself both are equally near: in doubt a position stays."""
    assert not moved(WORLD, WORLD.offset("B", 0, -2))
    assert not moved(WORLD, WORLD.offset("B", 4, -4))


def test_a_yard_without_a_mapped_way_is_left_to_the_matcher() -> None:
    assert not moved(WORLD, WORLD.points["2"])


def test_tolerance_is_measured_from_the_private_way() -> None:
    place = WORLD.offset("1", 12)
    assert moved(WORLD, place, tolerance_m=13)
    assert not moved(WORLD, place, tolerance_m=11)


def test_margin_is_how_much_nearer_than_the_road_it_must_be() -> None:
    place = WORLD.offset("B", 0, -20)
    assert moved(WORLD, place, margin_m=19, tolerance_m=15)
    assert not moved(WORLD, place, margin_m=21, tolerance_m=15)


def test_other_rows_and_their_order_stay() -> None:
    places = [WORLD.points["2"], WORLD.points["1"], WORLD.offset("A", 7)]
    before = positions(*places)
    after = move_to_road(before, AccessIndex(WORLD.network))
    assert after.schema.equals(POSITIONS)
    assert after.slice(0, 1).equals(before.slice(0, 1))
    assert after.slice(2, 1).equals(before.slice(2, 1))
    assert not after.slice(1, 1).equals(before.slice(1, 1))


def test_a_way_between_two_roads_gives_the_nearer_joint() -> None:
    """A private way that hangs from two roads is two accesses, one for each half."""
    world = draw("""
        A----B----C
             :
             1
             :
             :
             :
        D----E----F
    """)
    row = move_to_road(positions(world.points["1"]), world.network).to_pylist()[0]
    assert metres((row["lon"], row["lat"]), world.points["B"]) < 0.5


def test_without_accesses_nothing_moves() -> None:
    bare = RoadNetwork(WORLD.network.edges, WORLD.network.nodes, ACCESSES.empty_table())
    before = positions(WORLD.points["1"])
    assert move_to_road(before, bare) is before


def test_no_positions_and_unknown_places_do_no_harm() -> None:
    assert move_to_road(POSITIONS.empty_table(), WORLD.network).num_rows == 0
    before = positions((math.nan, math.nan), (0.0, 0.0))
    after = move_to_road(before, WORLD.network)
    assert np.isnan(after["lon"][0].as_py())
    assert after["lon"][1].as_py() == 0.0


@pytest.mark.parametrize(("name", "value"), [("tolerance_m", 0.0), ("tolerance_m", math.nan), ("margin_m", -1.0)])
def test_bad_parameters_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        move_to_road(positions(), WORLD.network, **{name: value})


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema"):
        move_to_road(POSITIONS.empty_table().drop_columns("lon"), WORLD.network)
