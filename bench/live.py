"""The live engine at the size of a nation: `python bench/live.py --json [--quick] [--hour] [--wall SECONDS]`.

Two parts. Accuracy: each set of tracks arrives bit by bit; what the live engine and the batch matcher give is compared
with the truth (live_accuracy.py). Traffic: 100,000 vehicles, of which 80,000
report each second (live_traffic.py), on the tiled network, as fast as the engine can; the time from the arrival of a
position to the publication of what it completes is the time that the simulated clock had to go on for (arrival to
end of the batch, reorder window, decision lag) plus the processor time of the batch, with a queue where a batch is
not done when the next is due. Traffic is made between the batches, and what that costs is told apart. The batch matcher
on the same positions, window by window, is the peer.
Prints, last, one JSON object. Default 5 minutes of traffic; --hour an hour; --quick a minute in all; --wall ends the
traffic after so many seconds of the clock, and the figures are of what had been run by then.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from live_accuracy import DATA, INTERVAL_S, SEED, accuracy, percentiles
from live_traffic import CYCLE_S, DRIVE_S, START_US, Batch, Traffic
from live_truth import Passages, pair, shapes
from tracks import SETS, Ints, load
from umaya.engines.live import LiveMatcher, LiveParams
from umaya.engines.matching import Matcher, MatchParams

EDGE_S = 30
"""Seconds at both ends of the traffic in which true passages do not count as missed."""
BEYOND_S = 120
"""Seconds after the end of the traffic in which a passage that was given early may truly come."""
WINDOW_S = 60
"""Seconds of positions that the peer matches at once."""


def moment(second: float) -> datetime:
    """Return the moment of a second of the simulation."""
    return datetime.fromtimestamp(START_US / 1e6, UTC) + timedelta(seconds=second)


@dataclass
class Run:
    """What is noted while traffic runs; one entry for each batch."""

    at_s: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)
    given: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)

    def note(self, traffic: Traffic, batch: Batch, out: pa.Table, cpu_s: float, wall_s: float) -> None:
        """Note a batch and the passages that it brought: vehicle, edge, moment left in microseconds."""
        self.at_s.append(batch.at_s)
        self.positions.append(batch.positions.num_rows)
        self.cpu_s.append(cpu_s)
        self.wall_s.append(wall_s)
        whole = out.filter(out["complete"])
        vehicle = pa.compute.index_in(whole["vehicle_id"], traffic.ids).to_numpy().astype(np.int64)
        self.given.append((vehicle, whole["edge_id"].to_numpy(), whole["left"].cast(pa.int64()).to_numpy()))

    def published(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the second at which the passages of each batch are out, one batch after the other."""
        done, times = 0.0, []
        for due, cost in zip(self.at_s, self.cpu_s, strict=True):
            done = max(done, due) + cost
            times.append(done)
        return np.array(times)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run_traffic(traffic: Traffic, matcher: Matcher, seconds: int, params: LiveParams, wall_s: float) -> dict[str, Any]:
    """Drive the traffic through the engine, for so many seconds of it and at most so many of the clock."""
    first = next(traffic.batches(1, INTERVAL_S)).positions
    LiveMatcher(matcher, params).feed(first, moment(1.0), 0)  # compiles, or loads what was compiled
    live = LiveMatcher(matcher, params)
    before = _peak_bytes()
    run, ends, all_cpu = Run(), time.monotonic() + wall_s, time.process_time()
    for number, batch in enumerate(traffic.batches(seconds, INTERVAL_S)):
        wall, cpu = time.perf_counter(), time.process_time()
        out = live.feed(batch.positions, moment(batch.at_s), number)
        run.note(traffic, batch, out, time.process_time() - cpu, time.perf_counter() - wall)
        if batch.at_s == int(batch.at_s) and time.monotonic() > ends:
            seconds = int(batch.at_s)
            break
    made_cpu = time.process_time() - all_cpu - sum(run.cpu_s)
    memory = {"state_mb": live.state_bytes / 1e6, "grown_mb": (_peak_bytes() - before) / 1e6}
    each = live.state_bytes / max(live.counts.vehicles, 1)
    total = sum(run.positions)
    rate = len(run.at_s) / seconds
    return {
        "seconds": seconds,
        "positions": total,
        "per_second": round(total / seconds),
        "pps_core": round(total / sum(run.cpu_s)),
        "pps_wall": round(total / sum(run.wall_s)),
        "busy": round(sum(run.cpu_s) / seconds, 3),
        "traffic_cpu_s": round(made_cpu),
        "batches_per_s": rate,
        "batch_cpu_s": percentiles(run.cpu_s),
        "batch_wall_s": percentiles(run.wall_s),
        **_latencies(traffic, run, seconds),
        "counts": vars(live.counts),
        "memory": {name: round(value) for name, value in memory.items()} | {"bytes_a_vehicle": round(each)},
        "snapshot": _snapshot(traffic, matcher, live, run.at_s[-1]),
    }


