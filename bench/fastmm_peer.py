"""fastmm (FMM's method, MIT), run as its own documentation advises.

Responsible for its network, for its settings and for turning its answer into what the comparison needs. The true noise
of a set is told to it: `USUAL` is gps_error = the noise, reverse_tolerance 40 m, 8 candidates; `TUNED` is the best
found by hand for all sets together: gps_error four times the noise, reverse_tolerance 100 m, 16 candidates. Its table
of paths reaches 300 m. Not responsible for measuring.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import shapely

from tracks import Answer, Floats, Ints, Truth
from umaya.types.roads import RoadNetwork


@dataclass(frozen=True)
class Settings:
    """What its `match` is told, beside the noise.

    Attributes:
        errors: gps_error in multiples of the noise.
        back_m: reverse_tolerance, metres.
        most: candidates for each position.
        radius_m: metres, where candidates are looked for.
    """

    errors: float
    back_m: float
    most: int
    radius_m: float = 50.0


USUAL = Settings(1.0, 40.0, 8)
TUNED = Settings(4.0, 100.0, 16)


class FastMM:
    """fastmm prepared for one network."""

    def __init__(self, network: RoadNetwork) -> None:
        import fastmm

        lines = shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False))
        bounds = shapely.total_bounds(lines)
        self.zero = (bounds[:2] + bounds[2:]) / 2.0
        self.scale = np.array([111_320.0 * np.cos(np.radians(self.zero[1])), 110_950.0])
        coordinates, owner = shapely.get_coordinates(lines, return_index=True)
        places = (coordinates - self.zero) * self.scale
        bounds_of = np.searchsorted(owner, np.arange(len(lines) + 1)).tolist()
        pairs = [tuple(place) for place in places.tolist()]
        roads = fastmm.Network()
        ends = zip(network.edges["source"].to_pylist(), network.edges["target"].to_pylist(), strict=True)
        for i, (source, target) in enumerate(ends):
            roads.add_edge(i, source, target, pairs[bounds_of[i] : bounds_of[i + 1]])
        roads.finalize()
        self.network = roads
        steps = np.hypot(*np.diff(places, axis=0).T)
        inside = owner[1:] == owner[:-1]
        self.length: Floats = np.bincount(owner[1:][inside], weights=steps[inside], minlength=len(lines)).astype(
            np.float64
        )
        self.cache = tempfile.mkdtemp()
        self.matcher = fastmm.FastMapMatch(
            roads, fastmm.TransitionMode.SHORTEST, max_distance_between_candidates=300.0, cache_dir=self.cache
        )

    def close(self) -> None:
        """Remove its files."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def metres(self, positions: pa.Table) -> Floats:
        """Return places on its plane, float64[n, 2]."""
        lonlat = np.column_stack([positions["lon"].to_numpy(), positions["lat"].to_numpy()])
        return np.asarray((lonlat - self.zero) * self.scale)

    def match(self, xy: Floats, settings: Settings, noise_m: float) -> list[Any]:
        """Match one vehicle; return the parts that succeeded."""
        import fastmm

        trajectory = fastmm.Trajectory.from_xy_tuples([tuple(p) for p in xy.tolist()])
        result = self.matcher.match(
            trajectory, settings.most, settings.radius_m, settings.errors * noise_m, settings.back_m
        )
        return [part for part in result.subtrajectories if part.error_code == fastmm.MatchErrorCode.SUCCESS]


@numba.njit(cache=True)  # type: ignore[untyped-decorator] # numba has no types
def thinned(xy: Floats, thin_m: float) -> Ints:
    """Return rows at least `thin_m` metres from the one kept before; all where it is 0."""
    kept = np.empty(len(xy), np.int64)
    kept[0], count = 0, 1
    for i in range(1, len(xy)):
        if np.hypot(xy[i, 0] - xy[kept[count - 1], 0], xy[i, 1] - xy[kept[count - 1], 1]) >= thin_m:
            kept[count] = i
            count += 1
    return kept[:count].copy()


