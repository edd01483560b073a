"""Mesh codes against published ones, and pruning against the codes themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.stores import mesh

LON = st.floats(-180, 180)
LAT = st.floats(-90, 90)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "code"),
    [
        ("Tokyo station", 139.767, 35.681, "533946"),
        ("Osaka castle", 135.526, 34.687, "523504"),
        ("Sapporo station", 141.351, 43.069, "644142"),
        ("Naha", 127.681, 26.212, "392725"),
        ("south-west corner of a cell", 136.0, 36.0, "543600"),
    ],
)
def test_known_places_have_their_published_code(place: str, lon: float, lat: float, code: str) -> None:
    assert mesh.code(int(mesh.cells([lon], [lat])[0])) == code


@pytest.mark.parametrize(("lon", "lat"), [(-0.1, 51.5), (-180, -90), (180, 90), (151.2, -33.9), (13.4, 52.5)])
def test_the_rest_of_the_world_has_a_code_too(lon: float, lat: float) -> None:
    code = mesh.code(int(mesh.cells([lon], [lat])[0]))
    assert code.startswith("g")
    assert len(code) == 9


@given(LON, LAT, LON, LAT, st.floats(0, 1), st.floats(0, 1))
def test_a_point_in_a_box_lies_in_a_cell_that_the_box_touches(
    x1: float, y1: float, x2: float, y2: float, fx: float, fy: float
) -> None:
    """So pruning by cells never loses a row."""
    west, east = sorted((x1, x2))
    south, north = sorted((y1, y2))
    lon = min(max(west + fx * (east - west), west), east)
    lat = min(max(south + fy * (north - south), south), north)
    code = mesh.code(int(mesh.cells([lon], [lat])[0]))
    assert code in mesh.Codes(west, south, east, north)


@given(LON, LAT)
def test_far_cells_are_pruned(lon: float, lat: float) -> None:
    """A cell that a point box does not touch is none of its codes."""
    here = int(mesh.cells([lon], [lat])[0])
    codes = mesh.Codes(lon, lat, lon, lat)
    assert mesh.code(here) in codes
    assert mesh.code(here + 1) not in codes
    assert mesh.code(here + 10_000) not in codes


@pytest.mark.parametrize("name", ["none", "", "54360", "g123", "あ", "54360x", "５４３６０１", None])
def test_what_is_no_code_lies_in_no_box(name: object) -> None:
    assert name not in mesh.Codes(-180, -90, 180, 90)


def test_cells_are_computed_for_many_points_at_once() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(122, 154, 1000), rng.uniform(20, 46, 1000)
    p, u = np.floor(lat * 1.5), np.floor(lon - 100)
    q, v = np.floor((lat * 1.5 - p) * 8), np.floor((lon - 100 - u) * 8)
    expected = [f"{a:.0f}{b:.0f}{c:.0f}{d:.0f}" for a, b, c, d in zip(p, u, q, v, strict=True)]
    assert [mesh.code(cell) for cell in mesh.cells(lon, lat)] == expected
