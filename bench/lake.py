"""A lake of days on one machine, on threads and on Spark: `python bench/lake.py --json [--quick] [--engine local]`.

The rides of one supplied set, copied to as many vehicles as a lake shall have, are run from Parquet to matches, routes
and passages in Parquet, on two threads and on Spark's `local[2]`. A lake of one copy is run first: with reading the
roads (and starting the JVM) it is the start-up; the full lake alone is timed.
Prints one JSON object last: points a second and the bytes of a point, by table. Spark's CPU time is spent in
processes of its own and is not told. The bytes hold for the set: its positions have neither accuracy nor heading.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from umaya.places.roads import Profile, import_osm
from umaya.services.probe_runs import Recipe, ThreadPool, run
from umaya.stores.positions import load_positions
from umaya.stores.probe_care import add
from umaya.stores.probe_lake import ProbeLake
from umaya.stores.spark import SparkPool

DATA = Path(os.environ.get("UMAYA_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "tracks"
SET = "nerima-deliver_s5"
EXTRACT = "nerima-net.osm.pbf"
COPIES = 20
QUICK_COPIES = 8


def make_lake(folder: Path, copies: int) -> ProbeLake:
    """Take the set in so many times, each with vehicles of its own, and leave one file a partition."""
    lake = ProbeLake(folder / f"lake-{copies}")
    rides = load_positions(DATA / SET / "positions.parquet")
    named = [
        rides.set_column(
            0, rides.schema.field(0), [pa.array([f"{copy:03d}-{v}" for v in rides["vehicle_id"].to_pylist()])]
        )
        for copy in range(copies)
    ]
    source = folder / "rides.parquet"
    pq.write_table(pa.concat_tables(named), source)
    with lake.held():
        add(lake, source)
    return lake


def measure(folder: Path, engine: str, lakes: tuple[ProbeLake, ProbeLake]) -> dict[str, Any]:
    """Return start-up, rate and bytes of a point of an engine: the small lake starts it, the full one is timed."""
    began = time.perf_counter()
    network = import_osm(DATA / EXTRACT, Profile.load("postal-bike"))
    with closing(SparkPool("local[2]")) if engine == "spark" else nullcontext(ThreadPool(2)) as pool:
        small = run(lakes[0], ProbeLake(folder / f"{engine}-small"), network, lakes[0].days(), pool, Recipe())
        start, cpu = time.perf_counter(), time.process_time()
        full = run(lakes[1], ProbeLake(folder / f"{engine}-full"), network, lakes[1].days(), pool, Recipe())
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    figures: dict[str, Any] = {
        "points": full.points,
        "start_s": round(start - began, 2),
        "seconds": round(seconds, 2),
        "pps": round(full.points / seconds),
        "load_average": round(os.getloadavg()[0], 1),
    }
    if engine == "local":
        figures["cpu_us_per_point"] = round(1e6 * cpu / full.points, 3)
        figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["bytes_per_point"] = {  # of the small lake: copies of a ride compress too well
        "positions": round(small.read / small.points, 2),
        **{table: round(size / small.points, 2) for table, size in small.bytes.items()},
    }
    return figures


def main() -> None:
    """Parse the arguments and run the engines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="a third of the lake, and the local engine alone")
    parser.add_argument("--engine", choices=("local", "spark"), help="one engine")
    options = parser.parse_args()
    if not DATA.is_dir():
        why = "the real data is not at hand: set UMAYA_SHARED_DATA to its folder"
        print(json.dumps({"bench": "lake", "skipped": why}) if options.json else f"skipped: {why}")
        return
    engines = [options.engine] if options.engine else ["local"] if options.quick else ["local", "spark"]
    summary: dict[str, Any] = {"bench": "lake", "machine": f"{os.cpu_count()} cores", "quick": options.quick}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lakes = (make_lake(folder, 1), make_lake(folder, QUICK_COPIES if options.quick else COPIES))
        for engine in engines:
            summary[engine] = measure(folder, engine, lakes)
            print(engine, summary[engine], flush=True)
    if options.json:
        print(json.dumps(summary))


if __name__ == "__main__":
    main()
