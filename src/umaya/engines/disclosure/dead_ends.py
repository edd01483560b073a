"""Dead ends: which road segments betray the homes along them, and how they leave a set of traversals.

A *branch* is a bridge of the undirected road graph (an edge whose removal cuts a part off) together with all that
lies behind it, away from the core: edges, further bridges, loops at the end. Nobody passes through a branch; whoever
enters it goes to one of its homes. A branch along which at most a set number of homes lie is therefore suppressed,
whole trees of such branches likewise. A long valley with many homes stays visible at its trunk while its small side
branches, and the last stretch behind which few homes remain, go.

What counts as away from the core:

- The core of a connected part is its largest two-edge-connected component by length, if that holds at least
  `CORE_SHARE` of the part's length. It is never behind a bridge.
- A part without such a core (a pure tree, or trees with a small loop at some end) has no through traffic that the
  graph could show. There the heavier side of each bridge by homes (then length) counts as the core side.
- The largest part by length stays. Every other part hangs from nothing: it is a branch as a whole.

Properties, all tested: a segment is suppressed when any branch that contains it has few enough homes; a larger
threshold suppresses a superset; the threshold includes itself and zero, so a dead end without a known home goes too.
Homes that no table lists count as none: what is not known to be crowded is treated as lonely.

Roads cut at the border of an extract look like dead ends and are suppressed when few homes lie along them inside the
extract. That is the safe side; take the extract wider than the area to be shown.

Not protected here: a loop road that touches the rest at one junction without a stem (no edge's removal cuts it off);
see also `umaya.engines.disclosure`.

Source: 袋小路対応 (dead-end handling) of Japan Post's probe data trial, widened from single roads to whole branches.
Bridges by `bridges`.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.disclosure.bridges import BridgeTree, Ints, bridge_tree
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import HOMES, TRAVERSALS

CORE_SHARE = 0.1
"""Least share of a part's length that its largest two-edge-connected component must hold to be its core."""

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
    tree = bridge_tree(network.nodes.num_rows, tail, head)
    least = _homes_of_branch(tree, tree.component[tail], homes_of, length)
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


def _homes_of_branch(tree: BridgeTree, tail_component: Ints, homes: Ints, length: Floats) -> Ints:
    """For each segment the homes of the smallest branch that contains it, `_NEVER` where none does."""
    components = len(tree.parent)
    is_bridge = np.zeros(len(homes), np.bool_)
    is_bridge[tree.bridge[tree.bridge >= 0]] = True
    owner = tail_component[~is_bridge]
    inner_homes = np.bincount(owner, weights=homes[~is_bridge], minlength=components).astype(np.int64)
    inner_length = np.bincount(owner, weights=length[~is_bridge], minlength=components).astype(np.float64)
    homes_below, length_below = _subtree_sums(tree.parent, tree.bridge, inner_homes, inner_length, homes, length)
    tops = np.flatnonzero(tree.parent < 0)  # one for each part, in the order of the parts
    main = int(np.argmax(length_below[tops]))
    core = _cores(tree.part, inner_length, length_below[tops])
    of_component, of_bridge = _branch_sums(
        tree.parent, tree.bridge, tree.part, tops, core, main, homes_below, length_below, homes, length
    )
    result: Ints = of_component[tail_component]
    below = np.flatnonzero(tree.bridge >= 0)
    result[tree.bridge[below]] = of_bridge[below]
    return result


def _cores(part: Ints, inner_length: Floats, part_length: Floats) -> Ints:
    """For each part its largest component, -1 where that is too small a share of the part."""
    by_size = np.lexsort((-inner_length, part))
    largest = by_size[np.searchsorted(part[by_size], np.arange(len(part_length)))]
    enough = (inner_length[largest] > 0) & (inner_length[largest] >= CORE_SHARE * part_length)
    return np.where(enough, largest, -1)


@numba.njit(cache=True)
def _subtree_sums(
    parent: Ints, bridge: Ints, inner_homes: Ints, inner_length: Floats, homes: Ints, length: Floats
) -> tuple[Ints, Floats]:
    """Homes and metres of each component and all below it, the bridge above it not included."""
    homes_below = inner_homes.copy()
    length_below = inner_length.copy()
    for c in range(len(parent) - 1, -1, -1):
        if parent[c] >= 0:
            homes_below[parent[c]] += homes_below[c] + homes[bridge[c]]
            length_below[parent[c]] += length_below[c] + length[bridge[c]]
    return homes_below, length_below


@numba.njit(cache=True)
def _branch_sums(
    parent: Ints,
    bridge: Ints,
    part: Ints,
    tops: Ints,
    core: Ints,
    main: int,
    homes_below: Ints,
    length_below: Floats,
    homes: Ints,
    length: Floats,
) -> tuple[Ints, Ints]:
    """Homes of the branch that begins above each component, and at the bridge between it and its search parent.

    The tree was built from an arbitrary top. Hanging it from its root instead turns the bridges between the root and
    the top round: there the branch is what lies on the top's side.
    """
    root = core.copy()
    for p in range(len(tops)):
        if root[p] < 0:
            root[p] = tops[p]
    for c in range(len(parent)):  # no core: walk down to where no side of a bridge outweighs the rest
        p = part[c]
        if core[p] < 0 and parent[c] >= 0 and root[p] == parent[c]:
            homes_above = homes_below[tops[p]] - homes_below[c] - homes[bridge[c]]
            length_above = length_below[tops[p]] - length_below[c] - length[bridge[c]]
            heavier = homes_below[c] > homes_above
            if heavier or (homes_below[c] == homes_above and length_below[c] > length_above):
                root[p] = c
    of_component = np.empty(len(parent), np.int64)
    of_bridge = np.empty(len(parent), np.int64)
    for c in range(len(parent)):
        if parent[c] >= 0:
            of_component[c] = of_bridge[c] = homes_below[c] + homes[bridge[c]]
    for p in range(len(tops)):
        total = homes_below[tops[p]]
        c = root[p]
        while parent[c] >= 0:
            of_bridge[c] = of_component[parent[c]] = total - homes_below[c]
            c = parent[c]
        of_component[root[p]] = _NEVER if p == main else total
    return of_component, of_bridge


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
