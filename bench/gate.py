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
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from pyroaring import BitMap
from sqlalchemy import create_engine, text

import gate_world as world
from gate_peers import Arrow, Cedar, Sql
from umaya.gate import Gate, Refusal, Use
from umaya.gate.judge import groups_of
from umaya.gate.people import Channel, Withdrawal
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
DATABASES = ("points", "withdrawals")


def best(runs: int, work: Callable[[], T], clock: Callable[[], float] = time.perf_counter) -> tuple[float, T]:
    """Return the seconds of the fastest of several runs, and what the last one returned."""
    spent: list[float] = []
    results: list[T] = []
    for _ in range(runs):
        results.clear()
        gc.collect()
        began = clock()
        results.append(work())
        spent.append(clock() - began)
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
    rounds = [(per_call_us(point.decide, sample.tolist()), per_call_us(cedar.permits, asked)) for _ in range(15)]
    ours, theirs = min(ours for ours, _ in rounds), min(theirs for _, theirs in rounds)
    mean, _ = best(15, lambda: deque(map(point.decide, asked), maxlen=0))
    return {
        "point_p50_us": round(ours[0], 3),
        "point_mean_us": round(1e6 * mean / len(asked), 3),
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
    sides = (lambda: released(gate), lambda: drained(sql.released(files)), lambda: drained(arrow.released(files)))
    (ours, answer), (duck, theirs), (plain, third) = (best(5, side) for side in sides)
    (ours_cpu, _), (duck_cpu, _), (plain_cpu, _) = (best(2, side, time.process_time) for side in sides)
    same(answer, theirs, "rows of the gate and DuckDB")
    same(answer, third, "rows of the gate and PyArrow")
    return {
        "release_rows": answer[0],
        "release_10m_s": round(ours, 3),
        "release_duckdb_s": round(duck, 3),
        "release_pyarrow_s": round(plain, 3),
        "release_cpu_s": round(ours_cpu, 2),
        "release_duckdb_cpu_s": round(duck_cpu, 2),
        "release_pyarrow_cpu_s": round(plain_cpu, 2),
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
        groups = groups_of(state, held, world.TOPICS[0], today, BitMap())
        sql = Sql(folder, people, today, THREADS)
        figures |= tell(points(point, groups, people))
        figures |= tell(sets(gate, groups, sql))
        figures |= tell(loop(gate, groups, people))
        figures |= tell(releases(gate, folder, sql))
        figures |= tell(caught_up(gate, folder))
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


def caught_up(gate: Gate, folder: Path) -> Figures:
    """Measure a set decision that has to take in a thousand withdrawals by somebody else first. Changes the hub."""
    spent, people = [], np.random.default_rng(world.SEED + 2).permutation(1000).tolist()
    with world.opened(folder) as other:
        for _ in range(5):
            said = [Withdrawal(world.STAFF, person, world.TOPICS[0], Channel.APP) for person in people]
            other.consents.withdraw_many(said)
            spent.append(best(1, lambda: numbers(decided(gate, world.use()).permitted))[0])
    return {"set_after_1000_withdrawals_s": round(min(spent), 4)}


def withdrawn(people: int, seconds: float, postgres: str | None = None) -> Figures:
    """Measure withdrawals at a steady thousand a second, seen by two more processes."""
    with tempfile.TemporaryDirectory() as folder:
        url = postgres or f"sqlite:///{Path(folder) / 'hub.db'}"
        found = measure_withdrawals(url, Path(folder), people, seconds=seconds)
    name = "withdraw_postgres" if postgres else "withdraw"
    return {f"{name}_ms_p99": float(found["withdraw_seen_ms_p99"]), f"{name}_per_s": float(found["rate_per_s"])}


def on_postgres(people: int, seconds: float) -> Figures:
    """Measure what waits for the database on a PostgreSQL of its own, as the tests have it."""
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from tests.postgres import cluster

    with tempfile.TemporaryDirectory(prefix="umaya-pg-", ignore_cleanup_errors=True) as short:
        Path(short).chmod(0o711)  # the server's own user must reach what lies in it
        with cluster(Path(short) / "cluster") as server:
            engine = create_engine(server, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                for name in DATABASES:
                    connection.execute(text(f"CREATE DATABASE {name}"))
            engine.dispose()
            urls = {name: server.set(database=name).render_as_string(hide_password=False) for name in DATABASES}
            return postgres_point(urls["points"]) | withdrawn(people, seconds, urls["withdrawals"])


def postgres_point(url: str) -> Figures:
    """Measure single decisions where it takes a round trip to learn that nothing was committed."""
    people = 20_000
    with tempfile.TemporaryDirectory() as folder:
        in_child(world.furnish, Path(folder), people, url)
        with world.opened(Path(folder), url) as gate:
            point = gate.point(world.use())
            median, high = min(per_call_us(point.decide, list(range(people))) for _ in range(3))
    return {"point_postgres_p50_us": round(median, 1), "point_postgres_p99_us": round(high, 1)}


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="a tenth of the people: within a minute")
    parser.add_argument("--big", action="store_true", help="a hundred million people: memory")
    parser.add_argument("--people", type=int, help="another number of people")
    given = parser.parse_args()
    people = given.people or (1_000_000 if given.quick else 100_000_000 if given.big else 10_000_000)
    with tempfile.TemporaryDirectory(prefix="umaya-bench-") as folder:
        figures = run(Path(folder), people, given.big)
    if not given.big:
        figures |= tell(withdrawn(people, 5.0 if given.quick else 20.0))
    if not given.big and not given.quick:
        figures |= tell(on_postgres(people, 20.0))
    if given.json:
        machine = f"{os.cpu_count()} x {platform.processor() or platform.machine()}"
        print(json.dumps({"bench": "gate", "machine": machine, "quick": given.quick, "seed": world.SEED, **figures}))


if __name__ == "__main__":
    main()
