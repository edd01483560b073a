"""Dead ends: which road segments betray the homes along them, and how they leave a set of traversals.

A *branch* is a part of the undirected road graph that one junction cuts off, away from the core: a road, a ring or a
loop that hangs there together with all that lies behind it. Nobody passes through a branch; whoever enters it goes to
one of its homes. A branch along which at most a set number of homes lie is therefore suppressed, whole trees of such
branches likewise. A long valley with many homes stays visible at its trunk while its small side branches, and the last
stretch behind which few homes remain, go. A loop road without a stem, which no single edge's removal would cut off,
hangs by one junction and is a branch like any other.

What counts as away from the core:

- The core of a connected part is its longest block (`blocks`) of more than one road, if that holds at least
  `CORE_SHARE` of the part's length. It is never a branch.
- A part without such a core (a pure tree, or trees with a small loop at some end) has no through traffic that the
  graph could show. There the heavier side by homes (then length) counts as the core side.
- The largest part by length stays. Every other part hangs from nothing: it is a branch as a whole.

Properties, all tested: a segment is suppressed when any branch that contains it has few enough homes; a larger
threshold suppresses a superset; the threshold includes itself and zero, so a dead end without a known home goes too.
Homes that no table lists count as none: what is not known to be crowded is treated as lonely. Which segments go follows
from the map and the homes alone, never from what was driven: the pattern of what is missing tells nothing of a day.

Roads cut at the border of an extract look like dead ends and are suppressed when few homes lie along them inside the
extract. That is the safe side; take the extract wider than the area to be shown.

Source: 袋小路対応 (dead-end handling) of Japan Post's probe data trial, widened from single roads to whole branches.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.disclosure.blocks import BlockForest, Ints, block_forest
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import HOMES, TRAVERSALS

CORE_SHARE = 0.1
"""Least share of a part's length that its longest block of more than one road must hold to be its core."""

Floats = npt.NDArray[np.float64]

_NEVER = np.iinfo(np.int64).max


def suppressed_segments(network: RoadNetwork, homes: pa.Table, max_homes: int) -> Ints:
    """Find the segments of all branches along which at most `max_homes` homes lie.

    Args:
        network: the roads; directions are ignored.
        homes: schema `HOMES`; several rows of one segment add up, a segment without a row has none.
        max_homes: threshold, 0 or more; a branch with exactly as many homes is suppressed.

    Returns:
        Segment ids, sorted, each once.

    Raises:
        ValueError: when the threshold is negative, or `homes` has another schema, a negative number, or an id that is
            not a segment of the network.
    """
    if max_homes < 0:
        raise ValueError(f"expected max_homes of 0 or more, got {max_homes}")
    edge_ids = network.edges.column("edge_id").to_numpy()
    segments = edge_ids[network.edges.column("segment_id").to_numpy() == edge_ids]
    if not len(segments):
        return np.empty(0, np.int64)
    homes_of = _homes_of_edges(homes, segments, len(edge_ids))[segments]
    length = network.edges.column("length_m").to_numpy()[segments]
    tail = network.edges.column("source").to_numpy()[segments].astype(np.int64)
    head = network.edges.column("target").to_numpy()[segments].astype(np.int64)
    forest = block_forest(network.nodes.num_rows, tail, head)
    ring = np.bincount(forest.block) > 1
    ring[forest.block[tail == head]] = True
    least = _homes_of_branch(forest, network.nodes.num_rows, ring, homes_of, length)[forest.block]
    suppressed: Ints = segments[least <= max_homes]
    return suppressed


def _homes_of_edges(homes: pa.Table, segments: Ints, edge_count: int) -> Ints:
    if not homes.schema.equals(HOMES):
        raise ValueError("homes do not have the schema of umaya.types.schemas")
    ids, counts = homes.column("segment_id").to_numpy(), homes.column("homes").to_numpy()
    if (counts < 0).any():
        raise ValueError("homes of a segment must be 0 or more")
    if not np.isin(ids, segments).all():
        raise ValueError("homes name a segment that is not in the network")
    return np.bincount(ids, weights=counts, minlength=edge_count).astype(np.int64)


