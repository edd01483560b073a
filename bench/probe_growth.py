"""Map matching as the network grows: `python bench/probe_growth.py --json [--quick]`.

Generated countries (networks.py, seeded) of 50,000, 500,000 and 2 million directed edges are matched whole, those of
500,000 and of Japan's 20 million edges by areas (umaya.engines.matching.sharded): their areas lie on disk, a file of
edges and one of nodes each, and are read when vehicles are in them. Tracks are driven on the network by seeded
vehicles (1 Hz, 5 m of white noise, stops), spread over all of it; on the largest over 48 areas drawn at random, 20
vehicles an area, as a post office has. Each size runs in a process of its own. Reported: peak memory, seconds of
preparing, points a second of one core for matching and with loading and preparing of areas, and the share of points
on the edge that was driven. --quick: 50,000 edges, whole and by areas.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from networks import Country, country, drive, join, near_box, read, save
from probe_worker import peak_mb
from umaya.engines.geometry import roads
from umaya.engines.matching import Matcher
from umaya.engines.matching.sharded import ShardedMatcher
from umaya.engines.matching.shards import ROW, Shard, area_box
from umaya.types.roads import RoadNetwork

SEED = 11
NOISE_M = 5.0
SECONDS = 1_800
VEHICLES = 300
AREAS, VEHICLES_EACH = 48, 20
LOOK_M, REACH_M = 60.0, 450.0
"""What shards are cut for: a little more than the matcher's radius and longest route."""
WHOLE = {"50k": 50_000, "500k": 500_000, "2M": 2_000_000}
SHARDED = {"500k": 500_000, "20M": 20_000_000}
CACHE = Path.home() / ".cache" / "umaya-bench"


class CountryShards:
    """The areas of a generated country, each made once and kept on disk."""

    def __init__(self, plan: Country, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.read_s = 0.0
        self.loads = 0
        self._block = lru_cache(maxsize=256)(plan.block)

    def areas(self) -> list[int]:
        """Return all areas."""
        rows, columns = self.plan.row + np.arange(self.plan.side), self.plan.column + np.arange(self.plan.side)
        return [int(row * ROW + column) for row in rows for column in columns]

    def load(self, area: int) -> Shard | None:
        """Read one area; see `umaya.engines.matching.shards.Shards`."""
        began = time.process_time()
        if not self._file(area).exists():
            return None
        network = read(self._file(area))
        edges = network.edges
        number = edges["way_id"].to_numpy() * 2 + ~edges["forward"].to_numpy()
        self.read_s += time.process_time() - began
        self.loads += 1
        return Shard(network, number, network.nodes["node_id"].to_numpy())

    def make(self, area: int) -> int:
        """Write one area unless it is there; return its edges (0 where it was there)."""
        if (self._file(area) / "edges.parquet").exists():
            return 0
        around = [n for n in self._around(area) if n is not None]
        blocks = near_box([self._block(n) for n in sorted(around)], area_box(area), LOOK_M, REACH_M)
        network = join(blocks)
        save(network, self._file(area))
        return int(network.edges.num_rows)

    def own(self, area: int) -> RoadNetwork:
        """Return the roads of one area alone, to drive on."""
        number = self.plan.place_of(*divmod(area, ROW))
        return join([self._block(number)])

    def _around(self, area: int) -> list[int | None]:
        row, column = divmod(area, ROW)
        return [self.plan.place_of(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1)]

    def _file(self, area: int) -> Path:
        return self.folder / str(area)


def whole_network(plan: Country) -> RoadNetwork:
    """Generate a country at once."""
    return join([plan.block(number) for number in range(plan.side**2)])


def tracks(network: RoadNetwork, vehicles: int, seed: int, prefix: str = "v") -> tuple[pa.Table, Any]:
    """Drive on a network, starting on edges drawn at random; return positions and the true way and direction."""
    net = roads(network)
    starts = np.random.default_rng(seed).integers(0, network.edges.num_rows, vehicles)
    positions, edge = drive(net, starts, SECONDS, NOISE_M, seed, prefix)
    return positions, net.way[edge] * 2 + ~net.forward[edge]


def right_share(matches: pa.Table, true: Any) -> float:
    """Return the share of positions put on the edge that was driven."""
    forward = pa.compute.is_in(matches["forward"], pa.array([True])).to_numpy()
    number = matches["way_id"].fill_null(-1).to_numpy() * 2 + ~forward
    return round(float((number == true).mean()), 4)


def run_whole(edges: int) -> dict[str, Any]:
    """Match on a network prepared at once."""
    network = whole_network(country(edges, SEED))
    positions, true = tracks(network, VEHICLES, SEED)
    generated_mb = peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    matcher = Matcher(network)
    prepare_s, prepare_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    count = network.edges.num_rows
    del network
    matcher.match(positions.slice(0, 100))
    began, cpu = time.perf_counter(), time.process_time()
    matched = matcher.match(positions)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "edges": count,
        "points": positions.num_rows,
        "prepare_s": round(prepare_s, 2),
        "prepare_cpu_s": round(prepare_cpu_s, 2),
        "pps_wall": round(positions.num_rows / wall),
        "pps": round(positions.num_rows / cpu),
        "generated_mb": round(generated_mb),
        "peak_mb": round(peak_mb()),
        "right": right_share(matched.matches, true),
    }


