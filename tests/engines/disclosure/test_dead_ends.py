"""Dead ends: branches that lead nowhere else are dropped as a whole when few homes lie along them.

Drawn worlds first, then properties on random multigraphs against a brute-force oracle, then a real country.
"""

from __future__ import annotations

import math
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.graphs import homes_table, two_way_network
from tests.worlds import World, draw
from umaya.engines.disclosure import suppressed_segments
from umaya.engines.disclosure.dead_ends import CORE_SHARE
from umaya.places.roads import import_osm


def suppressed(world: World, homes: dict[str, int], max_homes: int) -> set[str]:
    """Names (letters in order of the alphabet) of the drawn ways that are suppressed, given homes by name."""
    table = homes_table({world.segment(name): number for name, number in homes.items()})
    ids = suppressed_segments(world.network, table, max_homes)
    return {"".join(sorted(name)) for name in world.ways if world.segment(name) in ids}


RING_AND_CUL_DE_SAC = """
    A---B
    |   |
    D---C---E
"""


def test_a_cul_de_sac_with_few_homes_goes() -> None:
    world = draw(RING_AND_CUL_DE_SAC)
    assert suppressed(world, {"CE": 3}, 3) == {"CE"}


def test_a_cul_de_sac_with_many_homes_stays() -> None:
    world = draw(RING_AND_CUL_DE_SAC)
    assert suppressed(world, {"CE": 4}, 3) == set()


def test_a_dead_end_without_a_known_home_goes_at_threshold_zero() -> None:
    assert suppressed(draw(RING_AND_CUL_DE_SAC), {}, 0) == {"CE"}


def test_a_ring_road_without_homes_stays() -> None:
    world = draw("""
        A---B
        |   |
        D---C
    """)
    assert suppressed(world, {}, 100) == set()


def test_a_tree_of_cul_de_sacs_goes_as_a_whole() -> None:
    """Each single dead end has one home, the tree three: at 3 the whole tree goes, at 2 only its twigs."""
    world = draw("""
        A---B       G
        |   |       |
        D---C---E---F---H
    """)
    homes = {"FG": 1, "FH": 1, "EF": 1}
    assert suppressed(world, homes, 3) == {"CE", "EF", "FG", "FH"}
    assert suppressed(world, homes, 2) == {"FG", "FH"}


def test_homes_count_along_the_whole_branch_not_on_the_last_road_alone() -> None:
    """The far end is empty, but the way to it serves many: the way stays, the end goes."""
    world = draw("""
        A---B
        |   |
        D---C---E---F
    """)
    assert suppressed(world, {"CE": 9}, 3) == {"EF"}


def test_a_lollipop_goes_with_its_loop() -> None:
    """The loop at the end has no cutting edge of its own, but lies behind one."""
    world = draw("""
        A-------B
        |       |   F---G
        |       |   |   |
        |       |   |   |
        D-------C---E---H
    """)
    loop = {"CE", "EF", "FG", "GH", "EH"}
    assert suppressed(world, {"FG": 2, "GH": 1}, 3) == loop
    assert suppressed(world, {"FG": 2, "GH": 2}, 3) == set()


def test_the_trunk_of_a_long_valley_stays_while_its_side_branches_go() -> None:
    world = draw("""
        A---B       F       J
        |   |       |       |
        D---C---E---G---H---I---K
    """)
    homes = {"CE": 2, "EG": 5, "GH": 5, "HI": 5, "FG": 1, "IJ": 2, "IK": 1}
    assert suppressed(world, homes, 3) == {"FG", "IJ", "IK"}


def test_two_towns_joined_by_one_bridge_stay_joined() -> None:
    world = draw("""
        A-----B       F---G
        |     |       |   |
        |     |       |   |
        D-----C---E---H---I
    """)
    homes = {"GI": 2, "FG": 2}
    assert suppressed(world, homes, 3) == set()
    assert suppressed(world, homes, 4) == {"CE", "EH", "FH", "FG", "GI", "HI"}


def test_two_parallel_roads_to_nowhere_else_are_a_dead_end() -> None:
    """Neither of them cuts anything off, but the junction that both begin at does."""
    network = two_way_network(4, [(0, 1), (1, 2), (2, 0), (2, 3), (2, 3)], [100, 100, 100, 50, 60])
    assert suppressed_segments(network, homes_table({6: 5}), 5).tolist() == [6, 8]
    assert suppressed_segments(network, homes_table({6: 6}), 5).tolist() == []


def test_two_parallel_roads_within_a_ring_stay() -> None:
    network = two_way_network(3, [(0, 1), (1, 2), (2, 0), (2, 0)], [100, 100, 50, 60])
    assert suppressed_segments(network, homes_table({}), 5).tolist() == []


