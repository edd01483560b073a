"""Work over a range of rows, split over the cores this process may use.

Threads of its own for each call, not Numba's `prange`: that aborts the process when two threads of a server
enter it at once on its fallback pool, and a pool kept between calls would not survive a fork.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Part = Callable[[int, int], object]
"""Does the rows `start` up to `stop`; releases the GIL; may run beside the other parts."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ranges(count: int, step: int) -> list[tuple[int, int]]:
    """Return the ranges of `step` rows (the last may be shorter) that cover `count` rows."""
    return [(start, min(start + step, count)) for start in range(0, count, step)]


def in_parts(part: Part, count: int, step: int) -> None:
    """Do the rows 0 up to `count` in ranges of `step`, on as many threads as there are cores; raise what a part raises.

    Args:
        part: the work; its ranges begin at multiples of `step`.
        count: number of rows.
        step: rows of a part; so many that starting a thread (some 50 microseconds) is worth it.
    """
    threads = min(cores(), -(-count // step))
    if threads <= 1:
        for start, stop in ranges(count, step):
            part(start, stop)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(part, start, stop) for start, stop in ranges(count, step)]:
            done.result()
