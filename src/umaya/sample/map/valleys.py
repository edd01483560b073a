"""Valleys: winding roads from the basin up into the hills, with hamlets, blind lanes, lane trees and small bridges.

Each valley has a trunk road and a stream beside it. Lanes leave the trunk: blind, branching, or back to the trunk
further up; some cross the stream by a bridge. Two neighbouring valleys may be joined by a pass road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from umaya.sample.map.draft import Draft, DraftWay, Floats, Ints, Name, smooth
from umaya.sample.map.river import River
from umaya.sample.map.streets import HIGHWAY, Basin

VALLEYS = (
    Name("上谷", "Kamidani"),
    Name("大沢", "Osawa"),
    Name("滝ノ上", "Takinoue"),
    Name("杉原", "Sugihara"),
    Name("奥水無瀬", "Oku-Minase"),
    Name("下谷", "Shimodani"),
    Name("鹿ノ瀬", "Kanose"),
    Name("栃尾根", "Tochione"),
)
"""The first two run along the river, up and down; the others climb."""
STEP_M = 30.0


@dataclass(frozen=True)
class Valley:
    """A trunk as drawn: its point numbers from the basin outwards and its stream, (n, 2), or None."""

    number: int
    trunk: Ints
    stream: Floats | None


def draw_valleys(draft: Draft, basin: Basin, river: River, extent: float, rng: np.random.Generator) -> list[Valley]:
    """Draw all valleys of a cell: two along the river, up to six climbing ones, and the pass roads."""
    angles = [np.pi, 0.0, *np.radians([52.0, 92.0, 135.0, 222.0, 268.0, 316.0])][: 2 + max(1, round(6 * extent))]
    for side in (1.0, -1.0):
        draft.block(river.line() + np.array([0.0, side * river.width / 2]))
    valleys = []
    for number, angle in enumerate(angles):
        turned = angle + (rng.uniform(-0.09, 0.09) if number > 1 else 0.0)
        line = _along_river(draft, basin, river, turned) if number < 2 else _uphill(draft, basin, turned, extent, rng)
        valleys.append(_draw_valley(draft, number, line, rng))
    for a, b in ((2, 3), (5, 6)):
        if b < len(valleys):
            _draw_pass(draft, valleys[a], valleys[b], rng)
    return valleys


def _gate(draft: Draft, basin: Basin, angle: float) -> int:
    """Return the corner of the lattice that lies furthest out near a direction."""
    corners = basin.point[basin.point >= 0]
    xy = draft.xy[corners]
    if abs(np.cos(angle)) > 0.99:
        corners = basin.point[:, basin.main_row]
        corners = corners[corners >= 0]
        xy = draft.xy[corners]
    away = xy @ [np.cos(angle), np.sin(angle)]
    aside = np.abs(xy @ [-np.sin(angle), np.cos(angle)])
    return int(corners[np.argmax(away - 0.9 * aside)])


def _along_river(draft: Draft, basin: Basin, river: River, angle: float) -> tuple[int, Floats]:
    """Return the gate and the line of the highway that follows the north bank to the edge of the cell."""
    gate = _gate(draft, basin, angle)
    x0, y0 = draft.xy[gate]
    end = np.sign(np.cos(angle)) * (river.reach - 60.0)
    x = np.linspace(x0, end, max(4, int(abs(end - x0) / STEP_M)))[1:]
    t = np.linspace(0.0, 1.0, len(x) + 1)[1:]
    fade = 1.0 - smooth(t * 2.5)
    bank = river.y(x) + river.width / 2 + 60.0 + 18.0 * np.sin(x / 140.0)
    return gate, np.column_stack([x, fade * y0 + (1.0 - fade) * bank])


def _uphill(draft: Draft, basin: Basin, angle: float, extent: float, rng: np.random.Generator) -> tuple[int, Floats]:
    """Return the gate and the line of a road that winds up a valley, tighter the higher."""
    gate = _gate(draft, basin, angle)
    start = draft.xy[gate]
    length = min(rng.uniform(2300.0, 2900.0) * extent + 100.0, 4150.0 * max(extent, 0.3) - float(np.hypot(*start)))
    s = np.linspace(0.0, length, max(9, int(length / STEP_M)))
    aside = np.zeros_like(s)
    for wave, height in ((1500.0, 120.0), (640.0, 55.0), (260.0, 22.0)):
        aside += height * np.sin(2 * np.pi * s / (wave * rng.uniform(0.8, 1.2)) + rng.uniform(0, 2 * np.pi))
    aside = (aside - aside[0]) * smooth(s / 350.0) * min(1.0, 0.3 + extent)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return gate, (start + s[:, None] * along + aside[:, None] * across)[1:]


def _draw_valley(draft: Draft, number: int, line: tuple[int, Floats], rng: np.random.Generator) -> Valley:
    gate, xy = line
    points = np.concatenate([[gate], draft.add_points(xy)])
    name = HIGHWAY if number < 2 else Name(f"{VALLEYS[number].ja}線", f"{VALLEYS[number].en} Line")
    half = len(points) // 2
    lower, upper = ("secondary", "secondary") if number < 2 else ("tertiary", "unclassified")
    side = -1.0 if rng.uniform() < 0.5 else 1.0
    stream = None
    if number > 1:
        stream = _beside(draft.xy[points], side * 34.0)[1:-4]
        draft.block(stream)
    junctions = np.arange(2, len(points) - 1, 3) + rng.integers(0, 2, len(np.arange(2, len(points) - 1, 3)))
    split = int(junctions[np.argmin(np.abs(junctions - half))])
    draft.add_way(DraftWay(points[: split + 1], lower, name, valley=number))
    draft.add_way(DraftWay(points[split:], upper, name, valley=number))
    drew = _draw_lanes(draft, number, points, junctions, side if stream is not None else 0.0, rng)
    if split not in drew:
        _blind_lane(draft, number, points, split, -side, rng)
    return Valley(number, points, stream)


def _beside(line: Floats, offset: float) -> Floats:
    """Return a line `offset` metres to the left of `line`, point by point."""
    along = np.gradient(line, axis=0)
    along = np.stack([np.convolve(np.pad(a, 2, mode="edge"), np.ones(5) / 5, mode="valid") for a in along.T], axis=1)
    return line + offset * along[:, ::-1] * [-1.0, 1.0] / np.hypot(along[:, 0], along[:, 1])[:, None]


def _draw_lanes(
    draft: Draft, number: int, points: Ints, junctions: Ints, wet: float, rng: np.random.Generator
) -> set[int]:
    """Draw lanes at the junctions of a trunk, thick around two to four hamlets; return the junctions used."""
    hamlets = rng.choice(junctions, size=min(len(junctions), int(rng.integers(2, 5))), replace=False)
    used = set()
    for position, at in enumerate(junctions.tolist()):
        near = float(np.min(np.abs(hamlets - at)))
        if rng.uniform() > (0.9 if near < 9 else 0.42):
            continue
        for side in (1.0, -1.0):
            dice = rng.uniform()
            if side == wet:
                done = dice < 0.2 and _lane_over_stream(draft, number, points, at, side, rng)
            elif dice < 0.28 and position + 2 < len(junctions):
                done = _loop_lane(draft, number, points, at, int(junctions[position + 2]), side, rng)
            else:
                done = dice < 0.85 and _blind_lane(draft, number, points, at, side, rng)
            if done:
                used.add(at)
    return used


def _direction(draft: Draft, points: Ints, at: int, side: float) -> tuple[Floats, Floats]:
    """Return the unit vectors along the trunk and to its side at a point."""
    along = draft.xy[points[min(at + 1, len(points) - 1)]] - draft.xy[points[max(at - 1, 0)]]
    along = along / np.hypot(*along)
    return along, side * along[::-1] * [-1.0, 1.0]


def _curve(start: Floats, heading: Floats, length: float, rng: np.random.Generator) -> Floats:
    """Return a softly bending line of `length` metres, points about 22 m apart."""
    count = max(2, int(length / 22.0))
    turn = np.arctan2(heading[1], heading[0]) + np.cumsum(rng.normal(0.0, 0.16, count)) + rng.uniform(-0.25, 0.25)
    steps = np.column_stack([np.cos(turn), np.sin(turn)]) * (length / count)
    return np.concatenate([start[None], start + np.cumsum(steps, axis=0)])


def _lane(draft: Draft, line: Floats, first: int, number: int, highway: str) -> Ints | None:
    """Draw a lane from an existing point if nothing is in its way."""
    if not draft.clear(line, 13.0):
        return None
    points = np.concatenate([[first], draft.add_points(line[1:])])
    draft.add_way(DraftWay(points, highway, valley=number))
    return points


def _blind_lane(draft: Draft, number: int, points: Ints, at: int, side: float, rng: np.random.Generator) -> bool:
    """Draw a lane that ends blind, half of them with twigs: a small dead-end tree."""
    along, aside = _direction(draft, points, at, side)
    start = draft.xy[points[at]]
    highway = "residential" if rng.uniform() < 0.5 else "unclassified"
    length = rng.uniform(55.0, 210.0)
    for reach in (length, length / 2):
        lane = _lane(draft, _curve(start, aside, reach, rng), int(points[at]), number, highway)
        if lane is not None:
            break
    if lane is None:
        return False
    if len(lane) > 4 and rng.uniform() < 0.6:
        for sign in (1.0, -1.0):
            knot = int(rng.integers(2, len(lane) - 1))
            _lane(
                draft,
                _curve(draft.xy[lane[knot]], sign * along, rng.uniform(35.0, 110.0), rng),
                int(lane[knot]),
                number,
                "service",
            )
    return True


def _lane_over_stream(draft: Draft, number: int, points: Ints, at: int, side: float, rng: np.random.Generator) -> bool:
    """Draw a bridge over the stream and two lanes behind it: a part that one closure cuts off."""
    along, aside = _direction(draft, points, at, side)
    start = draft.xy[points[at]]
    bank = start + aside * 58.0
    lines = [_curve(bank, sign * along + 0.4 * aside, rng.uniform(60.0, 170.0), rng) for sign in (1.0, -1.0)]
    if not all(draft.clear(line, 13.0) for line in lines):
        return False
    knot = draft.add_point(*bank)
    draft.add_way(DraftWay(np.array([points[at], knot]), "unclassified", bridge=True, valley=number))
    for line in lines:
        _lane(draft, line, knot, number, "residential")
    return True


def _loop_lane(
    draft: Draft, number: int, points: Ints, at: int, back: int, side: float, rng: np.random.Generator
) -> bool:
    """Draw a lane that leaves the trunk and comes back to it, with a blind lane or a link half-way."""
    depth = rng.uniform(45.0, 80.0)
    inner = _beside(draft.xy[points[at : back + 1]], side * depth)[1:-1]
    line = np.concatenate([draft.xy[points[at]][None], inner, draft.xy[points[back]][None]])
    if len(inner) < 3 or not draft.clear(line[:-1], 13.0):
        return False
    loop = draft.add_points(inner)
    draft.add_way(DraftWay(np.concatenate([[points[at]], loop, [points[back]]]), "residential", valley=number))
    middle = len(loop) // 2
    _, aside = _direction(draft, points, at + 1 + middle, side)
    _lane(
        draft,
        _curve(draft.xy[loop[middle]], aside, rng.uniform(40.0, 120.0), rng),
        int(loop[middle]),
        number,
        "service",
    )
    return True


def _draw_pass(draft: Draft, a: Valley, b: Valley, rng: np.random.Generator) -> None:
    """Join the upper ends of two valleys by a road over the ridge, if the way is free."""
    start, end = draft.xy[a.trunk[-1]], draft.xy[b.trunk[-1]]
    gap = end - start
    t = np.linspace(0.0, 1.0, max(6, int(np.hypot(*gap) / 45.0)))
    across = gap[::-1] * [-1.0, 1.0] / np.hypot(*gap)
    outward = np.sign(float(across @ (start + end)))
    for height in (160.0, 320.0, 50.0):
        bow = np.sqrt(np.sin(np.pi * t)) * (height * outward + 40.0 * np.sin(9.0 * np.pi * t + rng.uniform(0, 6.0)))
        line = start + t[:, None] * gap + bow[:, None] * across
        if draft.clear(line[:-1], 13.0):
            points = np.concatenate([[a.trunk[-1]], draft.add_points(line[1:-1]), [b.trunk[-1]]])
            name = Name("水無瀬林道", "Minase Forest Road")
            draft.add_way(DraftWay(points, "unclassified", name, valley=a.number))
            return
