"""The basin of a town: a street lattice, straight and dense in the centre, wound and thin towards the hills.

Rows and columns of a warped lattice become ways; the further out, the more streets are left out, but never so that
the town falls apart. Bridges join the two banks. Alleys, some of them dead ends, lead into the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from umaya.sample.map.draft import Bools, Draft, DraftWay, Floats, Ints, Name, smooth
from umaya.sample.map.river import River

STATION_STREET = Name("駅前通り", "Ekimae-dori")
HIGHWAY = Name("水無瀬街道", "Minase Kaido")
STREETS = (
    Name("本町通り", "Honmachi-dori"),
    Name("桜通り", "Sakura-dori"),
    Name("寺町通り", "Teramachi-dori"),
    Name("市役所通り", "Shiyakusho-dori"),
    Name("八幡通り", "Hachiman-dori"),
    Name("学校通り", "Gakko-dori"),
    Name("旭通り", "Asahi-dori"),
    Name("欅通り", "Keyaki-dori"),
    Name("弁天通り", "Benten-dori"),
    Name("大工町通り", "Daikumachi-dori"),
    Name("若葉通り", "Wakaba-dori"),
    Name("紺屋通り", "Konya-dori"),
)
BRIDGES = (
    Name("水無瀬大橋", "Minase-ohashi"),
    Name("清水橋", "Shimizu-bashi"),
    Name("柳橋", "Yanagi-bashi"),
    Name("天神橋", "Tenjin-bashi"),
    Name("宮下橋", "Miyashita-bashi"),
)


@dataclass(frozen=True)
class Basin:
    """The lattice as drawn.

    Attributes:
        point: (columns, rows) point number of each lattice corner, -1 where there is none.
        east, north: (columns, rows) point number in the middle of the street that leads east or north from a corner,
            -1 where there is no street.
        radius: half axes of the basin in metres.
        main_row, main_column: the highway's row and the station street's column.
    """

    point: Ints
    east: Ints
    north: Ints
    radius: tuple[float, float]
    main_row: int
    main_column: int

    def rim(self, xy: Floats) -> Floats:
        """Return 0 in the centre and about 1 at the edge of the basin for (n, 2) points."""
        return np.hypot(xy[:, 0] / self.radius[0], xy[:, 1] / self.radius[1])


def draw_basin(draft: Draft, river: River, extent: float, rng: np.random.Generator) -> Basin:
    """Draw streets, bridges and alleys of a basin whose full size is `extent` (1.0 for a town) into `draft`."""
    radius = (1720.0 * extent + 60.0, 1400.0 * extent + 60.0)
    xs, ys = _ticks(radius[0], rng), _ticks(radius[1], rng)
    grid = _warp(xs, ys, radius, extent, rng)
    main = (int(np.argmin(np.abs(ys - 120.0 * extent))), int(np.argmin(np.abs(xs))))
    inside = _inside(grid, river, radius, rng)
    east, north = _kept_streets(grid, inside, river, main, radius, rng)
    used = np.zeros(inside.shape, dtype=bool)
    for kept, axis in ((east, 0), (north, 1)):
        used |= kept | np.roll(kept, 1, axis=axis)
    banks = _banks(grid, used, river, main[1], max(1, round(5 * extent)))
    used, east, north, banks = _largest(used, east, north, banks)
    point = np.full(used.shape, -1, dtype=np.int64)
    point[used] = draft.add_points(grid[used])
    mids = [_middles(draft, grid, kept, axis, radius, rng) for kept, axis in ((east, 0), (north, 1))]
    basin = Basin(point, mids[0], mids[1], radius, *main)
    _draw_lines(draft, basin, rng)
    for (i, low, high), name in zip(banks, BRIDGES, strict=False):
        highway = "secondary" if i == main[1] else "tertiary"
        draft.add_way(DraftWay(np.array([point[i, low], point[i, high]]), highway, name, bridge=True))
    _draw_alleys(draft, basin, rng)
    return basin


def _ticks(reach: float, rng: np.random.Generator) -> Floats:
    """Lattice lines from -reach to reach: 74 m apart in the centre, 140 m at the rim."""
    sides = []
    for _ in range(2):
        at, ticks = 0.0, []
        while at < reach:
            at += (74.0 + 66.0 * min(1.0, at / 1500.0) ** 1.3) * rng.uniform(0.86, 1.14)
            ticks.append(at)
        sides.append(ticks)
    return np.array([-t for t in reversed(sides[0])] + [0.0] + sides[1])


def _warp(xs: Floats, ys: Floats, radius: tuple[float, float], extent: float, rng: np.random.Generator) -> Floats:
    """Return (columns, rows, 2) corners: turned by some degrees, bent and shaken the more the further out."""
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1)
    rim = np.hypot(grid[..., 0] / radius[0], grid[..., 1] / radius[1])
    phase, wave = rng.uniform(0, 2 * np.pi, 4), rng.uniform(750, 1250, 4)
    bend = 95.0 * extent * smooth((rim - 0.25) / 0.8)
    dx = np.sin(2 * np.pi * grid[..., 1] / wave[0] + phase[0]) + 0.6 * np.sin(
        2 * np.pi * grid[..., 0] / wave[1] + phase[1]
    )
    dy = np.sin(2 * np.pi * grid[..., 0] / wave[2] + phase[2]) + 0.6 * np.sin(
        2 * np.pi * grid[..., 1] / wave[3] + phase[3]
    )
    shaken = grid + bend[..., None] * np.stack([dx, dy], axis=-1)
    shaken += rng.normal(size=grid.shape) * (1.5 + 13.0 * smooth((rim - 0.3) / 0.7))[..., None]
    turn = np.radians(rng.uniform(4.0, 9.0))
    turned: Floats = shaken @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return turned


def _inside(grid: Floats, river: River, radius: tuple[float, float], rng: np.random.Generator) -> Bools:
    angle = np.arctan2(grid[..., 1], grid[..., 0])
    phase = rng.uniform(0, 2 * np.pi, 2)
    edge = 1.0 + 0.13 * np.sin(3 * angle + phase[0]) + 0.08 * np.sin(5 * angle + phase[1])
    rim = np.hypot(grid[..., 0] / radius[0], grid[..., 1] / radius[1])
    dry = river.distance(grid.reshape(-1, 2)).reshape(rim.shape) > 20.0
    inside: Bools = (rim < edge) & dry
    return inside


def _kept_streets(
    grid: Floats,
    inside: Bools,
    river: River,
    main: tuple[int, int],
    radius: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Bools, Bools]:
    """Choose the streets: a random spanning forest, the main streets, of the rest the more the nearer the centre."""
    above = grid[..., 1] > river.y(grid[..., 0])
    number = np.arange(inside.size).reshape(inside.shape)
    candidates, ends, weights = [], [], []
    for axis in (0, 1):
        there = inside & np.roll(inside, -1, axis=axis) & (above == np.roll(above, -1, axis=axis))
        there[(-1, slice(None)) if axis == 0 else (slice(None), -1)] = False
        weight = rng.uniform(0.2, 1.0, there.shape)
        lines = (slice(None), main[0]) if axis == 0 else (main[1], slice(None))
        weight[lines] *= 0.01
        candidates.append(there)
        ends.append(np.stack([number[there], np.roll(number, -1, axis=axis)[there]]))
        weights.append(weight[there])
    pairs, weight = np.concatenate(ends, axis=1), np.concatenate(weights)
    tree = minimum_spanning_tree(coo_array((weight, (pairs[0], pairs[1])), shape=(inside.size, inside.size)))
    rows, columns = tree.nonzero()
    in_tree = np.isin(
        pairs[0] * inside.size + pairs[1], np.minimum(rows, columns) * inside.size + np.maximum(rows, columns)
    )
    rim = np.hypot(*(grid.reshape(-1, 2)[pairs[0]] / radius).T)
    drop = rng.uniform(size=len(weight)) < 0.05 + 0.38 * smooth((rim - 0.25) / 0.7)
    keep = in_tree | ~drop | (weight < 0.011)
    kept = []
    for axis, there in enumerate(candidates):
        chosen = np.zeros(inside.shape, dtype=bool)
        part = keep[: candidates[0].sum()] if axis == 0 else keep[candidates[0].sum() :]
        chosen[there] = part
        kept.append(chosen)
    return kept[0], kept[1]


def _banks(grid: Floats, used: Bools, river: River, main_column: int, bridges: int) -> list[tuple[int, int, int]]:
    """Return (column, row of the south bank, row of the north bank) of up to `bridges` bridges, well apart."""
    above = grid[..., 1] > river.y(grid[..., 0])
    found = []
    for i in range(grid.shape[0]):
        south, north = np.flatnonzero(used[i] & ~above[i]), np.flatnonzero(used[i] & above[i])
        if len(south) and len(north):
            gap = float(np.hypot(*(grid[i, south[-1]] - grid[i, north[0]])))
            if gap < river.width + 190.0:
                found.append((i, int(south[-1]), int(north[0])))
    if not found:
        return []
    columns = np.array([f[0] for f in found])
    wanted = (
        [main_column, *np.quantile(columns, np.linspace(0.08, 0.92, bridges - 1))] if bridges > 1 else [main_column]
    )
    chosen = dict.fromkeys(int(np.argmin(np.abs(columns - w))) for w in wanted)
    return [found[k] for k in chosen]


def _largest(
    used: Bools, east: Bools, north: Bools, banks: list[tuple[int, int, int]]
) -> tuple[Bools, Bools, Bools, list[tuple[int, int, int]]]:
    """Keep what hangs together."""
    number = np.arange(used.size).reshape(used.shape)
    a = np.concatenate([number[east], number[north], [number[i, low] for i, low, _ in banks]]).astype(np.int64)
    b = np.concatenate(
        [np.roll(number, -1, 0)[east], np.roll(number, -1, 1)[north], [number[i, h] for i, _, h in banks]]
    )
    graph = coo_array((np.ones(len(a)), (a, b.astype(np.int64))), shape=(used.size, used.size))
    _, label = connected_components(graph, directed=False)
    best = np.bincount(label[number[used]]).argmax()
    whole = (label == best).reshape(used.shape)
    return used & whole, east & whole, north & whole, [b for b in banks if whole[b[0], b[1]]]


def _middles(
    draft: Draft, grid: Floats, kept: Bools, axis: int, radius: tuple[float, float], rng: np.random.Generator
) -> Ints:
    """Add a point in the middle of each street, off the straight line in the outskirts; return their numbers."""
    a, b = grid[kept], np.roll(grid, -1, axis=axis)[kept]
    across = (b - a)[:, ::-1] * [1.0, -1.0]
    rim = np.hypot(*((a + b) / 2 / radius).T)
    bend = rng.normal(size=len(a)) * 0.07 * smooth((rim - 0.3) / 0.6)
    numbers = np.full(kept.shape, -1, dtype=np.int64)
    numbers[kept] = draft.add_points((a + b) / 2 + across * bend[:, None])
    return numbers


def _draw_lines(draft: Draft, basin: Basin, rng: np.random.Generator) -> None:
    """Draw each row and column as ways, a new one after each gap."""
    names = iter(rng.permutation(len(STREETS)))
    for axis, middles in ((0, basin.east), (1, basin.north)):
        main = basin.main_row if axis == 0 else basin.main_column
        for line in range(basin.point.shape[1 - axis]):
            points = basin.point[:, line] if axis == 0 else basin.point[line]
            halves = middles[:, line] if axis == 0 else middles[line]
            offset = abs(line - main)
            if offset == 0:
                highway = "secondary"
                name: Name | None = HIGHWAY if axis == 0 else STATION_STREET
            elif offset % 4 == 0 and offset <= 12:
                k = next(names, None)
                highway, name = "tertiary", None if k is None else STREETS[k]
            else:
                highway, name = "residential", None
            oneway = highway == "residential" and 0 < offset <= 8 and bool(rng.uniform() < 0.4)
            for run in _runs(halves >= 0):
                for start, end, one in _parts(*run, oneway, rng):
                    chain = np.column_stack([points[start:end], halves[start:end]]).ravel()
                    draft.add_way(DraftWay(np.append(chain, points[end]), highway, name, oneway=one))


def _parts(start: int, end: int, oneway: bool, rng: np.random.Generator) -> list[tuple[int, int, bool]]:
    """Make a few blocks within a long run of streets one-way, if any are to be."""
    if not oneway or end - start < 7:
        return [(start, end, False)]
    first = int(rng.integers(start + 1, end - 5))
    last = first + int(rng.integers(2, 5))
    return [(start, first, False), (first, last, True), (last, end, False)]


def _runs(mask: Bools) -> list[tuple[int, int]]:
    """Return (first, one past last) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _draw_alleys(draft: Draft, basin: Basin, rng: np.random.Generator) -> None:
    """Draw alleys from a street into a block: through the block, ending blind, or branching."""
    through = (basin.east[:, :-1] >= 0) & (basin.east[:, 1:] >= 0)
    for i, j in np.argwhere(through[:-1]):
        dice = rng.uniform(size=4)
        if dice[0] > 0.28:
            continue
        start, end = basin.east[i, j], basin.east[i, j + 1]
        a, b = draft.xy[start], draft.xy[end]
        kind = ("residential", None) if dice[1] < 0.6 else ("service", "alley")
        if dice[0] < 0.10:
            if draft.clear(np.array([a, a + (b - a) * (1 - 12.0 / np.hypot(*(b - a)))]), 9.0):
                draft.add_way(DraftWay(np.array([start, end]), kind[0], service=kind[1]))
            continue
        first = (start, a, b) if dice[2] < 0.5 else (end, b, a)
        tip = first[1] + (first[2] - first[1]) * (0.4 + 0.25 * dice[3])
        if not draft.clear(np.array([first[1], tip]), 9.0):
            continue
        point = draft.add_point(*tip)
        draft.add_way(DraftWay(np.array([first[0], point]), kind[0], service=kind[1]))
        if dice[0] > 0.22:
            side = (tip - first[1])[::-1] * [1.0, -1.0] / np.hypot(*(tip - first[1]))
            for sign in (1.0, -1.0):
                twig = tip + side * sign * rng.uniform(16.0, 26.0)
                if draft.clear(np.array([tip, twig]), 9.0):
                    draft.add_way(DraftWay(np.array([point, draft.add_point(*twig)]), "service", service="alley"))


def draw_paths(draft: Draft, basin: Basin, rng: np.random.Generator) -> None:
    """Draw footpaths where a street was left out, between corners that are junctions already."""
    ways_at = np.bincount(np.concatenate([np.unique(w.points) for w in draft.ways]), minlength=len(draft.xy))
    missing = (basin.point[:-1] >= 0) & (basin.point[1:] >= 0) & (basin.east[:-1] < 0)
    for i, j in np.argwhere(missing):
        ends = basin.point[i : i + 2, j]
        a, b = draft.xy[ends]
        short = np.array([a, b + (a - b) * (14.0 / np.hypot(*(a - b)))])
        if rng.uniform() < 0.35 and (ways_at[ends] > 1).all() and draft.clear(short, 9.0):
            draft.add_way(DraftWay(ends, "footway"))
