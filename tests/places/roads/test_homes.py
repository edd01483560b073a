"""Homes of road segments: each letterbox on the segment that it hangs from."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.worlds import World, draw
from umaya.places.roads import homes_per_segment


def letterboxes(world: World, homes: dict[str, int]) -> pa.Table:
    """Letterboxes at drawn digits."""
    lon, lat = zip(*(world.points[point] for point in homes), strict=True)
    return pa.table({"lon": lon, "lat": lat, "homes": list(homes.values())})


def counted(world: World, homes: pa.Table, max_distance_m: float = 100.0) -> dict[int, int]:
    table = homes_per_segment(homes, world.network, max_distance_m)
    return dict(zip(table["segment_id"].to_pylist(), table["homes"].to_pylist(), strict=True))


def test_a_letterbox_counts_on_the_nearest_road() -> None:
    """Both directions are one segment; several homes may share a letterbox."""
    world = draw(
        """
          1     2
        A----B----C
                3
        """
    )
    homes = letterboxes(world, {"1": 1, "2": 4, "3": 1})
    assert counted(world, homes) == {world.segment("AB"): 1, world.segment("BC"): 5}
    assert counted(world, homes.drop_columns(["homes"])) == {world.segment("AB"): 1, world.segment("BC"): 2}


def test_a_letterbox_on_a_driveway_counts_where_the_driveway_hangs() -> None:
    """The road DE is nearer to place 1 than AC, but the driveway from AC passes by."""
    world = draw(
        """
        Y-------Z


        A---C---B
            :
            :
            :
            h1

        D-------E
        """
    )
    assert counted(world, letterboxes(world, {"1": 3})) == {world.segment("AC"): 3}


def test_a_letterbox_out_of_reach_counts_nowhere() -> None:
    world = draw(
        """
        A----B


           1
        """
    )
    assert counted(world, letterboxes(world, {"1": 1}), max_distance_m=29) == {}
    assert counted(world, letterboxes(world, {"1": 1}), max_distance_m=31) == {0: 1}


def test_a_one_way_street_is_a_segment_too() -> None:
    world = draw(
        """
        A-<--B
           1
        """
    )
    assert counted(world, letterboxes(world, {"1": 2})) == {world.segment("AB"): 2}


def test_no_letterboxes_no_homes() -> None:
    world = draw("A----B")
    nobody = pa.table({"lon": pa.array([], pa.float64()), "lat": pa.array([], pa.float64())})
    assert homes_per_segment(nobody, world.network).num_rows == 0


@pytest.mark.parametrize("homes", [0, 1])
def test_a_segment_without_homes_is_not_listed(homes: int) -> None:
    world = draw("A-1--B")
    assert counted(world, letterboxes(world, {"1": homes})) == ({0: 1} if homes else {})
