"""The way round each segment, against networkx; and how many rode all of it."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.graphs import two_way_network
from tests.worlds import draw
from umaya.engines.passability.detours import AT_LEAST_M, MOST_TIMES
from umaya.engines.passability.segments import Segments

SQUARE = draw(
    """
    A---B---E
    |   |
    D---C
""",
    cell_m=20,
)
LONG_WAY = draw(
    """
    A-B
    | |
    | |
    | |
    | |
    | |
    D-C
""",
    cell_m=60,
)


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, int, float]]:
    node = st.integers(0, 7)
    return draw(st.lists(st.tuples(node, node, st.floats(20, 500)), min_size=1, max_size=16))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_as_long_as_the_shortest_way_without_the_segment(roads: list[tuple[int, int, float]]) -> None:
    segments = Segments(two_way_network(8, [r[:2] for r in roads], [r[2] for r in roads]))
    detours = segments.detours
    for number, (a, b, length) in enumerate(roads):
        graph: nx.MultiGraph[int] = nx.MultiGraph()
        graph.add_nodes_from(range(8))
        graph.add_weighted_edges_from(road for other, road in enumerate(roads) if other != number)
        limit = max(MOST_TIMES * length, AT_LEAST_M)
        way = detours.edges[detours.start[number] : detours.start[number + 1]]
        if a == b or not nx.has_path(graph, a, b) or nx.dijkstra_path_length(graph, a, b) > limit:
            assert not len(way)
            continue
        assert segments.source[way[0]] == a
        assert segments.target[way[-1]] == b
        assert all(segments.target[e] == segments.source[f] for e, f in pairwise(way))
        assert sum(segments.length[segments.of_edge[way]]) == pytest.approx(nx.dijkstra_path_length(graph, a, b))


def ridden(path: str) -> float:
    """How many rode all round A-B when one vehicle rode along each edge of a path."""
    passes = np.zeros(SQUARE.network.edges.num_rows)
    passes[SQUARE.edges(path)] += 1.0
    roads = Segments(SQUARE.network)
    return float(roads.detours.ridden(passes)[np.searchsorted(roads.ids, SQUARE.segment("AB"))])


def test_who_rides_all_round_is_counted_either_way() -> None:
    assert ridden("ADCB") == 1.0
    assert ridden("BCDA") == 1.0


def test_who_rides_part_of_the_way_is_not() -> None:
    assert ridden("ADC") == 0.0
    assert ridden("CBE") == 0.0


def test_a_blind_lane_has_no_way_round() -> None:
    roads = Segments(SQUARE.network)
    lane = np.searchsorted(roads.ids, SQUARE.segment("BE"))
    assert roads.detours.start[lane] == roads.detours.start[lane + 1]


def test_a_way_round_far_longer_than_the_road_is_none() -> None:
    """A-B is 120 m, the way round 840 m."""
    roads = Segments(LONG_WAY.network)
    road = np.searchsorted(roads.ids, LONG_WAY.segment("AB"))
    assert roads.detours.start[road] == roads.detours.start[road + 1]
