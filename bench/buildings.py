"""Bunkyo-ku: address points put into buildings, how fast and how truly; releases of footprints compared.

    python bench/buildings.py --json [--quick] [--fit] [--plot FILE] [--picture FILE] [--at LON,LAT] [--sheets DIR]

- files_to_rows: seconds from the two files to resolved rows, in a process of its own with all imports: by the clock and
  of the processors; `parts`: the same of each part in this process, of the processors, the median of RUNS.
- peer: joining every point with its nearest footprint (shapely's `query_nearest`), the same points and footprints:
  seconds of the processors for the join alone; its accuracy is `nearest_right`.
- held_out: the confidence on the half of the judged cases that the weights were not fitted on (`buildings_fit`).
- others: of the held-out cases that are linked, how many were judged to share their address with a further building,
  how many the engine says may, and how many both say.
- letterboxes: one for every address of the ward, with its address alone: how many have a building, how many are refused
  because there are several; then with coordinates in the building that the address marks.
- releases: a release made from the present one (SEED: renamed, shifted by up to half a metre, some split, some
  demolished), compared; how many fates are told as they were made; `back`: the same compared the other way, where
  halves merge and the demolished are new.

--quick leaves out releases and letterboxes. --fit fits the weights anew. --sheets draws the judged cases.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

import umaya.engines.buildings as engine
from buildings_cases import read_verdicts, scene, sheets
from buildings_fit import cases, fit, measure
from buildings_picture import neighbourhood, reliability
from umaya.engines.buildings.candidates import Plane, outlines, places
from umaya.engines.buildings.letterboxes import house
from umaya.engines.buildings.params import CALIBRATION, calibrated
from umaya.engines.buildings.releases import Relation, compare
from umaya.engines.buildings.resolve import Resolved, resolve
from umaya.engines.buildings.schemas import ADDRESS, FOOTPRINTS, LETTERBOXES
from umaya.places.buildings.reading import read_footprints
from umaya.places.buildings.tables import read_points

DATA = Path(os.environ.get("UMAYA_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "buildings"
FILES = (DATA / "bunkyo_buildings.geojsonl.gz", DATA / "bunkyo_address_points.csv.gz")
RUNS, SEED = 3, 11
HONGO = (139.7605, 35.7075)
WHOLE = """
from pathlib import Path
import sys
from umaya.engines.buildings.resolve import resolve
from umaya.places.buildings.reading import read_footprints
from umaya.places.buildings.tables import read_points
footprints, _ = read_footprints([Path(sys.argv[1])])
print(resolve(read_points(Path(sys.argv[2])), footprints).links.num_rows)
"""


def whole() -> dict[str, float]:
    """Return the seconds of a process that does all, the best of RUNS by the processors."""
    runs = []
    for _ in range(RUNS):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", WHOLE, *map(str, FILES)], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        runs.append((process, time.perf_counter() - began))
    process, wall = min(runs)
    return {"process_s": round(process, 2), "wall_s": round(wall, 2), "best_wall_s": round(min(w for _, w in runs), 2)}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median seconds of the processors, and what came out."""
    spent, out = [], None
    for _ in range(RUNS):
        began = time.process_time()
        out = work()
        spent.append(time.process_time() - began)
    return round(statistics.median(spent), 3), out


def nearest(points: pa.Table, footprints: pa.Table) -> int:
    """Join every point with its nearest footprint, the peer's whole work."""
    plane = Plane.around(points["lon"].to_numpy(), points["lat"].to_numpy())
    shapes, where = outlines(footprints, plane).shape, places(points, plane).shape
    return int(shapely.STRtree(shapes).query_nearest(where, all_matches=False).shape[1])


def sharing(resolved: Resolved) -> dict[str, int]:
    """Return how the engine and the judge agree on addresses that several buildings share."""
    told = {tuple(row[name] for name in ADDRESS[:4]): row["others"] for row in resolved.links.to_pylist()}
    counts: Counter[str] = Counter()
    for verdict in read_verdicts():
        address = tuple(verdict[name] for name in ADDRESS[:4])
        if verdict["half"] == "held-out" and verdict["verdict"] == "one" and address in told:
            judged, said = bool(verdict["others"]), bool(told[address])
            counts.update({"linked": 1, "judged": judged, "told": said, "both": judged and said})
    return dict(counts)


def letterboxes(points: pa.Table, resolved: Resolved, footprints: pa.Table) -> dict[str, Any]:
    """Return what becomes of one letterbox an address, with the address alone and with coordinates."""
    rows = points.select(ADDRESS).to_pylist()
    shapes = dict(
        zip(footprints["footprint"].to_pylist(), shapely.from_wkb(footprints["geometry"].to_numpy()), strict=True)
    )
    marked = {tuple(row[name] for name in ADDRESS): row["footprint"] for row in resolved.links.to_pylist()}
    figures: dict[str, Any] = {}
    for name in ("address alone", "with coordinates"):
        made = []
        for i, row in enumerate(rows):
            inside = shapes.get(marked.get(tuple(row.values()), ""))
            at = inside.representative_point() if inside is not None and name != "address alone" else None
            place = {"lon": at.x if at else None, "lat": at.y if at else None}
            made.append({**dict.fromkeys(LETTERBOXES.names), **row, **place, "letterbox_id": str(i)})
        began = time.process_time()
        housed = house(pa.Table.from_pylist(made, LETTERBOXES), resolved, footprints)
        told = Counter(housed.housed["reason"].to_pylist() + housed.doubtful["reason"].to_pylist())
        figures[name] = {**dict(sorted(told.items())), "process_s": round(time.process_time() - began, 2)}
    return figures


