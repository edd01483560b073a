"""Accuracy on one set of tracks, of every matcher on the same points; the measures are defined in tracks.py.

Umaya runs with its defaults, told nothing. fastmm runs as usual, tuned, and tuned on input thinned to 20 m (which has
no places for single points); pyvalhalla with its defaults, with interpolation_distance 20 m, and tuned. The peers are
told the true noise of the set.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fastmm_peer import TUNED, USUAL, FastMM, run_fastmm
from tracks import Answer, Truth, judge
from umaya.engines.matching import Matcher
from valhalla_peer import Valhalla, run_valhalla, valhalla_python

DATA = Path(os.environ.get("UMAYA_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
COLUMNS = (
    "right_edge",
    "mismatch",
    "added",
    "missed",
    "undirected_mismatch",
    "edge_set_mismatch",
    "kpts_s",
    "kpts_core",
)
HEADS = ("right", "mismatch", "added", "missed", "undir.", "edge set", "kpts/s", "kpts/core")


def noise_m(name: str) -> float:
    """Return the noise that a set was made with; told to the peers, not to Umaya."""
    return 10.0 if name.endswith("s10") else 5.0


def run_umaya(truth: Truth, matcher: Matcher) -> Answer:
    """Match with Umaya."""
    began, before = time.perf_counter(), time.process_time()
    matched = matcher.match(truth.positions)
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    parts = matched.traversals
    number = {v: i for i, v in enumerate(truth.vehicles)}
    vehicle = np.array([number[v] for v in parts["vehicle_id"].to_pylist()], dtype=np.int64)
    edge = parts["edge_id"].to_numpy()
    metres = parts["to_m"].to_numpy().astype(np.float64) - parts["from_m"].to_numpy()
    driven = {v: (edge[vehicle == v], metres[vehicle == v]) for v in range(len(truth.vehicles))}
    lon = matched.matches["lon"].to_numpy(zero_copy_only=False)
    lat = matched.matches["lat"].to_numpy(zero_copy_only=False)
    return Answer(lon, lat, driven, seconds, cpu)


def runs(truth: Truth, quick: bool) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """Yield every matcher by name, prepared."""
    noise = noise_m(truth.name)
    matcher = Matcher(truth.network)
    run_umaya(truth, matcher)  # compiles, or loads what was compiled
    yield "umaya", lambda: run_umaya(truth, matcher)
    peer = FastMM(truth.network)
    yield "fastmm", lambda: run_fastmm(truth, peer, USUAL, noise)
    yield "fastmm_tuned", lambda: run_fastmm(truth, peer, TUNED, noise)
    yield "fastmm_thinned", lambda: run_fastmm(truth, peer, TUNED, noise, thin_m=20.0)
    peer.close()
    python = None if quick else valhalla_python()
    if python is not None:
        extract = DATA / "tracks" / f"{truth.name.split('-', maxsplit=1)[0]}-net.osm.pbf"
        yield "valhalla", lambda: run_valhalla(truth, python, extract, Valhalla())
        yield "valhalla_20m", lambda: run_valhalla(truth, python, extract, Valhalla.interpolated(noise))
        yield "valhalla_tuned", lambda: run_valhalla(truth, python, extract, Valhalla.tuned(noise))


def compare(truth: Truth, quick: bool) -> dict[str, Any]:
    """Run all matchers on one set, print their rows, return their figures.

    `at_least_as_good` tells for each measure whether Umaya is at least as good as the best of all peers' runs.
    """
    figures: dict[str, Any] = {}
    for name, run in runs(truth, quick):
        row = judge(truth, run())
        if name == "fastmm_thinned":
            row.pop("right_edge")
        figures[name] = {key: round(row[key], 4) for key in COLUMNS if key in row}
        cells = "".join(f"{row[key]:>10.4f}" if key in row else f"{'n/a':>10}" for key in COLUMNS[:-2])
        print(f"{truth.name:<26}{name:<16}{cells}{row['kpts_s']:>10.0f}{row['kpts_core']:>10.0f}", flush=True)
    peers = [figures[name] for name in figures if name != "umaya"]
    ours = figures["umaya"]
    figures["at_least_as_good"] = {
        "right_edge": ours["right_edge"] >= max(p["right_edge"] for p in peers if "right_edge" in p),
        "mismatch": ours["mismatch"] <= min(p["mismatch"] for p in peers),
        "added": ours["added"] <= min(p["added"] for p in peers),
    }
    return figures
