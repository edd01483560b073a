"""The obligations that need to know places, from positions to counts of roads, and from letterboxes to homes.

Wraps the engines as steps of the gate's chain and adds no rule of its own. What always holds: each takes something
away, none names a value in an error, none keeps what it was given. Parameters are checked when a scheme is handed in.

The steps fit together in one order: positions → move-to-road → traversals → suppress-dead-ends, trim-tours →
traversals → link-counts or tell-swept → passages. A step that gets another table than it takes refuses to run, so a
scheme that leaves the first or the last out releases nothing. Traversals never leave: they name vehicles and reach back
before the window, so no scheme may end with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pyarrow as pa

from umaya.engines.disclosure import link_counts, move_to_road, suppress_dead_ends, tell_swept, trim_tours
from umaya.gate import Factory, ObligationContext
from umaya.places.atlas import Atlas
from umaya.places.parameters import (
    LinkCountsParameters,
    MoveToRoadParameters,
    NoParameters,
    SuppressDeadEndsParameters,
    TellSweptParameters,
    TrimToursParameters,
)
from umaya.places.roads import homes_per_segment
from umaya.types.classes import SecrecyClass
from umaya.types.clock import microseconds
from umaya.types.effects import ClassEffect
from umaya.types.errors import ConflictError
from umaya.types.schemas import HOMES, PASSAGES, POSITIONS, TRAVERSALS

FEW = 3
"""Counts of fewer vehicles tell one of them about the other, or stand for one."""
COUNTED = (
    ClassEffect(
        None,
        {
            SecrecyClass.POSTAL: SecrecyClass.NON_PERSONAL,
            SecrecyClass.LOCATION: SecrecyClass.NON_PERSONAL,
            SecrecyClass.ORDINARY: SecrecyClass.NON_PERSONAL,
        },
    ),
)
"""What counts of at least `FEW` vehicles do to classes."""


class _Step:
    """What the steps have in common: they look at whole tables, and at no person."""

    name: ClassVar[str]
    may_end: ClassVar[bool] = False
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = MappingProxyType({})

    @property
    def lookback(self) -> timedelta:
        return timedelta(0)

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        return ()

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `PASSAGES` if the step may end a chain, else `TRAVERSALS`, which `schema` must be."""
        del context
        if not schema.equals(TRAVERSALS):
            raise ValueError("it stands behind a step that leaves another table")
        return PASSAGES if self.may_end else TRAVERSALS


@dataclass(frozen=True)
class MoveToRoad(_Step):
    """Positions to traversals: what happened on private land is put on the road, then matched to roads.

    Traversals of a dataset that the hub made so as the positions came in (`umaya.places.live`) are passed on.
    """

    atlas: Atlas
    parameters: MoveToRoadParameters
    name: ClassVar[str] = "move-to-road"

    @property
    def lookback(self) -> timedelta:
        return timedelta(seconds=self.parameters.lookback_s)

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `TRAVERSALS`; `schema` is that already, or has at least vehicle_id, t, lon, lat."""
        del context
        if schema.equals(TRAVERSALS):
            return TRAVERSALS
        for field in POSITIONS:
            if not field.nullable and field.name not in schema.names:
                raise ValueError(f"it needs the column `{field.name}`")
        return TRAVERSALS

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`; `data` is that already, or holds at least vehicle_id, t, lon, lat."""
        del context
        if data.schema.equals(TRAVERSALS):
            return data
        for field in POSITIONS:
            if field.name not in data.column_names:
                if not field.nullable:
                    raise ConflictError(f"`{self.name}` needs the column `{field.name}`")
                data = data.append_column(field, pa.nulls(data.num_rows, field.type))
        positions = (
            data.select(POSITIONS.names).cast(POSITIONS).sort_by([("vehicle_id", "ascending"), ("t", "ascending")])
        )
        return self.atlas.matcher.match(move_to_road(positions, self.atlas.accesses)).traversals


