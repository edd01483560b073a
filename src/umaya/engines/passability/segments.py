"""Segments as rows 0, 1, ... and how a ride goes on from one to the next."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from umaya.engines.passability.detours import Detours
from umaya.types.roads import RoadNetwork

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Segments:
    """The segments of a network.

    Attributes:
        ids: segment id of each row, ascending.
        ends: shape (rows, 2), nodes at both ends.
        of_edge: row of each directed edge.
        length: metres.
        source, target: nodes of each directed edge; `reverse` its opposite, -1 where there is none.
    """

    def __init__(self, network: RoadNetwork) -> None:
        segment = network.edges.column("segment_id").to_numpy()
        self.source: Ints = network.edges.column("source").to_numpy().astype(np.int64)
        self.target: Ints = network.edges.column("target").to_numpy().astype(np.int64)
        self.ids: Ints = np.flatnonzero(segment == np.arange(len(segment)))
        self.ends: Ints = np.column_stack((self.source, self.target))[self.ids]
        self.of_edge: Ints = np.searchsorted(self.ids, segment)
        self.length: Floats = network.edges.column("length_m").to_numpy()[self.ids]
        self.reverse: Ints = network.edges.column("reverse").fill_null(-1).to_numpy()

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def detours(self) -> Detours:
        """The way round each segment."""
        return Detours(self.ends, self.length, self.source, self.target, self.reverse, self.of_edge)

    @cached_property
    def turns(self) -> tuple[Ints, Ints, Ints]:
        """Pairs of edges of different segments that a ride can follow one after the other, sorted by the first.

        Returns:
            `start` (edges + 1): pairs of edge `e` are `start[e]` to `start[e + 1]` - 1; first and second edge of each.
        """
        by_source = np.argsort(self.source, kind="stable")
        low = np.searchsorted(self.source[by_source], self.target, side="left")
        number = np.searchsorted(self.source[by_source], self.target, side="right") - low
        first = np.repeat(np.arange(len(self.target)), number)
        within = np.arange(len(first)) - np.repeat(np.cumsum(number) - number, number)
        second = by_source[low[first] + within]
        other = self.of_edge[first] != self.of_edge[second]
        first, second = first[other], second[other]
        return np.searchsorted(first, np.arange(len(self.target) + 1)), first, second
