"""The matchers that are compared: Umaya, fastmm and pyvalhalla, on the same points.

fastmm (FMM's method, MIT) runs as its own documentation advises, with the true noise of the set told to it:
`usual` is gps_error = the noise, reverse_tolerance 40 m, table bound 300 m; `tuned` is the best that was found by hand
for all sets together: gps_error four times the noise, reverse_tolerance 100 m, 16 candidates; `thinned` is the same on
input thinned to 20 m (no places for single points). pyvalhalla runs with its defaults and with
interpolation_distance 20 m, in a side environment under a cache folder. Umaya runs with its defaults, told nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from tracks import Answer, Floats, Truth
from umaya.engines.matching import Matcher

CACHE = Path.home() / ".cache" / "umaya-bench"


def run_umaya(truth: Truth, matcher: Matcher) -> Answer:
    """Match with Umaya."""
    began = time.perf_counter()
    matched = matcher.match(truth.positions)
    seconds = time.perf_counter() - began
    parts = matched.traversals
    number = {v: i for i, v in enumerate(truth.vehicles)}
    vehicle = np.array([number[v] for v in parts["vehicle_id"].to_pylist()], dtype=np.int64)
    edge = parts["edge_id"].to_numpy()
    metres = parts["to_m"].to_numpy().astype(np.float64) - parts["from_m"].to_numpy()
    driven = {v: (edge[vehicle == v], metres[vehicle == v]) for v in range(len(truth.vehicles))}
    lon = matched.matches["lon"].to_numpy(zero_copy_only=False)
    lat = matched.matches["lat"].to_numpy(zero_copy_only=False)
    return Answer(lon, lat, driven, seconds)


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


class FastMM:
    """fastmm prepared for one network."""

    def __init__(self, truth: Truth) -> None:
        import fastmm

        lat0 = float(np.mean(truth.lat))
        self.scale = np.array([111_320.0 * np.cos(np.radians(lat0)), 110_950.0])
        self.zero = np.array([float(np.mean(truth.lon)), lat0])
        edges = truth.network.edges
        network = fastmm.Network()
        lines = shapely.from_wkb(edges["geometry"].to_numpy(zero_copy_only=False))
        ends = zip(edges["source"].to_pylist(), edges["target"].to_pylist(), lines, strict=True)
        for i, (source, target, line) in enumerate(ends):
            places = (shapely.get_coordinates(line) - self.zero) * self.scale
            network.add_edge(i, source, target, [tuple(place) for place in places.tolist()])
        network.finalize()
        self.network = network
        self.length = shapely.length(shapely.transform(lines, lambda c: c * self.scale))
        self.cache = tempfile.mkdtemp()
        self.matcher = fastmm.FastMapMatch(
            network, fastmm.TransitionMode.SHORTEST, max_distance_between_candidates=300.0, cache_dir=self.cache
        )

    def close(self) -> None:
        """Remove its files."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def run(self, truth: Truth, error_m: float, back_m: float, radius_m: float, most: int, thin_m: float = 0) -> Answer:
        """Match every vehicle."""
        import fastmm

        lonlat = np.column_stack([truth.positions["lon"].to_numpy(), truth.positions["lat"].to_numpy()])
        xy = (lonlat - self.zero) * self.scale
        place = np.full((len(xy), 2), np.nan)
        driven, seconds = {}, 0.0
        for vehicle in range(len(truth.vehicles)):
            rows = np.flatnonzero(truth.vehicle == vehicle)
            rows = rows[_thinned(xy[rows], thin_m)]
            trajectory = fastmm.Trajectory.from_xy_tuples([tuple(p) for p in xy[rows].tolist()])
            began = time.perf_counter()
            result = self.matcher.match(trajectory, most, radius_m, error_m, back_m)
            seconds += time.perf_counter() - began
            runs = _Runs([], [])
            for part in result.subtrajectories:
                if part.error_code != fastmm.MatchErrorCode.SUCCESS:
                    continue
                for segment in part.segments:
                    for point in (segment.p0, segment.p1):
                        place[rows[point.trajectory_index]] = point.x, point.y
                    self._stretches(segment, runs)
                runs.close()
            driven[vehicle] = (np.array(runs.ids, dtype=np.int64), np.array(runs.metres))
        degrees = place / self.scale + self.zero
        return Answer(degrees[:, 0], degrees[:, 1], driven, seconds)

    def _stretches(self, segment: Any, runs: _Runs) -> None:
        last = len(segment.edges) - 1
        for n, edge in enumerate(segment.edges):
            begin = segment.p0.offset_from_start_of_edge if n == 0 else 0.0
            end = segment.p1.offset_from_start_of_edge if n == last else float(self.length[edge.edge_id])
            runs.add(edge.edge_id, begin, end, n > 0)


