"""Where people live: house plots along the streets, driveways to the set-back ones, and the delivery offices.

A plot faces one way at one place (its front). Most letterboxes stand at the road; a set-back house has a private
driveway that leaves the road at the front. No house stands on a road, in the river or in another house.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from umaya.sample.map.draft import Bools, Draft, Floats, Ints
from umaya.sample.map.river import River
from umaya.sample.map.streets import Basin

ROADSIDE_M = 11.0
"""From the middle of the road to the middle of a house at the road."""


@dataclass(frozen=True)
class Plots:
    """House plots of a cell, one row each.

    Attributes:
        way: number of the way faced.
        offset: metres along that way to the front.
        front: (n, 2) place on the way.
        house: (n, 2) middle of the house.
        along: (n, 2) unit vector of the way at the front.
        driveway: whether a private driveway leads from the front to the house.
        centre: 1 in the middle of the town, 0 at its rim and in the valleys.
    """

    way: Ints
    offset: Floats
    front: Floats
    house: Floats
    along: Floats
    driveway: Bools
    centre: Floats

    def take(self, chosen: Ints | Bools) -> Plots:
        """Return the chosen rows."""
        return Plots(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Pieces:
    """Straight pieces of all house-bearing ways: (n, 2) ends, way number and offset of the start along the way."""

    a: Floats
    b: Floats
    way: Ints
    offset: Floats

    @classmethod
    def of(cls, draft: Draft) -> Pieces:
        """Cut every way of a draft into its straight pieces."""
        sizes = np.array([len(w.points) for w in draft.ways])
        way = np.repeat(np.arange(len(sizes)), sizes)
        xy = draft.xy[np.concatenate([w.points for w in draft.ways])]
        inner = way[1:] == way[:-1]
        lengths = np.where(inner, np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
        run = np.concatenate([[0.0], np.cumsum(lengths)])
        starts = run[np.concatenate([[0], np.cumsum(sizes)[:-1]])]
        return cls(xy[:-1][inner], xy[1:][inner], way[:-1][inner], (run - starts[way])[:-1][inner])

    def lines(self) -> Floats:
        """Return the pieces as shapely lines."""
        return np.asarray(shapely.linestrings(np.stack([self.a, self.b], axis=1)))


def lay_plots(draft: Draft, basin: Basin, river: River, streams: list[Floats], rng: np.random.Generator) -> Plots:
    """Lay out as many plots as the streets hold, in random order."""
    pieces = Pieces.of(draft)
    plots = _candidates(draft, pieces, basin, rng)
    lines = pieces.lines()
    roads = shapely.STRtree(lines)
    keep = _faces_own_road(plots, pieces, roads, lines) & (river.distance(plots.house) > 12.0)
    keep &= _dry(plots, streams)
    drive = np.flatnonzero(plots.driveway & keep)
    keep[drive] &= ~_crosses(plots.take(drive), roads)
    plots = plots.take(rng.permutation(np.flatnonzero(keep)))
    return plots.take(_apart(plots))


def _candidates(draft: Draft, pieces: Pieces, basin: Basin, rng: np.random.Generator) -> Plots:
    length = np.hypot(*(pieces.b - pieces.a).T)
    valley = np.array([w.valley >= 0 for w in draft.ways])[pieces.way]
    trunk = np.array([w.highway in ("secondary", "tertiary") for w in draft.ways])[pieces.way]
    bare = np.array([w.bridge or w.highway == "footway" for w in draft.ways])[pieces.way]
    rim = np.minimum(1.0, basin.rim((pieces.a + pieces.b) / 2))
    pitch = np.where(valley, np.where(trunk, 58.0, 27.0), (13.5 + 8.0 * rim) * np.where(trunk, 1.2, 1.0))
    share = np.where(bare, 0.0, length / pitch)
    both = np.tile(np.arange(len(length)), 2)
    slots = np.floor(share[both] + rng.uniform(size=len(both))).astype(np.int64)
    piece = np.repeat(both, slots)
    left = np.where(np.repeat(np.arange(len(both)) < len(length), slots), 1.0, -1.0)
    rank = np.arange(len(piece)) - np.repeat(np.cumsum(slots) - slots, slots)
    place = (rank + rng.uniform(0.25, 0.75, len(piece))) / np.repeat(slots, slots)
    along = ((pieces.b - pieces.a) / length[:, None])[piece]
    front = pieces.a[piece] + along * (place * length[piece])[:, None]
    set_back = np.where(valley[piece], 0.36, 0.06 + 0.14 * rim[piece])
    driveway = rng.uniform(size=len(piece)) < set_back
    depth = np.where(driveway, rng.uniform(24.0, 52.0, len(piece)), ROADSIDE_M + rng.uniform(-1.0, 2.0, len(piece)))
    house = front + along[:, ::-1] * [-1.0, 1.0] * (left * depth)[:, None]
    centre = np.where(valley[piece], 0.0, 1.0 - rim[piece])
    return Plots(pieces.way[piece], pieces.offset[piece] + place * length[piece], front, house, along, driveway, centre)


def _faces_own_road(plots: Plots, pieces: Pieces, roads: shapely.STRtree, lines: Floats) -> Bools:
    """Tell whether the nearest road is the plot's own and not too near."""
    points = shapely.points(plots.house)
    index = roads.nearest(points)
    near = shapely.distance(points, lines[index])
    return np.asarray((pieces.way[index] == plots.way) & (near > 8.0))


