"""The sample region: the fictional town Minase (水無瀬市) and, for larger sizes, its neighbours, drawn from a seed.

`make_town` draws each town in metres (streets, valleys, river, houses), joins neighbouring towns, and turns the whole
into Arrow tables with OpenStreetMap ids. The same seed and size give the same tables, bit by bit.
Not a simulation of anybody: places, names and people are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from umaya.sample.map.cells import Cell, Firsts, draw_cell, link_cells
from umaya.sample.map.network import Streets
from umaya.sample.size import Scale, Size

TABLES = ("nodes", "ways", "buildings", "water", "offices", "letterboxes", "households")


@dataclass(frozen=True)
class Town:
    """A sample region as Arrow tables (schemas in `umaya.sample.tables`).

    Attributes:
        seed: what it was drawn from.
        homes: its size, number of homes.
        nodes, ways, buildings, water: the map.
        offices, letterboxes, households: post and people.
    """

    seed: int
    homes: int
    nodes: pa.Table
    ways: pa.Table
    buildings: pa.Table
    water: pa.Table
    offices: pa.Table
    letterboxes: pa.Table
    households: pa.Table

    @cached_property
    def streets(self) -> Streets:
        """The public roads as segments, as truth and for riding."""
        return Streets.of(self.nodes, self.ways)

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all roads, degrees."""
        lon, lat = self.nodes.column("lon").to_numpy(), self.nodes.column("lat").to_numpy()
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def write_osm(self, path: Path) -> None:
        """Write the map as OpenStreetMap file; the format follows the name (`.osm.pbf`, `.osm`, `.osm.gz`)."""
        from umaya.sample.map.osm import write  # noqa: PLC0415 - osmium is loaded only by those who write

        write(self, path)


def make_town(seed: int, size: int = Size.TOWN) -> Town:
    """Draw the sample region.

    Args:
        seed: any non-negative integer.
        size: number of homes, at least 40; see `Size`.

    Raises:
        ValueError: when `size` is too small.
    """
    scale = Scale.of(size)
    cells: list[Cell] = []
    first = Firsts()
    for k in range(scale.cells):
        cells.append(draw_cell(scale, k, first, np.random.default_rng([seed, k])))
        first = cells[-1].after
    parts = {name: [getattr(cell, name) for cell in cells] for name in TABLES}
    parts["ways"].append(link_cells(scale, cells, first.way))
    tables = {name: pa.concat_tables(tables).combine_chunks() for name, tables in parts.items()}
    return Town(seed=seed, homes=scale.homes, **tables)
