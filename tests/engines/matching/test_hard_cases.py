"""Hard cases of map matching, each drawn: what was driven, in words, and which road each position is on.

The vehicle reports once a second at 7 m/s (25 km/h) unless told otherwise; noise is white with a fixed seed.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.engines.matching.rides import blur, driven, positions, ride, shift
from tests.worlds import World, draw
from umaya.engines.matching import Matched, MatchParams, match

NOISE_M = 4.0


def matched(world: World, track: np.ndarray, params: MatchParams | None = None) -> Matched:
    return match(positions({"v": track}), world.network, params or MatchParams(threads=1))


def stretches(world: World, result: Matched) -> list[str]:
    """What was driven, whether in part or from end to end."""
    return [word.strip("()") for word in driven(world, result.traversals)]


def names(world: World, result: Matched) -> list[str | None]:
    return [None if e is None else world.name(e) for e in result.matches["edge_id"].to_pylist()]


@pytest.fixture(scope="module")
def block() -> World:
    return draw(
        """
        A----B----C----D
        |    |    |    |
        E----F----G----H
        """,
        cell_m=20,
    )


@pytest.mark.parametrize("seed", range(5))
def test_round_a_block(block: World, seed: int) -> None:
    result = matched(block, blur(ride(block, "ABFGCD")[3:-4], NOISE_M, seed))
    assert driven(block, result.traversals) == ["(AB)", "BF", "FG", "GC", "(CD)"]
    assert result.routes.num_rows == 1


def test_without_noise_first_and_last_edge_are_driven_in_part_only(block: World) -> None:
    track = ride(block, "ABC")[3:-3]
    rows = matched(block, track).traversals.to_pylist()
    assert [block.name(row["edge_id"]) for row in rows] == ["AB", "BC"]
    assert rows[0]["from_m"] == pytest.approx(21.0, abs=1.5)
    assert not rows[0]["complete"]
    assert not rows[1]["complete"]


def test_times_of_a_junction_are_interpolated(block: World) -> None:
    first, second = matched(block, ride(block, "ABC")).traversals.to_pylist()
    assert first["left"] == second["entered"]
    seconds = (first["left"] - first["entered"]).total_seconds()
    assert seconds == pytest.approx(100.0 / 7.0, abs=0.7)


@pytest.mark.parametrize("seed", range(4))
def test_parallel_streets_15_m_apart_are_kept_apart(seed: int) -> None:
    world = draw(
        """
        A-------------------B
        C-------------------D
        """,
        cell_m=15,
    )
    result = matched(world, blur(ride(world, "CD"), NOISE_M, seed))
    assert set(names(world, result)) == {"CD"}


@pytest.mark.parametrize("seed", range(4))
def test_u_turn_at_a_closure_in_the_middle_of_a_road(seed: int) -> None:
    world = draw(
        """
        A------B---1------C
               |
               D
        """,
        cell_m=20,
    )
    result = matched(world, blur(ride(world, "AB1BD"), NOISE_M, seed))
    words = driven(world, result.traversals)
    assert words[1:3] == ["(BC)", "(CB)"]
    parts = result.traversals.to_pylist()
    assert parts[1]["turned_back"]
    assert parts[1]["to_m"] == pytest.approx(80.0, abs=10.0)
    assert not parts[1]["complete"]


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_end_is_driven_to_its_end_and_back(seed: int) -> None:
    world = draw(
        """
        A------B------C
               |
               |
               D
        """,
        cell_m=20,
    )
    result = matched(world, blur(ride(world, "ABDBC"), NOISE_M, seed))
    assert driven(world, result.traversals)[1:3] == ["BD", "DB"]
    assert result.traversals["turned_back"].to_pylist()[1]


@pytest.mark.parametrize("seed", range(4))
def test_a_stop_with_jitter_is_not_movement(block: World, seed: int) -> None:
    world = draw("A-----1----B-------C", cell_m=20)
    track = blur(ride(world, "A1BC", stops={"1": 300.0}), NOISE_M, seed)
    result = matched(world, track)
    assert driven(world, result.traversals)[-1] in ("BC", "(BC)")
    assert len(result.traversals) == 2
    metres = np.subtract(result.traversals["to_m"].to_numpy(), result.traversals["from_m"].to_numpy()).sum()
    assert metres == pytest.approx(380.0, abs=15.0)


def test_a_stop_with_slow_drift_is_not_movement() -> None:
    world = draw("A----------1----------B", cell_m=20)
    track = ride(world, "A1B", stops={"1": 240.0})
    standing = (track[:, 0] > 30.0) & (track[:, 0] < 270.0)
    track[standing, 1] += 8.0 / 90_000.0 * np.sin(track[standing, 0] / 240.0 * 4.0 * np.pi)
    result = matched(world, track)
    assert stretches(world, result) == ["AB"]


@pytest.mark.parametrize(("east_m", "north_m"), [(0.0, 90.0), (300.0, -300.0), (5_000.0, 0.0)])
def test_one_bad_point_neither_splits_nor_bends_a_trace(block: World, east_m: float, north_m: float) -> None:
    track = ride(block, "ABCD")
    result = matched(block, shift(track, 20, east_m, north_m))
    assert stretches(block, result) == ["AB", "BC", "CD"]
    assert result.routes.num_rows == 1
    assert names(block, result)[20] is None
    assert result.matches["edge_id"].null_count == 1


def test_a_gap_of_minutes_ends_a_trip(block: World) -> None:
    track = ride(block, "ABCD")
    track[20:, 0] += 600.0
    result = matched(block, track)
    assert result.routes.num_rows == 2
    assert result.traversals["trip"].to_pylist()[-1] == 1
    end, start = result.routes["end"][0].as_py(), result.routes["start"][1].as_py()
    assert (start - end).total_seconds() > 590


def test_a_short_gap_does_not_end_a_trip(block: World) -> None:
    track = np.delete(ride(block, "ABCD"), slice(10, 22), axis=0)
    assert stretches(block, matched(block, track)) == ["AB", "BC", "CD"]


def test_a_jump_ends_a_trip() -> None:
    world = draw(
        """
        A----------B                                                                      C--------D
        """,
        cell_m=20,
    )
    first, second = ride(world, "AB"), ride(world, "CD")
    second[:, 0] += first[-1, 0] + 1.0
    result = matched(world, np.concatenate([first, second]))
    assert stretches(world, result) == ["AB", "|", "CD"]


def test_two_positions_of_one_time_are_both_matched(block: World) -> None:
    track = np.repeat(ride(block, "AB"), 2, axis=0)
    result = matched(block, track)
    assert result.matches["edge_id"].null_count == 0
    assert driven(block, result.traversals) in (["AB"], ["(AB)"])


def test_a_clock_that_jumps_ahead_for_one_point_costs_only_that_point(block: World) -> None:
    track = ride(block, "ABCD")
    track[15, 0] += 3_600.0
    result = matched(block, track[np.argsort(track[:, 0])])
    assert stretches(block, result) == ["AB", "BC", "CD"]


def test_far_from_every_road_is_not_on_a_road(block: World) -> None:
    track = ride(block, "AB")
    track[:, 2] += 0.01
    result = matched(block, track)
    assert result.matches["edge_id"].null_count == len(track)
    assert result.matches["lon"].null_count == len(track)
    assert result.routes.num_rows == result.traversals.num_rows == 0


def test_a_way_across_open_land_is_not_forced_onto_roads() -> None:
    world = draw(
        """
        A----B----------------------C----D



        5
        """,
        cell_m=20,
    )
    out = ride(world, "AB")
    away = out[-1, 0] + np.arange(1.0, 61.0)
    lon = np.interp(away, [away[0], away[-1]], [world.points["B"][0], world.points["C"][0]])
    lat = np.full(60, world.points["B"][1]) + 120.0 / 111_000.0 * np.minimum(1.0, np.arange(60) / 8.0)
    back = ride(world, "CD", at=away[-1] + 8.0)
    result = matched(world, np.concatenate([out, np.column_stack([away, lon, lat]), back]))
    words = stretches(world, result)
    assert words[0] == "AB"
    assert words[-1] == "CD"
    assert "|" in words
    assert "BC" not in [w for w in driven(world, result.traversals) if not w.startswith("(")]
    assert result.matches["edge_id"].null_count > 40


def test_a_oneway_street_is_not_driven_against_its_direction() -> None:
    world = draw(
        """
        A---->----B
        |         |
        C---------D
        """,
        cell_m=20,
    )
    result = matched(world, blur(ride(world, "CABD"), NOISE_M))
    assert "AB" in driven(world, result.traversals)
    against = matched(world, blur(ride(world, "DBAC"), NOISE_M))
    assert "BA" not in stretches(world, against)


def test_a_roundabout_is_driven_on_its_way_round() -> None:
    world = draw(
        """
            B
            |
            K--<--+
            |     |
        A---L     M---C
            |     |
            +-->--N
                  |
                  D
        """,
        cell_m=8,
        tags={"KM": {"oneway": "-1"}, "KL": {"oneway": "yes"}, "LN": {"oneway": "yes"}, "MN": {"oneway": "-1"}},
    )
    result = matched(world, blur(ride(world, ["A", "L", "N", "D"], speed=4.0), 2.0))
    words = stretches(world, result)
    assert words == ["AL", "LN", "ND"]


def test_a_bridge_crosses_without_a_junction() -> None:
    world = draw(
        """
             C
             |
             |
        A----B----E
             |
             |
             D
        """,
        cell_m=25,
    )
    crossing = matched(world, blur(ride(world, "ABE"), NOISE_M))
    assert stretches(world, crossing) == ["AB", "BE"]


@pytest.mark.parametrize("seed", range(3))
def test_over_a_tunnel_the_vehicle_stays_on_its_own_road(seed: int) -> None:
    """Two roads that cross without a node: nobody can change from one to the other there."""
    from tests.engines.matching.crossing import over_and_under

    world = over_and_under()
    result = matched(world, blur(ride(world, "AB"), NOISE_M, seed))
    assert set(names(world, result)) == {"AB"}


def test_a_reported_heading_tells_the_direction_of_a_vehicle_that_moves_little() -> None:
    world = draw("A--------------------B", cell_m=20)
    track = ride(world, "AB", speed=2.5)[40:44]
    for degrees, name in ((90.0, "AB"), (270.0, "BA")):
        result = match(positions({"v": track[:1]}, {"v": degrees}), world.network, MatchParams(threads=1))
        assert names(world, result) == [name]


def test_a_slip_back_within_noise_is_no_tour_round_the_block(block: World) -> None:
    track = ride(block, "ABCD")
    track[10:12, 1] = track[10:12, 1][::-1]
    words = stretches(block, matched(block, track))
    assert words == ["AB", "BC", "CD"]
