"""What a vehicle drove as one line: the vertices of all its pieces, with the metres along its trip.

Places along a trip only ever grow with time, so whoever asks for them in order finds each by going on from the last.
Not responsible for what was driven (routes) or for where on it a position lies (progress).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, place_on_edge
from umaya.engines.kernels import inner, kernel
from umaya.engines.matching.routes import Drive


class Line(NamedTuple):
    """The line of `p` pieces; two that join share a place, which stands twice.

    Attributes:
        first: int64[p + 1], first vertex of each piece; its last is `first[p + 1] - 1`.
        lon: float64[m], degrees.
        lat: float64[m], degrees.
        along: float64[m], metres from the start of its trip, never decreasing within one.
    """

    first: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    along: NDArray[np.float64]


@kernel
def line_of(d: Drive, start: NDArray[np.float64], net: Roads) -> Line:
    """Lay out what was driven; `start` is the metres from the start of its trip at which each piece begins."""
    room = 2 * len(d.edge)
    for e in d.edge:
        room += net.first[e + 1] - net.first[e]
    line = Line(np.empty(len(d.edge) + 1, np.int64), np.empty(room), np.empty(room), np.empty(room))
    _lay(d, start, net, line)
    return line


@inner
def _lay(d: Drive, start: NDArray[np.float64], net: Roads, line: Line) -> None:
    m = 0
    for p in range(len(d.edge)):
        line.first[p] = m
        e, begin, end = d.edge[p], d.begin[p], d.end[p]
        a, b = net.first[e], net.first[e + 1] - 1
        if begin <= 0.0:
            line.lon[m], line.lat[m] = net.lon[a], net.lat[a]
        else:
            line.lon[m], line.lat[m] = place_on_edge(e, begin, net)
        line.along[m] = start[p]
        m += 1
        for v in range(a + 1, b):
            if begin < net.measure[v] < end:
                line.lon[m], line.lat[m] = net.lon[v], net.lat[v]
                line.along[m] = start[p] + net.measure[v] - begin
                m += 1
        if end >= net.length[e]:
            line.lon[m], line.lat[m] = net.lon[b], net.lat[b]
        else:
            line.lon[m], line.lat[m] = place_on_edge(e, end, net)
        line.along[m] = start[p] + end - begin
        m += 1
    line.first[len(d.edge)] = m


@inner
def vertex_before(line: Line, p: int, v: int, along: float) -> int:
    """Return the vertex of piece `p` before which a place lies; `v` is the one of an earlier place, or smaller."""
    v = max(v, line.first[p])
    while v + 2 < line.first[p + 1] and line.along[v + 1] <= along:
        v += 1
    return v


@inner
def between(line: Line, v: int, along: float) -> tuple[float, float]:
    """Return longitude and latitude of the place `along` on the stretch from vertex `v` to the next one."""
    span = line.along[v + 1] - line.along[v]
    share = min(max((along - line.along[v]) / span, 0.0), 1.0) if span > 0.0 else 0.0
    lon = line.lon[v] + share * (line.lon[v + 1] - line.lon[v])
    return lon, line.lat[v] + share * (line.lat[v + 1] - line.lat[v])
