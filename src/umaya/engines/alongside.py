"""Which new road line each old one lies along, and where: points every four metres, the nearest fitting line for each.

Compiled and flat: one pass over the old lines, with the new ones in a grid of cells about as wide as roads may have
been moved; nothing is kept for a point, so memory grows with the lines alone. What always holds: a point is of no more
than one new line, and two lines are a pair when at least one point of the old is of the new.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
OTHER_WAY_M = 5.0
"""How much nearer another way must be than a piece of the same way to be taken for the old one."""
STEP_M = 4.0
STILL_M = 0.5
_ALONG = float(np.cos(np.radians(35)))
_BESIDE = 0.7


@dataclass(frozen=True)
class Pairs:
    """Old and new lines that lie along each other, one entry a pair: rows, and how they do.

    Attributes:
        old, new: rows.
        share: part of the old line's points that are of the new one.
        shift: mean distance of these, metres.
        old_start, old_end, new_start, new_end: the common stretch, metres along each line.
        reversed: whether the new line runs the other way.
    """

    old: Ints
    new: Ints
    share: Floats
    shift: Floats
    old_start: Floats
    old_end: Floats
    new_start: Floats
    new_end: Floats
    reversed: npt.NDArray[np.bool_]

    def take(self, kept: npt.NDArray[np.bool_] | Ints) -> Pairs:
        """Return some of the pairs."""
        return Pairs(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Side:
    """Lines of one map.

    Attributes:
        at: vertices, (n, 2), in a plane of true angles whose scale may differ from line to line.
        offsets: where each line's vertices begin, and where the last one's end; two or more each.
        metres: true length of each.
        way: id of the way of each.
    """

    at: Floats
    offsets: Ints
    metres: Floats
    way: Ints


def pairs(old: Side, new: Side, tolerance_m: float) -> Pairs:
    """Return which lines lie along each other.

    Args:
        old: lines of the older map.
        new: lines of the newer one.
        tolerance_m: how far a line may have been moved and still be found, more than 0.
    """
    if len(old.metres) == 0 or len(new.metres) == 0:
        none, zero = np.empty(0, np.int64), np.empty(0)
        return Pairs(none, none, zero, zero, zero, zero, zero, zero, np.empty(0, bool))
    old_measure, new_measure = _measures(old), _measures(new)
    stretch = np.maximum(old_measure[old.offsets[1:] - 1] / np.maximum(old.metres, 1e-9), 1e-9)
    cell = tolerance_m * float(np.quantile(stretch, 0.99))
    origin = np.minimum(new.at.min(axis=0), old.at.min(axis=0))
    columns = int((max(new.at[:, 0].max(), old.at[:, 0].max()) - origin[0]) / cell) + 1
    key, step = _cells(new.at, new.offsets, origin, cell, columns)
    order = np.argsort(key, kind="stable")
    line = np.repeat(np.arange(len(new.metres)), np.diff(new.offsets))
    rows, numbers = _find(
        (old.at, old.offsets, old_measure, old.metres, old.way),
        (new.at, new.offsets, new_measure, new.metres, new.way),
        (key[order], step[order], line, origin, cell, columns),
        stretch,
        tolerance_m,
    )
    share, shift, old_start, old_end, new_start, new_end, turned = numbers.T
    return Pairs(rows[:, 0], rows[:, 1], share, shift, old_start, old_end, new_start, new_end, turned < 0)


def _measures(side: Side) -> Floats:
    """Return how far each vertex is along its line."""
    steps = np.r_[0.0, np.hypot(*np.diff(side.at, axis=0).T)]
    steps[side.offsets[:-1]] = 0.0
    along = np.cumsum(steps)
    measures: Floats = along - np.repeat(along[side.offsets[:-1]], np.diff(side.offsets))
    return measures


@numba.njit(cache=True, nogil=True)
def _cells(at: Floats, offsets: Ints, origin: Floats, cell: float, columns: int) -> tuple[Ints, Ints]:
    """Return for each cell that a step between two vertices touches, roughly, the key of the cell and the step."""
    keys, steps = np.empty(1024, np.int64), np.empty(1024, np.int64)
    count = 0
    for line in range(len(offsets) - 1):
        for i in range(offsets[line], offsets[line + 1] - 1):
            dx, dy = at[i + 1, 0] - at[i, 0], at[i + 1, 1] - at[i, 1]
            pieces = int(np.hypot(dx, dy) / cell) + 1
            before = -1
            for piece in range(pieces):
                x0, y0 = at[i, 0] + dx * piece / pieces - origin[0], at[i, 1] + dy * piece / pieces - origin[1]
                x1, y1 = x0 + dx / pieces, y0 + dy / pieces
                for row in range(int(max(0.0, min(y0, y1)) / cell), int(max(0.0, y0, y1) / cell) + 1):
                    for column in range(int(max(0.0, min(x0, x1)) / cell), int(max(0.0, x0, x1) / cell) + 1):
                        key = row * columns + min(column, columns - 1)
                        if key == before:
                            continue
                        before = key
                        if count == len(keys):
                            keys = np.concatenate((keys, np.empty(count, np.int64)))
                            steps = np.concatenate((steps, np.empty(count, np.int64)))
                        keys[count], steps[count] = key, i
                        count += 1
    return keys[:count], steps[:count]


@numba.njit(cache=True, nogil=True)
def _point(at: Floats, measure: Floats, start: int, end: int, along: float) -> tuple[float, float]:
    """Return the place so far along the line of vertices `start` to `end`."""
    low, high = start, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        if measure[middle] <= along:
            low = middle
        else:
            high = middle
    step = measure[high] - measure[low]
    share = 0.0 if step <= 0.0 else min(1.0, max(0.0, (along - measure[low]) / step))
    return at[low, 0] + share * (at[high, 0] - at[low, 0]), at[low, 1] + share * (at[high, 1] - at[low, 1])


@numba.njit(cache=True, nogil=True)
def _heading(at: Floats, measure: Floats, start: int, end: int, along: float, metre: float) -> tuple[float, float]:
    """Return the unit vector of a line's direction at a place along it, measured over two metres."""
    x0, y0 = _point(at, measure, start, end, max(along - metre, 0.0))
    x1, y1 = _point(at, measure, start, end, min(along + metre, measure[end - 1]))
    size = max(np.hypot(x1 - x0, y1 - y0), 1e-12)
    return (x1 - x0) / size, (y1 - y0) / size