def next_release(footprints: pa.Table) -> tuple[pa.Table, dict[str, Relation]]:
    """Return a release made from the present one, and what truly became of each footprint of it."""
    rng = np.random.default_rng(SEED)
    plane = Plane.around(np.array([139.75]), np.array([35.71]))
    degree = 1.0 / plane.metres(np.array([[plane.lon + 1.0, plane.lat + 1.0]]))[0]
    truth: dict[str, Relation] = {}
    shapes: list[shapely.Geometry] = []
    refs = footprints["footprint"].to_pylist()
    for ref, shape in zip(refs, shapely.from_wkb(footprints["geometry"].to_numpy()), strict=True):
        kind = rng.choice(4, p=[0.955, 0.02, 0.02, 0.005])
        step = rng.uniform(-0.5, 0.5, 2) * degree
        if kind == 1:
            truth[ref] = Relation.DEMOLISHED
            continue
        moved = shapely.transform(shape, lambda c, step=step: c + step)
        west, south, east, north = moved.bounds
        middle = (west + east) / 2
        halves = [moved & shapely.box(west, south, middle, north), moved & shapely.box(middle, south, east, north)]
        small = min(shapely.area(half) for half in halves) < 0.25 * shapely.area(moved)
        if kind == 2 and not small:
            truth[ref], parts = Relation.SPLIT, halves
        else:
            truth[ref], parts = Relation.SAME, [moved]
        shapes += parts
    new = {"footprint": [f"n{i}" for i in range(len(shapes))], "geometry": shapely.to_wkb(np.array(shapes))}
    empty = {name: pa.nulls(len(shapes), FOOTPRINTS.field(name).type) for name in ("gml_id", "name", "height_m")}
    return pa.table({**new, **empty}).select(FOOTPRINTS.names).cast(FOOTPRINTS), truth


def releases(footprints: pa.Table) -> dict[str, Any]:
    """Return how a release made from the present one is told."""
    later, truth = next_release(footprints)
    began = time.process_time()
    changes = compare(footprints, later)
    spent = round(time.process_time() - began, 2)
    told = {ref: change.relation for change in changes for ref in change.old}
    right = {
        relation.value: [told[ref] == relation for ref, made in truth.items() if made is relation]
        for relation in Relation
    }
    shares = {name: {"made": len(hits), "told_so": int(sum(hits))} for name, hits in right.items() if hits}
    back = Counter(change.relation for change in compare(later, footprints))
    figures = {"footprints": footprints.num_rows, "process_s": spent, "fates": shares}
    return {**figures, "told": Counter(told.values()), "back": back}


def main() -> None:
    """Measure, fitting before where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line (always printed)")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--at", default=",".join(map(str, HONGO)))
    parser.add_argument("--sheets", type=Path)
    given = parser.parse_args()
    if not FILES[0].exists():
        print(json.dumps({"bench": "buildings", "skipped": "the data is not there"}))
        return
    read_s, (footprints, _) = timed(lambda: read_footprints([FILES[0]]))
    points_s, points = timed(lambda: read_points(FILES[1]))
    judged = cases(scene(points, footprints))
    if given.fit:
        params, ridge = fit(judged)
        told = {"fitted": time.strftime("%Y-%m-%d"), "ridge": ridge, "params": asdict(params)}
        Path(str(engine.__file__)).with_name(CALIBRATION).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    resolve_s, resolved = timed(lambda: resolve(points, footprints))
    peer_s, _ = timed(lambda: nearest(points, footprints))
    held_out = measure(judged, calibrated())
    if given.plot:
        given.plot.write_text(reliability(held_out["reliability"]), "utf-8")
    if given.picture:
        lon, lat = map(float, given.at.split(","))
        given.picture.write_text(neighbourhood(footprints, resolved, (lon, lat), 100.0), "utf-8")
    if given.sheets:
        sheets(scene(points, footprints), given.sheets)
    figures = {
        "points": points.num_rows,
        "footprints": footprints.num_rows,
        "files_to_rows": whole(),
        "parts": {"read_footprints_s": read_s, "read_points_s": points_s, "resolve_s": resolve_s},
        "peer": {"name": "shapely query_nearest", "process_s": peer_s},
        "links": Counter(resolved.links["reason"].to_pylist()),
        "doubtful": Counter(resolved.doubtful["reason"].to_pylist()),
        "may_be_shared": sum(bool(each) for each in resolved.links["others"].to_pylist()),
        "held_out": held_out,
        "others": sharing(resolved),
    }
    if not given.quick:
        figures |= {"letterboxes": letterboxes(points, resolved, footprints), "releases": releases(footprints)}
    machine = {"cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": platform.python_version()}
    print(json.dumps({"bench": "buildings", "quick": given.quick, "seed": SEED, **figures, "machine": machine}))


if __name__ == "__main__":
    main()
