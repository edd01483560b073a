"""Run pyvalhalla over traces; executed by a side environment's own Python (3.12 or newer), never imported.

    python valhalla_worker.py EXTRACT.osm.pbf WORK_FOLDER TRACES.json ANSWER.json

TRACES.json: {"options": {...}, "traces": [[[lon, lat, seconds], ...], ...]}. ANSWER.json: {"seconds", "prepare",
"traces": [{"points": [[lon, lat] or null, ...], "edges": [[way_id, [[lon, lat], ...]], ...]}, ...]}.
"""

from __future__ import annotations

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


def build(extract: Path, folder: Path) -> dict[str, Any]:
    """Make routing tiles, once for each extract, and return the configuration."""
    import valhalla  # type: ignore[import-not-found] # lives in the side environment

    tiles = folder / "tiles"
    tiles.mkdir(exist_ok=True)
    config: dict[str, Any] = valhalla.get_config(tile_extract="", tile_dir=str(tiles))
    config["mjolnir"].pop("tile_extract", None)
    config["mjolnir"]["concurrency"] = 1
    file = folder / "valhalla.json"
    file.write_text(json.dumps(config))
    if not any(tiles.rglob("*.gph")):
        tool = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
        subprocess.run([tool, "-c", file, extract], check=True, capture_output=True)
    return config


def main() -> None:
    """Read the traces, match them one after the other, write the answer."""
    import valhalla

    extract, folder, source, target = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    actor = valhalla.Actor(build(extract, folder))
    prepare = time.perf_counter() - began
    job = json.loads(source.read_text())
    seconds, answers = 0.0, []
    for trace in job["traces"]:
        request = {
            "shape": [{"lon": lon, "lat": lat, "time": t} for lon, lat, t in trace],
            "costing": "auto",
            "shape_match": "map_snap",
            "trace_options": job["options"],
            "filters": {
                "attributes": [
                    "edge.way_id",
                    "edge.begin_shape_index",
                    "edge.end_shape_index",
                    "matched.point",
                    "matched.type",
                    "shape",
                ],
                "action": "include",
            },
        }
        began = time.perf_counter()
        try:
            reply = actor.trace_attributes(request)
        except RuntimeError:
            reply = {"matched_points": [], "edges": [], "shape": ""}
        seconds += time.perf_counter() - began
        shape = decode(reply["shape"])
        points = [[p["lon"], p["lat"]] if p["type"] != "unmatched" else None for p in reply["matched_points"]]
        edges = [[e["way_id"], shape[e["begin_shape_index"] : e["end_shape_index"] + 1]] for e in reply["edges"]]
        answers.append({"points": points, "edges": edges})
    target.write_text(json.dumps({"seconds": seconds, "prepare": prepare, "traces": answers}))


if __name__ == "__main__":
    main()
