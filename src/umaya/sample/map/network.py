"""The public streets as segments between junctions, cut from the ways: the truth that days are ridden and judged on.

A segment runs along one way from junction to junction; a junction is a node where a public way ends or where two
meet. Private driveways make no junctions. Written apart from the importer in `umaya.places.roads` on purpose, so that
each checks the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.size import CENTRE

SPEEDS_KMH = {"secondary": 40.0, "tertiary": 34.0, "unclassified": 28.0, "residential": 24.0, "service": 16.0}
"""Cruising speed of a postal bike by class of road, km/h."""


@dataclass(frozen=True)
class Streets:
    """Segments, one row each, and private ways after them.

    Rows 0 to `public` - 1 are public segments in order of way; the rest are driveways in order of way, from the road.
    Places on them are (row, metres from the segment's first node); all polylines lie end to end on one axis, segment
    `s` from `base[s]` on, so that a place is found by one interpolation.

    Attributes:
        way_id: way of each row.
        start_node, end_node: OSM ids of its ends.
        length: metres.
        way_offset: metres from the start of the way to the start of the row.
        speed: m/s.
        oneway, bridge, narrow: flags; narrow is residential or service.
        valley: number of the valley or -1.
        cell: town.
        base: start of each row on the common axis.
        axis, x, y: vertices of all rows on the common axis and their place in metres.
        public: number of public segments.
    """

    way_id: Ints
    start_node: Ints
    end_node: Ints
    length: Floats
    way_offset: Floats
    speed: Floats
    oneway: Bools
    bridge: Bools
    narrow: Bools
    valley: Ints
    cell: Ints
    base: Floats
    axis: Floats
    x: Floats
    y: Floats
    public: int

    @classmethod
    def of(cls, nodes: pa.Table, ways: pa.Table) -> Streets:
        """Cut the ways of a town into segments."""
        ways = ways.filter(pc.not_equal(ways["highway"], "footway"))
        private = ways["access"].is_valid().to_numpy(zero_copy_only=False) if ways.num_rows else np.zeros(0, bool)
        order = np.argsort(private, kind="stable")
        ways, private = ways.take(pa.array(order)).combine_chunks(), private[order]
        lists = ways["nodes"].combine_chunks()
        sizes = pc.list_value_length(lists).to_numpy().astype(np.int64)
        refs = lists.flatten().to_numpy()
        way = np.repeat(np.arange(len(sizes)), sizes)
        metres = CENTRE.to_metres(np.column_stack([nodes["lon"].to_numpy(), nodes["lat"].to_numpy()]))
        xy = metres[refs - int(nodes["node_id"][0].as_py())]
        head = np.cumsum(sizes) - sizes
        cut = np.zeros(len(refs), dtype=bool)
        cut[head], cut[head + sizes - 1] = True, True
        open_refs = ~private[way]
        number = np.bincount(refs[open_refs], minlength=int(refs.max()) + 1)
        ends = np.bincount(refs[cut & open_refs], minlength=len(number))
        cut |= open_refs & ((number[refs] > 1) | (ends[refs] > 0))
        return cls._cut(ways, way, refs, xy, cut, head, private)

    @classmethod
    def _cut(cls, ways: pa.Table, way: Ints, refs: Ints, xy: Floats, cut: Bools, head: Ints, private: Bools) -> Streets:
        at = np.flatnonzero(cut)
        inner = way[at[1:]] == way[at[:-1]]
        first, last = at[:-1][inner], at[1:][inner]
        run = np.concatenate([[0.0], np.cumsum(np.where(way[1:] == way[:-1], np.hypot(*np.diff(xy, axis=0).T), 0.0))])
        row_way = way[first]
        sizes = last - first + 1
        vertex = np.repeat(first - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(sizes.sum())
        length = run[last] - run[first]
        base = np.concatenate([[0.0], np.cumsum(length + 1.0)[:-1]])
        axis = np.repeat(base, sizes) + run[vertex] - np.repeat(run[first], sizes)
        highway = np.array(ways["highway"].to_pylist())
        valley = ways["valley"].fill_null(-1).to_numpy()
        metres_a_second = np.array([SPEEDS_KMH[h] for h in highway.tolist()]) / 3.6
        metres_a_second[private] = 10.0 / 3.6
        return cls(
            way_id=ways["way_id"].to_numpy()[row_way],
            start_node=refs[first],
            end_node=refs[last],
            length=length,
            way_offset=run[first] - run[head[row_way]],
            speed=metres_a_second[row_way],
            oneway=ways["oneway"].to_numpy(zero_copy_only=False)[row_way],
            bridge=ways["bridge"].to_numpy(zero_copy_only=False)[row_way],
            narrow=np.isin(highway, ["residential", "service"])[row_way],
            valley=valley[row_way].astype(np.int64),
            cell=ways["cell"].to_numpy()[row_way].astype(np.int64),
            base=base,
            axis=axis,
            x=xy[vertex, 0],
            y=xy[vertex, 1],
            public=int((~private[row_way]).sum()),
        )

    def locate(self, row: Ints, offset: Floats) -> Floats:
        """Return (n, 2) metres of places given as (row, metres along it)."""
        along = self.base[row] + np.clip(offset, 0.0, self.length[row])
        return np.column_stack([np.interp(along, self.axis, self.x), np.interp(along, self.axis, self.y)])

    def on_ways(self, way_id: Ints, offset: Floats) -> tuple[Ints, Floats]:
        """Turn places (way, metres from its start) on public ways into (row, metres along it)."""
        key = self.way_id[: self.public] * 1e6 + self.way_offset[: self.public]
        row = np.maximum(np.searchsorted(key, way_id * 1e6 + offset, side="right") - 1, 0)
        return row, np.clip(offset - self.way_offset[row], 0.0, self.length[row])

    def driveway(self, way_id: Ints) -> Ints:
        """Return the row of each private way."""
        return self.public + np.searchsorted(self.way_id[self.public :], way_id)
