"""Live matching as a deriver of the gate: positions in as they arrive, traversals out as soon as they are final.

Wraps two engines, move to road and the live matcher, and adds where each traversal ended, so that areas can be told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.engines.disclosure import move_to_road
from umaya.engines.live import LiveMatcher, LiveParams
from umaya.gate.intake import Derived, Deriver
from umaya.places.atlas import Atlas
from umaya.types.schemas import POSITIONS, TRAVERSALS

_log = logging.getLogger("umaya.live")
ENGINE: Final = "live-matching"
LIVE_TRAVERSALS: Final = pa.schema(
    [*TRAVERSALS, pa.field("lon", pa.float64(), nullable=False), pa.field("lat", pa.float64(), nullable=False)]
)
"""Traversals with the junction that each one's edge leads to."""


class LiveMatching:
    """Makes traversals of positions.

    Args:
        atlas: the roads.
        params: of the live matcher.
    """

    def __init__(self, atlas: Atlas, params: LiveParams | None = None) -> None:
        self._atlas = atlas
        self._params = params or LiveParams()

    @cached_property
    def _matcher(self) -> LiveMatcher:
        return LiveMatcher(self._atlas.matcher, self._params)

    @property
    def schema(self) -> pa.Schema:
        """`LIVE_TRAVERSALS`."""
        return LIVE_TRAVERSALS

    @property
    def waits(self) -> bool:
        """Whether a trip is under way that the passing of time would end."""
        return self._matcher.under_way

    @property
    def arrived(self) -> datetime | None:
        """Moment of the last call of `feed`."""
        return self._matcher.arrived

    def feed(self, rows: pa.Table, now: datetime, tick: int, told: datetime | None = None) -> Derived:
        """Take positions in and return what is final; roads from before what was told are counted and logged."""
        before = self._matcher.counts
        moved = move_to_road(rows.select(POSITIONS.names).cast(POSITIONS), self._atlas.accesses)
        made = self._matcher.feed(moved, now, tick, told)
        after = self._matcher.counts
        if after.overdue > before.overdue:
            _log.warning("%d roads came after their time was called final", after.overdue - before.overdue)
        late = after.late + after.ahead + after.invalid - before.late - before.ahead - before.invalid
        return Derived(self._placed(made), late)

    def final_until(self, now: datetime) -> datetime:
        """Return the moment before which no whole road will be left that is still to come; see `LiveMatcher`."""
        return self._matcher.final_until(now)

    def snapshot(self) -> bytes:
        """Return the matcher's state."""
        return self._matcher.snapshot()

    def restore(self, state: bytes) -> None:
        """Take up a state of `snapshot`; raises ValueError where it is of another version or other roads."""
        try:
            self.__dict__["_matcher"] = LiveMatcher.restore(self._atlas.matcher, state)
        except (KeyError, TypeError) as error:
            raise ValueError("the snapshot is of another version") from error

    def _placed(self, traversals: pa.Table) -> pa.Table:
        edges, nodes = self._atlas.network.edges, self._atlas.network.nodes
        rows: npt.NDArray[np.int64] = traversals.column("edge_id").to_numpy()
        end = edges.column("target").to_numpy()[rows]
        places = [pa.array(nodes.column(name).to_numpy()[end], pa.float64()) for name in ("lon", "lat")]
        return pa.table([*traversals.columns, *places], schema=LIVE_TRAVERSALS)


def derivers(atlas: Atlas) -> Mapping[str, Callable[[], Deriver]]:
    """Return the engines that the hub hands to the gate, by name."""
    return {ENGINE: lambda: LiveMatching(atlas)}
