"""Delivery areas and rounds: which office serves which streets, and in which order a rider visits them.

Each office has an area, each area is cut into as many compact rounds of like work as the office has bikes, each round
is a tour over its streets by a greedy rule. Rounds stay; who rides them changes from day to day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from umaya.sample.map.draft import Bools, Floats, Ints
from umaya.sample.map.network import Streets
from umaya.sample.rides.routing import Routing

TURN_BACK_S = 40.0
"""What a rider would ride to spare himself a turn back on the road."""
BLIND_BONUS_S = 12.0
"""By how much a rider prefers to finish a blind lane while he is there."""


@dataclass(frozen=True)
class Boxes:
    """Stops that could be made: row of `Streets`, metres along it, homes, row of the driveway or -1."""

    row: Ints
    offset: Floats
    homes: Ints
    driveway: Ints

    @classmethod
    def of(cls, streets: Streets, table: pa.Table, homes: Ints) -> Boxes:
        """Place a table with `way_id`, `offset_m`, `driveway_id` on the segments."""
        row, offset = streets.on_ways(table["way_id"].to_numpy(), table["offset_m"].to_numpy())
        way = table["driveway_id"].fill_null(-1).to_numpy()
        return cls(row, offset, homes, np.where(way >= 0, streets.driveway(np.maximum(way, 0)), -1))


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        office: number of the office.
        rows: all segments of its area.
        row, forward: the streets with letterboxes in the order and direction of the tour.
    """

    office: int
    rows: Ints
    row: Ints
    forward: Bools


def plan_rounds(
    streets: Streets, routing: Routing, boxes: Boxes, offices: Boxes, numbers: Ints, bikes: Ints
) -> list[Round]:
    """Cut the streets of one cell into rounds.

    Args:
        streets: all segments.
        routing: ways of the cell.
        boxes: the region's letterboxes.
        offices: places of the cell's offices.
        numbers: their numbers in the region.
        bikes: how many rounds each has.
    """
    rows = np.flatnonzero((routing.start >= 0) & (routing.end >= 0))
    demand = np.bincount(boxes.row, minlength=streets.public)[: streets.public]
    middle = streets.locate(rows, streets.length[rows] / 2)
    home = routing.start[offices.row]
    work = 30.0 * demand[rows] + streets.length[rows] / 5.0
    share = _areas(routing.seconds[np.ix_(home, routing.start[rows])], work, bikes)
    rounds = []
    for k, (number, count) in enumerate(zip(numbers.tolist(), bikes.tolist(), strict=True)):
        area = np.flatnonzero(share == k)
        for part in _cut(middle[area], work[area], count):
            mine = rows[area[part]]
            row, forward = tour(streets, routing, int(home[k]), mine[demand[mine] > 0])
            rounds.append(Round(number, mine, row, forward))
    return rounds


def _areas(seconds: NDArray[np.float32], work: Floats, bikes: Ints) -> Ints:
    """Give each segment to the office that is nearest after a handicap that makes work follow the number of bikes."""
    handicap = np.zeros(len(bikes))
    wanted = bikes / bikes.sum()
    for _ in range(60):
        share = np.argmin(seconds + handicap[:, None], axis=0)
        handicap += 120.0 * (np.bincount(share, weights=work, minlength=len(bikes)) / work.sum() - wanted)
    return np.asarray(share)


def _cut(middle: Floats, work: Floats, count: int) -> list[Ints]:
    """Cut places into `count` compact parts of like work, each time across the longer side."""
    parts = [(np.arange(len(work)), count)]
    done = []
    while parts:
        part, pieces = parts.pop()
        if pieces == 1 or len(part) < 2:
            done.append(part)
            continue
        axis = int(np.argmax(np.ptp(middle[part], axis=0)))
        order = part[np.argsort(middle[part, axis], kind="stable")]
        left = pieces // 2
        run = np.cumsum(work[order])
        at = int(np.clip(np.searchsorted(run, run[-1] * left / pieces), 1, len(order) - 1))
        parts += [(order[:at], left), (order[at:], pieces - left)]
    return done


def tour(streets: Streets, routing: Routing, at: int, rows: Ints) -> tuple[Ints, Bools]:
    """Order segments by always riding to the nearest one not yet ridden, from junction `at` on.

    A turn back on the road counts as a detour, a blind lane at hand comes first. Segments that cannot be reached are
    left out.
    """
    start, end = routing.start[rows], routing.end[rows]
    degree = np.bincount(np.concatenate([routing.start[routing.start >= 0], routing.end[routing.end >= 0]]))
    bonus = np.where((degree[start] == 1) | (degree[end] == 1), BLIND_BONUS_S, 0.0)
    two_way = ~streets.oneway[rows]
    open_ = np.ones(len(rows), dtype=bool)
    chosen, forward = [], []
    behind, last = -1, 0.0
    for _ in range(len(rows)):
        entry = np.stack([start, end])
        cost = routing.seconds[at, entry].astype(np.float64)
        if behind >= 0 and degree[at] > 1:
            back = cost >= last + routing.seconds[behind, entry] - 0.1
            cost = cost + np.where(back, TURN_BACK_S, 0.0)
        cost = cost - bonus
        cost[1, ~two_way] = np.inf
        cost[:, ~open_] = np.inf
        side, k = divmod(int(np.argmin(cost)), len(rows))
        if not np.isfinite(cost[side, k]):
            break
        chosen.append(int(rows[k]))
        forward.append(side == 0)
        open_[k] = False
        behind, at = (int(start[k]), int(end[k])) if side == 0 else (int(end[k]), int(start[k]))
        last = float(streets.length[rows[k]] / streets.speed[rows[k]])
    return np.array(chosen, dtype=np.int64), np.array(forward, dtype=bool)
