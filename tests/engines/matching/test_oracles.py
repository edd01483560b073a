"""The fast parts against plain ones: every sequence of states tried, Dijkstra by networkx, projection by Shapely."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.matching.rides import blur, ride
from tests.worlds import World, draw
from umaya.engines.geometry import nearest_on_edge, place_on_edge, roads
from umaya.engines.matching.hmm import NO_ROUTE, emission_log, route, transition_log
from umaya.engines.matching.observations import Observations, Track, jitter_of, observe
from umaya.engines.matching.params import MatchParams
from umaya.engines.matching.params import settings as kernel_settings
from umaya.engines.matching.progress import pool
from umaya.engines.matching.routing import lookup, path_table
from umaya.engines.matching.states import OFF
from umaya.engines.matching.viterbi import decode
from umaya.engines.spatial import grid, nearest
from umaya.places.roads.geodesy import degree_lengths

WORLD: World = draw(
    """
    A----B---C
    |    |   |
    D----E-<-F
    """,
    cell_m=15,
)
NET = roads(WORLD.network)
INDEX = grid(NET)
BOUND = 250.0
TABLE = path_table(NET, WORLD.network.nodes.num_rows, BOUND)
EAST, NORTH = (float(k) for k in degree_lengths(36.2))
SETTINGS = kernel_settings(MatchParams(max_candidates=2, radius_m=40.0))


def graph() -> nx.DiGraph[int]:
    result: nx.DiGraph[int] = nx.DiGraph()
    rows = zip(NET.source.tolist(), NET.target.tolist(), NET.length.tolist(), strict=True)
    for source, target, length in rows:
        result.add_edge(source, target, length=length)
    return result


def test_the_path_table_holds_exactly_the_shortest_paths_within_its_bound() -> None:
    roads_graph = graph()
    for source in roads_graph.nodes:
        lengths = nx.single_source_dijkstra_path_length(roads_graph, source, weight="length")
        for target in roads_graph.nodes:
            entry = lookup(TABLE, source, target)
            if lengths.get(target, np.inf) > BOUND:
                assert entry == -1
                continue
            assert TABLE.length[entry] == pytest.approx(lengths[target])
            if source != target:
                assert NET.source[TABLE.first[entry]] == source
                assert NET.target[TABLE.last[entry]] == target


@settings(max_examples=100, deadline=None)
@given(st.floats(-50.0, 200.0), st.floats(-80.0, 40.0))
def test_nearest_roads_are_those_that_shapely_finds(east_m: float, north_m: float) -> None:
    lon, lat = WORLD.offset("A", east_m, north_m)
    edge, offset, distance = np.empty(8, np.int32), np.empty(8), np.empty(8)
    found = nearest(lon, lat, 50.0, NET, INDEX, edge, offset, distance)
    lines = shapely.from_wkb(WORLD.network.edges["geometry"].to_numpy(zero_copy_only=False))
    metric = shapely.transform(lines, lambda c: (c - [lon, lat]) * [EAST, NORTH])
    expected = {
        int(e): float(shapely.distance(metric[e], shapely.Point(0.0, 0.0)))
        for e in np.unique(WORLD.network.edges["segment_id"].to_numpy())
    }
    near = {e: d for e, d in expected.items() if d <= 50.0}
    assert dict(zip(edge[:found].tolist(), distance[:found].tolist(), strict=True)) == pytest.approx(near, abs=0.01)
    assert (np.diff(distance[:found]) >= 0).all()
    for e, o, d in zip(edge[:found], offset[:found], distance[:found], strict=True):
        on_edge, away = nearest_on_edge(e, 0.0, NET.length[e], lon, lat, NET)
        assert (on_edge, away) == pytest.approx((o, d), abs=0.01)
        place = place_on_edge(e, o, NET)
        assert np.hypot((place[0] - lon) * EAST, (place[1] - lat) * NORTH) == pytest.approx(d, abs=0.01)


def candidates(o: Observations, k: int) -> list[tuple[int, float, float]]:
    """Every state of an observation with its emission, in plain Python."""
    edge, offset, distance = np.empty(2, np.int32), np.empty(2), np.empty(2)
    found = nearest(o.lon[k], o.lat[k], SETTINGS.radius, NET, INDEX, edge, offset, distance)
    states = []
    for e, x, d in zip(edge[:found].tolist(), offset[:found], distance[:found], strict=True):
        score = emission_log(d, o.sigma[k])
        states.append((e, float(x), score))
        if NET.reverse[e] >= 0:
            states.append((int(NET.reverse[e]), float(NET.length[e] - x), score))
    return [*states, (OFF, 0.0, emission_log(SETTINGS.off_road, o.sigma[k]))]


def step(o: Observations, k: int, a: tuple[int, float, float], b: tuple[int, float, float]) -> float:
    if OFF in (a[0], b[0]):
        return 0.0 if a[0] == b[0] else -SETTINGS.off_cost
    straight = float(np.hypot((o.lon[k] - o.lon[k - 1]) * EAST, (o.lat[k] - o.lat[k - 1]) * NORTH))
    seconds = (o.begin[k] + o.end[k] - o.begin[k - 1] - o.end[k - 1]) / 2.0
    kind, metres, turns, _ = route(a[0], a[1], b[0], b[1], straight, NET, TABLE, SETTINGS.backward)
    if kind == NO_ROUTE or metres > straight + SETTINGS.max_speed * max(seconds, 1.0):
        return -SETTINGS.break_cost
    return float(max(transition_log(straight, metres, turns, SETTINGS), -SETTINGS.break_cost))


def score(o: Observations, states: tuple[tuple[int, float, float], ...]) -> float:
    total = states[0][2] - (SETTINGS.off_cost if states[0][0] == OFF else 0.0)
    return total + sum(step(o, k, states[k - 1], states[k]) + states[k][2] for k in range(1, len(states)))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["ABE", "DEB", "CFED", "BEB"]), st.integers(0, 10_000), st.floats(0.5, 12.0))
def test_viterbi_finds_the_best_of_all_sequences(path: str, seed: int, sigma: float) -> None:
    rows = blur(ride(WORLD, path), sigma, seed)[:12]
    unknown = np.full(len(rows), np.nan)
    track = Track(rows[:, 1].copy(), rows[:, 2].copy(), rows[:, 0].copy(), unknown, unknown, unknown)
    o = observe(track, SETTINGS)
    if o.fresh[1:].any():
        return
    edge, offset = decode(o, NET, INDEX, TABLE, SETTINGS)
    layers = [candidates(o, k) for k in range(len(o.lon))]
    best = max(score(o, states) for states in itertools.product(*layers[:6]))
    if len(layers) <= 6:
        chosen = tuple(
            next(s for s in layer if s[0] == e and s[1] == pytest.approx(x))
            for layer, e, x in zip(layers, edge, offset, strict=True)
        )
        assert score(o, chosen) == pytest.approx(best, abs=1e-3)


@given(st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_pooling_is_the_least_squares_fit_that_never_decreases(values: list[float]) -> None:
    fit = np.array(values)
    pool(fit)
    assert (np.diff(fit) >= -1e-9).all()
    # min-max formula of isotonic regression (Barlow et al. 1972)
    n = len(values)
    for i in range(n):
        exact = max(min(np.mean(values[a : b + 1]) for b in range(i, n)) for a in range(i + 1))
        assert fit[i] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("sigma", [1.0, 5.0, 10.0])
def test_the_noise_of_a_moving_vehicle_is_estimated_without_knowing_its_road(sigma: float) -> None:
    random = np.random.default_rng(1)
    t = np.arange(600.0)
    x = 7.0 * t + random.normal(0.0, sigma, 600)
    y = random.normal(0.0, sigma, 600)
    x[100] += 500.0
    assert jitter_of(x, y, t, 99.0) == pytest.approx(sigma, rel=0.15)
    assert jitter_of(x[:10], y[:10], t[:10], 99.0) == 99.0
