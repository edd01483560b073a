"""How far a vehicle went: before it turned, and at both ends of a trip.

The model knows a turn, a start and an end only as observations, each the mean of some metres of movement, so what lies
beyond that mean is cut short. Here the single positions say how far it went. A turn close to the end of a dead
end is taken to be at its end; towards a junction nothing is added that the positions do not say, because a
road shown as passed that was not is the worse error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, nearest_on_edge
from umaya.engines.kernels import inner, kernel
from umaya.engines.matching.observations import Observations, Track
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routes import SHORTEST_M, Drive


@kernel
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


@kernel
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


@kernel
def drop_stubs(d: Drive, net: Roads, s: Settings) -> None:
    """Put a turn that lies beyond a junction by less than the noise tells onto the junction, in place.

    It left the junction by another road than it came, and went back the way it came: a dead end, where turning costs
    less, draws such turns.
    """
    stubs = 0
    for p in range(1, len(d.edge) - 2):
        e = d.edge[p]
        if d.trip[p - 1] != d.trip[p + 2] or net.reverse[e] != d.edge[p + 1]:
            continue
        if net.reverse[d.edge[p - 1]] != d.edge[p + 2] or not net.dead_end[net.target[e]]:
            continue
        if d.begin[p] <= 0.0 < d.end[p] < min(s.sigma_z, net.length[e]) and d.end[p + 1] >= net.length[e]:
            d.end[p], d.begin[p + 1] = 0.0, net.length[e]
            stubs += 1
    if stubs > 0:
        for k in range(len(d.at_piece)):
            p = d.at_piece[k]
            if p >= 0:
                d.at_offset[k] = min(max(d.at_offset[k], d.begin[p]), d.end[p])


@kernel
def drop_swings(d: Drive, net: Roads, widest: float) -> bool:
    """Drive once, in place, what was driven forth, back by less than `widest` metres, and forth again on one road.

    Returns:
        Whether there was such a thing.
    """
    found = False
    while True:
        least, at, before, after = widest, -1, -1, -1
        a, b = -1, -1  # the pieces before, of some length
        for p in range(len(d.edge)):
            if d.end[p] - d.begin[p] < SHORTEST_M:
                continue
            if a >= 0 and d.trip[a] == d.trip[p] and d.edge[a] == d.edge[p] == net.reverse[d.edge[b]]:
                swing = d.end[b] - d.begin[b]
                if swing < least and d.end[p] > d.begin[a]:
                    least, at, before, after = swing, b, a, p
            a, b = b, p
        if at < 0:
            break
        found = True
        place = min(d.end[before], d.end[after])
        d.end[before] = d.begin[after] = place
        d.begin[at] = d.end[at] = net.length[d.edge[at]] - place
    for k in range(len(d.at_piece)):
        p = d.at_piece[k]
        if found and p >= 0:
            d.at_offset[k] = min(max(d.at_offset[k], d.begin[p]), d.end[p])
    return found


@kernel
def stretch_ends(d: Drive, net: Roads, s: Settings) -> NDArray[np.float64]:
    """Lengthen trips of several observations at both ends, in place, by what one observation may gather.

    Returns:
        Metres added (p, 2) before and after each piece; `trim_ends` takes back what no position reaches.
    """
    added = np.zeros((len(d.edge), 2))
    several = np.zeros(len(d.edge), np.bool_)
    last = -1
    for p in d.at_piece:
        if p >= 0:
            if last >= 0 and d.trip[last] == d.trip[p]:
                several[p] = several[last] = True
            last = p
    reach = 2.0 * s.thin
    for p in range(len(d.edge)):
        if not several[p]:
            continue
        if p == 0 or d.trip[p - 1] != d.trip[p]:
            added[p, 0] = min(reach, d.begin[p])
            d.begin[p] -= added[p, 0]
        if p + 1 == len(d.edge) or d.trip[p + 1] != d.trip[p]:
            added[p, 1] = min(reach, net.length[d.edge[p]] - d.end[p])
            d.end[p] += added[p, 1]
    return added


@inner
def _stand(d: Drive, p: int, stop: int, along: NDArray[np.float64], first: int, last: int) -> None:
    """Make a trip, pieces `p` to `stop`, one place: that of the middle of its positions, or next to it."""
    middle = 0.5 * (along[first] + along[last])
    for q in range(p, stop):
        here = d.begin[q] + max(middle, 0.0)
        middle -= d.end[q] - d.begin[q]
        here = min(here, d.end[q])
        d.begin[q] = d.end[q] = here
    for i in range(first, last + 1):
        if not np.isnan(along[i]):
            along[i] = 0.0


@kernel
def trim_ends(d: Drive, o: Observations, along: NDArray[np.float64], added: NDArray[np.float64], s: Settings) -> None:
    """Cut trips back to their first and last position, in place, but never shorter than before `stretch_ends`.

    A first or last piece that is shorter than the noise is no evidence of another road and is cut off.
    """
    n = len(along)
    noise = max(o.jitter, s.sigma_z)
    p, i = 0, 0
    while p < len(d.edge):
        stop, length = p, 0.0
        while stop < len(d.edge) and d.trip[stop] == d.trip[p]:
            length += d.end[stop] - d.begin[stop]
            stop += 1
        while i < n and (np.isnan(along[i]) or d.trip[d.at_piece[o.of[i]]] < d.trip[p]):
            i += 1
        if i == n:
            return
        first, last = i, i
        while i < n and (np.isnan(along[i]) or d.trip[d.at_piece[o.of[i]]] == d.trip[p]):
            if not np.isnan(along[i]):
                last = i
            i += 1
        before = min(added[p, 0], along[first])
        after = min(added[stop - 1, 1], length - along[last])
        pieces = stop - p
        if length - before - after < 2.0 * noise:
            _stand(d, p, stop, along, first, last)
            p = stop
            continue
        if pieces > 1 and d.end[p] - d.begin[p] - before < noise:
            before = d.end[p] - d.begin[p]
            pieces -= 1
        if pieces > 1 and d.end[stop - 1] - d.begin[stop - 1] - after < noise:
            after = d.end[stop - 1] - d.begin[stop - 1]
        d.begin[p] += before
        d.end[stop - 1] -= after
        for j in range(first, last + 1):
            if not np.isnan(along[j]):
                along[j] = min(max(along[j] - before, 0.0), length - before - after)
        p = stop
