"""Codes of small cells, against published ones and by their own algebra."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.stores import fine_mesh

LEVELS = st.integers(0, fine_mesh.FINEST)


def code_at(lon: float, lat: float, level: int) -> str:
    row, column = fine_mesh.rows_columns([lon], [lat], level)
    return fine_mesh.code(int(row[0]), int(column[0]), level)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(139.7671, 35.6812, "53394611"), (139.7454, 35.6586, "53393599"), (135.5023, 34.6937, "52350430")],
    ids=["Tokyo station", "Tokyo Tower", "Osaka, reckoned by hand"],
)
def test_known_places_have_their_third_level_codes(lon: float, lat: float, code: str) -> None:
    assert code_at(lon, lat, 0) == code


@given(st.floats(122, 153.999), st.floats(20, 45.999), LEVELS)
def test_a_point_lies_within_the_bounds_of_its_code(lon: float, lat: float, level: int) -> None:
    code = code_at(lon, lat, level)
    west, south, east, north = fine_mesh.bounds(code)
    assert west - 1e-9 <= lon < east + 1e-9
    assert south - 1e-9 <= lat < north + 1e-9
    assert len(code) == 8 + level


@given(st.floats(122, 153.999), st.floats(20, 45.999))
def test_a_coarser_cell_is_the_beginning_of_the_code(lon: float, lat: float) -> None:
    fine = code_at(lon, lat, 3)
    assert all(fine.startswith(code_at(lon, lat, level)) for level in range(4))


@pytest.mark.parametrize("code", ["", "5339461", "533946115", "53398611", "g0000", "５３３９４６１１"])
def test_what_is_no_code_has_no_bounds(code: str) -> None:
    with pytest.raises(ValueError, match="no code"):
        fine_mesh.bounds(code)


def test_only_japan_has_codes() -> None:
    assert fine_mesh.in_japan([139.7, -75.0, float("nan")], [35.6, 40.0, 35.0]).tolist() == [True, False, False]
