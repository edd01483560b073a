"""Which segments an earthquake closes, and where on them the obstacle lies.

Bridges, valley roads and narrow streets on the rounds are hit first; closures lie apart from one another, and hardly
any home is cut off by all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.rounds import Boxes
from umaya.sample.rides.routing import Routing
from umaya.sample.size import CENTRE
from umaya.sample.tables import CLOSURES

SEGMENTS_A_CLOSURE = 140
"""One closure for so many segments: 16 in the sample town."""
CUT_OFF_SHARE = 0.06
"""At most this share of a town's homes loses its way to the offices."""
APART_M = 160.0


@dataclass(frozen=True)
class Closed:
    """Closed segments: `row` of each, `offset` of its obstacle in metres, and the same as flag by row."""

    row: Ints
    offset: Floats
    flag: Bools

    def table(self, streets: Streets, moment: datetime) -> pa.Table:
        """Return the closures as they are published as truth (schema `CLOSURES`)."""
        places = np.round(CENTRE.to_degrees(streets.locate(self.row, self.offset)), 7)
        columns = [streets.way_id[self.row], streets.start_node[self.row], streets.end_node[self.row], *places.T]
        return pa.table([*columns, self.offset, [moment] * len(self.row)], schema=CLOSURES)


def choose_closures(
    streets: Streets, routings: list[Routing], boxes: Boxes, yards: Boxes, spared: Bools, rng: np.random.Generator
) -> Closed:
    """Choose what the earthquake closes in all towns.

    Args:
        streets: all segments.
        routings: one for each town.
        boxes: all letterboxes.
        yards: the offices.
        spared: public segments that stay open, such as those with a rider on them at that moment.
        rng: source of chance.
    """
    flag = np.zeros(streets.public, dtype=bool)
    for routing in routings:
        flag[_choose(streets, routing, boxes, yards, spared, rng)] = True
    row = np.flatnonzero(flag)
    return Closed(row, streets.length[row] * rng.uniform(0.3, 0.7, len(row)), flag)


def _choose(
    streets: Streets, routing: Routing, boxes: Boxes, yards: Boxes, spared: Bools, rng: np.random.Generator
) -> list[int]:
    rows = np.flatnonzero((routing.start >= 0) & (routing.end >= 0))
    homes: Floats = np.zeros(streets.public)
    np.add.at(homes, boxes.row, boxes.homes)
    degree = np.bincount(np.concatenate([routing.start[rows], routing.end[rows]]))
    blind = (degree[routing.start[rows]] == 1) | (degree[routing.end[rows]] == 1)
    weight = np.where(homes[rows] > 0, 1.0, 0.2) * np.where(streets.narrow[rows], 1.6, 0.8)
    weight *= np.where(streets.valley[rows] >= 0, 4.0, 1.0) * np.where(blind, 0.08, 1.0)
    weight[streets.bridge[rows]] = 60.0
    fit = ~spared[rows] & (streets.length[rows] > 30.0) & ~streets.oneway[rows] & ~np.isin(rows, yards.row)
    rows, weight = rows[fit], weight[fit]
    # Weighted order without replacement: Efraimidis and Spirakis (2006), doi:10.1016/j.ipl.2005.11.003.
    order = rows[np.argsort(np.log(rng.random(len(rows))) / weight)[::-1]]
    wanted = max(1, round(int((routing.start >= 0).sum()) / SEGMENTS_A_CLOSURE))
    gate = routing.start[yards.row[np.isin(yards.row, np.flatnonzero(routing.start >= 0))]]
    middle = streets.locate(np.arange(streets.public), streets.length[: streets.public] / 2)
    chosen: list[int] = []
    bridges = 0
    for row in order.tolist():
        near = len(chosen) > 0 and float(np.hypot(*(middle[chosen] - middle[row]).T).min()) < APART_M
        if near or (streets.bridge[row] and bridges >= max(1, wanted // 6)):
            continue
        if cut_off(routing, [*chosen, row], homes, gate) <= CUT_OFF_SHARE:
            chosen.append(row)
            bridges += int(streets.bridge[row])
        if len(chosen) == wanted:
            break
    return chosen


def cut_off(routing: Routing, closed: list[int], homes: Floats, gate: Ints) -> float:
    """Return the share of homes without a way to any office; homes on a closed segment are reached from either end."""
    open_ = (routing.start >= 0) & (routing.end >= 0)
    served = np.flatnonzero(open_)
    open_[closed] = False
    rows = np.flatnonzero(open_)
    graph = coo_array((np.ones(len(rows)), (routing.start[rows], routing.end[rows])), shape=(len(routing.node),) * 2)
    _, part = connected_components(graph, directed=False)
    lost = ~np.isin(part[routing.start[served]], part[gate]) & ~np.isin(part[routing.end[served]], part[gate])
    return float(homes[served][lost].sum() / homes[served].sum())
