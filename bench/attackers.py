"""Attackers on released passages, for `disclosure.py`: a learner, what each looks at, and how success is measured.

Every attacker knows the map, the homes, and five earlier days of every vehicle from the truth. It learns on other
simulated towns, whose truth it has, by gradient-boosted trees; its rival of the base rate is the same learner on the
same towns without the release. What counts is how much better it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import rankdata

from disclosure_town import Scene

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Trees:
    """Gradient boosting of symmetric trees for a yes or no, with logistic loss."""

    def __init__(self, rounds: int = 50, depth: int = 3, rate: float = 0.15, penalty: float = 20.0, bins: int = 14):
        self._rounds, self._depth, self._rate, self._penalty, self._bins = rounds, depth, rate, penalty, bins

    def fit(self, facts: Floats, truth: Bools) -> Trees:
        """Learn from rows of facts and their truth."""
        shares = np.linspace(0, 1, self._bins + 1)[1:-1]
        self._cuts = [np.unique(np.quantile(column, shares)) for column in facts.T]
        binned = self._binned(facts)
        share = np.clip(truth.mean(), 1e-4, 1 - 1e-4)
        self._start = float(np.log(share / (1 - share)))
        score = np.full(len(truth), self._start)
        self._trees: list[tuple[list[tuple[int, int]], Floats]] = []
        for _ in range(self._rounds):
            p = 1 / (1 + np.exp(-score))
            gradient, weight = truth - p, p * (1 - p)
            splits: list[tuple[int, int]] = []
            leaf = np.zeros(len(truth), np.int64)
            for level in range(self._depth):
                splits.append(self._best(binned, leaf, gradient, weight, 1 << level))
                leaf = leaf * 2 + (binned[:, splits[-1][0]] > splits[-1][1])
            sums = [np.bincount(leaf, weights=w, minlength=1 << self._depth) for w in (gradient, weight)]
            value = self._rate * sums[0] / (sums[1] + self._penalty)
            score += value[leaf]
            self._trees.append((splits, value))
        return self

    def predict(self, facts: Floats) -> Floats:
        """Return the probability of yes for each row."""
        binned = self._binned(facts)
        score = np.full(len(facts), self._start)
        for splits, value in self._trees:
            leaf = np.zeros(len(facts), np.int64)
            for column, cut in splits:
                leaf = leaf * 2 + (binned[:, column] > cut)
            score += value[leaf]
        return np.asarray(1 / (1 + np.exp(-score)))

    def _binned(self, facts: Floats) -> Ints:
        columns = [np.searchsorted(c, column, side="right") for c, column in zip(self._cuts, facts.T, strict=True)]
        return np.stack(columns, 1).astype(np.int64)

    def _best(self, binned: Ints, leaf: Ints, gradient: Floats, weight: Floats, leaves: int) -> tuple[int, int]:
        best, found = -1.0, (0, 0)
        for column in range(binned.shape[1]):
            key = leaf * self._bins + binned[:, column]
            below = [
                np.bincount(key, weights=w, minlength=leaves * self._bins).reshape(leaves, -1).cumsum(1)
                for w in (gradient, weight)
            ]
            above = [sums[:, -1:] - sums for sums in below]
            gain = np.add(*(g**2 / (w + self._penalty) for g, w in (below, above))).sum(0)[:-1]
            if gain.max() > best:
                best, found = float(gain.max()), (column, int(np.argmax(gain)))
        return found


@dataclass(frozen=True)
class Question:
    """What an attacker is asked about one town: rows of facts, the truth of each, and rows that belong together.

    Attributes:
        public: what everybody knows.
        released: what the release adds.
        truth: yes or no.
        groups: sets of rows of which the attacker names one, neighbours; empty where it names none.
    """

    public: Floats
    released: Floats
    truth: Bools
    groups: Sequence[Ints] = ()


def attack(
    questions: Sequence[Question], folds: int = 4, chosen: Sequence[Bools] | None = None
) -> dict[str, list[float]]:
    """Let the attacker and its rival learn on other towns and answer for each; return the gain of each town by measure.

    Args:
        questions: one a town.
        folds: towns are answered for in so many turns, learning on the rest.
        chosen: rows that the answer is judged on; all if None.

    Returns:
        `yes_no`: share of rows answered rightly; `named`: share of groups in which the named row is a yes; `pairs`:
        share of pairs of a yes and a no told apart (AUC). Each attacker's minus the rival's, which for `yes_no` may
        also say to everything what is more frequent. `base_...`: the rival's.
    """
    folds = min(folds, len(questions))
    gains: dict[str, list[float]] = {}
    for turn in range(folds):
        learn = [q for i, q in enumerate(questions) if i % folds != turn]
        truth = np.concatenate([q.truth for q in learn])
        rival = Trees().fit(np.concatenate([q.public for q in learn]), truth)
        attacker = Trees().fit(np.concatenate([np.hstack([q.public, q.released]) for q in learn]), truth)
        for i, q in enumerate(questions):
            if i % folds != turn:
                continue
            keep = np.ones(len(q.truth), np.bool_) if chosen is None else chosen[i]
            base = _measures(rival.predict(q.public), q, keep)
            base["yes_no"] = max(base["yes_no"], float((q.truth[keep] == (truth.mean() > 0.5)).mean()))
            for name, value in _measures(attacker.predict(np.hstack([q.public, q.released])), q, keep).items():
                gains.setdefault(name, []).append(value - base[name])
                gains.setdefault(f"base_{name}", []).append(base[name])
    return gains


def _measures(score: Floats, question: Question, keep: Bools) -> dict[str, float]:
    truth = question.truth
    found = {"yes_no": float(((score > 0.5) == truth)[keep].mean())}
    if truth[keep].any() and not truth[keep].all():
        ranks, yes = rankdata(score[keep]), truth[keep]
        ones = int(yes.sum())
        found["pairs"] = float((ranks[yes].sum() - ones * (ones + 1) / 2) / (ones * (len(yes) - ones)))
    groups = [rows[keep[rows]] for rows in question.groups]
    hits = [truth[rows[score[rows] >= score[rows].max()]].mean() for rows in groups if len(rows) > 1]
    if hits:
        found["named"] = float(np.mean(hits))
    return found


def interval(gains: Sequence[float], seed: int = 1) -> tuple[float, float, float]:
    """Return mean and 95 % interval in percentage points, by bootstrap over towns."""
    values = 100 * np.asarray(gains)
    draws = np.random.default_rng(seed).integers(0, len(values), (2000, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def neighbours(scene: Scene, most: int = 14) -> list[Ints]:
    """Cut a town's letterboxes into compact groups."""
    waiting, done = [np.arange(len(scene.box_row))], []
    while waiting:
        part = waiting.pop()
        if len(part) <= most:
            done.append(part)
            continue
        axis = int(np.argmax(np.ptp(scene.box_xy[part], axis=0)))
        part = part[np.argsort(scene.box_xy[part, axis], kind="stable")]
        waiting += [part[: len(part) // 2], part[len(part) // 2 :]]
    return done


def public_of_homes(scene: Scene, hidden: Ints) -> Floats:
    """What everybody knows of each letterbox: its road, the homes around, and when its road is usually passed."""
    rows = len(scene.segment)
    boxes = np.bincount(scene.box_row, minlength=rows)
    homes = np.bincount(scene.box_row, weights=scene.box_homes, minlength=rows)
    degree = np.bincount(np.concatenate([scene.source, scene.target]))
    ends = np.sort(np.stack([degree[scene.source], degree[scene.target]]), axis=0)
    around = sum(at_ends(scene, boxes.astype(float)))
    hours = [scene.usual[:, a:b].sum(1) for a, b in ((0, 10), (10, 11), (11, 12), (12, 14), (14, 24))]
    columns = [boxes, homes, scene.length, *ends, np.isin(scene.segment, hidden), around, *hours]
    return np.column_stack([np.column_stack(columns)[scene.box_row], scene.box_homes, scene.box_drive]).astype(float)


def at_ends(scene: Scene, values: Floats) -> tuple[Floats, Floats]:
    """Sum of a value over the other roads at each end of each road; `values` by row, any further axes kept."""
    total = np.zeros((int(max(scene.source.max(), scene.target.max())) + 1, *values.shape[1:]))
    np.add.at(total, scene.source, values)
    np.add.at(total, scene.target, values)
    return total[scene.source] - values, total[scene.target] - values


@dataclass(frozen=True)
class Told:
    """What a release tells of each road (row).

    Attributes:
        passes, vehicles: by row, window in which it was told, and direction.
        turned: turn-backs by row.
        spread: by row and window, the share of what was told that falls into it by time, a block told over several
            windows being spread over them.
        longest, earliest: by row, windows of the longest block told, and window in which the first one begins.
    """

    passes: Floats
    vehicles: Floats
    turned: Floats
    spread: Floats
    longest: Floats
    earliest: Floats

    def after(self, window: int) -> Told:
        """Return what is told in a window and later ones."""
        return replace(self, **{n: getattr(self, n)[:, window:] for n in ("passes", "vehicles", "spread")})


def counted(scene: Scene, passages: pa.Table, start: int, window_s: int, windows: int) -> Told:
    """Sort passages into windows that begin at second `start`."""
    begin = (passages["window_start"].cast(pa.int64()).to_numpy() // 1_000_000 - start) // window_s
    end = np.maximum(
        passages["window_s"].to_numpy() + passages["window_start"].cast(pa.int64()).to_numpy() // 1_000_000 - start, 1
    )
    last = np.minimum(-(-end // window_s), windows) - 1
    begin = np.minimum(begin, last)
    edge = passages["edge_id"].to_numpy()
    row = scene.of_edge[edge]
    with_way = (edge == scene.segment[row]).astype(np.int64)
    found = []
    for name in ("passes", "vehicles"):
        table = np.zeros((len(scene.segment), windows, 2))
        np.add.at(table, (row, last, with_way), passages[name].to_numpy())
        found.append(table)
    turned = np.bincount(row, weights=passages["turn_backs"].fill_null(0).to_numpy(), minlength=len(scene.segment))
    some = passages["passes"].to_numpy() > 0
    spread, longest = np.zeros((len(scene.segment), windows + 1)), np.zeros(len(scene.segment))
    earliest = np.full(len(scene.segment), float(windows))
    length = (last - begin + 1)[some]
    np.add.at(spread, (row[some], begin[some]), 1 / length)
    np.add.at(spread, (row[some], last[some] + 1), -1 / length)
    np.maximum.at(longest, row[some], length)
    np.minimum.at(earliest, row[some], begin[some])
    passes, vehicles = found
    return Told(passes, vehicles, turned.astype(np.float64), spread.cumsum(1)[:, :-1].round(9), longest, earliest)


def released_of_roads(scene: Scene, released: Told) -> Floats:
    """What a release tells of each road: how often, when, and how it differs from the roads at its ends."""
    passes, vehicles, turned = released.passes, released.vehicles, released.turned
    told = passes.sum(2) > 0
    windows = told.shape[1]
    number = told.sum(1).astype(float)
    degree = np.bincount(np.concatenate([scene.source, scene.target]))
    others = np.maximum(degree[scene.source] + degree[scene.target] - 2, 1)
    one, other = (end > 0 for end in at_ends(scene, told.astype(float)))
    near = sum(at_ends(scene, number)) / others
    first = np.where(told.any(1), told.argmax(1), windows)
    last = np.where(told.any(1), windows - 1 - told[:, ::-1].argmax(1), -1)
    parts = [told[:, part].sum(1) for part in np.array_split(np.arange(windows), min(6, windows))]
    gaps = [(~told & one & other).sum(1), (told & ~(one & other)).sum(1), (told & ~one & ~other).sum(1)]
    columns = [passes.sum((1, 2)), vehicles.sum((1, 2)), passes.sum(2).max(1), (passes > 0).all(2).sum(1), turned]
    columns += [number, first, last, near, number - near, *gaps, (~told & (one ^ other)).sum(1), *parts]
    columns += [released.longest, released.earliest]
    return np.column_stack(columns).astype(float)
