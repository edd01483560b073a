"""Areas: what is one, what lies in it, what two share."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.vault import Area

SQUARE = Area.of_box((136.0, 36.0, 137.0, 37.0))
RING = {
    "type": "Polygon",
    "coordinates": [
        [[136.0, 36.0], [137.0, 36.0], [137.0, 37.0], [136.0, 37.0], [136.0, 36.0]],
        [[136.4, 36.4], [136.6, 36.4], [136.6, 36.6], [136.4, 36.6], [136.4, 36.4]],
    ],
}
BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


def test_the_border_belongs_to_an_area() -> None:
    inside = SQUARE.covers([136.0, 137.0, 136.5, 135.999], [36.0, 37.0, 36.5, 36.5])
    assert inside.tolist() == [True, True, True, False]


def test_a_hole_is_not_inside() -> None:
    ring = Area.of_geojson(RING)
    assert ring.covers([136.5, 136.2], [36.5, 36.2]).tolist() == [False, True]
    assert not ring.is_box
    assert SQUARE.is_box


@pytest.mark.parametrize(
    "box",
    [(1, 0, 0, 1), (0, 1, 1, 0), (0, 0, 0, 1), (0, 0, 1), (0, 0, 1, float("nan")), (0, 0, 181, 1), (0, -91, 1, 1)],
)
def test_what_is_no_box_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"bbox|area"):
        Area.of_box(box)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": "everywhere"},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "MultiPolygon", "coordinates": []},
        BOW_TIE,
    ],
)
def test_what_is_no_polygon_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="area must"):
        Area.of_geojson(value)


def test_neighbours_share_no_area() -> None:
    assert SQUARE.intersection(Area.of_box((137.0, 36.0, 138.0, 37.0))) is None
    assert SQUARE.intersection(Area.of_box((140.0, 36.0, 141.0, 37.0))) is None


def test_equal_areas_have_one_form() -> None:
    turned = {"type": "Polygon", "coordinates": [[*RING["coordinates"][0][1:], RING["coordinates"][0][1]]]}
    assert Area.of_geojson(turned).canonical() == SQUARE.canonical()
    assert Area.of_geojson(json.loads(SQUARE.canonical())).canonical() == SQUARE.canonical()


CORNER = st.tuples(st.floats(136, 137), st.floats(36, 37))


@given(CORNER, CORNER, CORNER)
def test_an_intersection_is_inside_both(
    a: tuple[float, float], b: tuple[float, float], point: tuple[float, float]
) -> None:
    (west, east), (south, north) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    if east - west < 1e-6 or north - south < 1e-6:
        return
    box, ring = Area.of_box((west, south, east, north)), Area.of_geojson(RING)
    both = box.intersection(ring)
    inside = bool(np.all([area.covers([point[0]], [point[1]]) for area in (box, ring)]))
    if both is None:
        return
    if both.covers([point[0]], [point[1]])[0]:
        assert inside
