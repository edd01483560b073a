"""One matcher in a process of its own, from a Parquet file of positions to Parquet files of matches and routes.

    python probe_worker.py umaya|fastmm NETWORK_FOLDER POSITIONS.parquet OUT_FOLDER [--threads N] [--thin METRES] ...

Prints one JSON object: points, seconds of the clock and of the processor for reading, matching and writing together,
`pps` (a second of the clock) and `pps_core` (a second of one processor), `match_pps` likewise for the matching alone,
seconds for loading the matcher's code, for reading the network and for preparing it, and the process's peak memory.
Positions are read in pieces and whole vehicles are handed on, so that a file of any length passes through.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()

import numpy as np  # noqa: E402 # the time that libraries take to load is measured
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

PIECE = 500_000
"""Positions read at once."""


def pieces(file: Path) -> Iterator[pa.Table]:
    """Yield the positions of a sorted file, whole vehicles at a time."""
    rest: pa.Table | None = None
    for batch in pq.ParquetFile(file).iter_batches(batch_size=PIECE):
        table = pa.Table.from_batches([batch])
        table = table if rest is None else pa.concat_tables([rest, table])
        last = table["vehicle_id"][-1]
        stop = pa.compute.index(table["vehicle_id"], last).as_py()
        rest = table.slice(stop)
        if stop:
            yield table.slice(0, stop).combine_chunks()
    if rest is not None:
        yield rest.combine_chunks()


class Outputs:
    """Two Parquet files that grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, pq.ParquetWriter] = {}

    def add(self, **tables: pa.Table) -> None:
        """Append to the file of each name."""
        for name, table in tables.items():
            if name not in self.files:
                self.files[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema)
            self.files[name].write_table(table)

    def close(self) -> None:
        """Close the files."""
        for file in self.files.values():
            file.close()


def umaya(options: argparse.Namespace, note: dict[str, float]) -> Callable[[], int]:
    """Prepare Umaya and return how it goes through the file: as `umaya probe match` does, without a word."""
    from networks import read
    from umaya.engines.matching import Matcher, MatchParams, match_stream
    from umaya.stores.matched import MatchesFile, RoutesFile, quick_positions

    note["import_s"] = time.perf_counter() - BEGAN
    began = time.perf_counter()
    network = read(options.network)
    note["read_network_s"] = time.perf_counter() - began
    note["edges"] = network.edges.num_rows
    note["read_network_mb"] = peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    matcher = Matcher(network, MatchParams(threads=options.threads))
    note["prepare_s"], note["prepare_cpu_s"] = time.perf_counter() - began, time.process_time() - cpu
    del network
    began = time.perf_counter()
    for _ in match_stream(matcher, [next(quick_positions(options.positions)).slice(0, 200)]):
        pass
    note["first_match_s"] = time.perf_counter() - began

    def run() -> int:
        points = 0
        with (options.out / "matches.parquet").open("wb") as one, (options.out / "routes.parquet").open("wb") as two:
            matches, routes = MatchesFile(one), RoutesFile(two)
            for matched in match_stream(matcher, quick_positions(options.positions)):
                matches.write(matched.matches)
                routes.write(matched.routes)
                points += matched.matches.num_rows
            matches.close()
            routes.close()
        return points

    return run


def fastmm(options: argparse.Namespace, note: dict[str, float]) -> Callable[[], int]:
    """Prepare fastmm and return how it goes through the file: thinned, matched, written as ours is."""
    from fastmm_peer import TUNED, FastMM, thinned, written
    from networks import read

    note["import_s"] = time.perf_counter() - BEGAN
    began = time.perf_counter()
    network = read(options.network)
    note["read_network_s"] = time.perf_counter() - began
    note["edges"] = network.edges.num_rows
    began, cpu = time.perf_counter(), time.process_time()
    peer = FastMM(network)
    note["prepare_s"], note["prepare_cpu_s"] = time.perf_counter() - began, time.process_time() - cpu
    note |= {"match_s": 0.0, "match_cpu_s": 0.0, "kept": 0}
    thinned(np.zeros((1, 2)), options.thin)

    def take(piece: pa.Table, outputs: Outputs) -> None:
        xy = peer.metres(piece)
        code = piece["vehicle_id"].combine_chunks().dictionary_encode().indices.to_numpy()
        bounds = np.concatenate([[0], np.flatnonzero(np.diff(code)) + 1, [len(code)]])
        tables = []
        for first, stop in pairwise(bounds):
            rows = first + thinned(xy[first:stop], options.thin)
            began, cpu = time.perf_counter(), time.process_time()
            parts = peer.match(xy[rows], TUNED, options.noise)
            note["match_s"] += time.perf_counter() - began
            note["match_cpu_s"] += time.process_time() - cpu
            note["kept"] += len(rows)
            tables.append(written(peer, piece, rows, parts))
        outputs.add(**{name: pa.concat_tables([t[name] for t in tables]) for name in ("matches", "routes")})

    def run() -> int:
        outputs, points = Outputs(options.out), 0
        for piece in pieces(options.positions):
            take(piece, outputs)
            points += piece.num_rows
        outputs.close()
        return points

    return run


def peak_mb() -> float:
    """Return the process's peak memory in megabytes; `ru_maxrss` alone would count what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Run one matcher over one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("matcher", choices=("umaya", "fastmm"))
    parser.add_argument("network", type=Path)
    parser.add_argument("positions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--thin", type=float, default=0.0)
    parser.add_argument("--noise", type=float, default=5.0)
    options = parser.parse_args()
    note: dict[str, Any] = {"matcher": options.matcher}
    options.out.mkdir(parents=True, exist_ok=True)
    run = {"umaya": umaya, "fastmm": fastmm}[options.matcher](options, note)
    note["start_s"] = time.perf_counter() - BEGAN - note.pop("read_network_s", 0.0)
    note["start_cpu_s"] = time.process_time()
    began, cpu = time.perf_counter(), time.process_time()
    points = run()
    note["wall_s"], note["cpu_s"] = time.perf_counter() - began, time.process_time() - cpu
    note["bytes_written"] = sum(file.stat().st_size for file in options.out.iterdir())
    note["points"] = points
    note["pps"], note["pps_core"] = points / note["wall_s"], points / note["cpu_s"]
    if "match_s" in note:
        note["match_pps"], note["match_pps_core"] = points / note["match_s"], points / note["match_cpu_s"]
    note["peak_mb"] = peak_mb()
    shutil.rmtree(options.out, ignore_errors=True)
    json.dump(note, sys.stdout)


if __name__ == "__main__":
    main()
