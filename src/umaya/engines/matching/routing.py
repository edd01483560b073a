"""Bounded shortest paths between junctions, computed once for a network.

For every node the nodes within `bound` metres along the roads, with the length of the shortest path, its first and
its last edge: the upper bounded origin-destination table of Yang and Gidofalvi (2018, FMM). Rows are sorted
by node, so that a look-up is a binary search. Paths of equal length are chosen by the lower edge number.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads
from umaya.engines.kernels import inner, kernel

CHUNK = 16_384
"""Least number of nodes whose paths are searched in one go."""


class PathTable(NamedTuple):
    """Shortest paths in compressed rows, one row for each source node.

    Attributes:
        start: int64[nodes + 1], first entry of each source node.
        node: int32, target nodes, ascending within a row.
        length: float32, metres.
        first: int32, first edge of the path, -1 where source and target are one.
        last: int32, last edge of the path, likewise.
    """

    start: NDArray[np.int64]
    node: NDArray[np.int32]
    length: NDArray[np.float32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


class _Rows(NamedTuple):
    """Entries of a table that is being made."""

    node: NDArray[np.int32]
    length: NDArray[np.float32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def path_table(net: Roads, nodes: int, bound: float, threads: int = 1) -> PathTable:
    """Compute the table of a network.

    Args:
        net: the roads.
        nodes: number of nodes.
        bound: metres; longer paths are left out.
        threads: nodes are shared out among so many; the table does not depend on it.
    """
    order = np.argsort(net.source, kind="stable").astype(np.int32)
    out = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(net.source, minlength=nodes), out=out[1:])

    chunk = max(CHUNK, nodes // 64)

    def search(begin: int) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
        stop = min(begin + chunk, nodes)
        return _search_all(net.source, net.target, net.length, order, out, begin, stop, bound)  # type: ignore[no-any-return] # numba

    with ThreadPoolExecutor(max_workers=threads) as pool:
        parts = list(pool.map(search, range(0, nodes, chunk)))
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.concatenate([part[0] for part in parts]) if parts else start[1:], out=start[1:])
    columns = [np.empty(start[-1], dtype) for dtype in (np.int32, np.float32, np.int32, np.int32)]
    used = 0
    for number, (sizes, table) in enumerate(parts):
        for whole, part in zip(columns, table, strict=True):
            whole[used : used + len(part)] = part
        used += len(table[0])
        parts[number] = (sizes, ())  # what was copied is let go
    return PathTable(start, *columns)


@inner
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


@inner
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


@kernel
def _search_all(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    length: NDArray[np.float64],
    order: NDArray[np.int32],
    out_start: NDArray[np.int64],
    begin: int,
    stop: int,
    bound: float,
) -> Any:
    """Dijkstra from the nodes `begin` to `stop`, ended at `bound`; stamps tell which node was touched.

    Returns:
        How many paths leave each node, and (node, length, first, last) as in `PathTable`.
    """
    nodes = len(out_start) - 1
    sizes = np.zeros(stop - begin, np.int64)
    room = 64 * (stop - begin)
    rows = _Rows(
        np.empty(room, np.int32), np.empty(room, np.float32), np.empty(room, np.int32), np.empty(room, np.int32)
    )
    stamp, done = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    best, first, last = np.empty(nodes), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    reached = np.empty(nodes, np.int32)
    heap_key, heap_node = np.empty(len(source) + 1), np.empty(len(source) + 1, np.int32)
    used = 0
    for s in range(begin, stop):
        mark = s - begin + 1
        stamp[s], best[s], first[s], last[s] = mark, 0.0, -1, -1
        size = _push(heap_key, heap_node, 0, 0.0, s)
        count = 0
        while size > 0:
            u = heap_node[0]
            size = _pop(heap_key, heap_node, size)
            if done[u] == mark:
                continue
            done[u] = mark
            reached[count] = u
            count += 1
            for k in range(out_start[u], out_start[u + 1]):
                edge = order[k]
                v = target[edge]
                reach = best[u] + length[edge]
                if reach > bound or done[v] == mark or (stamp[v] == mark and best[v] <= reach):
                    continue
                stamp[v], best[v], last[v] = mark, reach, edge
                first[v] = edge if u == s else first[u]
                size = _push(heap_key, heap_node, size, reach, v)
        if used + count > len(rows.node):
            rows = _longer(rows, 2 * (used + count))
        reached[:count].sort()
        for i in range(count):
            v = reached[i]
            rows.node[used], rows.length[used], rows.first[used], rows.last[used] = v, best[v], first[v], last[v]
            used += 1
        sizes[mark - 1] = count
    rows = _longer(rows, used)
    return sizes, (rows.node, rows.length, rows.first, rows.last)


@kernel
def _longer(rows: _Rows, room: int) -> _Rows:
    """Return the same rows with room for `room` of them, or the first `room`."""
    new = _Rows(
        np.empty(room, np.int32), np.empty(room, np.float32), np.empty(room, np.int32), np.empty(room, np.int32)
    )
    n = min(room, len(rows.node))
    new.node[:n], new.length[:n], new.first[:n], new.last[:n] = (
        rows.node[:n],
        rows.length[:n],
        rows.first[:n],
        rows.last[:n],
    )
    return new


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
