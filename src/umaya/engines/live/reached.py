"""The end of the open road as what all likely ways share: told when each has the vehicle there or beyond.

A vehicle that stops behind a junction may stand on either of the roads behind it, or still a metre before it. Which it
is shows when it drives on; that it came to the junction shows at once. So the road before is given out, to its end,
and nothing else is decided. Not responsible for which road comes next (decisions).
"""

from __future__ import annotations

import numpy as np

from umaya.engines.geometry import Roads, metres_per_degree
from umaya.engines.kernels import inner
from umaya.engines.live.driven import PAUSE_S, tell_end
from umaya.engines.live.gather import slower
from umaya.engines.live.params import Settings as LiveSettings
from umaya.engines.live.state import Records
from umaya.engines.live.trellis import row_of
from umaya.engines.matching.hmm import TURN, VIA, route
from umaya.engines.matching.params import Settings
from umaya.engines.matching.routes import END_M
from umaya.engines.matching.routing import PathTable


@inner
def tell_reached(  # type: ignore[no-untyped-def] # a numba record
    one,
    v: int,
    columns: Records,
    best: int,
    noise: float,
    net: Roads,
    table: PathTable,
    s: Settings,
    live: LiveSettings,
    out: Records,
    told: Records,
) -> None:
    """Give the open piece out when all ways that are nearly as likely as the best have come to its end.

    How near falls with the time for which the best way has been there, as for any question.
    """
    if one.on < 0 or one.edge != one.on or one.held >= 0 or one.piece_begin > END_M or not np.isnan(one.gone):
        return
    moment = _came(one, v, columns, best, live.near, net, table, s)
    if np.isnan(moment):
        one.near = np.nan
        return
    if np.isnan(one.near):
        one.near = one.end
    tip = columns[row_of(one, v, one.closed)]
    ask = live.sure * (1.0 - (one.end - one.near) / (live.stand * slower(noise)))
    for b in range(tip.states):
        likely = ask > 0.0 and tip.score[b] >= tip.score[best] - ask
        if likely and np.isnan(_came(one, v, columns, b, 0.0, net, table, s)):
            return
    tell_end(one, v, moment, noise, net, out, told)
    one.near = np.nan


@inner
def _came(  # type: ignore[no-untyped-def] # a numba record
    one, v: int, columns: Records, b: int, near: float, net: Roads, table: PathTable, s: Settings
) -> float:
    """Tell when the way to a state of the tentative column came to the end of the open piece; NaN when it did not."""
    left, edge, offset, at = -1, -1, 0.0, b
    for k in range(one.closed, -1, -1):
        column = columns[row_of(one, v, k)]
        if column.edge[at] != one.on:
            left, edge, offset = k, column.edge[at], np.float64(column.offset[at])
            origin = column.back[at]
        at = column.back[at]
    length = net.length[one.on]
    if left < 0:
        tip = columns[row_of(one, v, one.closed)]
        return float(_come(tip.begin, tip.end)) if near > 0.0 and tip.offset[b] >= length - near else np.nan
    if edge < 0:
        return np.nan
    column = columns[row_of(one, v, left)]
    lon, lat, begin, end, start = one.at_lon, one.at_lat, one.at_begin, one.at_end, one.offset
    if left > 0:
        before = columns[row_of(one, v, left - 1)]
        lon, lat, begin, end, start = (
            before.lon,
            before.lat,
            before.begin,
            before.end,
            np.float64(before.offset[origin]),
        )
    kx, ky = metres_per_degree(column.lat)
    straight = np.hypot((column.lon - lon) * kx, (column.lat - lat) * ky)
    kind, metres, _, _ = route(one.on, start, edge, offset, straight, net, table, s.backward)
    if kind == TURN and net.dead_end[net.target[one.on]]:
        if max(start, length - offset) < length - max(near, s.turn_snap):
            return np.nan
    elif kind != VIA:
        return np.nan
    leave = end - min(PAUSE_S, (end - begin) / 2.0)
    share = min(1.0, (length - start) / max(metres, END_M))
    return float(leave + max(0.0, _come(column.begin, column.end) - leave) * share)


@inner
def _come(begin: float, end: float) -> float:
    """When a vehicle had come to the place of an observation."""
    return float(begin + min(PAUSE_S, (end - begin) / 2.0))