def test_a_loop_road_without_a_stem_goes() -> None:
    """No single edge cuts it off, but it touches the rest at C alone: who rides into it goes to one of its homes."""
    world = draw("""
        A-----B
        |     |
        |     |
        D-----C---E
              |   |
              G---F
    """)
    loop = {"CE", "EF", "FG", "CG"}
    assert suppressed(world, {"EF": 2, "FG": 1}, 3) == loop
    assert suppressed(world, {"EF": 2, "FG": 2}, 3) == set()


def test_loops_on_one_junction_are_branches_of_their_own() -> None:
    """Two crescents at C with two homes each: neither hides behind the homes of the other."""
    network = two_way_network(
        5, [(0, 1), (1, 2), (2, 0), (2, 3), (3, 2), (2, 4), (4, 2)], [400, 400, 400, 50, 60, 50, 60]
    )
    assert suppressed_segments(network, homes_table({6: 2, 10: 2}), 2).tolist() == [6, 8, 10, 12]
    assert suppressed_segments(network, homes_table({6: 2, 10: 3}), 2).tolist() == [6, 8]


def test_a_loop_behind_a_crowded_loop_counts_its_own_homes() -> None:
    network = two_way_network(
        5, [(0, 1), (1, 2), (2, 0), (2, 3), (3, 2), (3, 4), (4, 3)], [400, 400, 400, 50, 60, 50, 60]
    )
    assert suppressed_segments(network, homes_table({6: 9, 10: 1}), 3).tolist() == [10, 12]
    assert suppressed_segments(network, homes_table({6: 1, 10: 1}), 3).tolist() == [6, 8, 10, 12]


def test_a_loop_behind_a_node_belongs_to_its_branch() -> None:
    network = two_way_network(4, [(0, 1), (1, 2), (2, 0), (2, 3), (3, 3)], [100, 100, 100, 50, 60])
    assert suppressed_segments(network, homes_table({8: 2}), 2).tolist() == [6, 8]
    assert suppressed_segments(network, homes_table({8: 3}), 2).tolist() == []


def test_an_isolated_part_with_few_homes_goes_even_its_ring() -> None:
    world = draw("""
        A-----B   E---F
        |     |   |   |
        D-----C   H---G
    """)
    assert suppressed(world, {"EF": 2}, 2) == {"EF", "FG", "GH", "EH"}
    assert suppressed(world, {"EF": 3}, 2) == set()


def test_a_village_without_any_ring_keeps_its_main_street() -> None:
    """No core to hang the tree from: the heavier side of each road counts as the way out."""
    world = draw("""
            D
            |
        A---B---C---E---F
    """)
    homes = {"AB": 5, "BC": 5, "CE": 5, "EF": 1, "BD": 2}
    assert suppressed(world, homes, 3) == {"BD", "EF"}


def test_a_small_loop_at_the_end_of_a_village_does_not_turn_it_round() -> None:
    """A turning circle is no through road: its stem still is a dead end with one home."""
    network = two_way_network(
        6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 3)], [900, 900, 300, 20, 20, 20]
    )  # a street of 2,100 m with a circle of 60 m at its end
    assert suppressed_segments(network, homes_table({0: 9, 2: 9, 4: 1}), 3).tolist() == [4, 6, 8, 10]


def test_one_way_streets_count_as_roads_both_ways() -> None:
    """Undirected: a one-way ring is a ring, a one-way dead end a dead end."""
    world = draw("""
        A->-B
        |   |
        D-<-C->-E
    """)
    assert suppressed(world, {}, 0) == {"CE"}


@pytest.mark.parametrize(
    ("homes", "max_homes"),
    [
        ({}, -1),  # a negative threshold
        ({0: -1}, 1),  # fewer than no homes
        ({1: 1}, 1),  # an edge that is not a segment
        ({99: 1}, 1),  # no such edge
    ],
)
def test_bad_input_is_refused(homes: dict[int, int], max_homes: int) -> None:
    network = two_way_network(2, [(0, 1)], [10])
    with pytest.raises(ValueError, match="homes"):
        suppressed_segments(network, homes_table(homes), max_homes)


def test_an_empty_network_has_no_dead_ends() -> None:
    assert suppressed_segments(two_way_network(0, [], []), homes_table({}), 3).tolist() == []


# --- properties -----------------------------------------------------------------------------------------------------


