"""Dead ends: branches that lead nowhere else are dropped as a whole when few homes lie along them.

Drawn worlds first, then properties on random multigraphs against a brute-force oracle, then a real country.
"""

from __future__ import annotations

import math
from collections import Counter
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


def test_two_parallel_roads_are_no_dead_end() -> None:
    network = two_way_network(4, [(0, 1), (1, 2), (2, 0), (2, 3), (2, 3)], [100, 100, 100, 50, 60])
    assert suppressed_segments(network, homes_table({}), 5).tolist() == []


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


def by_brute_force(nodes: int, edges: list[tuple[int, int]], homes: list[int], max_homes: int) -> set[int]:
    """Take away each edge in turn, look which side has the core, count the homes of the other side and the edge."""
    length = lengths(len(edges))
    graph: nx.MultiGraph[int] = nx.MultiGraph()
    graph.add_nodes_from(range(nodes))
    for i, (a, b) in enumerate(edges):
        graph.add_edge(a, b, key=i)

    def inside(members: set[int]) -> list[int]:
        return [i for i, (a, b) in enumerate(edges) if a in members and b in members]

    def weight(ids: list[int]) -> tuple[int, float]:
        return sum(homes[i] for i in ids), math.fsum(length[i] for i in ids)

    parts = [set(part) for part in nx.connected_components(graph)]
    main = max(parts, key=lambda part: weight(inside(part))[1])
    found: set[int] = set()
    for part in parts:
        if part is not main and weight(inside(part))[0] <= max_homes:
            found.update(inside(part))
        cuts = {}
        for i in inside(part):
            without = graph.subgraph(part).copy()
            without.remove_edge(*edges[i], key=i)
            if nx.number_connected_components(without) > 1:
                cuts[i] = [set(side) for side in nx.connected_components(without)]
        rest = graph.subgraph(part).copy()
        for i in cuts:
            rest.remove_edge(*edges[i], key=i)
        core = max((set(c) for c in nx.connected_components(rest)), key=lambda c: weight(inside(c))[1])
        has_core = weight(inside(core))[1] > 0 and weight(inside(core))[1] >= CORE_SHARE * weight(inside(part))[1]
        for i, sides in cuts.items():
            away = next(s for s in sides if not core <= s) if has_core else min(sides, key=lambda s: weight(inside(s)))
            if homes[i] + weight(inside(away))[0] <= max_homes:
                found.update([i, *inside(away)])
    return found


@settings(max_examples=300, deadline=None)
@given(graphs(), st.integers(0, 8))
def test_equal_to_brute_force(graph: tuple[int, list[tuple[int, int]], list[int]], max_homes: int) -> None:
    nodes, edges, homes = graph
    network = two_way_network(nodes, edges, lengths(len(edges)))
    ids = suppressed_segments(network, homes_table({2 * i: h for i, h in enumerate(homes)}), max_homes)
    assert set((ids // 2).tolist()) == by_brute_force(nodes, edges, homes, max_homes)
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
    """Liechtenstein: what stays has no bridge left by networkx's own account."""
    network = import_osm(shared_data / "roads" / "liechtenstein.osm.pbf")
    ids = suppressed_segments(network, homes_table({}), 0)
    segment = network.edges.column("segment_id").to_numpy()
    rows = np.flatnonzero((segment == np.arange(len(segment))) & ~np.isin(segment, ids))
    ends = network.edges.select(["source", "target"]).take(rows)
    pairs = [
        (a, b) for a, b in zip(*(ends.column(name).to_pylist() for name in ends.column_names), strict=True) if a != b
    ]
    graph = nx.Graph(pairs)
    times = Counter(tuple(sorted(pair)) for pair in pairs)
    lone = [pair for pair in nx.bridges(graph) if times[tuple(sorted(pair))] == 1]
    assert nx.is_connected(graph)
    assert lone == []
    assert 0 < len(ids) < len(np.unique(segment))
