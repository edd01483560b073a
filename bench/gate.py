"""The gate's decisions and releases beside their peers, on one hub: `python bench/gate.py --json [--quick]`.

Prints its figures as it goes and, last, one JSON object. Peers are measured in the same run on the same facts and their
answers are compared; of each side the best of several runs counts. What is measured is said in bench/RESULTS.md.
--quick takes a tenth of the people, and no PostgreSQL. --big measures memory only: a hundred million people, a set
decision and a release without peers; takes 20 GB of disk and some ten minutes.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import platform
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

import gate_world as world
from gate_peers import Arrow, Cedar, Sql
from umaya.gate import Gate, Refusal, Use
from umaya.gate.judge import groups_of
from umaya.gate.person_rule import WITH_CONSENT, Group, Groups, Verdict, compile_set, numbers
from umaya.gate.point import Point
from umaya.law import day_in_japan
from umaya.types.clock import SystemClock
from umaya.types.reasons import Reason
from umaya.vault.people import bitmap_of
from withdrawals import measure as measure_withdrawals

T = TypeVar("T")
Figures = dict[str, Any]
SAMPLE = 20_000
THREADS = 2


def best(runs: int, work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds of the fastest of several runs, and what it returned."""
    spent: list[float] = []
    results: list[T] = []
    for _ in range(runs):
        results.clear()
        gc.collect()
        began = time.perf_counter()
        results.append(work())
        spent.append(time.perf_counter() - began)
    return min(spent), results[0]


def same(left: object, right: object, of: str) -> None:
    """End the run when two sides of a comparison do not answer alike."""
    if left != right:
        raise SystemExit(f"the answers differ: {of}")


def decided(gate: Gate, use: Use) -> Verdict:
    """Return the gate's verdict on the people of a use."""
    people = gate.decide(use).people
    if people is None:
        raise SystemExit("the gate refused the use as a whole")
    return people


def tell(figures: Figures) -> Figures:
    """Print figures and return them."""
    for name, value in figures.items():
        print(f"{name:<34}{value:>16,}" if isinstance(value, (int, float)) else f"{name:<34}{value!s:>16}", flush=True)
    return figures


def per_call_us(work: Callable[[int], object], people: list[int]) -> tuple[float, float]:
    """Return the median and the 99th percentile of the microseconds of one call, what the timer itself takes off."""
    clock = time.perf_counter_ns
    spent = np.empty(len(people), np.int64)
    for at, person in enumerate(people):
        began = clock()
        work(person)
        spent[at] = clock() - began
    idle = np.empty(len(people), np.int64)
    for at, _ in enumerate(people):
        began = clock()
        idle[at] = clock() - began
    spent -= int(np.median(idle))
    return float(np.median(spent)) / 1000, float(np.percentile(spent, 99)) / 1000


def points(point: Point, groups: Groups, people: int) -> Figures:
    """Measure single decisions."""
    sample = np.random.default_rng(world.SEED).integers(0, people, SAMPLE, np.uint32)
    cedar, asked = Cedar(groups, sample[:1000]), sample[:1000].tolist()
    permitted = [point.decide(person).reason is Reason.PERMITTED for person in asked]
    same(permitted, [cedar.permits(person) for person in asked], "the gate and Cedar, one by one")
    ours = min(per_call_us(point.decide, sample.tolist()) for _ in range(5))
    theirs = min(per_call_us(cedar.permits, asked) for _ in range(5))
    return {
        "point_p50_us": round(ours[0], 3),
        "point_p99_us": round(ours[1], 3),
        "cedar_p50_us": round(theirs[0], 3),
        "point_vs_cedar": round(theirs[0] / ours[0], 1),
    }


def sets(gate: Gate, groups: Groups, sql: Sql) -> Figures:
    """Measure set decisions."""
    ours, permitted = best(9, lambda: numbers(decided(gate, world.use()).permitted))
    theirs, found = best(5, sql.permitted)
    same(permitted.tobytes(), np.sort(found).tobytes(), "the gate and DuckDB")
    counting, verdict = best(9, lambda: compile_set(WITH_CONSENT, groups)(groups[Group.HELD]))
    same(verdict.refused, decided(gate, world.use()).refused, "counts by reason")
    return {
        "permitted": len(permitted),
        "set_10m_s": round(ours, 4),
        "set_sql_s": round(theirs, 4),
        "set_vs_sql": round(ours / theirs, 4),
        "counts_ms": round(1000 * counting, 2),
        **{f"refused_{reason.name.lower()}": count for reason, count in verdict.refused.items()},
    }


