"""The usual pattern put to use: what should happen on each road between two moments if all were as usual.

A share of few days is uncertain, and more so where weekdays are told apart. So the share of a weekday is drawn towards
what the same hour of all weekdays would let expect of it, given how busy the town is on that weekday, as if it had been
seen on `DRAWN_DAYS` more days (empirical Bayes). Of both directions the surer one speaks for the road: the days of
both may be the same days.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from umaya.engines.passability.segments import Bools, Floats, Ints, Segments
from umaya.engines.passability.usual import DAY_S, HOUR_S, JST_S, WEEK

DRAWN_DAYS = 2.0
UNSURE_DAYS = 0.5
"""A share of n days counts as if on half a day more nobody had passed, so that it is never quite certain."""

_US = 1_000_000
_THURSDAY = 3


class Pattern:
    """What is usual.

    Args:
        usual: schema `USUAL`.
        roads: the segments.

    Attributes:
        rate: passes a day of each directed edge, over all days.
        habitual: segments (rows) on which vehicles turn back on ordinary days.
    """

    def __init__(self, usual: pa.Table, roads: Segments) -> None:
        edge = usual.column("edge_id").to_numpy()
        told = usual.column("weekday").is_valid().to_numpy()
        weekday = usual.column("weekday").fill_null(0).to_numpy().astype(np.int64)
        hour = usual.column("hour").to_numpy().astype(np.int64)
        days, share, rate = (usual.column(name).to_numpy() for name in ("days", "p", "rate"))
        if told.any() and not told.all():
            raise ValueError("a usual pattern tells weekdays apart or not")
        self.weekdays = bool(told.any())
        self._count = len(roads)
        of_day = rate / WEEK if self.weekdays else rate
        self.rate: Floats = np.bincount(edge, weights=of_day, minlength=len(roads.of_edge)).astype(np.float64)
        self.habitual: Bools = np.zeros(len(roads), np.bool_)
        self.habitual[roads.of_edge[edge[usual.column("turn_backs").to_numpy() > 0]]] = True

        slots = WEEK if self.weekdays else 1
        key, row = np.unique((roads.of_edge[edge] * slots + weekday) * 24 + hour, return_inverse=True)
        surest = np.zeros(len(key))
        np.maximum.at(surest, row, share)
        rates: Floats = np.bincount(row, weights=rate, minlength=len(key)).astype(np.float64)
        observed = np.zeros(len(key))
        np.maximum.at(observed, row, days)
        segment, slot = key // (24 * slots), key % (24 * slots)
        if self.weekdays:
            segment, slot, surest, rates, observed = _drawn(segment, slot, surest, rates, observed)
        hazard = -np.log1p(-surest * observed / (observed + UNSURE_DAYS))
        order = np.argsort(slot, kind="stable")
        self._segment: Ints = segment[order]
        self._hazard: Floats = hazard[order]
        self._rate: Floats = rates[order]
        self._start: Ints = np.searchsorted(slot[order], np.arange(24 * slots + 1))

    def between(self, start: int, end: int) -> tuple[Floats, Floats]:
        """Return for each segment the hazard of a pass, and the passes, from `start` to `end`.

        Args:
            start: microseconds.
            end: microseconds, not before `start`.
        """
        hazard, passes = np.zeros(self._count), np.zeros(self._count)
        moment = start
        while moment < end:
            second = moment // _US + JST_S
            until = min(end, ((second // HOUR_S + 1) * HOUR_S - JST_S) * _US)
            weekday = (second // DAY_S + _THURSDAY) % WEEK if self.weekdays else 0
            slot = weekday * 24 + second // HOUR_S % 24
            rows = slice(self._start[slot], self._start[slot + 1])
            part = (until - moment) / (HOUR_S * _US)
            hazard[self._segment[rows]] += self._hazard[rows] * part
            passes[self._segment[rows]] += self._rate[rows] * part
            moment = until
        return hazard, passes


def _drawn(
    segment: Ints, slot: Ints, share: Floats, rate: Floats, days: Floats
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Draw the shares of weekdays together; a weekday without a row is one on which nothing was seen."""
    busy = np.bincount(slot // 24, weights=rate, minlength=WEEK)
    busy = busy / max(busy.mean(), 1e-12)
    most = float(days.max(initial=1.0))
    key, row = np.unique(segment * 24 + slot % 24, return_inverse=True)
    grid = np.zeros((len(key), WEEK))
    rates = np.zeros((len(key), WEEK))
    grid[row, slot // 24] = share
    rates[row, slot // 24] = rate
    expected = np.minimum(grid.mean(axis=1)[:, None] * busy[None], 1.0)
    drawn = (grid * most + expected * DRAWN_DAYS) / (most + DRAWN_DAYS)
    weekday = np.broadcast_to(np.arange(WEEK), grid.shape)
    slots = weekday * 24 + (key % 24)[:, None]
    segments = np.broadcast_to((key // 24)[:, None], grid.shape)
    flat = (segments.ravel(), slots.ravel(), drawn.ravel(), rates.ravel())
    return *flat, np.full(grid.size, most)