@dataclass(frozen=True)
class SuppressDeadEnds(_Step):
    """Traversals without those on branches that serve few homes."""

    atlas: Atlas
    parameters: SuppressDeadEndsParameters
    name: ClassVar[str] = "suppress-dead-ends"

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`."""
        del context
        _require(data, TRAVERSALS, self.name)
        return suppress_dead_ends(data, self.atlas.network, self.atlas.suppressed(self.parameters.max_homes))


@dataclass(frozen=True)
class TrimTours(_Step):
    """Traversals without the first and the last stretch of each tour."""

    parameters: TrimToursParameters
    name: ClassVar[str] = "trim-tours"

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`."""
        _require(data, TRAVERSALS, self.name)
        since = None if context.span is None else context.span[0]
        return trim_tours(data, self.parameters.metres, self.parameters.rest_s, since)


@dataclass(frozen=True)
class TellSwept(_Step):
    """Traversals to passages: of each neighbourhood all that was passed, once that is most of its roads, or nothing."""

    atlas: Atlas
    parameters: TellSweptParameters
    name: ClassVar[str] = "tell-swept"
    may_end: ClassVar[bool] = True
    in_series: ClassVar[bool] = True

    @property
    def lookback(self) -> timedelta:
        return timedelta(seconds=self.parameters.hold_s)

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `PASSAGES` of the permitted window, which must lie on the grid of windows."""
        _require(data, TRAVERSALS, self.name)
        if context.window is None or context.span is None:
            raise ConflictError(f"`{self.name}` needs a window")
        chosen = self.parameters
        if any(microseconds(moment) % (chosen.window_s * 1_000_000) for moment in context.window):
            raise ConflictError(
                f"`{self.name}` needs windows that begin and end at whole multiples of {chosen.window_s} s"
            )
        hidden = self.atlas.suppressed(chosen.max_homes)
        areas = self.atlas.neighbourhoods(chosen.roads)
        window, since = context.window, context.span[0]
        return tell_swept(data, self.atlas.network, areas, hidden, window, since, chosen.sweeping())


@dataclass(frozen=True)
class LinkCounts(_Step):
    """Traversals to passages: counts for each road and window."""

    parameters: LinkCountsParameters
    name: ClassVar[str] = "link-counts"
    may_end: ClassVar[bool] = True
    in_series: ClassVar[bool] = True

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        return COUNTED if self.parameters.min_vehicles >= FEW else ()

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `PASSAGES` of the permitted window."""
        _require(data, TRAVERSALS, self.name)
        if context.window is None:
            raise ConflictError(f"`{self.name}` needs a window")
        chosen = self.parameters
        return link_counts(
            data,
            *context.window,
            chosen.window_s,
            chosen.min_vehicles,
            chosen.min_turn_backs,
            chosen.fold_days,
            fold_weeks=chosen.fold_weeks,
            min_days=chosen.min_days,
            least=chosen.least,
        )


@dataclass(frozen=True)
class HomesPerSegment(_Step):
    """Letterboxes (lon, lat, homes) to the number of homes on each road segment."""

    atlas: Atlas
    name: ClassVar[str] = "homes-per-segment"
    may_end: ClassVar[bool] = True

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `HOMES`; `schema` has at least lon, lat."""
        del context
        for name in ("lon", "lat"):
            if name not in schema.names:
                raise ValueError(f"it needs the column `{name}`")
        return HOMES

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `HOMES`."""
        del context
        return homes_per_segment(data, self.atlas.network)


def factories(atlas: Atlas) -> Mapping[str, Factory]:
    """Return the factories that the hub hands to the gate, by the name that schemes use."""

    def homes(given: Mapping[str, Any]) -> HomesPerSegment:
        NoParameters.model_validate(given)
        return HomesPerSegment(atlas)

    return {
        "move-to-road": lambda given: MoveToRoad(atlas, MoveToRoadParameters.model_validate(given)),
        "suppress-dead-ends": lambda given: SuppressDeadEnds(atlas, SuppressDeadEndsParameters.model_validate(given)),
        "trim-tours": lambda given: TrimTours(TrimToursParameters.model_validate(given)),
        "tell-swept": lambda given: TellSwept(atlas, TellSweptParameters.model_validate(given)),
        "link-counts": lambda given: LinkCounts(LinkCountsParameters.model_validate(given)),
        "homes-per-segment": homes,
    }


def _require(data: pa.Table, schema: pa.Schema, name: str) -> None:
    if not data.schema.equals(schema):
        raise ConflictError(f"`{name}` does not fit behind the step before it in the scheme")
