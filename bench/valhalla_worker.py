"""Run pyvalhalla over traces; executed by a side environment's own Python (3.12 or newer), never imported.

    python valhalla_worker.py EXTRACT.osm.pbf WORK_FOLDER JOB.json ANSWER.json

JOB.json: {"options": trace options, "meili": its model's parameters, "bounds": first row of each trace and the number
of rows, "positions": a file of rows of three doubles (lon, lat, seconds), "keep": whether to keep what was matched}.
ANSWER.json: {"seconds", "cpu" (seconds of the processor), "prepare", "build", "peak_mb", "failed" (traces), "traces":
[{"points": [[lon, lat] or null, ...], "edges": [[way_id, [[lon, lat], ...]], ...]}, ...]}. Seconds count the calls of
the matcher alone, with its own reading and writing of JSON.
"""

from __future__ import annotations

import array
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def decode(line: str) -> list[list[float]]:
    """Turn Valhalla's encoded polyline (6 digits) into longitude, latitude pairs."""
    numbers, value, shift = [], 0, 0
    for letter in line:
        byte = ord(letter) - 63
        value |= (byte & 0x1F) << shift
        shift += 5
        if byte < 0x20:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value, shift = 0, 0
    lat = lon = 0
    shape = []
    for i in range(0, len(numbers), 2):
        lat, lon = lat + numbers[i], lon + numbers[i + 1]
        shape.append([lon / 1e6, lat / 1e6])
    return shape


def build(extract: Path, folder: Path, meili: dict[str, float]) -> dict[str, Any]:
    """Make routing tiles, once for each extract, and return the configuration."""
    import valhalla  # type: ignore[import-not-found] # lives in the side environment

    tiles = folder / "tiles"
    tiles.mkdir(exist_ok=True)
    config: dict[str, Any] = valhalla.get_config(tile_extract="", tile_dir=str(tiles))
    config["mjolnir"].pop("tile_extract", None)
    config["mjolnir"]["concurrency"] = 1
    config["meili"]["default"].update(meili)
    limits = config["service_limits"]["trace"]
    limits.update(max_shape=1_000_000, max_distance=10_000_000.0, max_gps_accuracy=1_000.0, max_search_radius=1_000.0)
    file = folder / "valhalla.json"
    file.write_text(json.dumps(config))
    if not any(tiles.rglob("*.gph")):
        tool = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
        subprocess.run([tool, "-c", file, extract], check=True, capture_output=True)
    return config


ATTRIBUTES = [
    "edge.way_id",
    "edge.begin_shape_index",
    "edge.end_shape_index",
    "matched.point",
    "matched.type",
    "shape",
]


def request(trace: list[tuple[float, float, float]], options: dict[str, Any]) -> dict[str, Any]:
    """Ask for the points and the edges of one trace."""
    return {
        "shape": [{"lon": lon, "lat": lat, "time": t} for lon, lat, t in trace],
        "costing": "auto",
        "shape_match": "map_snap",
        "trace_options": options,
        "filters": {"attributes": ATTRIBUTES, "action": "include"},
    }


def told(reply: dict[str, Any]) -> dict[str, Any]:
    """Keep of a reply what the comparison needs."""
    shape = decode(reply["shape"])
    points = [[p["lon"], p["lat"]] if p["type"] != "unmatched" else None for p in reply["matched_points"]]
    edges = [[e["way_id"], shape[e["begin_shape_index"] : e["end_shape_index"] + 1]] for e in reply["edges"]]
    return {"points": points, "edges": edges}


def main() -> None:
    """Read the traces, match them one after the other, write the answer."""
    import valhalla

    extract, folder, source, target = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    job = json.loads(source.read_text())
    began = time.perf_counter()
    config = build(extract, folder, job["meili"])
    built = time.perf_counter()
    actor = valhalla.Actor(config)
    answer: dict[str, Any] = {"build": built - began, "prepare": time.perf_counter() - built, "failed": 0, "traces": []}
    values = array.array("d")
    values.frombytes(Path(job["positions"]).read_bytes())
    seconds = cpu = 0.0
    for first, stop in itertools.pairwise(job["bounds"]):
        rows = values[3 * first : 3 * stop]
        asked = request(list(zip(rows[0::3], rows[1::3], rows[2::3], strict=True)), job["options"])
        began, before = time.perf_counter(), time.process_time()
        try:
            reply = actor.trace_attributes(asked)
        except RuntimeError:
            answer["failed"] += 1
            reply = {"matched_points": [], "edges": [], "shape": ""}
        seconds += time.perf_counter() - began
        cpu += time.process_time() - before
        if job["keep"]:
            answer["traces"].append(told(reply))
    status = Path("/proc/self/status").read_text().splitlines()
    peak = int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024.0
    target.write_text(json.dumps({**answer, "seconds": seconds, "cpu": cpu, "peak_mb": peak}))


if __name__ == "__main__":
    main()
