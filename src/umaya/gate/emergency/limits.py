"""Limits of emergency plans: whether a scheme document may be one, and how large an area is."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_dataset
from umaya.gate.documents import Document
from umaya.gate.scheme import SchemeDocument
from umaya.law.emergency import emergency_rules
from umaya.types.errors import InputError
from umaya.vault import Area

_EARTH_KM: Final = 6371.0072
"""Authalic radius of GRS 80."""


def check_plan(session: Session, document: Document, scheme: SchemeDocument, day: date) -> None:
    """Return when the document is no emergency plan, or may be one on this day in Japan.

    Raises:
        InputError: when it may not; names line and key.
    """
    if scheme.emergency is None:
        return
    rules, dataset = emergency_rules(day), find_dataset(session, scheme.dataset)
    if rules is None or scheme.basis not in rules.bases:
        known = " or ".join(f"`{basis}`" for basis in sorted(rules.bases if rules else ()))
        raise InputError(document.place(("basis",)), "no emergency plan rests on this basis", f"use {known}")
    if scheme.obligations:
        place = document.place(("obligations",))
        raise InputError(place, "an emergency plan releases raw data and owes nothing", "state `obligations: []`")
    if dataset.lon is None or dataset.lat is None:
        advice = "name a dataset with coordinates: nothing else can be kept within an area"
        raise InputError(document.place(("dataset",)), "the rows of the dataset have no place", advice)
    for key, stated, most in (
        ("hours", scheme.emergency.hours, rules.max_hours),
        ("area_km2", scheme.emergency.area_km2, rules.max_area_km2),
    ):
        if stated > most:
            place = document.place(("emergency", key))
            raise InputError(place, "the limit is wider than the rules allow", f"state {most} or less")


def area_km2(area: Area) -> float:
    """Return the area of a region in square kilometres (Lambert's cylindrical equal-area projection of the sphere)."""
    return float(shapely.transform(area.geometry, _equal_area).area)


def _equal_area(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = np.radians(degrees).T
    return _EARTH_KM * np.column_stack([lon, np.sin(lat)])
