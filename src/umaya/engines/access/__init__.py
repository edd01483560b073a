"""Access to offices: how long people take to the nearest, and what changes when one closes or begins a service.

Pure: roads, places and counts in, times and tables out. People are counts of places; nobody's own place comes here.
"""

from umaya.engines.access.reach import CAR, SLOW_WALK, WALK, Pace, travel_minutes
from umaya.engines.access.scenario import (
    BANDS_MIN,
    NOWHERE,
    Addition,
    Change,
    Nearest,
    banded,
    best_additions,
    change,
    nearest,
)

__all__ = [
    "BANDS_MIN",
    "CAR",
    "NOWHERE",
    "SLOW_WALK",
    "WALK",
    "Addition",
    "Change",
    "Nearest",
    "Pace",
    "banded",
    "best_additions",
    "change",
    "nearest",
    "travel_minutes",
]
