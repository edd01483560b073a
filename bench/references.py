"""Referencing a prefecture in which every road was redrawn: `python bench/references.py --json [--quick]`.

The generated prefecture of `bench/tiles.py`, once as it is and once with every line moved by 2.9 m: how long the
references of all segments take, and the table from the old map to the new one, beside the table of an unchanged map.
Every line keeps its shape, so each old segment must be found again; the share that is not is reported. Prints one
JSON object last.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tiles_world import prefecture
from umaya.places.roads.changes import compare
from umaya.places.roads.references import References
from umaya.types.roads import RoadNetwork

MOVED = (2e-5, 2e-5)
"""Degrees east and north."""


def redrawn(network: RoadNetwork, by: tuple[float, float]) -> RoadNetwork:
    """Return the roads with every line moved."""
    table = network.edges
    lines = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    moved = shapely.transform(lines, lambda degrees: degrees + np.array(by))
    at = table.column_names.index("geometry")
    column = pa.array(shapely.to_wkb(moved), pa.binary())
    return RoadNetwork(table.set_column(at, table.schema.field(at), column), network.nodes, network.accesses)


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what work gives, and the seconds it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, {"s": round(time.perf_counter() - wall, 1), "cpu_s": round(time.process_time() - cpu, 1)}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted for uniformity; JSON is always the last line")
    parser.add_argument("--quick", action="store_true", help="a fifth of the edges")
    edges = 100_000 if parser.parse_args().quick else 500_000
    small = prefecture(2_000, seed=1)
    compare(small, redrawn(small, MOVED))  # compiled
    network = prefecture(edges, seed=1)
    moved = redrawn(network, MOVED)
    _, references = timed(lambda: References(network).table())
    _, unchanged = timed(lambda: compare(network, network))
    table, every = timed(lambda: compare(network, moved))
    found = pc.equal(table["old_segment_id"], table["new_segment_id"])
    told = {
        "bench": "references",
        "edges": network.edges.num_rows,
        "segments": table.num_rows,
        "references": references,
        "unchanged": unchanged,
        "every_road_moved": every,
        "not_found_again": round(1 - pc.mean(pc.fill_null(found, False)).as_py(), 5),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": [round(x, 1) for x in os.getloadavg()],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
