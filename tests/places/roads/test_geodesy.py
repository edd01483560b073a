"""Lengths on the ellipsoid agree with Vincenty's inverse solution; the plane is true to scale near its origin."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.places.roads.geodesy import Plane, step_lengths


def vincenty(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Geodesic on WGS 84 (Vincenty 1975, inverse formula), an oracle for short lines."""
    a, f = 6378137.0, 1 / 298.257223563
    b = a * (1 - f)
    u1, u2 = (math.atan((1 - f) * math.tan(math.radians(lat))) for lat in (lat1, lat2))
    length = math.radians(lon2 - lon1)
    lam = length
    for _ in range(100):
        sin_sigma = math.hypot(
            math.cos(u2) * math.sin(lam), math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam)
        )
        if sin_sigma == 0:
            return 0.0
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_sigma
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2_alpha if cos2_alpha else 0.0
        c = f / 16 * cos2_alpha * (4 + f * (4 - 3 * cos2_alpha))
        before = lam
        lam = length + (1 - c) * f * sin_alpha * (
            sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1))
        )
        if abs(lam - before) < 1e-13:
            break
    k = cos2_alpha * (a**2 - b**2) / b**2
    big_a = 1 + k / 16384 * (4096 + k * (-768 + k * (320 - 175 * k)))
    big_b = k / 1024 * (256 + k * (-128 + k * (74 - 47 * k)))
    turn = cos_2m + big_b / 4 * (
        cos_sigma * (2 * cos_2m**2 - 1) - big_b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3)
    )
    return b * big_a * (sigma - big_b * sin_sigma * turn)


@given(
    lat=st.floats(-60, 60),
    bearing=st.floats(0, 2 * math.pi),
    degrees=st.floats(1e-4, 0.05),
)
def test_a_step_is_as_long_as_the_geodesic(lat: float, bearing: float, degrees: float) -> None:
    """To one part in a million for steps of up to some kilometres."""
    lon2, lat2 = 136.8 + degrees * math.sin(bearing), lat + degrees * math.cos(bearing)
    step = step_lengths(np.array([136.8, lon2]), np.array([lat, lat2]))
    assert step == pytest.approx([vincenty(136.8, lat, lon2, lat2)], rel=1e-6, abs=1e-6)


def test_the_plane_is_true_near_its_origin_and_leads_back() -> None:
    plane = Plane(136.8, 36.2)
    degrees = np.array([[136.8, 36.2], [136.805, 36.203]])
    metres = plane.to_metres(degrees)
    assert np.hypot(*(metres[1] - metres[0])) == pytest.approx(vincenty(136.8, 36.2, 136.805, 36.203), rel=1e-4)
    assert plane.to_degrees(metres) == pytest.approx(degrees, abs=1e-12)