def _homes_of_branch(forest: BlockForest, nodes: int, ring: npt.NDArray[np.bool_], homes: Ints, length: Floats) -> Ints:
    """For each block the homes of the smallest branch that contains it, `_NEVER` where none does."""
    blocks = len(ring)
    own_homes = np.bincount(forest.block, weights=homes, minlength=blocks).astype(np.int64)
    own_length = np.bincount(forest.block, weights=length, minlength=blocks).astype(np.float64)
    homes_below, length_below = _sums_below(forest.above, forest.order, nodes, own_homes, own_length)
    tops = forest.order[forest.above[forest.order] < 0]  # one for each part, in the order of the parts
    main = int(np.argmax(length_below[tops]))
    core = _cores(forest.part[nodes:], np.where(ring, own_length, 0.0), length_below[tops])
    root = np.where(core >= 0, core + nodes, -1)
    branches: Ints = _branches(forest, nodes, tops, root, main, homes_below, length_below, own_homes, own_length)
    return branches


def _cores(part: Ints, ring_length: Floats, part_length: Floats) -> Ints:
    """For each part its longest block that is a ring, -1 where that is too small a share of the part."""
    longest = np.full(len(part_length), -1)
    by_size = np.lexsort((np.arange(len(part))[::-1], ring_length))
    longest[part[by_size]] = by_size  # the last of a part is its longest
    enough = (longest >= 0) & (ring_length[longest] > 0) & (ring_length[longest] >= CORE_SHARE * part_length)
    cores: Ints = np.where(enough, longest, -1)
    return cores


@numba.njit(cache=True)
def _sums_below(above: Ints, order: Ints, nodes: int, homes: Ints, length: Floats) -> tuple[Ints, Floats]:
    """Homes and metres of each item and all below it."""
    homes_below = np.zeros(len(above), np.int64)
    length_below = np.zeros(len(above), np.float64)
    homes_below[nodes:] = homes
    length_below[nodes:] = length
    for i in order[::-1]:
        if above[i] >= 0:
            homes_below[above[i]] += homes_below[i]
            length_below[above[i]] += length_below[i]
    return homes_below, length_below


@numba.njit(cache=True)
def _branches(
    forest: BlockForest,
    nodes: int,
    tops: Ints,
    root: Ints,
    main: int,
    homes_below: Ints,
    length_below: Floats,
    homes: Ints,
    length: Floats,
) -> Ints:
    """Homes of the branch that begins at each block, seen from the root of its part.

    The forest hangs from arbitrary nodes. Hanging a part from its root instead turns the blocks between root and top
    round: there the branch is what lies on the top's side. `root` is an item, -1 for parts without a core.
    """
    above, part = forest.above, forest.part
    cored = root >= 0
    for p in range(len(tops)):
        if root[p] < 0:
            root[p] = tops[p]
    for i in forest.order:  # no core: walk down to the node of which no side outweighs the rest
        p, b = part[i], above[i]
        if i < nodes and b >= 0 and not cored[p] and root[p] == above[b]:
            homes_above = homes_below[tops[p]] - homes_below[i] - homes[b - nodes]
            length_above = length_below[tops[p]] - length_below[i] - length[b - nodes]
            heavier = homes_below[i] > homes_above
            if heavier or (homes_below[i] == homes_above and length_below[i] > length_above):
                root[p] = i
    branch = homes_below[nodes:].copy()
    for p in range(len(tops)):
        total = homes_below[tops[p]]
        i = root[p]
        if i >= nodes:
            branch[i - nodes] = _NEVER if p == main else total
            i = above[i]
        while above[i] >= 0:  # a node below a block
            branch[above[i] - nodes] = total - homes_below[i]
            i = above[above[i]]
    return branch


