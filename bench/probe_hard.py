"""The hard cases of the tests, by Umaya and by pyvalhalla: `python bench/probe_hard.py --json [--quick]`.

Each case (tests/engines/matching/hard_worlds.py) is a tiny world, a ride and the directed roads that must be found, in
order; it is tried with several seeds of noise. A matcher's answer is right when the roads are those and no others;
marks between trips do not count, for pyvalhalla tells none. `added_m` is the metres on directed roads that were not
driven at all. pyvalhalla runs with its defaults and as tuned on the tracks (valhalla_peer.py): for 5 m of noise where
the case has no more, else for 10 m.
--quick leaves pyvalhalla out: it builds tiles for every world.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from tests.engines.matching.hard_worlds import CASES, SEEDS, Case
from tests.engines.matching.rides import Track, positions
from tests.worlds import World

from networks import Field, tile_extract
from umaya.engines.matching import Matcher, MatchParams
from valhalla_peer import Finder, Valhalla, ask, valhalla_python


def collapsed(words: list[str]) -> list[str]:
    """Leave out marks between trips and repetitions."""
    return [word for word, _ in groupby(w for w in words if w != "|")]


Found = list[tuple[str, float]]
"""Roads in the order in which they were driven, with metres."""


def ours(world: World, tracks: list[Track]) -> list[Found]:
    """Return the roads that Umaya finds for each ride."""
    matcher = Matcher(world.network, MatchParams(threads=1))
    found = []
    for track in tracks:
        rows = matcher.match(positions({"v": track})).traversals.to_pylist()
        found.append([(world.name(row["edge_id"]), row["to_m"] - row["from_m"]) for row in rows])
    return found


def theirs(world: World, tracks: list[Track], python: Path, how: Valhalla) -> list[Found]:
    """Return the roads that pyvalhalla finds for each ride."""
    bounds = np.concatenate([[0], np.cumsum([len(t) for t in tracks])]).astype(np.int64)
    rows = np.concatenate([t[:, [1, 2, 0]] for t in tracks])
    with tempfile.TemporaryDirectory() as folder:
        text, extract = Path(folder) / "world.osm", Path(folder) / "world.osm.pbf"
        text.write_text(world.xml, encoding="utf-8")
        tile_extract(text, Field(1, 1, 0.0, 0.0), extract)
        answer = ask(python, extract, rows, bounds, how, keep=True)
    finder = Finder(world.network)
    traces = [
        [finder.find(way, np.array(shape)) for way, shape in t["edges"] if len(shape) > 1] for t in answer["traces"]
    ]
    return [[(world.name(edge), metres) for edge, metres in trace] for trace in traces]


def judged(case: Case, found: list[Found]) -> dict[str, float]:
    """Return the share of seeds that were right, and the mean metres on roads that nobody drove."""
    accepted = [collapsed(words) for words in case.driven]
    true = {word for words in accepted for word in words}
    right = [collapsed([word for word, _ in rows]) in accepted for rows in found]
    added = [sum(metres for word, metres in rows if word not in true) for rows in found]
    return {"right": float(np.mean(right)), "added_m": round(float(np.mean(added)), 1)}


def main() -> None:
    """Run every case by every matcher."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="without pyvalhalla")
    options = parser.parse_args()
    began = time.perf_counter()
    python = None if options.quick else valhalla_python()
    names = ("umaya",) if python is None else ("umaya", "valhalla", "valhalla_tuned")
    cases: dict[str, Any] = {}
    for case in CASES:
        world = case.world()
        tracks = [case.track(world, seed) for seed in range(SEEDS)]
        figures = {"umaya": judged(case, ours(world, tracks))}
        for name, how in zip(names[1:], (Valhalla(), Valhalla.tuned(case.noise_m)), strict=False):
            figures[name] = judged(case, theirs(world, tracks, Path(str(python)), how))
        cases[case.name] = {"kind": case.kind, **figures}
        cells = "  ".join(f"{n} {f['right']:.2f} {f['added_m']:7.1f} m" for n, f in figures.items())
        print(f"{case.name:<20}{case.kind:<22}{cells}", flush=True)
    share = {
        name: {
            "right": round(float(np.mean([c[name]["right"] for c in cases.values()])), 4),
            "added_m": round(float(np.mean([c[name]["added_m"] for c in cases.values()])), 1),
        }
        for name in names
    }
    print(json.dumps(share))
    if options.json:
        seconds = round(time.perf_counter() - began, 1)
        print(
            json.dumps(
                {"bench": "probe_hard", "quick": options.quick, "seconds": seconds, "all": share, "cases": cases}
            )
        )


if __name__ == "__main__":
    main()
