"""Private ways and the joints they hang from."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from tests.worlds import World, draw, osm_xml
from umaya.places.roads import import_osm


def hangs(world: World) -> dict[tuple[int, str], tuple[str, int]]:
    """Return (way id, kind) -> (name of the edge, whole metres along it)."""
    return {
        (row["way_id"], row["kind"]): (world.name(row["edge_id"]), round(row["offset_m"]))
        for row in world.network.accesses.to_pylist()
    }


def test_a_driveway_hangs_from_the_place_where_it_begins(tmp_path: Path) -> None:
    """In the middle of an edge: metres from its start, and the point there."""
    nodes = {1: (136.8, 36.2), 2: (136.801, 36.2), 3: (136.804, 36.2), 4: (136.801, 36.201)}
    ways = {
        1: ([1, 2, 3], {"highway": "residential"}),
        2: ([4, 2], {"highway": "service", "service": "driveway"}),
    }
    file = tmp_path / "world.osm"
    file.write_text(osm_xml(nodes, ways))
    network = import_osm(file)
    access = network.accesses.to_pylist()[0]
    assert access["edge_id"] == 0
    assert access["offset_m"] == pytest.approx(network.edges["length_m"][0].as_py() / 4, rel=1e-6)
    assert (access["lon"], access["lat"]) == nodes[2]
    assert shapely.from_wkb(access["geometry"]).coords[:] == [nodes[4], nodes[2]]


def test_the_joint_on_a_road_against_its_way_counts_from_where_the_edge_starts() -> None:
    world = draw(
        """
        A-<--B
             :
             h
        """,
    )
    assert hangs(world) == {(2, "driveway"): ("BA", 0)}


def test_a_chain_of_private_ways_hangs_from_the_first_ones_joint() -> None:
    """The yard k lies behind the driveways Bh and hk."""
    world = draw(
        """
        A----B----C
             :
             h====k
        """
    )
    assert hangs(world) == {(3, "driveway"): ("AB", 50), (4, "driveway"): ("AB", 50)}


def test_a_private_way_between_two_roads_hangs_from_the_nearer_one_stretch_by_stretch() -> None:
    world = draw(
        """
        A----B
             :
             h
             :
             :
             :
             k
             :
        C----D
        """
    )
    assert hangs(world) == {
        (2, "driveway"): ("AB", 50),
        (3, "driveway"): ("AB", 50),  # h is as near to B as k is to D: the lower node id, k after h, decides nothing
        (4, "driveway"): ("CD", 50),
    }


def test_a_yard_apart_hangs_from_the_nearest_road_in_reach() -> None:
    """The whole group kh hangs from the point of the road next to k, 10 m away; mn, 40 m away, is left out."""
    world = draw(
        """
        A---------B

            k
            :
            +=h



              m
              :
              n
        """,
        cell_m=5,
    )
    assert hangs(world) == {(2, "driveway"): ("AB", 20)}
    access = world.network.accesses.to_pylist()[0]
    assert (access["lon"], access["lat"]) == pytest.approx((world.points["k"][0], world.points["A"][1]), abs=1e-7)


def test_a_world_without_private_ways_has_no_accesses() -> None:
    assert draw("A---B").network.accesses.num_rows == 0
