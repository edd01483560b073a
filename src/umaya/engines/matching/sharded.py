"""Matching on a network too large to prepare at once: by areas, each with the roads in reach of it.

A vehicle is matched whole, on the roads of all areas that it came through (`umaya.engines.matching.shards`); no trip is
cut at a border and joined again, so that the result is the unsharded matcher's (lengths within rounding). A vehicle
that came through many areas gets only the roads along its way. Areas are loaded when vehicles are in them, and let go.
Responsible for sharing vehicles out; not for the model, nor for where shards are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.geometry import metres_per_degree
from umaya.engines.matching.engine import Matched, Matcher, vehicle_bounds
from umaya.engines.matching.params import MatchParams
from umaya.engines.matching.shards import Floats, Ints, Shards, area_of, cut, merge
from umaya.types.schemas import MATCHES, ROUTES, TRAVERSALS

STRIP_M = 300.0
"""Metres, about: side of the squares that mark the way of a vehicle that came through many areas."""


class ShardedMatcher:
    """A matcher on a network that is loaded area by area.

    Args:
        shards: where the roads come from.
        params: parameters of the model; the shards must have been cut for them, or for a farther look.
        most_areas: a vehicle that came through more areas than this is matched by itself, on the roads along its way.
        keep: prepared areas, or sets of them, that are kept for the next call.
    """

    def __init__(self, shards: Shards, params: MatchParams | None = None, most_areas: int = 4, keep: int = 2) -> None:
        self.params = params or MatchParams()
        self._shards = shards
        self._most = most_areas
        self._keep = keep
        self._ready: OrderedDict[frozenset[int], tuple[Matcher, Ints]] = OrderedDict()

    def match(self, positions: pa.Table, progress: Callable[[int], None] | None = None) -> Matched:
        """Match positions as `Matcher.match` does; edge ids are those of the whole network.

        Args:
            positions: schema POSITIONS, sorted by vehicle_id, then t.
            progress: called with the number of positions matched since the last call.

        Raises:
            ValueError: as `Matcher.match`.
        """
        bounds, names = vehicle_bounds(positions)
        if len(bounds) == 1:
            return Matched(MATCHES.empty_table(), ROUTES.empty_table(), TRAVERSALS.empty_table())
        results = [
            (vehicles, self._some(positions, bounds, vehicles, areas, progress))
            for areas, vehicles in _groups(positions, bounds, self._most)
        ]
        return _in_order(bounds, names, results)

    def _some(
        self,
        positions: pa.Table,
        bounds: Ints,
        vehicles: Ints,
        areas: frozenset[int],
        progress: Callable[[int], None] | None,
    ) -> Matched:
        """Match some vehicles on the roads of some areas."""
        table = pa.concat_tables([positions.slice(bounds[v], bounds[v + 1] - bounds[v]) for v in vehicles])
        if len(areas) > self._most:
            matcher, edge = self._along(table, areas)
        else:
            matcher, edge = self._prepared(areas)
        matched = matcher.match(table, progress)
        return Matched(
            _renamed(matched.matches, "edge_id", edge),
            _renamed_lists(matched.routes, "edges", edge),
            _renamed(matched.traversals, "edge_id", edge),
        )

    def _prepared(self, areas: frozenset[int]) -> tuple[Matcher, Ints]:
        if areas in self._ready:
            self._ready.move_to_end(areas)
            return self._ready[areas]
        while len(self._ready) >= max(1, self._keep):
            self._ready.popitem(last=False)
        loaded = [shard for area in sorted(areas) if (shard := self._shards.load(area)) is not None]
        shard = merge(loaded)
        self._ready[areas] = Matcher(shard.network, self.params), shard.edge
        return self._ready[areas]

    def _along(self, table: pa.Table, areas: frozenset[int]) -> tuple[Matcher, Ints]:
        """Prepare the roads along the way of positions, an area at a time."""
        lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
        inside = area_of(lon, lat)
        parts = []
        for area in sorted(areas):
            shard = self._shards.load(area)
            if shard is not None:
                rows = inside == area
                parts.append(cut(shard, _squares(lon[rows], lat[rows]), self.params))
        shard = merge(parts)
        return Matcher(shard.network, self.params), shard.edge


def _groups(positions: pa.Table, bounds: Ints, most: int) -> list[tuple[frozenset[int], Ints]]:
    """Put vehicles with the areas that all of them came through; who came through less joins who came through more."""
    count = len(bounds) - 1
    area = area_of(positions["lon"].to_numpy(), positions["lat"].to_numpy())
    owner = np.repeat(np.arange(count), np.diff(bounds))
    fresh = np.ones(len(area), np.bool_)
    fresh[1:] = (area[1:] != area[:-1]) | (owner[1:] != owner[:-1])
    touched: list[set[int]] = [set() for _ in range(count)]
    for v, a in zip(owner[fresh].tolist(), area[fresh].tolist(), strict=True):
        touched[v].add(a)
    keys = {frozenset(t) for t in touched}
    home: dict[frozenset[int], frozenset[int]] = {}
    chosen: dict[int, list[frozenset[int]]] = {}
    for key in sorted(keys, key=lambda k: (-len(k), sorted(k))):
        larger = [k for k in chosen.get(min(key), []) if key <= k] if len(key) <= most else []
        home[key] = larger[0] if larger else key
        if not larger and len(key) <= most:
            for a in key:
                chosen.setdefault(a, []).append(key)
    groups: dict[tuple[frozenset[int], int], list[int]] = {}
    for v, t in enumerate(touched):
        key = home[frozenset(t)]
        groups.setdefault((key, v if len(key) > most else -1), []).append(v)
    ordered = sorted(groups.items(), key=lambda item: (sorted(item[0][0]), item[0][1]))
    return [(key, np.array(vehicles)) for (key, _), vehicles in ordered]


def _in_order(bounds: Ints, names: pa.Array, results: list[tuple[Ints, Matched]]) -> Matched:
    """Join what groups of vehicles gave in the order of the positions."""
    rows = np.concatenate([np.arange(bounds[v], bounds[v + 1]) for vehicles, _ in results for v in vehicles])
    matches = pa.concat_tables([m.matches for _, m in results]).take(pa.array(np.argsort(rows, kind="stable")))
    tables = []
    for name in ("routes", "traversals"):
        table = pa.concat_tables([getattr(m, name) for _, m in results])
        vehicle = pc.index_in(table["vehicle_id"], names).to_numpy()
        tables.append(table.take(pa.array(np.argsort(vehicle, kind="stable"))))
    return Matched(matches, tables[0], tables[1])


def _renamed(table: pa.Table, name: str, edge: Ints) -> pa.Table:
    column = pa.array(edge).take(table[name].combine_chunks())
    return table.set_column(table.column_names.index(name), table.schema.field(name), column)


def _renamed_lists(table: pa.Table, name: str, edge: Ints) -> pa.Table:
    lists = table[name].combine_chunks()
    column = pa.ListArray.from_arrays(lists.offsets, pa.array(edge).take(lists.values))
    return table.set_column(table.column_names.index(name), table.schema.field(name), column)


def _squares(lon: Floats, lat: Floats) -> Floats:
    """Return the squares of a fine net that places lie in."""
    kx, ky = metres_per_degree(float(lat.mean()))
    width, height = STRIP_M / kx, STRIP_M / ky
    cells = np.unique(np.column_stack([np.floor(lon / width), np.floor(lat / height)]), axis=0)
    return np.column_stack(
        [cells[:, 0] * width, cells[:, 1] * height, (cells[:, 0] + 1) * width, (cells[:, 1] + 1) * height]
    )