@st.composite
def graphs(draw_: st.DrawFn) -> tuple[int, list[tuple[int, int]], list[int]]:
    """Sparse random multigraphs with loops and parallel edges, and homes."""
    nodes = draw_(st.integers(1, 12))
    node = st.integers(0, nodes - 1)
    edges = draw_(st.lists(st.tuples(node, node), min_size=1, max_size=16))
    homes = draw_(st.lists(st.integers(0, 4), min_size=len(edges), max_size=len(edges)))
    return nodes, edges, homes


def lengths(count: int) -> list[float]:
    """Lengths of which no two sums agree, so that no choice between parts is a tie."""
    primes = [p for p in range(2, 200) if all(p % d for d in range(2, p))]
    return [20 + math.sqrt(primes[i]) for i in range(count)]


def by_brute_force(
    nodes: int, edges: list[tuple[int, int]], homes: list[int], max_homes: int
) -> tuple[set[int], set[int]]:
    """Take away each junction in turn, look which side has the core, count the homes of every other side.

    Returns what is suppressed, and the edges of parts without a core, of which this says nothing.
    """
    length = lengths(len(edges))

    def weight(ids: set[int]) -> tuple[int, float]:
        return sum(homes[i] for i in ids), math.fsum(length[i] for i in ids)

    def joined(ids: set[int], without: int) -> list[set[int]]:
        """Edges that hang together, not counting that they meet in one node."""
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(ids)
        for i in ids:
            graph.add_edges_from((i, j) for j in ids if i != j and (set(edges[i]) & set(edges[j])) - {without})
        return [set(side) for side in nx.connected_components(graph)]

    def is_block(ids: set[int]) -> bool:
        return all(len(joined(ids, node)) == 1 for node in range(nodes))

    parts = joined(set(range(len(edges))), -1)
    main = max(parts, key=lambda part: weight(part)[1])
    found: set[int] = set()
    unsaid: set[int] = set()
    for part in parts:
        if part is not main and weight(part)[0] <= max_homes:
            found |= part
        blocks = [part]
        while not all(is_block(block) for block in blocks):
            split = next(block for block in blocks if not is_block(block))
            node = next(node for node in range(nodes) if len(joined(split, node)) > 1)
            blocks = [block for block in blocks if block is not split] + joined(split, node)
        rings = [block for block in blocks if len(block) > 1 or len({*edges[min(block)]}) == 1]
        core = max(rings, key=lambda block: weight(block)[1], default=set())
        if not core or weight(core)[1] < CORE_SHARE * weight(part)[1]:
            unsaid |= part
            continue
        for node in range(nodes):
            sides = joined(part, node)
            found.update(*(side for side in sides if not core <= side and weight(side)[0] <= max_homes))
    return found, unsaid


@settings(max_examples=300, deadline=None)
@given(graphs(), st.integers(0, 8))
def test_equal_to_brute_force(graph: tuple[int, list[tuple[int, int]], list[int]], max_homes: int) -> None:
    nodes, edges, homes = graph
    network = two_way_network(nodes, edges, lengths(len(edges)))
    ids = suppressed_segments(network, homes_table({2 * i: h for i, h in enumerate(homes)}), max_homes)
    expected, unsaid = by_brute_force(nodes, edges, homes, max_homes)
    assert set((ids // 2).tolist()) - unsaid == expected - unsaid
    assert set((ids // 2).tolist()) >= expected
    assert (ids[1:] > ids[:-1]).all()


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(0, 8), st.integers(0, 8))
def test_a_larger_threshold_suppresses_a_superset(
    graph: tuple[int, list[tuple[int, int]], list[int]], one: int, other: int
) -> None:
    nodes, edges, homes = graph
    network = two_way_network(nodes, edges, lengths(len(edges)))
    table = homes_table({2 * i: h for i, h in enumerate(homes)})
    small, large = (set(suppressed_segments(network, table, n).tolist()) for n in sorted((one, other)))
    assert small <= large


# --- real roads -----------------------------------------------------------------------------------------------------


def test_a_whole_country_without_homes_keeps_only_its_through_roads(shared_data: Path) -> None:
    """Liechtenstein: what stays has no junction left that cuts anything off, by networkx's own account."""
    network = import_osm(shared_data / "roads" / "liechtenstein.osm.pbf")
    ids = suppressed_segments(network, homes_table({}), 0)
    segment = network.edges.column("segment_id").to_numpy()
    rows = np.flatnonzero((segment == np.arange(len(segment))) & ~np.isin(segment, ids))
    ends = network.edges.select(["source", "target"]).take(rows)
    graph: nx.Graph[int] = nx.Graph(zip(*(ends.column(name).to_pylist() for name in ends.column_names), strict=True))
    assert nx.is_biconnected(graph)
    assert 0 < len(ids) < len(np.unique(segment))
