"""Speed at the size of a prefecture: Nerima side by side to 400,000 directed edges, its tracks spread over all tiles.

Every matcher runs in a process of its own. Umaya and fastmm go from a Parquet file of positions to Parquet files of
matches and routes (probe_worker.py); of pyvalhalla only the calls of its matcher count, on the same network built into
its own tiles. fastmm gets its input thinned to 20 m and writes places of the thinned positions only; it is timed
with and without the writing, and once more on the one untiled network that its memory likes best. Points are always
those of the file before thinning. `pps` is points a second of one core (seconds of the processors), `pps_wall` by the
clock with two threads. Peers that would take minutes get the first vehicles of the same file.
Nothing here knows how accurate anybody is; probe_accuracy.py does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from networks import Field, field, save, tile, tile_extract, tile_positions
from probe_accuracy import DATA, noise_m
from tracks import Truth, load
from valhalla_peer import CACHE, Valhalla, ask, valhalla_python

EDGES = 400_000
SEED = 5
CASES = ("nerima-deliver_s5", "nerima-move_s5")
FULL, QUICK = 12, 2
"""Vehicles in each tile."""
FASTMM_VEHICLES = {False: 60, True: 20}
VALHALLA_VEHICLES = 100
THIN_M = 20.0


def worker(matcher: str, network: Path, positions: Path, **options: Any) -> dict[str, Any]:
    """Run one matcher in its process and return what it tells."""
    script = Path(__file__).with_name("probe_worker.py")
    environment = {**os.environ, **options.pop("environment", {})}
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(script), matcher, str(network), str(positions), str(Path(out) / "out")]
        for key, value in options.items():
            command += [f"--{key}", str(value)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in told.items()}


def first_vehicles(source: Path, count: int, target: Path) -> pa.Table:
    """Write the first vehicles of a file of positions."""
    table = pq.read_table(source)
    names = pa.compute.unique(table["vehicle_id"]).slice(0, count)
    part = table.filter(pa.compute.is_in(table["vehicle_id"], names))
    pq.write_table(part, target)
    return part


def tiled(truth: Truth) -> tuple[Path, Path, Field]:
    """Return the folder of the tiled network and the tiled extract, made once and kept in the cache."""
    layout = field(truth.network, EDGES)
    folder = CACHE / f"nerima-{layout.columns}x{layout.rows}"
    extract = folder / "net.osm.pbf"
    if not extract.exists():
        save(tile(truth.network, layout), folder)
        tile_extract(DATA / "tracks" / "nerima-net.osm.pbf", layout, extract)
    return folder, extract, layout


def starts(network: Path, positions: Path, quick: bool) -> dict[str, float]:
    """Seconds from nothing to a first match on a small network: the first start compiles, the second does not."""
    told = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in ("second",) if quick else ("first", "second"):
            own = {} if quick else {"NUMBA_CACHE_DIR": cache}
            run = worker("umaya", network, positions, environment=own)
            told[f"{name}_start_s"], told[f"{name}_start_cpu_s"] = run["start_s"], run["start_cpu_s"]
    return told


def valhalla(extract: Path, table: pa.Table, how: Valhalla, cache: str) -> dict[str, Any]:
    """Time pyvalhalla's calls over vehicles of a table."""
    python = valhalla_python()
    if python is None:
        return {}
    t = table["t"].cast("int64").to_numpy() / 1e6
    rows = np.column_stack([table["lon"].to_numpy(), table["lat"].to_numpy(), t])
    code = table["vehicle_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(code)) + 1, [len(code)]]).astype(np.int64)
    answer = ask(python, extract, rows, bounds, how, keep=False, cache=cache)
    return {
        "points": len(rows),
        "pps_wall": round(len(rows) / answer["seconds"]),
        "pps": round(len(rows) / answer["cpu"]),
        "peak_mb": round(answer["peak_mb"]),
        "failed": answer["failed"],
        "build_s": round(answer["build"], 1),
    }


def short(told: dict[str, Any]) -> dict[str, Any]:
    """Keep what is reported of a worker's run."""
    return {
        "points": told["points"],
        "pps": round(told["pps_core"]),
        "pps_wall": round(told["pps"]),
        **({"pps_matching": round(told["match_pps_core"])} if "match_pps_core" in told else {}),
        "edges": told["edges"],
        "prepare_s": told["prepare_s"],
        "prepare_cpu_s": told["prepare_cpu_s"],
        "peak_mb": round(told["peak_mb"]),
        "bytes_a_point": round(told["bytes_written"] / told["points"], 2),
    }


def measure(name: str, quick: bool, compiled: bool = False) -> dict[str, Any]:
    """Run all matchers on one set of tracks, tiled."""
    truth = load(DATA / "tracks", name)
    network, extract, layout = tiled(truth)
    figures: dict[str, Any] = {}
    noise = noise_m(name)
    with tempfile.TemporaryDirectory() as folder:
        whole, few, small = (Path(folder) / f"{n}.parquet" for n in ("whole", "few", "small"))
        pq.write_table(tile_positions(truth.positions, layout, QUICK if quick else FULL, SEED), whole)
        save(truth.network, Path(folder) / "net")
        pq.write_table(truth.positions, small)
        figures["umaya"] = short(worker("umaya", network, whole))
        if name == CASES[0]:
            figures["umaya"] |= starts(Path(folder) / "net", small, quick or compiled)
        print(name, "umaya", figures["umaya"], flush=True)
        part = first_vehicles(whole, FASTMM_VEHICLES[quick], few)
        thinned = {"thin": THIN_M, "noise": noise}
        figures["fastmm_thinned"] = short(worker("fastmm", network, few, **thinned))
        print(name, "fastmm_thinned", figures["fastmm_thinned"], flush=True)
        figures["fastmm_thinned_untiled"] = short(worker("fastmm", Path(folder) / "net", small, **thinned))
        print(name, "fastmm_thinned_untiled", figures["fastmm_thinned_untiled"], flush=True)
        if not quick:
            part = first_vehicles(whole, VALHALLA_VEHICLES, few)
            kinds = {"valhalla": Valhalla(), "valhalla_20m": Valhalla.interpolated(noise)}
            for kind, how in {**kinds, "valhalla_tuned": Valhalla.tuned(noise)}.items():
                figures[kind] = valhalla(extract, part, how, f"tiles-{network.name}")
                print(name, kind, figures[kind], flush=True)
    return figures


def summary(cases: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of the whole: ours at its worst, each peer at its best over its settings, by case."""
    keys: dict[str, Any] = {"pps": min(c["umaya"]["pps"] for c in cases.values())}
    for peer in ("valhalla", "fastmm"):
        best = {
            case: max(
                (f[k] for n, f in figures.items() if n.startswith(peer) for k in ("pps", "pps_matching") if k in f),
                default=0,
            )
            for case, figures in cases.items()
        }
        if all(best.values()):
            keys[f"pps_{peer}"] = max(best.values())
            keys[f"vs_{peer}"] = round(min(cases[c]["umaya"]["pps"] / best[c] for c in cases), 2)
    keys["prepare_s"] = max(c["umaya"]["prepare_s"] for c in cases.values())
    keys["peak_mb"] = max(c["umaya"]["peak_mb"] for c in cases.values())
    return keys
