"""What an office more or less means for how far people have to go.

Responsible for arithmetic on minutes and counts: nearest offices, bands, closing, additions. Not for travel times
(`reach`). Counts are of places, so a result is as private as they are: whatever is computed from k-anonymous counts
tells no more than these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.float32]
People = NDArray[np.int64]
Chosen = NDArray[np.bool_]

BANDS_MIN: Final = (10.0, 20.0, 30.0, 60.0)
"""Upper borders of bands; beyond the last comes one without a border, then those whom no road leads."""
NOWHERE: Final = -1


@dataclass(frozen=True)
class Nearest:
    """The nearest open site of each place.

    Attributes:
        site: (n,) row of the site, `NOWHERE` where none can be reached; of equals the first.
        minutes: (n,) to it, infinite where none can be reached.
    """

    site: NDArray[np.int64]
    minutes: Minutes


def nearest(minutes: Minutes, opened: Chosen) -> Nearest:
    """Return the nearest open site of each place.

    Args:
        minutes: (m, n) from each of n places to each of m sites.
        opened: (m,) which sites are open.
    """
    if not opened.any():
        return Nearest(np.full(minutes.shape[1], NOWHERE), np.full(minutes.shape[1], np.inf, np.float32))
    rows = np.flatnonzero(opened)
    at = minutes[rows].argmin(axis=0)
    least = minutes[rows[at], np.arange(minutes.shape[1])]
    return Nearest(np.where(np.isfinite(least), rows[at], NOWHERE), least)


def banded(minutes: Minutes, people: People, borders: Sequence[float] = BANDS_MIN) -> People:
    """Return the people of each band: at most each border, beyond the last, and those whom no road leads."""
    band = np.searchsorted(np.asarray(borders, np.float32), minutes, side="left")
    band[~np.isfinite(minutes)] = len(borders) + 1
    return np.bincount(band, weights=people, minlength=len(borders) + 2).astype(np.int64)


@dataclass(frozen=True)
class Change:
    """What it means that other sites are open.

    Attributes:
        before, after: of every place.
    """

    before: Nearest
    after: Nearest

    @property
    def concerned(self) -> Chosen:
        """(n,) places whose nearest site is another one."""
        other: Chosen = self.before.site != self.after.site
        return other


def change(minutes: Minutes, opened: Chosen, then: Chosen) -> Change:
    """Return what it means that the sites of `then` are open and no longer those of `opened`."""
    return Change(nearest(minutes, opened), nearest(minutes, then))


@dataclass(frozen=True)
class Addition:
    """A site that would be opened.

    Attributes:
        site: its row.
        served: people whose nearest it would be, after the additions before it.
        within: people whom it brings within the limit, who were beyond it before.
        saved: person-minutes saved one way; people who reached nothing before count with the limit.
    """

    site: int
    served: int
    within: int
    saved: float


def best_additions(
    minutes: Minutes, people: People, opened: Chosen, candidates: Chosen, limit: float, count: int
) -> list[Addition]:
    """Return where to open next, one after the other, each where it brings most people within the limit.

    Greedy choice for maximal covering (Church and ReVelle, 1974), at least 1 - 1/e of the best; ties go to the more
    person-minutes saved, then to the first row.

    Args:
        minutes: (m, n) from each of n places to each of m sites.
        people: (n,) at each place.
        opened: (m,) sites that offer the service now.
        candidates: (m,) sites where it could begin; those that are open already are left out.
        limit: minutes.
        count: how many at most.
    """
    found: list[Addition] = []
    now = nearest(minutes, opened).minutes
    left = candidates & ~opened
    while len(found) < count and left.any():
        rows = np.flatnonzero(left)
        closer = minutes[rows] < now
        then = np.where(closer, minutes[rows], np.float32(0.0))
        before = np.where(np.isfinite(now), now, np.maximum(np.float32(limit), then))
        saved = np.where(closer, before - then, np.float32(0.0)) @ people
        within = (closer & (minutes[rows] <= limit) & (now > limit)) @ people
        best = np.lexsort((rows, -saved, -within))[0]
        found.append(Addition(int(rows[best]), int(closer[best] @ people), int(within[best]), float(saved[best])))
        now = np.minimum(now, minutes[rows[best]])
        left[rows[best]] = False
    return found