@dataclass
class _Runs:
    """Stretches of edges as they are driven; going on along the same edge, back or forth, is one run."""

    ids: list[int]
    metres: list[float]
    last: int = -1
    low: float = 0.0
    high: float = 0.0

    def add(self, edge: int, begin: float, end: float, fresh: bool) -> None:
        """Take the next stretch; `fresh` when the vehicle came onto the edge from another."""
        if edge != self.last or fresh:
            self.close()
            self.last, self.low, self.high = edge, min(begin, end), max(begin, end)
        else:
            self.low, self.high = min(self.low, begin, end), max(self.high, begin, end)

    def close(self) -> None:
        """End the run."""
        if self.last >= 0:
            self.ids.append(self.last)
            self.metres.append(self.high - self.low)
        self.last = -1


def run_fastmm(truth: Truth, peer: FastMM, settings: Settings, noise_m: float, thin_m: float = 0.0) -> Answer:
    """Match every vehicle of a set."""
    xy = peer.metres(truth.positions)
    place = np.full((len(xy), 2), np.nan)
    driven, seconds, cpu = {}, 0.0, 0.0
    for vehicle in range(len(truth.vehicles)):
        rows = np.flatnonzero(truth.vehicle == vehicle)
        rows = rows[thinned(xy[rows], thin_m)]
        began, before = time.perf_counter(), time.process_time()
        parts = peer.match(xy[rows], settings, noise_m)
        seconds += time.perf_counter() - began
        cpu += time.process_time() - before
        runs = _Runs([], [])
        for part in parts:
            for segment in part.segments:
                for point in (segment.p0, segment.p1):
                    place[rows[point.trajectory_index]] = point.x, point.y
                _stretches(segment, runs, peer.length)
            runs.close()
        driven[vehicle] = (np.array(runs.ids, dtype=np.int64), np.array(runs.metres))
    degrees = place / peer.scale + peer.zero
    return Answer(degrees[:, 0], degrees[:, 1], driven, seconds, cpu)


def _stretches(segment: Any, runs: _Runs, length: Floats) -> None:
    last = len(segment.edges) - 1
    for n, edge in enumerate(segment.edges):
        begin = segment.p0.offset_from_start_of_edge if n == 0 else 0.0
        end = segment.p1.offset_from_start_of_edge if n == last else float(length[edge.edge_id])
        runs.add(edge.edge_id, begin, end, n > 0)


def written(peer: FastMM, positions: pa.Table, rows: Ints, parts: list[Any]) -> dict[str, pa.Table]:
    """Lay an answer of `match` out as tables: one row a matched position, one row a part with its edges and line."""
    name = positions["vehicle_id"][int(rows[0])].as_py()
    row, edge, offset, place = [], [], [], []
    edges: list[list[int]] = []
    lines: list[Floats] = []
    for part in parts:
        driven: list[int] = []
        line: list[tuple[float, float]] = []
        for segment in part.segments:
            ids = [e.edge_id for e in segment.edges]
            for point, on in ((segment.p0, ids[0]), (segment.p1, ids[-1])):
                row.append(point.trajectory_index)
                edge.append(on)
                offset.append(point.offset_from_start_of_edge)
                place.append((point.x, point.y))
            driven += ids if not driven or driven[-1] != ids[0] else ids[1:]
            line += [(p.x, p.y) for e in segment.edges for p in e.points]
        if len(line) > 1:
            edges.append(driven)
            lines.append(np.array(line) / peer.scale + peer.zero)
    first = [i for i, (a, b) in enumerate(pairwise([-1, *row])) if b != a]
    at = rows[np.array(row, dtype=np.int64)[first]]
    lonlat = np.array(place).reshape(-1, 2)[first] / peer.scale + peer.zero
    matches = pa.table(
        {
            "vehicle_id": positions["vehicle_id"].take(pa.array(at)),
            "t": positions["t"].take(pa.array(at)),
            "edge_id": np.array(edge, dtype=np.int64)[first],
            "offset_m": np.array(offset)[first].astype(np.float32),
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
        }
    )
    routes = pa.table(
        {
            "vehicle_id": pa.array([name] * len(edges), pa.string()),
            "edges": pa.array(edges, pa.list_(pa.int64())),
            "geometry": pa.array(list(shapely.to_wkb(np.array([shapely.LineString(x) for x in lines]))), pa.binary()),
        }
    )
    return {"matches": matches, "routes": routes}
