"""pyvalhalla in a side environment with a Python of its own (3.12 or newer), under a cache folder.

Responsible for making that environment, for handing traces over and for putting what comes back on our edges; the
worker that runs there is valhalla_worker.py. `Valhalla()` are its defaults; `tuned` is what was best on the tracks when
interpolation distance, search radius, turn penalty, sigma_z and beta were tried one against the other
(`gps_accuracy` was tried too and changes nothing: its model reads sigma_z).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from tracks import Answer, Floats, Ints, Truth
from umaya.types.roads import RoadNetwork

CACHE = Path.home() / ".cache" / "umaya-bench"


@dataclass(frozen=True)
class Valhalla:
    """How it is asked.

    Attributes:
        options: trace options of each request.
        meili: parameters of its model.
    """

    options: dict[str, float] = field(default_factory=dict)
    meili: dict[str, float] = field(default_factory=dict)

    @classmethod
    def interpolated(cls, noise_m: float) -> Valhalla:
        """Return what its users advise for positions once a second: those within 20 m are interpolated."""
        return cls({"interpolation_distance": 20.0, "search_radius": 50.0}, {"sigma_z": noise_m})

    @classmethod
    def tuned(cls, noise_m: float) -> Valhalla:
        """Return the best that was found, for noise up to 5 m and for more."""
        if noise_m <= 5.0:
            return cls({"interpolation_distance": 30.0, "search_radius": 20.0}, {"sigma_z": 4.07, "beta": 3.0})
        return cls({"interpolation_distance": 50.0, "search_radius": 35.0}, {"sigma_z": 10.0, "beta": 10.0})


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


def ask(
    python: Path, extract: Path, traces: Floats, bounds: Ints, how: Valhalla, keep: bool, cache: str = ""
) -> dict[str, Any]:
    """Run the worker over rows of (lon, lat, seconds) and return its answer.

    Args:
        python: of the side environment.
        extract: roads to match to.
        traces: float64[n, 3].
        bounds: first row of each trace and the number of rows.
        how: its settings.
        keep: bring back points and edges, too.
        cache: name of the folder in the cache that keeps its tiles; none for tiles made anew.
    """
    with tempfile.TemporaryDirectory() as folder:
        job, reply, rows = (Path(folder) / name for name in ("job.json", "reply.json", "rows.bin"))
        rows.write_bytes(np.ascontiguousarray(traces, dtype=np.float64).tobytes())
        job.write_text(
            json.dumps(
                {
                    "options": how.options,
                    "meili": how.meili,
                    "bounds": bounds.tolist(),
                    "positions": str(rows),
                    "keep": keep,
                }
            )
        )
        worker = Path(__file__).with_name("valhalla_worker.py")
        work = CACHE / cache if cache else Path(folder) / "work"
        command = [str(python), str(worker), str(extract), str(work), str(job), str(reply)]
        subprocess.run(command, check=True, capture_output=True)
        answer: dict[str, Any] = json.loads(reply.read_text())
    return answer


def rows_of(truth: Truth) -> tuple[Floats, Ints]:
    """Return the rows and bounds that `ask` takes."""
    t = truth.positions["t"].cast("int64").to_numpy() / 1e6
    rows = np.column_stack([truth.positions["lon"].to_numpy(), truth.positions["lat"].to_numpy(), t])
    return rows, np.searchsorted(truth.vehicle, np.arange(len(truth.vehicles) + 1))


def run_valhalla(truth: Truth, python: Path, extract: Path, how: Valhalla) -> Answer:
    """Match with pyvalhalla; its stretches are put on our edges by way and place."""
    rows, bounds = rows_of(truth)
    answer = ask(python, extract, rows, bounds, how, keep=True, cache=f"tiles-{extract.name}")
    place = np.full((len(rows), 2), np.nan)
    finder = Finder(truth.network)
    driven = {}
    for vehicle, trace in enumerate(answer["traces"]):
        for row, point in zip(range(bounds[vehicle], bounds[vehicle + 1]), trace["points"], strict=False):
            if point is not None:
                place[row] = point
        found = [finder.find(way, np.array(shape)) for way, shape in trace["edges"] if len(shape) > 1]
        driven[vehicle] = (np.array([e for e, _ in found], dtype=np.int64), np.array([m for _, m in found]))
    return Answer(place[:, 0], place[:, 1], driven, answer["seconds"], answer["cpu"])


class Finder:
    """Finds the directed edge that a stretch of a way lies on."""

    def __init__(self, network: RoadNetwork) -> None:
        lines = shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False))
        middle = float(network.nodes["lat"].to_numpy().mean())
        self.scale = np.array([111_320.0 * np.cos(np.radians(middle)), 110_950.0])
        self.lines = shapely.transform(lines, lambda c: c * self.scale)
        self.of_way: dict[int, list[int]] = {}
        for i, way in enumerate(network.edges["way_id"].to_pylist()):
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