@numba.njit(cache=True, nogil=True)
def _near(
    x: float,
    y: float,
    reach: float,
    new: tuple[Floats, Ints, Floats, Floats, Ints],
    index: tuple[Ints, Ints, Ints, Floats, float, int],
    far: Floats,
    along: Floats,
    touched: Ints,
) -> int:
    """Find every new line within reach of a place; return how many.

    `touched` then begins with them, and `far` and `along` tell of each how far it is, and where along it. `far` is
    infinite for every line before, and must be so again after.
    """
    at, measure = new[0], new[2]
    keys, steps, line_of, origin, cell, columns = index
    count = 0
    rings = int(np.ceil(reach / cell))
    column, row = int((x - origin[0]) / cell), int((y - origin[1]) / cell)
    west, east = max(column - rings, 0), min(column + rings, columns - 1)
    for r in range(max(row - rings, 0), row + rings + 1):
        first = np.searchsorted(keys, r * columns + west)
        for entry in range(first, len(keys)):
            if keys[entry] > r * columns + east:
                break
            i = steps[entry]
            dx, dy = at[i + 1, 0] - at[i, 0], at[i + 1, 1] - at[i, 1]
            square = dx * dx + dy * dy
            share = 0.0
            if square > 0.0:
                share = min(1.0, max(0.0, ((x - at[i, 0]) * dx + (y - at[i, 1]) * dy) / square))
            distance = np.hypot(at[i, 0] + share * dx - x, at[i, 1] + share * dy - y)
            line = line_of[i]
            if distance > reach or distance >= far[line]:
                continue
            if far[line] == np.inf:
                touched[count] = line
                count += 1
            far[line] = distance
            along[line] = measure[i] + share * (measure[i + 1] - measure[i])
    return count