def suppress_dead_ends(traversals: pa.Table, network: RoadNetwork, suppressed: Ints) -> pa.Table:
    """Drop the traversals of suppressed segments and what their neighbours would show of them.

    - Rows on suppressed segments go.
    - `turned_back` becomes false on the rows directly before and after a dropped row: a turn at the mouth of a branch
      would point at it. That loses the evidence of a true turn-back there, which is the safe side.
    - Who came to the mouth and left it the way they came was on the branch: both rows, in and out, go too. Told, they
      would be a pass to the mouth and back with nothing beyond it but the branch.
    - What was driven before and after a visit becomes two trips, `trip` and `seq` are numbered anew without a gap.

    What stays: a rider who went on from the mouth by another road passed both, and the times between the two trips
    tell how long the visit took. Traversals are still personal data; only counts (`link_counts`), which tell no time
    finer than a window, leave.

    Args:
        traversals: schema `TRAVERSALS`, in any order.
        network: the roads that the traversals were matched to.
        suppressed: segment ids, as `suppressed_segments` gives.

    Returns:
        Schema `TRAVERSALS`, sorted by trip and seq within each vehicle, rows of a vehicle together.

    Raises:
        ValueError: when the traversals have another schema.
    """
    if not traversals.schema.equals(TRAVERSALS):
        raise ValueError("traversals do not have the schema of umaya.types.schemas")
    if not traversals.num_rows or not len(suppressed):
        return traversals
    vehicle, traversals = _in_order(traversals)
    lonely = np.zeros(network.edges.num_rows, np.bool_)
    lonely[suppressed] = True
    segment = network.edges.column("segment_id").to_numpy()
    edge = traversals.column("edge_id").to_numpy()
    drop = lonely[segment[edge]]
    drop |= _there_and_back(vehicle, segment[edge], drop)
    trip = traversals.column("trip").to_numpy()
    joined = (vehicle[1:] == vehicle[:-1]) & (trip[1:] == trip[:-1])  # row i + 1 follows row i in one trip
    beside = np.zeros(len(drop), np.bool_)
    beside[:-1] |= joined & drop[1:]
    beside[1:] |= joined & drop[:-1]
    starts = np.concatenate(([True], ~joined | drop[:-1]))
    turned_back = traversals.column("turned_back").to_numpy(zero_copy_only=False) & ~beside
    trips, seqs = _numbered(vehicle[~drop], starts[~drop])
    kept = traversals.filter(pa.array(~drop))
    for name, values in (("trip", trips), ("seq", seqs), ("turned_back", turned_back[~drop])):
        field = TRAVERSALS.field(name)
        kept = kept.set_column(kept.schema.get_field_index(name), field, pa.array(values, field.type))
    return kept


def _there_and_back(vehicle: Ints, segment: Ints, drop: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Rows directly before and after a run of dropped rows that lie on one segment, of one vehicle."""
    bounds = np.flatnonzero(np.diff(drop, prepend=False, append=False))
    before, after = bounds[::2] - 1, bounds[1::2]
    inside = (before >= 0) & (after < len(drop))
    before, after = before[inside], after[inside]
    same = (vehicle[before] == vehicle[after]) & (segment[before] == segment[after])
    found = np.zeros(len(drop), np.bool_)
    found[before[same]] = found[after[same]] = True
    return found


def _in_order(traversals: pa.Table) -> tuple[Ints, pa.Table]:
    """Vehicles as numbers, and the rows by vehicle, trip and seq."""
    vehicle = pc.dictionary_encode(traversals.column("vehicle_id")).unify_dictionaries().combine_chunks().indices
    code = vehicle.to_numpy().astype(np.int64)
    order = np.lexsort((traversals.column("seq").to_numpy(), traversals.column("trip").to_numpy(), code))
    if (order[1:] > order[:-1]).all():
        return code, traversals
    return code[order], traversals.take(pa.array(order))


def _numbered(vehicle: Ints, starts: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Trips of each vehicle and rows of each trip from 0 on."""
    rows = np.arange(len(vehicle))
    run = np.cumsum(starts) - 1
    first_row = np.flatnonzero(starts)
    new_vehicle = np.concatenate((np.ones(min(1, len(vehicle)), np.bool_), vehicle[1:] != vehicle[:-1]))
    first_run = run[np.flatnonzero(new_vehicle)]
    of_vehicle = np.cumsum(new_vehicle) - 1
    return (run - first_run[of_vehicle]).astype(np.int32), (rows - first_row[run]).astype(np.int32)
