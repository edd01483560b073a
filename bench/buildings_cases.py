"""The 300 cases of address points that were judged by eye: how they were drawn at random, their pictures, the verdicts.

    python bench/buildings.py --sheets DIR

A case is an address point of Bunkyo-ku; its window of 44 m shows outlines (those under 8 m2 dark, candidates lettered
by distance with their height), the point in red with its number, numbers of the same block in blue, those of other
blocks in grey as block-number. Cases were taken at random (SEED), equally many from each of STRATA. The rules of
judging: docs/explanation/buildings.md.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from PIL import Image, ImageDraw, ImageFont

from umaya.engines.buildings.candidates import Candidates, Outlines, Places, Plane, candidates, outlines, places

SEED, CASES = 20, 300
STRATA = (
    "inside alone",
    "inside shared",
    "before one",
    "between two",
    "at some distance",
    "far",
    "small nearest",
    "rival",
    "across a street",
    "out of order",
)
VERDICTS = Path(__file__).parents[1] / "tests/engines/buildings/cases.csv"
FONT = "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf"
SIZE, WINDOW_M, ACROSS, DOWN = 316, 44.0, 4, 3
LETTERS = "ABCDEFGH"
DRAWN_M = 25.0


@dataclass(frozen=True)
class Scene:
    """The ward: points and footprints with their evidence."""

    points: pa.Table
    footprints: pa.Table
    where: Places
    buildings: Outlines
    pairs: Candidates


def scene(points: pa.Table, footprints: pa.Table) -> Scene:
    """Join both."""
    plane = Plane.around(points["lon"].to_numpy(), points["lat"].to_numpy())
    where, buildings = places(points, plane), outlines(footprints, plane)
    return Scene(points, footprints, where, buildings, candidates(where, buildings, DRAWN_M))


def strata(seen: Scene) -> npt.NDArray[np.int64]:
    """Return the stratum of each point, -1 for points without a building in reach."""
    pairs, count = seen.pairs, len(seen.where.xy)
    first = np.flatnonzero(np.diff(pairs.point, prepend=-1) != 0)
    usable = np.flatnonzero(~pairs.shed)
    near = usable[np.flatnonzero(np.diff(pairs.point[usable], prepend=-1) != 0)]
    second = np.minimum(near + 1, len(pairs.point) - 1)
    two = (pairs.point[second] == pairs.point[near]) & (pairs.distance[second] - pairs.distance[near] < 1.5)
    owners = np.bincount(pairs.building[near], minlength=len(seen.buildings.area))
    kind = np.full(count, -1)
    metres, shared = pairs.distance[near], owners[pairs.building[near]]
    outside = metres > 0
    rules = (
        ~outside & (shared == 1),
        ~outside & (shared > 1),
        outside & (metres < 4),
        outside & two,
        outside & (metres >= 4) & (metres < 9),
        metres >= 9,
        None,
        pairs.rival[near] > 0.5,
        pairs.elsewhere[near],
        pairs.out_of_order[near] > 2,
    )
    for number, rule in enumerate(rules):
        if rule is not None:
            kind[pairs.point[near[rule]]] = number
    small = (pairs.area[first] < 20) & (pairs.distance[first] > 0)
    kind[pairs.point[first[small]]] = STRATA.index("small nearest")
    return kind


def sample(kind: npt.NDArray[np.int64]) -> list[int]:
    """Draw the rows of the cases: equally many of each stratum, shuffled."""
    rng = np.random.default_rng(SEED)
    rows = [rng.choice(np.flatnonzero(kind == k), CASES // len(STRATA), replace=False) for k in range(len(STRATA))]
    return [int(row) for row in rng.permutation(np.concatenate(rows))]


def lettered(seen: Scene, row: int) -> list[int]:
    """Return the buildings that a case's letters name."""
    low, high = np.searchsorted(seen.pairs.point, [row, row + 1])
    return [int(each) for each in seen.pairs.building[low:high][: len(LETTERS)]]


def draw(seen: Scene, row: int, number: int) -> Image.Image:
    """Draw one case."""
    image = Image.new("RGB", (SIZE, SIZE), "white")
    pen, font, small = ImageDraw.Draw(image), ImageFont.truetype(FONT, 15), ImageFont.truetype(FONT, 11)
    x, y = seen.where.xy[row]
    half, scale = WINDOW_M / 2, SIZE / WINDOW_M

    def at(place: Any) -> tuple[float, float]:
        return (float(place[0]) - x + half) * scale, SIZE - (float(place[1]) - y + half) * scale

    names = dict(zip(lettered(seen, row), LETTERS, strict=False))
    window = shapely.box(x - half, y - half, x + half, y + half)
    for building in np.flatnonzero(shapely.intersects(seen.buildings.shape, window)).tolist():
        area, height = seen.buildings.area[building], seen.buildings.height[building]
        fill = "#ffd9a0" if building in names else "#e8e8e8"
        for part in shapely.get_parts(seen.buildings.shape[building]):
            pen.polygon([at(p) for p in part.exterior.coords], fill="#999999" if area < 8 else fill, outline="#555555")
            for hole in part.interiors:
                pen.polygon([at(p) for p in hole.coords], fill="white", outline="#555555")
        part = seen.buildings.shape[building].intersection(window)
        if building in names and part.area > 0:
            middle = at(part.representative_point().coords[0])
            pen.text(middle, f"{names[building]} {height:.0f}m", fill="#7a3d00", font=small, anchor="mm")
    points = seen.points
    block, num = ([each.lstrip("0") for each in points[name].to_pylist()] for name in ("blk_id", "rsdt_id"))
    near = np.flatnonzero((np.abs(seen.where.xy - [x, y]) < half).all(axis=1))
    for other in near:
        own = seen.where.block[other] == seen.where.block[row]
        place = at(seen.where.xy[other])
        colour = "#d00000" if other == row else "#0040d0" if own else "#888888"
        radius = 4 if other == row else 3
        pen.ellipse([place[0] - radius, place[1] - radius, place[0] + radius, place[1] + radius], fill=colour)
        label = num[other] if own else f"{block[other]}-{num[other]}"
        pen.text((place[0] + 5, place[1] - 13), label, fill=colour, font=font if own else small)
    pen.rectangle([0, 0, SIZE - 1, SIZE - 1], outline="black")
    pen.text((4, 3), f"#{number}", fill="black", font=font)
    low, high = np.searchsorted(seen.pairs.point, [row, row + 1])
    metres = (f"{letter}{d:.1f}" for letter, d in zip(LETTERS, seen.pairs.distance[low:high], strict=False))
    pen.text((40, 5), " ".join(list(metres)[:6]), fill="black", font=small)
    return image


def sheets(seen: Scene, folder: Path) -> None:
    """Draw all cases, twelve to a sheet."""
    rows = sample(strata(seen))
    folder.mkdir(parents=True, exist_ok=True)
    each = ACROSS * DOWN
    for sheet in range(0, len(rows), each):
        page = Image.new("RGB", (ACROSS * SIZE, DOWN * SIZE), "white")
        for i, row in enumerate(rows[sheet : sheet + each]):
            page.paste(draw(seen, row, sheet + i), ((i % ACROSS) * SIZE, (i // ACROSS) * SIZE))
        page.save(folder / f"sheet{sheet // each:02}.png")


def read_verdicts() -> list[dict[str, str]]:
    """Return the rows of the cases: id columns, stratum, half (train or test), verdict."""
    with VERDICTS.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))