@numba.njit(cache=True, nogil=True)
def _best(
    x: float,
    y: float,
    heading: tuple[float, float],
    way: int,
    stretch: float,
    count: int,
    new: tuple[Floats, Ints, Floats, Floats, Ints],
    far: Floats,
    along: Floats,
    touched: Ints,
) -> tuple[int, float]:
    """Return the new line that a place is of, -1 for none, and the cosine between the two directions."""
    at, offsets, measure, _, ways = new
    best, least, cosine = -1, np.inf, 0.0
    for k in range(count):
        line = touched[k]
        apart = far[line] / stretch
        cost = apart + (OTHER_WAY_M if ways[line] != way else 0.0)
        if cost > least or (cost == least and line > best):
            continue
        start, end = offsets[line], offsets[line + 1]
        foot_x, foot_y = _point(at, measure, start, end, along[line])
        beyond = abs((foot_x - x) * heading[0] + (foot_y - y) * heading[1]) / stretch
        if beyond > max(STILL_M, _BESIDE * apart):  # it ended before
            continue
        there = _heading(at, measure, start, end, along[line], stretch)
        turn = heading[0] * there[0] + heading[1] * there[1]
        if abs(turn) >= _ALONG:
            best, least, cosine = line, cost, turn
    return best, cosine


@numba.njit(cache=True, nogil=True)
def _find(
    old: tuple[Floats, Ints, Floats, Floats, Ints],
    new: tuple[Floats, Ints, Floats, Floats, Ints],
    index: tuple[Ints, Ints, Ints, Floats, float, int],
    stretch: Floats,
    tolerance: float,
) -> tuple[Ints, Floats]:
    """Return the pairs: rows; share, shift, the four ends, and the sum of the cosines."""
    at, offsets, measure, metres, ways = old
    new_measure, new_offsets, new_metres = new[2], new[1], new[3]
    lines = len(new_offsets) - 1
    far, along, touched = np.full(lines, np.inf), np.empty(lines), np.empty(lines, np.int64)
    place_of = np.full(lines, -1, np.int64)
    rows, points, numbers = np.empty((1024, 2), np.int64), np.empty(1024, np.int64), np.empty((1024, 7))
    done = 0
    for line in range(len(offsets) - 1):
        start, end = offsets[line], offsets[line + 1]
        total, scale = measure[end - 1], stretch[line]
        many = int(max(np.ceil(metres[line] / STEP_M), 3))
        first = done
        for k in range(many):
            share = (k + 0.5) / many
            x, y = _point(at, measure, start, end, share * total)
            heading = _heading(at, measure, start, end, share * total, scale)
            count = _near(x, y, tolerance * scale, new, index, far, along, touched)
            best, cosine = _best(x, y, heading, ways[line], scale, count, new, far, along, touched)
            if best >= 0:
                if place_of[best] < first:
                    if done == len(rows):
                        rows = np.concatenate((rows, np.empty_like(rows)))
                        points = np.concatenate((points, np.empty_like(points)))
                        numbers = np.concatenate((numbers, np.empty_like(numbers)))
                    rows[done, 0], rows[done, 1], points[done] = line, best, 0
                    numbers[done] = np.array((0.0, 0.0, np.inf, -np.inf, np.inf, -np.inf, 0.0))
                    place_of[best] = done
                    done += 1
                pair = place_of[best]
                whole = new_measure[new_offsets[best + 1] - 1]
                there = along[best] / max(whole, 1e-9) * new_metres[best]
                points[pair] += 1
                numbers[pair, 1] += far[best] / scale
                numbers[pair, 2], numbers[pair, 3] = min(numbers[pair, 2], share), max(numbers[pair, 3], share)
                numbers[pair, 4], numbers[pair, 5] = min(numbers[pair, 4], there), max(numbers[pair, 5], there)
                numbers[pair, 6] += cosine
            for t in range(count):
                far[touched[t]] = np.inf
        half = 0.5 / many
        for pair in range(first, done):
            whole = new_metres[rows[pair, 1]]
            numbers[pair, 0] = points[pair] / many
            numbers[pair, 1] /= points[pair]
            numbers[pair, 2] = max(numbers[pair, 2] - half, 0.0) * metres[line]
            numbers[pair, 3] = min(numbers[pair, 3] + half, 1.0) * metres[line]
            numbers[pair, 4] = max(numbers[pair, 4] - half * metres[line], 0.0)
            numbers[pair, 5] = min(numbers[pair, 5] + half * metres[line], whole)
    return rows[:done], numbers[:done]
