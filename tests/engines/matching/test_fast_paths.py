"""What is made fast gives what the plain way gives: decoding, smoothing, scales, tables, shapes, searches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.worlds import World, draw
from umaya.engines import geometry
from umaya.engines.geometry import metres_per_degree, roads
from umaya.engines.matching import routing
from umaya.engines.matching.hmm import NO_ROUTE, emission_log, route, transition_log
from umaya.engines.matching.observations import Observations, Track, observe
from umaya.engines.matching.params import MatchParams
from umaya.engines.matching.params import settings as kernel_settings
from umaya.engines.matching.progress import smooth
from umaya.engines.matching.routing import path_table
from umaya.engines.matching.states import OFF
from umaya.engines.matching.viterbi import decode
from umaya.engines.spatial import BLOCK, grid, near_room, nearest, search
from umaya.places.roads.geodesy import degree_lengths
from umaya.types.roads import RoadNetwork

WORLD: World = draw(
    """
    A---B---C---D
    |   |   |   |
    E---F->-G---H
    |   |   |
    I---J---K-<-L
    """,
    cell_m=14,
)
NET = roads(WORLD.network)
INDEX = grid(NET)
NODES = WORLD.network.nodes.num_rows
SETTINGS = kernel_settings(MatchParams())
TABLE = path_table(NET, NODES, 400.0)
EAST, NORTH = (float(k) for k in degree_lengths(36.2))

State = tuple[int, float, float]


def states(o: Observations, k: int) -> list[State]:
    """Every state of an observation, with its emission."""
    edge, offset, distance = np.empty(8, np.int32), np.empty(8), np.empty(8)
    found = nearest(o.lon[k], o.lat[k], SETTINGS.radius, NET, INDEX, edge, offset, distance)
    result: list[State] = []
    for e, x, d in zip(edge[:found].tolist(), offset[:found].tolist(), distance[:found].tolist(), strict=True):
        result.append((e, x, emission_log(d, o.sigma[k])))
        if NET.reverse[e] >= 0:
            result.append((int(NET.reverse[e]), float(NET.length[e] - x), result[-1][2]))
    return [*result, (OFF, 0.0, emission_log(SETTINGS.off_road, o.sigma[k]))]


def step(o: Observations, k: int, a: State, b: State) -> float:
    """Log-probability of a step, as the model says it, nothing left out."""
    if OFF in (a[0], b[0]):
        return 0.0 if a[0] == b[0] else -SETTINGS.off_cost
    kx, ky = metres_per_degree(o.lat[k])
    straight = float(np.hypot((o.lon[k] - o.lon[k - 1]) * kx, (o.lat[k] - o.lat[k - 1]) * ky))
    seconds = (o.begin[k] + o.end[k] - o.begin[k - 1] - o.end[k - 1]) / 2.0
    kind, metres, turns, _ = route(a[0], a[1], b[0], b[1], straight, NET, TABLE, SETTINGS.backward)
    if kind == NO_ROUTE or metres > straight + SETTINGS.max_speed * max(seconds, 1.0):
        return -SETTINGS.break_cost
    return float(max(transition_log(straight, metres, turns, SETTINGS), -SETTINGS.break_cost))


def best_score(o: Observations, layers: list[list[State]]) -> float:
    """Plain Viterbi: every pair of states of every step."""
    scores = [e - (SETTINGS.off_cost if edge == OFF else 0.0) for edge, _, e in layers[0]]
    for k in range(1, len(layers)):
        scores = [
            max(score + step(o, k, a, b) for score, a in zip(scores, layers[k - 1], strict=True)) + b[2]
            for b in layers[k]
        ]
    return max(scores)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2.0, 7.0, 15.0]), st.sampled_from([0.5, 5.0, 20.0]))
def test_decoding_loses_nothing_by_what_it_leaves_out(seed: int, speed: float, noise: float) -> None:
    random = np.random.default_rng(seed)
    heading = np.cumsum(random.normal(0.0, 0.5, 40)) + random.uniform(0.0, 6.3)
    xy = np.cumsum(speed * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0) + random.normal(
        0, noise, (40, 2)
    )
    lonlat = xy / [EAST, NORTH] + np.array(WORLD.points["F"])
    unknown = np.full(40, np.nan)
    track = Track(lonlat[:, 0].copy(), lonlat[:, 1].copy(), np.arange(40.0), unknown, unknown, unknown)
    o = observe(track, SETTINGS)
    if o.fresh[1:].any():
        return
    edge, offset = decode(o, NET, INDEX, TABLE, SETTINGS)
    layers = [states(o, k) for k in range(len(o.lon))]
    chosen = [
        min((s for s in layer if s[0] == e), key=lambda s, x=x: abs(s[1] - x))  # type: ignore[misc] # bound at once
        for layer, e, x in zip(layers, edge.tolist(), offset.tolist(), strict=True)
    ]
    score = chosen[0][2] - (SETTINGS.off_cost if chosen[0][0] == OFF else 0.0)
    score += sum(step(o, k, chosen[k - 1], chosen[k]) + chosen[k][2] for k in range(1, len(chosen)))
    assert score == pytest.approx(best_score(o, layers), abs=1e-6)


def smoothed(s: NDArray[np.float64], t: NDArray[np.float64], sigma: float, q: float) -> NDArray[np.float64]:
    """Rauch-Tung-Striebel with matrices."""
    state, p = np.array([s[0], 0.0]), np.diag([sigma**2, 100.0])
    kept, seen = [], np.array([[1.0, 0.0]])
    for i in range(len(s)):
        f = np.array([[1.0, t[i] - t[i - 1] if i else 0.0], [0.0, 1.0]])
        dt = f[0, 1]
        before, pb = f @ state, f @ p @ f.T + q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        gain = pb @ seen.T / (pb[0, 0] + sigma**2)
        state, p = before + gain[:, 0] * (s[i] - before[0]), (np.eye(2) - gain @ seen) @ pb
        kept.append((state, p, before, pb, f))
    result = np.empty(len(s))
    result[-1] = state[0]
    for i in range(len(s) - 2, -1, -1):
        x, p, *_ = kept[i]
        _, _, before, pb, f = kept[i + 1]
        state = x + p @ f.T @ np.linalg.inv(pb) @ (state - before)
        result[i] = state[0]
    return result


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.floats(1.0, 12.0))
def test_smoothing_with_gains_at_rest_is_smoothing(seed: int, even: bool, sigma: float) -> None:
    random = np.random.default_rng(seed)
    steps = np.ones(150) if even else random.choice([1.0, 1.0, 1.0, 2.0, 30.0], 150)
    steps[100:] = 5.0
    t = np.cumsum(steps)
    s = 6.0 * t + random.normal(0.0, sigma, 150)
    exact = smoothed(s, t, sigma, 3.0)
    smooth(s, t, sigma, 3.0)
    assert s == pytest.approx(exact, abs=1e-3)


@given(st.floats(-89.9, 89.9))
def test_metres_per_degree_follow_the_ellipsoid(lat: float) -> None:
    phi = np.radians(lat)
    w = np.sqrt(1.0 - geometry.E2 * np.sin(phi) ** 2)
    east, north = metres_per_degree(lat)
    assert east == pytest.approx(np.radians(geometry.A / w * np.cos(phi)), rel=1e-8)
    assert north == pytest.approx(np.radians(geometry.A * (1.0 - geometry.E2) / w**3), rel=1e-8)


def test_the_path_table_does_not_depend_on_how_it_is_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "CHUNK", 3)
    other = path_table(NET, NODES, 400.0, threads=3)
    for name in TABLE._fields:
        one, two = np.asarray(getattr(TABLE, name)), np.asarray(getattr(other, name))
        assert one.dtype == two.dtype
        assert np.array_equal(one, two)


@pytest.mark.parametrize("order", [0, 1])
def test_shapes_are_read_in_either_byte_order(order: int) -> None:
    lines = shapely.from_wkb(WORLD.network.edges["geometry"].to_numpy(zero_copy_only=False))
    at = WORLD.network.edges.schema.get_field_index("geometry")
    column = pa.array(shapely.to_wkb(lines, byte_order=order), pa.binary())
    edges = WORLD.network.edges.set_column(at, WORLD.network.edges.schema.field(at), column)
    other = roads(RoadNetwork(edges, WORLD.network.nodes, WORLD.network.accesses))
    for name in NET._fields:
        assert np.array_equal(np.asarray(getattr(NET, name)), np.asarray(getattr(other, name)))


def test_a_shape_that_is_no_line_is_refused() -> None:
    at = WORLD.network.edges.schema.get_field_index("geometry")
    points = shapely.to_wkb(shapely.points(np.zeros((WORLD.network.edges.num_rows, 2))))
    edges = WORLD.network.edges.set_column(at, WORLD.network.edges.schema.field(at), pa.array(points, pa.binary()))
    with pytest.raises(ValueError, match="LineString"):
        roads(RoadNetwork(edges, WORLD.network.nodes, WORLD.network.accesses))


def test_a_road_of_more_pieces_than_a_block_is_found_at_its_nearest() -> None:
    places = np.array(WORLD.points["A"]) + np.linspace(0.0, 1.0, 3 * BLOCK + 1)[:, None] * [40.0 / EAST, 0.0]
    line = pa.array([shapely.to_wkb(shapely.linestrings(places))], pa.binary())
    one = WORLD.network.edges.slice(0, 1)
    for name, values in (("geometry", line), ("reverse", pa.nulls(1, pa.int64())), ("length_m", pa.array([40.0]))):
        one = one.set_column(one.schema.get_field_index(name), one.schema.field(name), values)
    net = roads(RoadNetwork(one, WORLD.network.nodes, WORLD.network.accesses))
    near = near_room(8)
    for metres in (0.0, 13.37, 26.7, 39.9):
        lon, lat = places[0] + [metres / EAST, 10.0 / NORTH]
        assert search(lon, lat, 50.0, net, grid(net), near) == 1
        assert (near.offset[0], near.distance[0]) == pytest.approx((metres, 10.0), abs=0.01)
