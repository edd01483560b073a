"""What became of each footprint from one release to the next: same, moved, split, merged, recut, demolished, new.

By overlap alone. Footprints belong together when at least half of the smaller lies in the larger; what hangs together
is one change. A building rebuilt on the outline of the old one is told as the same: geometry cannot know better.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from umaya.engines.buildings.candidates import Floats, Ints, Plane

HALF = 0.5
"""Share of the smaller footprint that must lie in the larger; and the overlap (intersection over union) of the same."""
ALONE = 0.8
"""A footprint that overlaps one new one so much is that one, though more new ones stand on its ground."""
MOVED_M = 10.0
"""How far a footprint may move without any overlap that counts."""
ALIKE = 0.7
"""The overlap that a moved footprint must have with its old form once both are laid on each other."""


class Relation(StrEnum):
    """What became of footprints."""

    SAME = "same"
    MOVED = "moved"
    SPLIT = "split"
    MERGED = "merged"
    RECUT = "recut"
    DEMOLISHED = "demolished"
    NEW = "new"


@dataclass(frozen=True)
class Change:
    """One change: footprints of the old release, and those of the new one that stand in their place."""

    relation: Relation
    old: tuple[str, ...]
    new: tuple[str, ...]


def compare(old: pa.Table, new: pa.Table) -> list[Change]:
    """Compare two releases, schema FOOTPRINTS.

    Returns:
        Changes in which every old and every new footprint stands exactly once, in an order that depends on the
        releases alone.
    """
    before, after, names = _shapes(old, new)
    i, j, overlap = _overlaps(before, after)
    graph = coo_array((np.ones(len(i), np.int8), (i, len(before) + j)), shape=(len(before) + len(after),) * 2)
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    changes: list[Change] = []
    gone: list[int] = []
    fresh: list[int] = []
    iou = {(int(a), int(b)): float(share) for a, b, share in zip(i, j, overlap, strict=True)}
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []:
        olds, news = (
            [int(m) for m in members if m < len(before)],
            [int(m) - len(before) for m in members if m >= len(before)],
        )
        relation, rest = _relation(olds, news, iou)
        if relation is None:
            gone += olds
            fresh += news
            continue
        kept = [each for each in news if each not in rest]
        fresh += rest
        changes.append(_named(relation, olds, kept, names))
    moved = _moved(before, after, np.array(sorted(gone), np.int64), np.array(sorted(fresh), np.int64))
    changes += [_named(Relation.MOVED, [a], [b], names) for a, b in sorted(moved.items())]
    changes += [_named(Relation.DEMOLISHED, [a], [], names) for a in sorted(gone) if a not in moved]
    changes += [_named(Relation.NEW, [], [b], names) for b in sorted(fresh) if b not in set(moved.values())]
    return changes


def _relation(olds: list[int], news: list[int], iou: dict[tuple[int, int], float]) -> tuple[Relation | None, list[int]]:
    """Return the relation of a group and the new footprints that are not part of it; None for gone and fresh ones."""
    if not olds or not news:
        return None, []
    if len(olds) == 1:
        best = max(news, key=lambda b: (iou.get((olds[0], b), 0.0), -b))
        if iou.get((olds[0], best), 0.0) >= (HALF if len(news) == 1 else ALONE):
            return Relation.SAME, [b for b in news if b != best]
        return (None, []) if len(news) == 1 else (Relation.SPLIT, [])
    return (Relation.MERGED if len(news) == 1 else Relation.RECUT), []


def _named(relation: Relation, olds: list[int], news: list[int], names: tuple[list[str], list[str]]) -> Change:
    return Change(relation, tuple(sorted(names[0][a] for a in olds)), tuple(sorted(names[1][b] for b in news)))


def _shapes(old: pa.Table, new: pa.Table) -> tuple[np.ndarray, np.ndarray, tuple[list[str], list[str]]]:
    """Return both releases in metres, ordered by id, and the ids."""
    old, new = old.sort_by("footprint"), new.sort_by("footprint")
    degrees = [shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False)) for table in (old, new)]
    middle = (
        shapely.get_coordinates(shapely.envelope(np.concatenate(degrees)))
        if sum(map(len, degrees))
        else np.zeros((1, 2))
    )
    plane = Plane.around(middle[:, 0], middle[:, 1])
    before, after = (shapely.transform(each, plane.metres) for each in degrees)
    return before, after, (old.column("footprint").to_pylist(), new.column("footprint").to_pylist())


def _overlaps(before: np.ndarray, after: np.ndarray) -> tuple[Ints, Ints, Floats]:
    """Return the pairs that belong together and their intersection over union."""
    if not len(before) or not len(after):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    i, j = shapely.STRtree(after).query(before, predicate="intersects")
    common = shapely.area(shapely.intersection(before[i], after[j]))
    of_old, of_new = shapely.area(before[i]), shapely.area(after[j])
    together = common >= HALF * np.minimum(of_old, of_new)
    union = of_old + of_new - common
    return i[together], j[together], (common / union)[together]


def _moved(before: np.ndarray, after: np.ndarray, gone: Ints, fresh: Ints) -> dict[int, int]:
    """Return pairs of gone and fresh footprints that are each other's nearest, near enough and of one form."""
    if not len(gone) or not len(fresh):
        return {}
    here, there = (shapely.get_coordinates(shapely.centroid(each)) for each in (before[gone], after[fresh]))
    forth, back = _nearest(here, there), _nearest(there, here)
    mutual = back[forth] == np.arange(len(gone))
    step = there[forth] - here
    mutual &= np.hypot(step[:, 0], step[:, 1]) <= MOVED_M
    pairs = {}
    for k in np.flatnonzero(mutual):
        old, new = before[gone[k]], after[fresh[forth[k]]]
        laid = shapely.transform(old, lambda place, k=k: place + step[k])
        union = shapely.area(shapely.union(laid, new))
        if shapely.area(shapely.intersection(laid, new)) >= ALIKE * union:
            pairs[int(gone[k])] = int(fresh[forth[k]])
    return pairs


def _nearest(places: Floats, among: Floats) -> Ints:
    result: Ints = np.asarray(cKDTree(among).query(places)[1], np.int64)
    return result
