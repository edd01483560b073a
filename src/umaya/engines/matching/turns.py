"""How far a vehicle went before it turned.

The model knows a turn only between two observations, each the mean of some metres of movement, so the far end of
a visit to a dead end is cut short. Here the single positions around each U-turn on an edge say how far it went.
A turn close to the end of a dead end is taken to be at its end; towards a junction nothing is added that the
positions do not say, because a road shown as passed that was not is the worse error.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, nearest_on_edge
from umaya.engines.matching.observations import Observations, Track
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routes import Drive


@numba.njit(cache=True, nogil=True)
def farthest(along: NDArray[np.float64], half: int) -> float:
    """Estimate how far a track went that came up to a point and went back.

    Args:
        along: metres along the edge of each position, in order of time.
        half: places on either side of the running mean that takes the noise out.

    Returns:
        Metres: the greatest running mean, plus what a running mean cuts off a tip that is passed at the speed seen
        (for a vehicle that stands at the tip: nothing).
    """
    n = len(along)
    width = 2 * half + 1
    if n < width:
        return float(np.mean(along))
    mean = np.empty(n - width + 1)
    for i in range(len(mean)):
        mean[i] = np.mean(along[i : i + width])
    step = 0.0
    if len(mean) > width:
        moves = np.abs(mean[width:] - mean[:-width]) / width
        step = np.percentile(moves, 75.0)
    return float(np.max(mean) + step * half * (half + 1) / width)


@numba.njit(cache=True, nogil=True)
def stretch_turns(d: Drive, track: Track, o: Observations, net: Roads, s: Settings) -> None:
    """Move the turning point of every U-turn on an edge to where the positions say, in place."""
    half = max(1, o.half)
    k = 0
    for p in range(len(d.edge) - 1):
        while k < len(d.at_piece) and d.at_piece[k] <= p:
            k += 1
        e = d.edge[p]
        if d.trip[p] != d.trip[p + 1] or net.reverse[e] != d.edge[p + 1] or d.end[p] >= net.length[e]:
            continue
        start, stop = k, k
        while start > 0 and k - start < 2 and d.at_piece[start - 1] == p:
            start -= 1
        while stop < len(d.at_piece) and stop - k < 2 and d.at_piece[stop] == p + 1:
            stop += 1
        if start == stop:
            continue
        rows = o.last[stop - 1] + 1 - o.first[start]
        along = np.empty(rows)
        count = 0
        for i in range(o.first[start], o.last[stop - 1] + 1):
            if o.of[i] >= 0:
                along[count], _ = nearest_on_edge(e, 0.0, net.length[e], track.lon[i], track.lat[i], net)
                count += 1
        apex = min(max(farthest(along[:count], half), d.end[p]), net.length[e])
        if net.dead_end[net.target[e]] and net.length[e] - apex <= max(s.turn_snap, 1.5 * o.jitter):
            apex = net.length[e]
        d.end[p] = apex
        d.begin[p + 1] = net.length[e] - apex
