"""Map matching beside its peers, in one run on the same points: `python bench/probe.py --json [--quick] [--only SET]`.

Prints a table and, last, one JSON object: for each set and matcher right_edge, mismatch, added, missed and kpts_s, and
`at_least_as_good` for each measure (Umaya beside the best figure of all fastmm runs on that set). The measures are
defined in tracks.py. --quick takes 8 vehicles a set and leaves pyvalhalla out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from probe_peers import FastMM, run_umaya, run_valhalla, valhalla_python
from tracks import SETS, Answer, Truth, judge, load
from umaya.engines.matching import Matcher

DATA = Path(os.environ.get("UMAYA_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
COLUMNS = ("right_edge", "mismatch", "added", "missed", "undirected_mismatch", "edge_set_mismatch", "kpts_s")
QUICK_VEHICLES = 8


def noise_m(name: str) -> float:
    """Return the noise that a set was made with; told to the peers, not to Umaya."""
    return 10.0 if name.endswith("s10") else 5.0


def runs(truth: Truth, quick: bool) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """Yield every matcher by name, prepared."""
    noise = noise_m(truth.name)
    matcher = Matcher(truth.network)
    run_umaya(truth, matcher)  # compiles, or loads what was compiled
    yield "umaya", lambda: run_umaya(truth, matcher)
    peer = FastMM(truth)
    yield "fastmm", lambda: peer.run(truth, noise, 40.0, 50.0, 8)
    yield "fastmm_tuned", lambda: peer.run(truth, 4.0 * noise, 100.0, 50.0, 16)
    yield "fastmm_thinned", lambda: peer.run(truth, 4.0 * noise, 100.0, 50.0, 16, thin_m=20.0)
    peer.close()
    python = None if quick else valhalla_python()
    if python is not None:
        extract = DATA / "tracks" / f"{truth.name.split('-', maxsplit=1)[0]}-net.osm.pbf"
        yield "valhalla", lambda: run_valhalla(truth, python, extract, noise, 10.0)
        yield "valhalla_20m", lambda: run_valhalla(truth, python, extract, noise, 20.0)


def compare(truth: Truth, quick: bool) -> dict[str, Any]:
    """Run all matchers on one set, print their rows, return their figures."""
    figures: dict[str, Any] = {}
    for name, run in runs(truth, quick):
        row = judge(truth, run())
        if name == "fastmm_thinned":
            row.pop("right_edge")
        figures[name] = {key: round(row[key], 4) for key in COLUMNS if key in row}
        cells = "".join(f"{row[key]:>10.4f}" if key in row else f"{'n/a':>10}" for key in COLUMNS[:-1])
        print(f"{truth.name:<26}{name:<16}{cells}{row['kpts_s']:>10.0f}", flush=True)
    peers = [figures[name] for name in figures if name.startswith("fastmm")]
    ours = figures["umaya"]
    figures["at_least_as_good"] = {
        "right_edge": ours["right_edge"] >= max(p["right_edge"] for p in peers if "right_edge" in p),
        "mismatch": ours["mismatch"] <= min(p["mismatch"] for p in peers),
        "added": ours["added"] <= min(p["added"] for p in peers),
    }
    return figures


def main() -> None:
    """Parse the arguments and run the sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="within a minute: few vehicles, no pyvalhalla")
    parser.add_argument("--only", choices=SETS, help="one set")
    options = parser.parse_args()
    if not DATA.is_dir():
        why = "the real data is not at hand: set UMAYA_SHARED_DATA to its folder"
        print(json.dumps({"bench": "probe", "skipped": why}) if options.json else f"skipped: {why}")
        return
    began = time.perf_counter()
    heads = ("right", "mismatch", "added", "missed", "undir.", "edge set", "kpts/s")
    print(f"{'set':<26}{'matcher':<16}" + "".join(f"{head:>10}" for head in heads))
    sets = {}
    for name in [options.only] if options.only else SETS:
        truth = load(DATA / "tracks", name, QUICK_VEHICLES if options.quick else None)
        sets[name] = compare(truth, options.quick)
    good = {key: all(s["at_least_as_good"][key] for s in sets.values()) for key in ("right_edge", "mismatch", "added")}
    if options.json:
        summary = {
            "bench": "probe",
            "machine": f"{os.cpu_count()} x {platform.processor() or platform.machine()}",
            "quick": options.quick,
            "seconds": round(time.perf_counter() - began, 1),
            "sets": sets,
            "at_least_as_good": good,
        }
        print(json.dumps(summary))


if __name__ == "__main__":
    main()
