"""A second start compiles nothing: whatever was compiled once is loaded from disk."""

from __future__ import annotations

import json
import subprocess
import sys

START = """
import json, sys
import numba.core.dispatcher
from tests.engines.matching.rides import positions, ride
from tests.worlds import draw
from umaya.engines.matching import Matcher

world = draw("A----B----C", cell_m=20)
Matcher(world.network).match(positions({"v": ride(world, ["A", "C"])}))
kernels = {
    id(value): value.stats
    for name, module in list(sys.modules.items())
    if name.startswith("umaya.engines")
    for value in vars(module).values()
    if isinstance(value, numba.core.dispatcher.Dispatcher)
}
loaded = sum(sum(stats.cache_hits.values()) for stats in kernels.values())
compiled = sum(sum(stats.cache_misses.values()) for stats in kernels.values())
print(json.dumps({"kernels": len(kernels), "loaded": loaded, "compiled": compiled}))
"""


def start() -> dict[str, int]:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def test_a_second_start_compiles_nothing() -> None:
    start()
    second = start()
    assert second["kernels"] > 20
    assert second["loaded"] >= 4
    assert second["compiled"] == 0