def loop(gate: Gate, groups: Groups, people: int) -> Figures:
    """Measure one set decision on a million people beside Cedar asked for each; its time is scaled from a sample."""
    million = min(1_000_000, people)
    ask = Use(
        world.SELLER, world.SCHEME, "案内の準備", window=None, people=np.arange(million, dtype=np.uint32).tolist()
    )
    ours, verdict = best(5, lambda: decided(gate, ask))
    sample = np.random.default_rng(world.SEED + 1).choice(million, SAMPLE, replace=False).astype(np.uint32)
    cedar = Cedar(groups, sample)
    asked = sample.tolist()
    theirs, allowed = best(2, lambda: [cedar.permits(person) for person in asked])
    same([person in verdict.permitted for person in asked], allowed, "the gate and Cedar, a million at once")
    whole = theirs * million / SAMPLE
    return {
        "set_1m_ms": round(1000 * ours, 2),
        "cedar_loop_1m_s": round(whole, 2),
        "set_1m_vs_cedar_loop": round(whole / ours),
    }


def drained(batches: Iterable[pa.RecordBatch]) -> tuple[int, int]:
    """Consume batches; return rows and the sum of the balances, so that equal answers can be told."""
    rows = total = 0
    for batch in batches:
        rows += batch.num_rows
        total += batch.column("balance").to_numpy().sum()
    return rows, int(total)


def released(gate: Gate) -> tuple[int, int]:
    """Carry one use from its decision to its closing entry."""
    stream = gate.stream(world.use())
    if isinstance(stream, Refusal):
        raise SystemExit(f"the gate refused the use: {stream.reason}")
    with stream:
        return drained(stream)


def releases(gate: Gate, folder: Path, sql: Sql) -> Figures:
    """Measure whole releases."""
    today = day_in_japan(SystemClock().now())
    files = sorted(str(path) for path in (folder / "vault" / world.DATASET).glob("day=*/area=*/*.parquet"))
    arrow = Arrow(folder, today)
    ours, answer = best(5, lambda: released(gate))
    duck, theirs = best(5, lambda: drained(sql.released(files)))
    plain, third = best(5, lambda: drained(arrow.released(files)))
    same(answer, theirs, "rows of the gate and DuckDB")
    same(answer, third, "rows of the gate and PyArrow")
    return {
        "release_rows": answer[0],
        "release_10m_s": round(ours, 3),
        "release_duckdb_s": round(duck, 3),
        "release_pyarrow_s": round(plain, 3),
        "release_10m_vs_ungoverned": round(ours / min(duck, plain), 2),
    }


def in_child(work: Callable[..., object], *given: object) -> None:
    """Run something in a process of its own, so that its memory is not counted here."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def peak_gb() -> float:
    """Return the most memory that this process has held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run(folder: Path, people: int, big: bool) -> Figures:
    """Furnish a hub and measure it."""
    began = time.perf_counter()
    in_child(world.furnish, folder, people)
    figures = tell({"people": people, "setup_s": round(time.perf_counter() - began, 1)})
    with world.opened(folder) as gate:
        began = time.perf_counter()
        state = gate.projection.latest()
        figures |= tell({"projection_start_s": round(time.perf_counter() - began, 3), "events": state.reached})
        if big:
            return figures | tell(_big(gate))
        point = gate.point(world.use())
        today = day_in_japan(SystemClock().now())
        held = bitmap_of(np.arange(people, dtype=np.uint32))
        groups = groups_of(state, held, world.TOPICS[0], today)
        sql = Sql(folder, people, today, THREADS)
        figures |= tell(points(point, groups, people))
        figures |= tell(sets(gate, groups, sql))
        figures |= tell(loop(gate, groups, people))
        figures |= tell(releases(gate, folder, sql))
    return figures


def _big(gate: Gate) -> Figures:
    deciding, verdict = best(1, lambda: decided(gate, world.use()))
    before = peak_gb()
    releasing, (rows, _) = best(1, lambda: released(gate))
    return {
        "permitted": len(verdict.permitted),
        "set_s": round(deciding, 3),
        "set_peak_gb": round(before, 2),
        "release_s": round(releasing, 1),
        "release_rows": rows,
        "release_peak_gb": round(peak_gb(), 2),
    }


def withdrawn(people: int, quick: bool) -> Figures:
    """Measure withdrawals at a steady thousand a second."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'hub.db'}"
        found = measure_withdrawals(url, Path(folder), people, seconds=5.0 if quick else 20.0)
    return {"withdraw_ms_p99": found["withdraw_seen_ms_p99"], "withdraw_rate_per_s": found["rate_per_s"]}


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="a tenth of the people: within a minute")
    parser.add_argument("--big", action="store_true", help="a hundred million people: memory")
    parser.add_argument("--people", type=int, help="another number of people")
    parser.add_argument("--keep", type=Path, help="a folder for the hub that is kept")
    given = parser.parse_args()
    people = given.people or (1_000_000 if given.quick else 100_000_000 if given.big else 10_000_000)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="umaya-bench-"))
    try:
        figures = run(folder, people, given.big)
    finally:
        if given.keep is None:
            shutil.rmtree(folder)
    if not given.big:
        figures |= tell(withdrawn(people, given.quick))
    if given.json:
        machine = f"{os.cpu_count()} x {platform.processor() or platform.machine()}"
        print(json.dumps({"bench": "gate", "machine": machine, "quick": given.quick, "seed": world.SEED, **figures}))


if __name__ == "__main__":
    main()
