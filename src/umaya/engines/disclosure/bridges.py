"""Bridges and two-edge-connected components of an undirected multigraph, and the bridge tree over them.

Responsible for the graph theory that `dead_ends` stands on; knows nothing of homes or privacy. One depth-first
search after Tarjan (1974), "A note on finding the bridges of a graph", doi:10.1016/0020-0190(74)90003-9, made
iterative and told apart by edge, not by neighbour, so that parallel edges are no bridges. Linear in nodes and edges.

What always holds: components are numbered so that the parent of a component in the bridge tree has a smaller
number than the component itself. So a sum over subtrees is one pass from the last component to the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class BridgeTree(NamedTuple):
    """The components that stay connected whichever single edge is taken away, and the bridges between them.

    Attributes:
        component: for each node its component.
        parent: for each component the one above it, -1 for the first component of a part.
        bridge: for each component the edge that joins it to `parent`, -1 where there is none.
        part: for each component the connected part of the graph in which it lies.
    """

    component: Ints
    parent: Ints
    bridge: Ints
    part: Ints


def bridge_tree(node_count: int, tail: Ints, head: Ints) -> BridgeTree:
    """Find the bridges of the undirected multigraph whose edge i joins `tail[i]` and `head[i]`.

    Args:
        node_count: nodes are 0 to `node_count` - 1; a node without edges is a part of its own.
        tail: one end of each edge.
        head: the other end; loops (the same node twice) are allowed and are never bridges.

    Returns:
        The tree; its roots carry no meaning (the search happened to start there).
    """
    start, neighbour, edge = _adjacency(node_count, tail, head)
    order, parent_node, parent_edge, low, found = _search(start, neighbour, edge)
    return BridgeTree(*_components(order, parent_node, parent_edge, low, found))


@numba.njit(cache=True)
def _adjacency(node_count: int, tail: Ints, head: Ints) -> tuple[Ints, Ints, Ints]:
    """Neighbours and edges of node v at `start[v]` to `start[v + 1]`, loops left out."""
    start = np.zeros(node_count + 1, np.int64)
    for i in range(len(tail)):
        if tail[i] != head[i]:
            start[tail[i] + 1] += 1
            start[head[i] + 1] += 1
    for v in range(node_count):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    neighbour = np.empty(start[node_count], np.int64)
    edge = np.empty(start[node_count], np.int64)
    for i in range(len(tail)):
        a, b = tail[i], head[i]
        if a != b:
            neighbour[fill[a]], edge[fill[a]] = b, i
            neighbour[fill[b]], edge[fill[b]] = a, i
            fill[a] += 1
            fill[b] += 1
    return start, neighbour, edge


@numba.njit(cache=True)
def _search(start: Ints, neighbour: Ints, edge: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Depth-first search: visiting order, tree, low points and discovery times."""
    node_count = len(start) - 1
    found = np.full(node_count, -1, np.int64)
    low = np.empty(node_count, np.int64)
    parent_node = np.full(node_count, -1, np.int64)
    parent_edge = np.full(node_count, -1, np.int64)
    order = np.empty(node_count, np.int64)
    following = start[:-1].copy()
    time = 0
    for root in range(node_count):
        if found[root] >= 0:
            continue
        v = root
        found[v] = low[v] = time
        order[time] = v
        time += 1
        while v >= 0:
            if following[v] < start[v + 1]:
                w, e = neighbour[following[v]], edge[following[v]]
                following[v] += 1
                if e == parent_edge[v]:
                    continue
                if found[w] < 0:
                    parent_node[w], parent_edge[w] = v, e
                    found[w] = low[w] = time
                    order[time] = w
                    time += 1
                    v = w
                elif found[w] < low[v]:
                    low[v] = found[w]
            else:
                p = parent_node[v]
                if p >= 0 and low[v] < low[p]:
                    low[p] = low[v]
                v = p
    return order, parent_node, parent_edge, low, found


@numba.njit(cache=True)
def _components(
    order: Ints, parent_node: Ints, parent_edge: Ints, low: Ints, found: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Number the components in the order in which the search met them: parents first."""
    node_count = len(order)
    component = np.empty(node_count, np.int64)
    parent = np.empty(node_count, np.int64)
    bridge = np.empty(node_count, np.int64)
    part = np.empty(node_count, np.int64)
    components = 0
    parts = 0
    for i in range(node_count):
        v = order[i]
        p = parent_node[v]
        if p >= 0 and low[v] <= found[p]:
            component[v] = component[p]
            continue
        if p < 0:
            parent[components], bridge[components], part[components] = -1, -1, parts
            parts += 1
        else:
            parent[components], bridge[components] = component[p], parent_edge[v]
            part[components] = part[component[p]]
        component[v] = components
        components += 1
    return component, parent[:components].copy(), bridge[:components].copy(), part[:components].copy()