def _thinned(xy: Floats, thin_m: float) -> list[int]:
    """Return rows at least `thin_m` metres from the one kept before; all where it is 0."""
    kept = [0]
    for i in range(1, len(xy)):
        if np.hypot(*(xy[i] - xy[kept[-1]])) >= thin_m:
            kept.append(i)
    return kept


def valhalla_python() -> Path | None:
    """Return the Python of a side environment with pyvalhalla, made when a Python 3.12+ is at hand; else None."""
    ready = CACHE / "valhalla" / "bin" / "python"
    if not ready.exists():
        host = next((p for name in ("python3.13", "python3.12") if (p := shutil.which(name))), None)
        versions = sorted((Path.home() / ".pyenv" / "versions").glob("3.1[2-9]*/bin/python"))
        host = host if host and _works(host) else next((str(v) for v in versions if _works(str(v))), None)
        if host is None:
            return None
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run([host, "-m", "venv", str(CACHE / "valhalla")], check=True)
        made = subprocess.run(
            [str(ready), "-m", "pip", "install", "-q", "pyvalhalla"], check=False, capture_output=True
        )
        if made.returncode:
            shutil.rmtree(CACHE / "valhalla")
            return None
    return ready


def _works(python: str) -> bool:
    code = "import sys; sys.exit(sys.version_info < (3, 12))"
    return subprocess.run([python, "-c", code], check=False, capture_output=True).returncode == 0


def run_valhalla(truth: Truth, python: Path, extract: Path, sigma_m: float, interpolation_m: float) -> Answer:
    """Match with pyvalhalla in its own environment; its stretches are put on our edges by way and place."""
    t = truth.positions["t"].cast("int64").to_numpy() / 1e6
    lon, lat = truth.positions["lon"].to_numpy(), truth.positions["lat"].to_numpy()
    rows = [np.flatnonzero(truth.vehicle == v) for v in range(len(truth.vehicles))]
    traces = [np.column_stack([lon[r], lat[r], t[r]]).tolist() for r in rows]
    options = {"gps_accuracy": sigma_m, "interpolation_distance": interpolation_m, "search_radius": 50}
    with tempfile.TemporaryDirectory() as folder:
        job, reply = Path(folder) / "job.json", Path(folder) / "reply.json"
        job.write_text(json.dumps({"options": options, "traces": traces}))
        worker = Path(__file__).with_name("valhalla_worker.py")
        work = CACHE / f"tiles-{extract.name}"
        subprocess.run([str(python), str(worker), str(extract), str(work), str(job), str(reply)], check=True)
        answer = json.loads(reply.read_text())
    place = np.full((len(lon), 2), np.nan)
    finder = _Finder(truth)
    driven = {}
    for vehicle, trace in enumerate(answer["traces"]):
        for row, point in zip(rows[vehicle], trace["points"], strict=False):
            if point is not None:
                place[row] = point
        found = [finder.find(way, np.array(shape)) for way, shape in trace["edges"] if len(shape) > 1]
        driven[vehicle] = (np.array([e for e, _ in found], dtype=np.int64), np.array([m for _, m in found]))
    return Answer(place[:, 0], place[:, 1], driven, answer["seconds"])


class _Finder:
    """Finds the directed edge that a stretch of a way lies on."""

    def __init__(self, truth: Truth) -> None:
        lines = shapely.from_wkb(truth.network.edges["geometry"].to_numpy(zero_copy_only=False))
        self.scale = np.array([111_320.0 * np.cos(np.radians(float(np.mean(truth.lat)))), 110_950.0])
        self.lines = shapely.transform(lines, lambda c: c * self.scale)
        self.of_way: dict[int, list[int]] = {}
        for i, way in enumerate(truth.network.edges["way_id"].to_pylist()):
            self.of_way.setdefault(way, []).append(i)

    def find(self, way: int, shape: Floats) -> tuple[int, float]:
        """Return the edge of `way` nearest to the stretch and running its way, and the stretch's length in metres."""
        stretch = shapely.LineString(shape * self.scale)
        edges = np.array(self.of_way[way])
        away = shapely.distance(self.lines[edges], stretch.interpolate(0.5, normalized=True))
        near = edges[away <= away.min() + 0.5]
        first, last = shapely.Point(stretch.coords[0]), shapely.Point(stretch.coords[-1])
        gain = [
            shapely.line_locate_point(self.lines[e], last) - shapely.line_locate_point(self.lines[e], first)
            for e in near
        ]
        return int(near[int(np.argmax(gain))]), float(stretch.length)