def _latencies(traffic: Traffic, run: Run, seconds: int) -> dict[str, Any]:
    """Seconds from the arrival of a position to the publication of the passage that it completes.

    Also from the arrival of the first position behind the junction, and from the moment at which it was truly crossed;
    `early` is the share given out before that.
    """
    out_at = np.repeat(run.published(), [len(v) for v, _, _ in run.given])
    vehicle, edge, left = (np.concatenate(column) for column in zip(*run.given, strict=True))
    shape = shapes(traffic.truth)
    one = traffic.truth.network.edges.num_rows
    edge = shape[edge % one] + edge // one * one
    given, true = Passages(vehicle, edge, left), traffic.true_passages(seconds + BEYOND_S)
    found = pair(true, given)
    right = np.flatnonzero(found >= 0)
    complete = np.where(found >= 0, true.complete[np.maximum(found, 0)], -1)
    known = np.flatnonzero(complete >= 0)
    settled = (true.t > START_US + EDGE_S * 1_000_000) & (true.t < START_US + (seconds - EDGE_S) * 1_000_000)
    hit = np.zeros(len(true), bool)
    hit[found[right]] = True
    return {
        "passages": len(given),
        "latency_s": percentiles(_waited(traffic, vehicle[known], complete[known], out_at[known])),
        "latency_from_junction_s": percentiles(_waited(traffic, vehicle[right], true.t[found[right]], out_at[right])),
        "latency_from_crossing_s": percentiles(out_at[right] - (true.crossed[found[right]] - START_US) / 1e6),
        "early": round(float((out_at[right] < (true.crossed[found[right]] - START_US) / 1e6).mean()), 4),
        "over_5_s": round(float((_waited(traffic, vehicle[known], complete[known], out_at[known]) > 5.0).mean()), 4),
        "right": round(float(hit[settled].mean()), 4) if settled.any() else None,
        "false": round(1.0 - len(right) / max(len(given), 1), 4),
    }


