"""Map matching beside its peers, in one run on the same points: `python bench/probe.py --json [--quick] [--only SET]`.

First accuracy on every set of tracks (probe_accuracy.py), then speed on a network of 400,000 directed edges
(probe_speed.py). Prints tables and, last, one JSON object: `pps` (points a second of one core, ours at its worst),
`pps_valhalla`, `pps_fastmm` (at their best), `vs_valhalla`, `vs_fastmm` (ours over theirs, the worst case),
`right_edge`, `mismatch`, `added` of ours and of the best peer by set with the worst of each, `sets` and `cases` with
everything, and `at_least_as_good` for each measure. --quick: 8 vehicles a set, two vehicles a tile, without
pyvalhalla; within a minute once the tiled network is in the cache. --no-speed and --no-accuracy leave a half out,
--no-first-start the start that compiles every kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from typing import Any

from probe_accuracy import DATA, HEADS, compare
from probe_speed import CASES, measure, summary
from tracks import SETS, load

QUICK_VEHICLES = 8
MEASURES = {"right_edge": max, "mismatch": min, "added": min}
"""What is compared, and which of the peers' figures is the best."""


def accuracy(names: list[str], quick: bool) -> dict[str, Any]:
    """Return the figures of every matcher on every set."""
    print(f"{'set':<26}{'matcher':<16}" + "".join(f"{head:>10}" for head in HEADS))
    most = QUICK_VEHICLES if quick else None
    return {name: compare(load(DATA / "tracks", name, most), quick) for name in names}


def worst(sets: dict[str, Any]) -> dict[str, Any]:
    """Return each measure by set, ours and the best peer's, and the worst of each."""
    told: dict[str, Any] = {}
    for key, best in MEASURES.items():
        ours = {name: figures["umaya"][key] for name, figures in sets.items()}
        peers = {
            name: best(f[key] for n, f in figures.items() if n not in ("umaya", "at_least_as_good") and key in f)
            for name, figures in sets.items()
        }
        least = min if best is max else max
        told[key] = {"worst": least(ours.values()), "peers_worst": least(peers.values()), "ours": ours, "peers": peers}
    return told


def main() -> None:
    """Parse the arguments and run the sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="within a minute: few vehicles, no pyvalhalla")
    parser.add_argument("--only", choices=SETS, help="accuracy on one set alone")
    parser.add_argument("--no-speed", action="store_true", help="without the tiled network")
    parser.add_argument("--no-accuracy", action="store_true", help="speed alone")
    parser.add_argument("--no-first-start", action="store_true", help="without the start that compiles")
    options = parser.parse_args()
    if not DATA.is_dir():
        why = "the real data is not at hand: set UMAYA_SHARED_DATA to its folder"
        print(json.dumps({"bench": "probe", "skipped": why}) if options.json else f"skipped: {why}")
        return
    began, load_before = time.perf_counter(), os.getloadavg()[0]
    result: dict[str, Any] = {
        "bench": "probe",
        "machine": f"{os.cpu_count()} x {platform.processor() or platform.machine()}",
        "quick": options.quick,
    }
    if not options.no_accuracy:
        sets = accuracy([options.only] if options.only else list(SETS), options.quick)
        good = {key: all(s["at_least_as_good"][key] for s in sets.values()) for key in MEASURES}
        result |= {**worst(sets), "at_least_as_good": good, "sets": sets}
    if not (options.no_speed or options.only):
        cases = {
            name: measure(name, options.quick, options.no_first_start)
            for name in (CASES[:1] if options.quick else CASES)
        }
        result |= {**summary(cases), "cases": cases}
    result |= {"load": [round(load_before, 1), round(os.getloadavg()[0], 1)]}
    result["seconds"] = round(time.perf_counter() - began, 1)
    if options.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