def run_sharded(edges: int, folder: Path) -> dict[str, Any]:
    """Match by areas; preparing, loading and matching are timed together and apart."""
    plan = country(edges, SEED)
    shards = CountryShards(plan, folder)
    rng = np.random.default_rng(SEED)
    everywhere = shards.areas()
    chosen = np.sort(rng.choice(everywhere, min(AREAS, len(everywhere)), replace=False)).tolist()
    for area in chosen:
        shards.make(area)
    parts = [tracks(shards.own(area), VEHICLES_EACH, SEED + area % 9_973, f"a{area}-") for area in chosen]
    generated_mb = peak_mb()
    matcher = ShardedMatcher(shards)
    matcher.match(parts[0][0].slice(0, 100))
    points, right = 0, 0.0
    wall = cpu = matching = 0.0
    for positions, true in parts:
        began, before = time.perf_counter(), time.process_time()
        matched = matcher.match(positions)
        wall, cpu = wall + time.perf_counter() - began, cpu + time.process_time() - before
        before = time.process_time()
        matcher.match(positions)  # prepared areas are kept: the matching alone
        matching += time.process_time() - before
        points += positions.num_rows
        right += right_share(matched.matches, true) * positions.num_rows
    size = sum(f.stat().st_size for f in folder.rglob("*.parquet"))
    return {
        "areas": len(everywhere),
        "areas_on_disk": sum(1 for _ in folder.iterdir()),
        "disk_mb": round(size / 1e6),
        "areas_driven": len(chosen),
        "points": points,
        "pps_wall_with_loading": round(points / wall),
        "pps_with_loading": round(points / cpu),
        "pps": round(points / matching),
        "load_and_prepare_cpu_s_per_area": round((cpu - matching) / len(chosen), 3),
        "generated_mb": round(generated_mb),
        "peak_mb": round(peak_mb()),
        "right": round(right / points, 4),
    }


def make_all(edges: int, folder: Path) -> dict[str, Any]:
    """Write every area of a country that is not on disk yet."""
    shards = CountryShards(country(edges, SEED), folder)
    began = time.process_time()
    made = [shards.make(area) for area in shards.areas()]
    return {"written": sum(1 for m in made if m), "edges_written": sum(made), "cpu_s": time.process_time() - began}


def child(*arguments: str) -> dict[str, Any]:
    """Run one size in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Run every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="50,000 edges alone")
    parser.add_argument("--whole", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sharded", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        print(json.dumps(make_all(options.make, options.folder)))
        return
    if options.whole or options.sharded:
        print(json.dumps(run_whole(options.whole) if options.whole else run_sharded(options.sharded, options.folder)))
        return
    began = time.perf_counter()
    result: dict[str, Any] = {"bench": "probe_growth", "quick": options.quick, "seed": SEED, "whole": {}, "sharded": {}}
    for name, edges in (dict(list(WHOLE.items())[:1]) if options.quick else WHOLE).items():
        result["whole"][name] = child("--whole", str(edges))
        print(name, "whole", result["whole"][name], flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for name, edges in ({"50k": 50_000} if options.quick else SHARDED).items():
            folder = Path(temporary) / name if options.quick else CACHE / f"country-{name}"
            folder.mkdir(parents=True, exist_ok=True)
            made = child("--make", str(edges), "--folder", str(folder))
            result["sharded"][name] = {**child("--sharded", str(edges), "--folder", str(folder)), "made": made}
            print(name, "by areas", result["sharded"][name], flush=True)
    result["load"] = os.getloadavg()[0]
    result["seconds"] = round(time.perf_counter() - began, 1)
    if options.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
