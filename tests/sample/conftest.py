"""One small town, one ordinary day and one quake day for all tests of the sample."""

from __future__ import annotations

from datetime import date

import pytest

from umaya.sample import Day, Size, Town, make_town, ordinary_day, quake_day

WEDNESDAY = date(2026, 11, 18)
TUESDAY = date(2026, 11, 17)


@pytest.fixture(scope="package")
def town() -> Town:
    """A full sample town."""
    return make_town(7, Size.TOWN)


@pytest.fixture(scope="package")
def village() -> Town:
    """Three bikes and one office."""
    return make_town(5, 600)


@pytest.fixture(scope="package")
def day(town: Town) -> Day:
    return ordinary_day(town, TUESDAY, seed=1)


@pytest.fixture(scope="package")
def quake(town: Town) -> Day:
    return quake_day(town, WEDNESDAY, seed=1)
