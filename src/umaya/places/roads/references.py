"""References to road segments that other systems may keep: they survive a new import of the map.

A segment id is a row number of one import and means nothing after the next. A reference says instead which
OpenStreetMap way a segment is part of, from where to where along it, and what its line looked like. What became of the
segments of an older map is told by `umaya.places.roads.changes`.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.types.roads import RoadNetwork

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Lines = npt.NDArray[np.object_]

REFERENCES = pa.schema(
    [
        pa.field("segment_id", pa.int64(), nullable=False),
        pa.field("reference", pa.string(), nullable=False),
        pa.field("way_id", pa.int64(), nullable=False),
        pa.field("from_m", pa.float64(), nullable=False),
        pa.field("to_m", pa.float64(), nullable=False),
        pa.field("from_node", pa.int64(), nullable=False),
        pa.field("to_node", pa.int64(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
    ]
)
"""One row a segment. `from_m` and `to_m` are metres along the way in its own direction, from where the network knows it
first, to a decimetre; `from_node` and `to_node` are OpenStreetMap ids. `digest`: 16 hexadecimal digits of BLAKE2b-64
over the line's vertices in the way's direction, each as longitude and latitude in 1e-7 degree, int32, little-endian.
`reference` is all of it as one text: `way/WAY@FROM-TO#DIGEST`."""


class References:
    """The references of a network's segments.

    Args:
        network: the roads; the segments of one way have ascending ids along it, as imports give them.
    """

    def __init__(self, network: RoadNetwork) -> None:
        edges = network.edges
        self._segments = edges.filter(pc.equal(edges["edge_id"], edges["segment_id"])).combine_chunks()
        self._nodes: Ints = network.nodes["node_id"].to_numpy()
        self.ids: Ints = self._segments["segment_id"].to_numpy()
        self.way: Ints = self._segments["way_id"].to_numpy()
        self.length: Floats = self._segments["length_m"].to_numpy()
        order = np.argsort(self.way, kind="stable")
        ends = np.cumsum(self.length[order])
        first = np.r_[True, np.diff(self.way[order]) != 0][: len(order)]
        before = np.maximum.accumulate(np.where(first, ends - self.length[order], 0.0)) if len(order) else ends
        self._from: Floats = np.empty(len(order))
        self._from[order] = ends - self.length[order] - before

    def rows(self, segments: Ints) -> Ints:
        """Return the row of each segment id."""
        return np.searchsorted(self.ids, segments)

    def lines(self, rows: Ints) -> Lines:
        """Return the lines of some rows in the direction of their ways, in degrees."""
        chosen = self._segments.take(pa.array(rows))
        lines: Lines = shapely.from_wkb(chosen["geometry"].to_numpy(zero_copy_only=False))
        back = ~chosen["forward"].to_numpy(zero_copy_only=False)
        lines[back] = shapely.reverse(lines[back])
        return lines

    def digests(self, rows: Ints) -> list[str]:
        """Return the digest of each row's line."""
        vertices, line = shapely.get_coordinates(self.lines(rows), return_index=True)
        packed = np.rint(vertices * 1e7).astype("<i4").tobytes()
        ends = (np.cumsum(np.bincount(line, minlength=len(rows))) * 8).tolist()
        return [hashlib.blake2b(packed[start:end], digest_size=8).hexdigest() for start, end in pairwise([0, *ends])]

    def table(self, segments: Ints | None = None) -> pa.Table:
        """Return the references of some segments, by default of all, schema REFERENCES."""
        rows = np.arange(len(self.ids)) if segments is None else self.rows(segments)
        chosen = self._segments.take(pa.array(rows))
        forward = chosen["forward"].to_numpy(zero_copy_only=False)
        source, target = (self._nodes[chosen[end].to_numpy()] for end in ("source", "target"))
        starts = np.round(self._from[rows], 1)
        ends = np.round(self._from[rows] + self.length[rows], 1)
        digests = self.digests(rows)
        texts = [
            f"way/{way}@{start:.1f}-{end:.1f}#{digest}"
            for way, start, end, digest in zip(
                self.way[rows].tolist(), starts.tolist(), ends.tolist(), digests, strict=True
            )
        ]
        columns = {
            "segment_id": self.ids[rows],
            "reference": pa.array(texts, pa.string()),
            "way_id": self.way[rows],
            "from_m": starts,
            "to_m": ends,
            "from_node": np.where(forward, source, target),
            "to_node": np.where(forward, target, source),
            "digest": pa.array(digests, pa.string()),
        }
        return pa.table(columns, schema=REFERENCES)
