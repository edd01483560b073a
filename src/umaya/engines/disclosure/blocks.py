"""Biconnected components (blocks) of an undirected multigraph, and the forest of blocks and nodes over them.

Responsible for the graph theory that `dead_ends` stands on; knows nothing of homes or privacy. A block is a largest
set of edges of which no single node's removal cuts any off from the others: a bridge alone, or roads that lie on rings
together. Depth-first search with a stack of edges after Hopcroft and Tarjan (1973), "Algorithm 447: efficient
algorithms for graph manipulation", doi:10.1145/362248.362272, made iterative and told apart by edge, so that parallel
edges make a ring. Linear in nodes and edges.

What always holds: in the forest, blocks and nodes alternate, and an item lies in `order` behind what is above it. So a
sum over all below is one pass from the last of `order` to the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class BlockForest(NamedTuple):
    """Blocks and the nodes that they meet in, hung from one node of each connected part.

    The items of the forest are the nodes 0 to n - 1 and after them the blocks: block b is item n + b.

    Attributes:
        block: for each edge its block.
        above: for each item the one above it, -1 for the top of a part.
        order: all items, what is above before what is below.
        part: for each item the connected part of the graph in which it lies.
    """

    block: Ints
    above: Ints
    order: Ints
    part: Ints


def block_forest(node_count: int, tail: Ints, head: Ints) -> BlockForest:
    """Find the blocks of the undirected multigraph whose edge i joins `tail[i]` and `head[i]`.

    Args:
        node_count: nodes are 0 to `node_count` - 1; a node without edges is a part of its own.
        tail: one end of each edge.
        head: the other end; a loop (the same node twice) is a block of its own.
    """
    start, neighbour, edge = _adjacency(node_count, tail, head)
    return BlockForest(*_search(start, neighbour, edge, tail, head))


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
def _take_block(
    waiting: Ints, depth: int, last: int, node: int, item: int, tail: Ints, head: Ints, block: Ints, above: Ints
) -> int:
    """Give the waiting edges down to `last` the block `item`, which hangs from `node`; return how many wait on."""
    above[item] = node
    while True:
        depth -= 1
        e = waiting[depth]
        block[e] = item
        if tail[e] != node:
            above[tail[e]] = item
        if head[e] != node:
            above[head[e]] = item
        if e == last:
            return depth


@numba.njit(cache=True)
def _search(start: Ints, neighbour: Ints, edge: Ints, tail: Ints, head: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Depth-first search: the block of each edge, and for each node the block above it, for each block the node."""
    node_count, edges = len(start) - 1, len(tail)
    block = np.full(edges, -1, np.int64)
    above = np.full(node_count + edges, -1, np.int64)  # at most as many blocks as edges
    found = np.full(node_count, -1, np.int64)
    low = np.empty(node_count, np.int64)
    parent_node = np.full(node_count, -1, np.int64)
    parent_edge = np.full(node_count, -1, np.int64)
    tops = np.empty(node_count, np.int64)
    following = start[:-1].copy()
    waiting = np.empty(edges, np.int64)  # edges that were walked and have no block yet
    time = depth = blocks = parts = 0
    for root in range(node_count):
        if found[root] >= 0:
            continue
        tops[parts] = root
        parts += 1
        v = root
        found[v] = low[v] = time
        time += 1
        while v >= 0:
            if following[v] < start[v + 1]:
                w, e = neighbour[following[v]], edge[following[v]]
                following[v] += 1
                if found[w] < 0:
                    parent_node[w], parent_edge[w] = v, e
                    waiting[depth] = e
                    depth += 1
                    found[w] = low[w] = time
                    time += 1
                    v = w
                elif e != parent_edge[v] and found[w] < found[v]:
                    waiting[depth] = e
                    depth += 1
                    low[v] = min(low[v], found[w])
            else:
                p = parent_node[v]
                if p >= 0:
                    low[p] = min(low[p], low[v])
                    if low[v] >= found[p]:  # nothing below leads past p: what waits from this edge on is a block
                        depth = _take_block(
                            waiting, depth, parent_edge[v], p, node_count + blocks, tail, head, block, above
                        )
                        blocks += 1
                v = p
    for e in np.flatnonzero(tail == head):
        block[e], above[node_count + blocks] = node_count + blocks, tail[e]
        blocks += 1
    block -= node_count
    above = above[: node_count + blocks].copy()
    order, part = _ordered(above, tops[:parts])
    return block, above, order, part


@numba.njit(cache=True)
def _ordered(above: Ints, tops: Ints) -> tuple[Ints, Ints]:
    """Items from the tops down, and the part of each."""
    items = len(above)
    first = np.full(items, -1, np.int64)
    following = np.full(items, -1, np.int64)
    for i in range(items):
        if above[i] >= 0:
            following[i] = first[above[i]]
            first[above[i]] = i
    order = np.empty(items, np.int64)
    part = np.empty(items, np.int64)
    done = 0
    for p in range(len(tops)):
        order[done], part[tops[p]] = tops[p], p
        done += 1
    at = 0
    while at < done:
        child = first[order[at]]
        while child >= 0:
            order[done], part[child] = child, part[order[at]]
            done += 1
            child = following[child]
        at += 1
    return order, part
