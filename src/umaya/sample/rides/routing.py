"""Shortest ways between junctions of one town, in travel time, for the whole table of pairs at once.

A second table with closed segments left out tells how to go round them. Not for navigation: turns cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from umaya.sample.map.draft import Bools, Ints
from umaya.sample.map.network import Streets


@dataclass(frozen=True)
class Routing:
    """All shortest ways of one cell.

    Junctions are numbered 0 to n - 1 within the cell.

    Attributes:
        node: OSM id of each junction, ascending.
        start, end: junction at each segment's ends, -1 outside the cell; by row of `Streets`.
        seconds: (n, n) travel time, infinite where there is no way.
        before: (n, n) the junction before the last on the way, negative where there is none.
        keys, rows: for each pair of neighbours `a * n + b`, ascending, the quickest segment.
    """

    node: Ints
    start: Ints
    end: Ints
    seconds: NDArray[np.float32]
    before: NDArray[np.int32]
    keys: Ints
    rows: Ints

    @classmethod
    def of(cls, streets: Streets, cell: int, closed: Bools | None = None) -> Routing:
        """Work out all ways of `cell`; `closed` marks public segments not to be used."""
        public = slice(0, streets.public)
        ours = streets.cell[public] == cell
        node = np.unique(np.concatenate([streets.start_node[public][ours], streets.end_node[public][ours]]))
        start, end = (_position(node, ids[public]) for ids in (streets.start_node, streets.end_node))
        usable = ours & (start >= 0) & (end >= 0) & (start != end)
        if closed is not None:
            usable = usable & ~closed
        forward, back = np.flatnonzero(usable), np.flatnonzero(usable & ~streets.oneway[public])
        rows = np.concatenate([forward, back])
        key = np.concatenate([start[forward], end[back]]) * len(node) + np.concatenate([end[forward], start[back]])
        cost = streets.length[rows] / streets.speed[rows]
        order = np.lexsort((cost, key))
        order = order[np.concatenate([[True], key[order][1:] != key[order][:-1]])]
        graph = csr_array((cost[order], (key[order] // len(node), key[order] % len(node))), shape=(len(node),) * 2)
        seconds, before = dijkstra(graph, return_predecessors=True)
        return cls(node, start, end, seconds.astype(np.float32), before, key[order], rows[order])

    def paths(self, source: Ints, target: Ints) -> tuple[Ints, Ints, Bools]:
        """Return the shortest ways for pairs of junctions.

        Returns:
            For each segment ridden, in order: the pair, the row of `Streets`, whether it is ridden along its way.
            A pair without a way, or of twice the same junction, has no segment.
        """
        pair = np.flatnonzero((source != target) & np.isfinite(self.seconds[source, target]))
        at = target[pair]
        pairs, keys = [], []
        while len(pair):
            previous = self.before[source[pair], at].astype(np.int64)
            pairs.append(pair)
            keys.append(previous * len(self.node) + at)
            on = previous != source[pair]
            pair, at = pair[on], previous[on]
        if not pairs:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool)
        step = np.repeat(np.arange(len(pairs)), [len(p) for p in pairs])
        which, key = np.concatenate(pairs), np.concatenate(keys)
        order = np.lexsort((-step, which))
        which, key = which[order], key[order]
        row = self.rows[np.searchsorted(self.keys, key)]
        return which, row, self.start[row] == key // len(self.node)


def _position(node: Ints, ids: Ints) -> Ints:
    """Return the number of each id within the ascending `node`, -1 where it is not there."""
    at = np.minimum(np.searchsorted(node, ids), len(node) - 1)
    return np.where(node[at] == ids, at, -1)