def _waited(traffic: Traffic, vehicle: Ints, left: Ints, out_at: Any) -> Any:
    """Seconds from the arrival of the first position at or after `left` that arrived at all, to publication."""
    second = -(-(left - START_US - traffic.part_us[vehicle]) // 1_000_000)
    arrival = np.maximum(traffic.arrivals(vehicle, np.maximum(second, 0)), 0.0)
    lost = ~np.isfinite(arrival) & ((second + 1 + traffic.phase[vehicle]) % CYCLE_S < DRIVE_S)
    arrival[lost] = traffic.arrivals(vehicle[lost], second[lost] + 1)
    waited = out_at - arrival
    return waited[np.isfinite(waited)]


def _snapshot(traffic: Traffic, matcher: Matcher, live: LiveMatcher, at_s: float) -> dict[str, Any]:
    """Time a snapshot and its restoration, and see that both matchers go on alike."""
    cpu = time.process_time()
    data = live.snapshot()
    saved = time.process_time() - cpu
    cpu = time.process_time()
    again = LiveMatcher.restore(matcher, data)
    restored = time.process_time() - cpu
    batch = next(iter(traffic.batches(1, 1.0))).positions
    later = pa.compute.add(batch["t"], pa.scalar(round(at_s * 1e6), pa.duration("us")))
    batch = batch.set_column(1, batch.schema.field("t"), later)
    same = live.feed(batch, moment(at_s + 1), live.sequence + 1).equals(
        again.feed(batch, moment(at_s + 1), again.sequence + 1)
    )
    return {"mb": round(len(data) / 1e6), "save_s": round(saved, 2), "restore_s": round(restored, 2), "same": same}


def run_peer(traffic: Traffic, matcher: Matcher, windows: int) -> dict[str, Any]:
    """Match the same positions window by window, as a map that is refreshed each window does."""
    cpu_s, total = 0.0, 0
    passages = 0
    for number in range(windows):
        batches = list(traffic.batches(WINDOW_S * (number + 1), float(WINDOW_S)))
        positions = batches[number].positions.sort_by([("vehicle_id", "ascending"), ("t", "ascending")])
        cpu = time.process_time()
        traversals = matcher.match(positions.combine_chunks()).traversals
        cpu_s += time.process_time() - cpu
        total += positions.num_rows
        passages += int(pa.compute.sum(traversals["complete"]).as_py() or 0)
    return {
        "window_s": WINDOW_S,
        "pps_core": round(total / cpu_s),
        "passages_per_s": round(passages / windows / WINDOW_S),
        "latency_mean_s": round(WINDOW_S / 2 + cpu_s / windows, 1),
        "latency_max_s": round(WINDOW_S + cpu_s / windows, 1),
    }


def drive(vehicles: int, edges: int, seconds: int, params: LiveParams, wall_s: float) -> dict[str, Any]:
    """Run the second part: the engine and its peer on the same traffic."""
    traffic = Traffic(load(DATA / "tracks", "nerima-deliver_s5"), vehicles, edges, SEED)
    began = time.process_time()
    matcher = Matcher(traffic.network, MatchParams(threads=1))
    prepared = time.process_time() - began
    return {
        "vehicles": vehicles,
        "edges": traffic.network.edges.num_rows,
        "prepare_cpu_s": round(prepared, 1),
        "traffic": run_traffic(traffic, matcher, seconds, params, wall_s),
        "peer": run_peer(traffic, matcher, 1),
    }


def main() -> None:
    """Parse the arguments and run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="within a minute: little of everything")
    parser.add_argument("--hour", action="store_true", help="an hour of traffic instead of five minutes")
    parser.add_argument("--seconds", type=int, default=300, help="seconds of traffic")
    parser.add_argument("--wall", type=float, default=math.inf, help="seconds of the clock that traffic may take")
    parser.add_argument("--traffic-only", action="store_true", help="leave the accuracy out")
    parser.add_argument("--accuracy-only", action="store_true", help="leave the traffic out")
    options = parser.parse_args()
    if not DATA.is_dir():
        why = "the real data is not at hand: set UMAYA_SHARED_DATA to its folder"
        print(json.dumps({"bench": "live", "skipped": why}) if options.json else f"skipped: {why}")
        return
    params = LiveParams()
    sets = SETS[1:2] if options.quick else SETS
    found = {} if options.traffic_only else {n: accuracy(n, 12 if options.quick else None, (params,)) for n in sets}
    result = {
        "bench": "live",
        "machine": f"{os.cpu_count()} x {platform.processor() or platform.machine()}",
        "load": [round(x, 1) for x in os.getloadavg()],
        "quick": options.quick,
        "params": {name: getattr(params, name) for name in ("lag_s", "near_m", "stand_s", "sure", "reorder_s")},
        "interval_s": INTERVAL_S,
        "accuracy": found,
    }
    if not options.accuracy_only:
        size = (10_000, 50_000, 90) if options.quick else (100_000, 400_000, 3_600 if options.hour else options.seconds)
        result |= drive(*size, params, options.wall)
    if options.json:
        print(json.dumps(result))
    else:
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