def _dry(plots: Plots, streams: list[Floats]) -> Bools:
    """Tell whether neither house nor driveway comes near a stream."""
    dry = np.ones(len(plots.way), dtype=bool)
    reach = shapely.linestrings(np.stack([plots.front, plots.house], axis=1))
    banks = shapely.STRtree([shapely.LineString(s) for s in streams])
    dry[banks.query(reach, predicate="dwithin", distance=8.0)[0]] = False
    return dry


def _crosses(plots: Plots, roads: shapely.STRtree) -> Bools:
    """Tell whether a driveway runs into a road other than at its front."""
    start = plots.front + (plots.house - plots.front) * 0.12
    hit, _ = roads.query(shapely.linestrings(np.stack([start, plots.house], axis=1)), predicate="intersects")
    found = np.zeros(len(plots.way), dtype=bool)
    found[hit] = True
    return found


def _apart(plots: Plots) -> Bools:
    """Drop houses that stand in an earlier one, or across a driveway."""
    keep = np.ones(len(plots.way), dtype=bool)
    pairs = cKDTree(plots.house).query_pairs(12.0, output_type="ndarray")
    keep[pairs.max(axis=1)] = False
    drive = np.flatnonzero(plots.driveway & keep)
    if len(drive):
        paths = shapely.linestrings(np.stack([plots.front[drive], plots.house[drive]], axis=1))
        house, path = shapely.STRtree(paths).query(shapely.points(plots.house), predicate="dwithin", distance=7.5)
        keep[house[house != drive[path]]] = False
    return keep


def choose_offices(plots: Plots, basin: Basin, count: int) -> Ints:
    """Return the plots that become the `count` delivery offices: the centre, then across the town."""
    wanted = np.array([[0.02, 0.12], [0.45, -0.5], [-0.6, 0.35]])[:count] * basin.radius
    far = (
        np.hypot(*(plots.house[:, None] - wanted[None]).transpose(2, 0, 1))
        + np.where(plots.centre > 0, 0.0, 1e6)[:, None]
    )
    nearest = np.argmin(far + np.where(plots.driveway, 0.0, 150.0)[:, None], axis=0)
    return np.array(list(dict.fromkeys(nearest.tolist())), dtype=np.int64)


def footprints(plots: Plots, size: Floats) -> Floats:
    """Return (n, 4, 2) corners of houses of `size` (n, 2) metres along and across the way."""
    across = plots.along[:, ::-1] * [-1.0, 1.0]
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float64) / 2
    step = signs[None] * size[:, None, :]
    return plots.house[:, None] + step[..., :1] * plots.along[:, None] + step[..., 1:] * across[:, None]


def share_homes(plots: Plots, homes: int, rng: np.random.Generator) -> tuple[Plots, Ints]:
    """Choose the plots that are lived in and how many homes each holds; the homes add up to `homes`."""
    boxes = min(len(plots.way), max(1, round(homes / 1.35)))
    plots = plots.take(np.sort(rng.permutation(len(plots.way))[:boxes]))
    count = np.ones(boxes, dtype=np.int64)
    blocks = np.flatnonzero(~plots.driveway & (rng.uniform(size=boxes) < 0.02 + 0.08 * plots.centre))
    if len(blocks) == 0:
        blocks = np.array([0])
    count[blocks] += rng.multinomial(homes - boxes, rng.dirichlet(np.full(len(blocks), 3.0)))
    return plots, count
