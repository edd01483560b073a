"""Bounded shortest paths between junctions, computed once for a network.

For every node the nodes within `bound` metres along the roads, with the length of the shortest path, its first and
its last edge: the upper bounded origin-destination table of Yang and Gidofalvi (2018, FMM). Rows are sorted
by node, so that a look-up is a binary search. Paths of equal length are chosen by the lower edge number.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads
from umaya.engines.kernels import inner


class PathTable(NamedTuple):
    """Shortest paths in compressed rows, one row for each source node.

    Attributes:
        start: int64[nodes + 1], first entry of each source node.
        node: int32, target nodes, ascending within a row.
        length: float64, metres.
        first: int32, first edge of the path, -1 where source and target are one.
        last: int32, last edge of the path, likewise.
    """

    start: NDArray[np.int64]
    node: NDArray[np.int32]
    length: NDArray[np.float64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def path_table(net: Roads, nodes: int, bound: float) -> PathTable:
    """Compute the table of a network.

    Args:
        net: the roads.
        nodes: number of nodes.
        bound: metres; longer paths are left out.
    """
    order = np.argsort(net.source, kind="stable").astype(np.int32)
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(net.source, minlength=nodes), out=start[1:])
    return PathTable(*_search_all(net.source, net.target, net.length, order, start, nodes, bound))


@numba.njit(cache=True, nogil=True)
def _push(heap_key: NDArray[np.float64], heap_node: NDArray[np.int32], size: int, key: float, node: int) -> int:
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if heap_key[parent] <= key:
            break
        heap_key[at], heap_node[at] = heap_key[parent], heap_node[parent]
        at = parent
    heap_key[at], heap_node[at] = key, node
    return size + 1


@numba.njit(cache=True, nogil=True)
def _pop(heap_key: NDArray[np.float64], heap_node: NDArray[np.int32], size: int) -> int:
    size -= 1
    key, node = heap_key[size], heap_node[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap_key[child + 1] < heap_key[child]:
            child += 1
        if heap_key[child] >= key:
            break
        heap_key[at], heap_node[at] = heap_key[child], heap_node[child]
        at = child
    heap_key[at], heap_node[at] = key, node
    return size


@numba.njit(cache=True, nogil=True)
def _search_all(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    length: NDArray[np.float64],
    order: NDArray[np.int32],
    out_start: NDArray[np.int64],
    nodes: int,
    bound: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """Dijkstra from every node, ended at `bound`; a node is touched again by its stamp, never by clearing."""
    start = np.zeros(nodes + 1, np.int64)
    room = max(16, 16 * nodes)
    t_node, t_length = np.empty(room, np.int32), np.empty(room, np.float64)
    t_first, t_last = np.empty(room, np.int32), np.empty(room, np.int32)
    stamp = np.full(nodes, -1, np.int32)
    done = np.full(nodes, -1, np.int32)
    best = np.empty(nodes, np.float64)
    first = np.empty(nodes, np.int32)
    last = np.empty(nodes, np.int32)
    reached = np.empty(nodes, np.int32)
    heap_key, heap_node = np.empty(len(source) + 1, np.float64), np.empty(len(source) + 1, np.int32)
    used = 0
    for s in range(nodes):
        stamp[s], best[s], first[s], last[s] = s, 0.0, -1, -1
        size = _push(heap_key, heap_node, 0, 0.0, s)
        count = 0
        while size > 0:
            u = heap_node[0]
            size = _pop(heap_key, heap_node, size)
            if done[u] == s:
                continue
            done[u] = s
            reached[count] = u
            count += 1
            for k in range(out_start[u], out_start[u + 1]):
                edge = order[k]
                v = target[edge]
                reach = best[u] + length[edge]
                if reach > bound or done[v] == s or (stamp[v] == s and best[v] <= reach):
                    continue
                stamp[v], best[v], last[v] = s, reach, edge
                first[v] = edge if u == s else first[u]
                size = _push(heap_key, heap_node, size, reach, v)
        if used + count > room:
            room = 2 * (used + count)
            t_node, t_length = _grown_i(t_node, room), _grown_f(t_length, room)
            t_first, t_last = _grown_i(t_first, room), _grown_i(t_last, room)
        for v in np.sort(reached[:count]):
            t_node[used], t_length[used], t_first[used], t_last[used] = v, best[v], first[v], last[v]
            used += 1
        start[s + 1] = used
    return start, t_node[:used].copy(), t_length[:used].copy(), t_first[:used].copy(), t_last[:used].copy()


@numba.njit(cache=True, nogil=True)
def _grown_i(values: NDArray[np.int32], room: int) -> NDArray[np.int32]:
    larger = np.empty(room, np.int32)
    larger[: len(values)] = values
    return larger


@numba.njit(cache=True, nogil=True)
def _grown_f(values: NDArray[np.float64], room: int) -> NDArray[np.float64]:
    larger = np.empty(room, np.float64)
    larger[: len(values)] = values
    return larger


@inner
def lookup(table: PathTable, source: int, target: int) -> int:
    """Return the entry of the path from `source` to `target`, or -1 where none is within the bound."""
    low, high = table.start[source], table.start[source + 1]
    while low < high:
        middle = (low + high) // 2
        if table.node[middle] < target:
            low = middle + 1
        else:
            high = middle
    if low < table.start[source + 1] and table.node[low] == target:
        return int(low)
    return -1
