"""The way round each segment, and how many rode all of it.

The way round is the shortest one from the segment's first end to its last without it, if there is one of at most
`MOST_TIMES` its length (and of `AT_LEAST_M` in any case). Found by Dijkstra's algorithm, stopped at that length, over
flat arrays; the cost for one segment does not grow with the network.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_TIMES = 4.0
AT_LEAST_M = 400.0


class Detours:
    """The ways round all segments.

    Args:
        ends: shape (segments, 2), nodes at both ends of each.
        length: metres of each segment.
        source, target: nodes of each directed edge.
        reverse: its opposite, -1 where there is none.
        of_edge: its segment.

    Attributes:
        start, edges: the way round segment `s` from its first end to its last is `edges[start[s]:start[s + 1]]`; empty
            where there is none.
    """

    def __init__(self, ends: Ints, length: Floats, source: Ints, target: Ints, reverse: Ints, of_edge: Ints) -> None:
        by_source = np.argsort(source, kind="stable")
        nodes = int(max(source.max(initial=-1), target.max(initial=-1))) + 1
        first = np.searchsorted(source[by_source], np.arange(nodes + 1))
        self.start, self.edges = _ways_round(ends, length, first, by_source, source, target, of_edge, nodes)
        self._reverse = reverse[self.edges]
        self._some = np.flatnonzero(np.diff(self.start) > 0)
        back = np.ones(len(self._some), np.bool_)
        if len(self._some):
            back = np.minimum.reduceat(self._reverse, self.start[self._some]) >= 0
        self._both = back
        self._count = len(ends)

    def ridden(self, passes: Floats) -> Floats:
        """Return for each segment how many at most rode all the way round, both directions added.

        Args:
            passes: of each directed edge.
        """
        total = np.zeros(self._count)
        if len(self._some):
            at = self.start[self._some]
            there = np.minimum.reduceat(passes[self.edges], at)
            back = np.minimum.reduceat(passes[np.maximum(self._reverse, 0)], at)
            total[self._some] = there + np.where(self._both, back, 0.0)
        return total


@numba.njit(cache=True, nogil=True)
def _ways_round(  # noqa: PLR0912, PLR0915 # one loop of Dijkstra's algorithm with its heap
    ends: Ints, length: Floats, first: Ints, edge_at: Ints, source: Ints, target: Ints, segment: Ints, nodes: int
) -> tuple[Ints, Ints]:
    """Return the ways round all segments, end to end, and where each begins."""
    distance = np.full(nodes, np.inf)
    by = np.full(nodes, -1)
    touched = np.empty(nodes, np.int64)
    heap_key, heap_node = np.empty(1024), np.empty(1024, np.int64)
    start = np.zeros(len(ends) + 1, np.int64)
    edges = np.empty(16 * len(ends) + 16, np.int64)
    filled = 0
    for s in range(len(ends)):
        origin, goal = ends[s, 0], ends[s, 1]
        start[s + 1] = filled
        if origin == goal:
            continue
        limit = max(MOST_TIMES * length[s], AT_LEAST_M)
        distance[origin], touched[0], count = 0.0, origin, 1
        heap_key[0], heap_node[0], size = 0.0, origin, 1
        while size > 0:
            key, node = heap_key[0], heap_node[0]
            size -= 1
            last_key, last_node, i = heap_key[size], heap_node[size], 0
            while 2 * i + 1 < size:
                child = 2 * i + 1
                if child + 1 < size and heap_key[child + 1] < heap_key[child]:
                    child += 1
                if heap_key[child] >= last_key:
                    break
                heap_key[i], heap_node[i], i = heap_key[child], heap_node[child], child
            heap_key[i], heap_node[i] = last_key, last_node
            if node == goal:
                break
            if key > distance[node]:
                continue
            for k in range(first[node], first[node + 1]):
                edge = edge_at[k]
                if segment[edge] == s:
                    continue
                to, there = target[edge], key + length[segment[edge]]
                if there > limit or there >= distance[to]:
                    continue
                if distance[to] == np.inf:
                    touched[count] = to
                    count += 1
                distance[to], by[to] = there, edge
                if size == len(heap_key):
                    heap_key = np.concatenate((heap_key, np.empty(size)))
                    heap_node = np.concatenate((heap_node, np.empty(size, np.int64)))
                i = size
                size += 1
                while i > 0 and heap_key[(i - 1) // 2] > there:
                    heap_key[i], heap_node[i], i = heap_key[(i - 1) // 2], heap_node[(i - 1) // 2], (i - 1) // 2
                heap_key[i], heap_node[i] = there, to
        if distance[goal] <= limit:
            steps, node = 0, goal
            while node != origin:
                steps += 1
                node = source[by[node]]
            while filled + steps > len(edges):
                edges = np.concatenate((edges, np.empty(len(edges), np.int64)))
            node = goal
            for k in range(steps):
                edges[filled + steps - 1 - k] = by[node]
                node = source[by[node]]
            filled += steps
            start[s + 1] = filled
        for k in range(count):
            distance[touched[k]], by[touched[k]] = np.inf, -1
    return start, edges[:filled]
