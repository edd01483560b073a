"""References of segments, and what becomes of them when the map is updated, in worlds drawn before and after."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import World, draw, osm_xml
from umaya.places.roads import import_osm
from umaya.places.roads.changes import CHANGES, RELATIONS, compare
from umaya.places.roads.references import References
from umaya.types.roads import RoadNetwork

GRID = """
    A----B----C
    |    |    |
    D----E----F
"""
ROADS = {"highway": "residential"}
METRE = 1 / 111_000
"""Of latitude, in degrees, within a per cent."""


def roads(tmp_path: Path, nodes: dict[int, tuple[float, float]], ways: dict[int, list[int]]) -> RoadNetwork:
    """Import nodes, as metres east and north of a place, and ways, as node ids."""
    places = {node: (136.8 + x / 89_900, 36.2 + y / 110_950) for node, (x, y) in nodes.items()}
    file = tmp_path / "roads.osm"
    file.write_text(osm_xml(places, {way: (refs, ROADS) for way, refs in ways.items()}), encoding="utf-8")
    return import_osm(file)


def changes(old: RoadNetwork, new: RoadNetwork) -> list[dict[str, Any]]:
    table = compare(old, new)
    assert table.schema.equals(CHANGES)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


STREET: dict[int, tuple[float, float]] = {1: (0, 0), 2: (200, 0)}
"""A street of 200 m."""
CROSSED: dict[int, tuple[float, float]] = {**STREET, 3: (100, 0), 4: (100, 80)}
"""The same, with a street that meets it in the middle."""


def test_a_reference_says_way_place_and_line() -> None:
    """The digest can be made again by anybody from the vertices alone."""
    world = draw("A----B----C\n|\nD", cell_m=20)
    table = References(world.network).table().to_pylist()
    ab = next(row for row in table if row["segment_id"] == world.segment("AB"))
    assert ab["way_id"] == world.ways["AB"].way_id
    assert (ab["from_node"], ab["to_node"]) == (ord("A"), ord("B"))
    assert (ab["from_m"], ab["to_m"]) == (0.0, pytest.approx(100, abs=0.5))
    ends = [round(degree * 1e7) for letter in "AB" for degree in world.points[letter]]
    digest = hashlib.blake2b(struct.pack("<4i", *ends), digest_size=8).hexdigest()
    assert ab["reference"] == f"way/{ab['way_id']}@0.0-{ab['to_m']:.1f}#{digest}"


def test_positions_go_on_along_a_way_of_several_segments(tmp_path: Path) -> None:
    network = roads(tmp_path, CROSSED, {10: [1, 3, 2], 11: [3, 4]})
    of_street = [row for row in References(network).table().to_pylist() if row["way_id"] == 10]
    assert [(row["from_node"], row["to_node"]) for row in of_street] == [(1, 3), (3, 2)]
    assert of_street[0]["to_m"] == of_street[1]["from_m"] == pytest.approx(100, abs=0.5)
    assert of_street[1]["to_m"] == pytest.approx(200, abs=0.5)


def test_a_one_way_street_against_its_way_is_told_in_the_ways_direction(tmp_path: Path) -> None:
    forth = References(roads(tmp_path, STREET, {10: [1, 2]})).table().to_pylist()[0]
    places = {node: (136.8 + x / 89_900, 36.2) for node, (x, _) in STREET.items()}
    file = tmp_path / "back.osm"
    file.write_text(osm_xml(places, {10: ([1, 2], {**ROADS, "oneway": "-1"})}), encoding="utf-8")
    back = References(import_osm(file)).table().to_pylist()[0]
    assert back["reference"] == forth["reference"]


def test_the_same_map_is_the_same_throughout() -> None:
    world = draw(GRID)
    rows = changes(world.network, world.network)
    assert {row["relation"] for row in rows} == {"same"}
    assert all(row["old_segment_id"] == row["new_segment_id"] for row in rows)


def test_a_way_that_was_numbered_anew_is_the_same_road(tmp_path: Path) -> None:
    [row] = changes(roads(tmp_path, STREET, {10: [1, 2]}), roads(tmp_path, STREET, {77: [1, 2]}))
    assert row["relation"] == "same"
    assert (row["old_reference"].split("@")[0], row["new_reference"].split("@")[0]) == ("way/10", "way/77")


def test_a_way_that_was_turned_round_is_the_same_road(tmp_path: Path) -> None:
    [row] = changes(roads(tmp_path, STREET, {10: [1, 2]}), roads(tmp_path, STREET, {10: [2, 1]}))
    assert (row["relation"], row["reversed"]) == ("same", True)


def test_a_new_side_street_splits_a_segment(tmp_path: Path) -> None:
    """Also when the way was cut in two there, and the second half has a new number."""
    for ways in ({10: [1, 3, 2], 11: [3, 4]}, {10: [1, 3], 12: [3, 2], 11: [3, 4]}):
        rows = changes(roads(tmp_path, STREET, {10: [1, 2]}), roads(tmp_path, CROSSED, ways))
        assert [row["relation"] for row in rows] == ["split", "split"]
        assert [row["share"] for row in rows] == pytest.approx([0.5, 0.5], abs=0.03)
        assert rows[0]["old_end_m"] == pytest.approx(100, abs=4)
        assert rows[1]["old_start_m"] == pytest.approx(100, abs=4)


def test_a_short_piece_of_a_long_road_is_found(tmp_path: Path) -> None:
    """However long the old road is, its points are some metres apart."""
    long = {**STREET, 2: (6000, 0)}
    old = roads(tmp_path, long, {10: [1, 2]})
    rows = changes(old, roads(tmp_path, {**long, 3: (10, 0), 4: (10, 80)}, {10: [1, 3, 2], 11: [3, 4]}))
    assert [row["relation"] for row in rows] == ["split", "split"]
    assert rows[0]["old_end_m"] == pytest.approx(10, abs=4)


def test_two_segments_become_one_where_a_side_street_was_deleted(tmp_path: Path) -> None:
    old = roads(tmp_path, CROSSED, {10: [1, 3, 2], 11: [3, 4]})
    new = roads(tmp_path, STREET, {10: [1, 2]})
    by_relation = {row["relation"]: row for row in changes(old, new)}
    assert set(by_relation) == {"merged", "gone"}
    assert by_relation["merged"]["new_end_m"] == pytest.approx(200, abs=4)
    assert by_relation["gone"]["new_segment_id"] is None


@pytest.mark.parametrize("way", [10, 77])
def test_a_road_moved_by_three_metres_is_found(tmp_path: Path, way: int) -> None:
    """By its number, or by where it lies."""
    moved = {node: (x, y + 3) for node, (x, y) in STREET.items()}
    [row] = changes(roads(tmp_path, STREET, {10: [1, 2]}), roads(tmp_path, moved, {way: [1, 2]}))
    assert row["relation"] == "moved"
    assert row["shift_m"] == pytest.approx(3, abs=0.1)
    assert row["share"] == 1


def test_a_road_moved_too_far_is_gone(tmp_path: Path) -> None:
    moved = {node: (x, y + 30) for node, (x, y) in STREET.items()}
    [row] = changes(roads(tmp_path, STREET, {10: [1, 2]}), roads(tmp_path, moved, {10: [1, 2]}))
    assert row["relation"] == "gone"


def test_a_road_across_is_not_what_it_was(tmp_path: Path) -> None:
    """What crosses a deleted road lies within reach of it, but not along it."""
    across = {**STREET, 5: (100, -60), 6: (100, 60)}
    rows = changes(roads(tmp_path, across, {10: [1, 2]}), roads(tmp_path, across, {11: [5, 6]}))
    assert [row["relation"] for row in rows] == ["gone"]


def test_a_deleted_road_is_not_taken_for_its_parallel_that_stayed(tmp_path: Path) -> None:
    both = {**STREET, 5: (0, 8), 6: (200, 8)}
    rows = changes(roads(tmp_path, both, {10: [1, 2], 11: [5, 6]}), roads(tmp_path, both, {10: [1, 2]}))
    assert [row["relation"] for row in rows] == ["same", "gone"]


def test_a_junction_that_was_moved_recuts_its_street(tmp_path: Path) -> None:
    old = roads(tmp_path, CROSSED, {10: [1, 3, 2], 11: [3, 4]})
    new = roads(tmp_path, {**CROSSED, 3: (40, 0), 4: (40, 80)}, {10: [1, 3, 2], 11: [3, 4]})
    rows = [row for row in changes(old, new) if row["old_reference"].startswith("way/10@")]
    assert {row["relation"] for row in rows} == {"recut"}
    covered = {row["old_segment_id"]: 0.0 for row in rows}
    for row in rows:
        covered[row["old_segment_id"]] += row["share"]
    assert list(covered.values()) == pytest.approx([1, 1], abs=0.05)


WORLD: World = draw(GRID, cell_m=20)


@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_every_old_segment_is_told_of(seed: int, shift: float) -> None:
    """After any redrawing: each stands in the table, its shares make no more than the whole, stretches lie within."""
    chance = np.random.default_rng(seed)
    edges = WORLD.network.edges
    lines = shapely.from_wkb(edges["geometry"].to_numpy(zero_copy_only=False))
    moved = shapely.transform(lines, lambda places: places + chance.uniform(-shift, shift, places.shape) * METRE)
    at = edges.column_names.index("geometry")
    redrawn = RoadNetwork(
        edges.set_column(at, edges.schema.field(at), [shapely.to_wkb(moved)]),
        WORLD.network.nodes,
        WORLD.network.accesses,
    )
    rows = changes(WORLD.network, redrawn)
    assert {row["old_segment_id"] for row in rows} == set(References(WORLD.network).ids.tolist())
    assert {row["relation"] for row in rows} <= set(RELATIONS)
    for segment in {row["old_segment_id"] for row in rows}:
        assert sum(row["share"] for row in rows if row["old_segment_id"] == segment) <= 1.001
    for row in rows:
        if row["relation"] != "gone":
            assert 0 <= row["old_start_m"] <= row["old_end_m"]
