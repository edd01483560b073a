"""Vector tiles against an independent reader (mapbox-vector-tile) and an independent clipper (GEOS)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.engines.tiles import Areas, Attribute, Lines, Points, Tile, covering, to_unit
from umaya.engines.tiles.mercator import BUFFER, EXTENT

HOME = Tile(14, 14_419, 6_440)
"""A tile in Japan."""
BOX = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def degrees(units: np.ndarray[Any, Any], tile: Tile = HOME) -> np.ndarray[Any, Any]:
    """Return places of a tile, in its units, as longitude and latitude."""
    unit = (units / EXTENT + [tile.x, tile.y]) / (1 << tile.z)
    return np.column_stack([(unit[:, 0] - 0.5) * 360, np.degrees(np.arctan(np.sinh((0.5 - unit[:, 1]) * 2 * np.pi)))])


def line(*places: tuple[float, float]) -> shapely.LineString:
    """Return a line through places of the tile, in its units."""
    return shapely.LineString(degrees(np.array(places, float)))


def lines(*geometries: shapely.LineString, full_zoom: int = 14, **given: Any) -> Lines:
    """Return lines with ascending ids, in every zoom."""
    count = len(geometries)
    first = given.get("from_zoom", np.zeros(count, np.uint8))
    return Lines(np.array(geometries, object), np.arange(count), first, given.get("attributes", ()), full_zoom)


def read(content: bytes) -> list[dict[str, Any]]:
    """Return the features of a tile's only layer, with coordinates down as in the tile."""
    if not content:
        return []
    [(_, layer)] = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True}).items()
    assert (layer["extent"], layer["version"]) == (EXTENT, 2)
    features: list[dict[str, Any]] = layer["features"]
    return features


def test_a_line_keeps_its_id_its_attributes_and_its_place() -> None:
    named = Attribute("name", np.array([0, -1, 1], np.int32), ["本町通り", "寺町通り"])
    kind = Attribute("highway", np.array([1, 1, 0], np.int32), ["primary", "residential"])
    drawn = lines(*(line((10, 20 * n), (300, 400)) for n in (1, 2, 3)), attributes=(named, kind))
    found = read(drawn.layer("roads", HOME))
    assert [f["id"] for f in found] == [0, 1, 2]
    assert [f["properties"] for f in found] == [
        {"name": "本町通り", "highway": "residential"},
        {"highway": "residential"},
        {"name": "寺町通り", "highway": "primary"},
    ]
    assert found[0]["geometry"] == {"type": "LineString", "coordinates": [[10, 20], [300, 400]]}


def test_a_line_that_leaves_and_comes_back_is_two() -> None:
    [found] = read(lines(line((100, 100), (9000, 100), (9000, 900), (100, 900))).layer("roads", HOME))
    assert found["geometry"]["type"] == "MultiLineString"
    assert found["geometry"]["coordinates"] == [[[100, 100], [4160, 100]], [[4160, 900], [100, 900]]]


def test_a_tile_without_lines_is_empty() -> None:
    far = lines(line((100, 100), (200, 200)))
    assert far.layer("roads", Tile(14, 0, 0)) == b""
    assert lines().layer("roads", HOME) == b""


def test_a_zoom_that_comes_too_early_holds_neither_line_nor_attribute() -> None:
    first = np.array([10, 14], np.uint8)
    name = Attribute("name", np.array([0, 0], np.int32), ["x"], from_zoom=13)
    drawn = lines(line((0, 0), (4000, 4000)), line((0, 0), (4000, 0)), from_zoom=first, attributes=(name,))
    parent = Tile(12, HOME.x >> 2, HOME.y >> 2)
    assert [(f["id"], f["properties"]) for f in read(drawn.layer("roads", parent))] == [(0, {})]
    assert [f["properties"] for f in read(drawn.layer("roads", HOME))] == [{"name": "x"}] * 2


