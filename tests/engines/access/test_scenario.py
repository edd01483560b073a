"""Closing and adding: small tables of minutes, then an exhaustive search as oracle."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from umaya.engines.access import NOWHERE, banded, best_additions, change, nearest
from umaya.engines.access.scenario import Chosen, Minutes, People

INF = np.inf
MINUTES = np.array([[5, 25, INF], [12, 8, INF], [30, 9, 40]], np.float32)
"""Three sites by row, three places by column."""
PEOPLE = np.array([100, 20, 7])
ALL = np.ones(3, np.bool_)


def only(*rows: int) -> Chosen:
    chosen = np.zeros(3, np.bool_)
    chosen[list(rows)] = True
    return chosen


def test_the_nearest_open_site_of_each_place() -> None:
    found = nearest(MINUTES, only(0, 1))
    assert found.site.tolist() == [0, 1, NOWHERE]
    assert found.minutes.tolist() == [5, 8, INF]
    assert nearest(MINUTES, only()).site.tolist() == [NOWHERE] * 3


def test_bands_hold_their_upper_border_and_everybody() -> None:
    minutes = np.array([10, 10.5, 60, 61, INF], np.float32)
    assert banded(minutes, np.array([1, 2, 4, 8, 16])).tolist() == [1, 2, 0, 4, 8, 16]


def test_a_closing_concerns_those_whose_nearest_it_was() -> None:
    found = change(MINUTES, ALL, only(0, 2))
    assert found.concerned.tolist() == [False, True, False]
    assert found.before.minutes.tolist() == [5, 8, 40]
    assert found.after.minutes.tolist() == [5, 9, 40]


def test_who_reaches_nothing_is_not_concerned_by_the_last_site() -> None:
    minutes = np.array([[5, INF]], np.float32)
    assert change(minutes, np.array([True]), np.array([False])).concerned.tolist() == [True, False]


def test_the_first_addition_brings_most_people_within_the_limit() -> None:
    found = best_additions(MINUTES, PEOPLE, only(2), ALL, 10.0, 3)
    assert [(one.site, one.served, one.within) for one in found] == [(0, 100, 100), (1, 20, 0)]
    assert found[0].saved == 25 * 100
    assert found[1].saved == 1 * 20


TABLES = st.integers(1, 5).flatmap(
    lambda m: st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            arrays(np.float32, (m, n), elements=st.sampled_from([1.0, 5.0, 9.0, 20.0, 50.0, INF])),
            arrays(np.int64, n, elements=st.integers(0, 50)),
        )
    )
)


@settings(deadline=None)
@given(TABLES, st.integers(1, 3))
def test_greedy_choice_covers_at_least_its_share_of_the_best(table: tuple[Minutes, People], count: int) -> None:
    """(1 - 1/e) of what the best choice of so many sites brings within the limit."""
    minutes, people = table
    none = np.zeros(len(minutes), np.bool_)
    found = best_additions(minutes, people, none, ~none, 10.0, count)
    covered = sum(one.within for one in found)
    sites = range(len(minutes))
    best = max(
        int(people[(minutes[list(chosen)] <= 10).any(axis=0)].sum())
        for chosen in combinations(sites, min(count, len(minutes)))
    )
    assert (1 - 1 / np.e) * best - 1e-9 <= covered <= best
    assert all(one.saved >= 0 for one in found)


@settings(deadline=None)
@given(TABLES)
def test_nobody_comes_nearer_by_a_closing(table: tuple[Minutes, People]) -> None:
    minutes, _ = table
    opened = np.ones(len(minutes), np.bool_)
    for site in range(len(minutes)):
        closed = np.arange(len(minutes)) == site
        found = change(minutes, opened, ~closed)
        assert (found.after.minutes >= found.before.minutes).all()
        assert (found.after.minutes[~found.concerned] == found.before.minutes[~found.concerned]).all()
        assert not (found.after.site == site).any()