def test_small_bends_go_in_far_zooms_and_stay_in_near_ones() -> None:
    bent = line((0, 1000), (1000, 1004), (2000, 1000), (3000, 2000))
    whole = read(lines(bent, full_zoom=14).layer("roads", HOME))
    plain = read(lines(bent, full_zoom=15).layer("roads", Tile(12, HOME.x >> 2, HOME.y >> 2)))
    assert len(whole[0]["geometry"]["coordinates"]) == 4
    assert len(plain[0]["geometry"]["coordinates"]) == 3


@given(
    places=st.lists(
        st.tuples(st.integers(-6000, 10_000), st.integers(-6000, 10_000)), min_size=2, max_size=12, unique=True
    )
)
@settings(max_examples=80, deadline=None)
def test_clipping_agrees_with_geos(places: list[tuple[int, int]]) -> None:
    """What is drawn within the tile lies within a unit of what GEOS cuts, and the other way round."""
    found = read(lines(line(*places)).layer("roads", HOME))
    want = shapely.intersection(shapely.LineString(places), BOX)
    if not found:
        assert shapely.length(want) < 2
        return
    drawn = shapely.geometry.shape(found[0]["geometry"])
    assert shapely.hausdorff_distance(drawn, want) <= 1.5
    assert BOX.covers(drawn)


def test_an_area_keeps_its_hole_and_turns_as_the_specification_asks() -> None:
    shell = [(500, 500), (9000, 500), (9000, 3000), (500, 3000)]
    hole = [(1000, 1000), (1000, 2000), (2000, 2000), (2000, 1000)]
    water = shapely.Polygon(degrees(np.array(shell, float)), [degrees(np.array(hole, float))])
    drawn = Areas(np.array([water], object), {"name": ["水無瀬川"]}, 8)
    [found] = read(drawn.layer("water", HOME))
    assert found["properties"] == {"name": "水無瀬川"}
    assert found["geometry"]["type"] == "Polygon"
    outer, inner = found["geometry"]["coordinates"]
    areas = [sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(r)) for r in (outer, inner)]
    assert areas[0] > 0 > areas[1]
    assert shapely.Polygon(outer, [inner]).area == pytest.approx(3660 * 2500 - 1000 * 1000, rel=0.002)
    assert drawn.layer("water", Tile(7, HOME.x >> 7, HOME.y >> 7)) == b"", "before its first zoom"


def test_areas_too_small_to_see_are_left_out() -> None:
    hut = shapely.Polygon(degrees(np.array([(500, 500), (510, 500), (510, 510), (500, 510)], float)))
    drawn = Areas(np.array([hut], object), {}, 0)
    assert len(read(drawn.layer("buildings", HOME))) == 1
    assert drawn.layer("buildings", Tile(12, HOME.x >> 2, HOME.y >> 2)) == b""


def test_a_place_stands_in_one_tile_alone() -> None:
    """A mark in the buffer of its neighbour would be drawn twice."""
    offices = Points(degrees(np.array([(4095.5, 10.0)])), {"name": ["郵便局"], "name_en": [None]})
    [found] = read(offices.layer("offices", HOME))
    assert found["geometry"] == {"type": "Point", "coordinates": [4095, 10]}
    assert found["properties"] == {"name": "郵便局"}
    assert offices.layer("offices", Tile(14, HOME.x + 1, HOME.y)) == b""


def test_tiles_cover_a_box_and_no_more() -> None:
    assert covering(-180, -85, 180, 85, 0) == [Tile(0, 0, 0)]
    west, south, east, north = 139.64, 35.73, 139.69, 35.77
    tiles = covering(west, south, east, north, 14)
    for place in ((west, south), (east, north)):
        x, y = np.floor(to_unit(np.array([place])) * 2**14).astype(int)[0].tolist()
        assert Tile(14, x, y) in tiles
    assert len(tiles) == len(set(tiles)) == 9


@pytest.mark.parametrize("place", [(0, 1, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_there_is_no_tile_beyond_the_world(place: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no tile"):
        Tile(*place)
