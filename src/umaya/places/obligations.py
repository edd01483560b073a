"""The obligations that need to know places: move to road, suppress dead ends, link counts, homes for each segment.

Wraps the engines as steps of the gate's chain and adds no rule of its own. What always holds: each takes something
away, none names a value in an error, none keeps what it was given. Parameters are checked when a scheme is handed in.

The steps fit together in one order: positions → move-to-road → traversals → suppress-dead-ends, trim-tours, tell-swept
→ traversals → link-counts → passages. A step that gets another table than it takes refuses to run, so a scheme that
leaves the first or the last out releases nothing. Traversals never leave: they name vehicles and reach back before the
window, so no scheme may end with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from umaya.engines.disclosure import link_counts, move_to_road, suppress_dead_ends, tell_swept, trim_tours
from umaya.gate import Factory, ObligationContext
from umaya.places.atlas import Atlas
from umaya.places.roads import homes_per_segment
from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.types.errors import ConflictError
from umaya.types.schemas import HOMES, PASSAGES, POSITIONS, TRAVERSALS

NOTHING: Mapping[str, SecrecyClass] = MappingProxyType({})
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


class _Parameters(BaseModel):
    """Parameters of an obligation: nothing unknown, nothing of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MoveToRoadParameters(_Parameters):
    """Of `move-to-road`."""

    lookback_s: int = Field(default=900, ge=0, le=7200)
    """Seconds before the window that are matched too, so that a road entered before it and left in it is whole."""


class SuppressDeadEndsParameters(_Parameters):
    """Of `suppress-dead-ends`."""

    max_homes: int = Field(ge=0, le=1000)
    """A branch with at most so many homes is dropped."""


class TrimToursParameters(_Parameters):
    """Of `trim-tours`."""

    metres: int = Field(ge=1, le=5000)
    """How much of the beginning and the end of a tour is dropped, along the roads driven."""
    rest_s: int = Field(default=1200, ge=60, le=86_400)
    """Seconds of rest that end a tour."""


class TellSweptParameters(_Parameters):
    """Of `tell-swept`."""

    window_s: int = Field(default=1800, ge=60, le=86_400)
    """Length of a window in seconds; the one of `link-counts`, or a part of it."""
    percent: int = Field(ge=1, le=100)
    """Least share of a neighbourhood's roads that must have been passed in a window for any to be told."""
    roads: int = Field(default=24, ge=4, le=1000)
    """Most roads of a neighbourhood."""
    max_homes: int = Field(ge=0, le=1000)
    """As of `suppress-dead-ends`: the roads that are never told do not count."""


class LinkCountsParameters(_Parameters):
    """Of `link-counts`."""

    window_s: int = Field(default=3600, ge=60, le=86_400)
    """Length of a window in seconds."""
    min_vehicles: int = Field(ge=1)
    """Least number of distinct vehicles for a count to be told."""
    min_turn_backs: int = Field(ge=2)
    """Least number of distinct vehicles that turned back; one alone may be a delivery."""
    fold_days: bool = False
    """Whether the same hour of several days is one window."""
    fold_weeks: bool = False
    """Whether, of folded days, only the same weekdays are one window; needs `fold_days`."""
    min_days: int = Field(default=1, ge=1, le=366)
    """Of folded days, least number of distinct ones with a pass for passes to be told; needs `fold_days`."""
    least: bool = False
    """Whether of passes, vehicles and turn-backs is told only that they reach their minimum."""


class NoParameters(_Parameters):
    """Of obligations that have none."""


PARAMETERS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "move-to-road": MoveToRoadParameters,
        "suppress-dead-ends": SuppressDeadEndsParameters,
        "trim-tours": TrimToursParameters,
        "tell-swept": TellSweptParameters,
        "link-counts": LinkCountsParameters,
        "homes-per-segment": NoParameters,
    }
)
"""What each takes, by the name that schemes use."""


@dataclass(frozen=True)
class MoveToRoad:
    """Positions to traversals: what happened on private land is put on the road, then matched to roads.

    Traversals of a dataset that the hub made so as the positions came in (`umaya.places.live`) are passed on.
    """

    atlas: Atlas
    parameters: MoveToRoadParameters
    name: str = "move-to-road"
    may_end: bool = False
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

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
class SuppressDeadEnds:
    """Traversals without those on branches that serve few homes."""

    atlas: Atlas
    parameters: SuppressDeadEndsParameters
    name: str = "suppress-dead-ends"
    lookback: timedelta = timedelta(0)
    may_end: bool = False
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `TRAVERSALS`, which `schema` must be."""
        del context
        return _behind(schema, TRAVERSALS)

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`."""
        del context
        _require(data, TRAVERSALS, self.name)
        return suppress_dead_ends(data, self.atlas.network, self.atlas.suppressed(self.parameters.max_homes))


@dataclass(frozen=True)
class TrimTours:
    """Traversals without the first and the last stretch of each tour."""

    parameters: TrimToursParameters
    name: str = "trim-tours"
    lookback: timedelta = timedelta(0)
    may_end: bool = False
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `TRAVERSALS`, which `schema` must be."""
        del context
        return _behind(schema, TRAVERSALS)

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`."""
        _require(data, TRAVERSALS, self.name)
        since = None if context.span is None else context.span[0]
        return trim_tours(data, self.parameters.metres, self.parameters.rest_s, since)


@dataclass(frozen=True)
class TellSwept:
    """Traversals of which those in neighbourhoods that were not swept no longer count as passes."""

    atlas: Atlas
    parameters: TellSweptParameters
    name: str = "tell-swept"
    lookback: timedelta = timedelta(0)
    may_end: bool = False
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `TRAVERSALS`, which `schema` must be."""
        del context
        return _behind(schema, TRAVERSALS)

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`."""
        _require(data, TRAVERSALS, self.name)
        if context.window is None:
            raise ConflictError(f"`{self.name}` needs a window")
        chosen = self.parameters
        hidden = self.atlas.suppressed(chosen.max_homes)
        areas = self.atlas.neighbourhoods(chosen.roads)
        return tell_swept(data, self.atlas.network, areas, hidden, context.window[0], chosen.window_s, chosen.percent)


@dataclass(frozen=True)
class LinkCounts:
    """Traversals to passages: counts for each road and window."""

    parameters: LinkCountsParameters
    name: str = "link-counts"
    lookback: timedelta = timedelta(0)
    may_end: bool = True
    in_series: ClassVar[bool] = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        return COUNTED if self.parameters.min_vehicles >= FEW else ()

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `PASSAGES`; `schema` is `TRAVERSALS`."""
        del context
        _behind(schema, TRAVERSALS)
        return PASSAGES

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
class HomesPerSegment:
    """Letterboxes (lon, lat, homes) to the number of homes on each road segment."""

    atlas: Atlas
    name: str = "homes-per-segment"
    lookback: timedelta = timedelta(0)
    may_end: bool = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

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


def _behind(schema: pa.Schema, wanted: pa.Schema) -> pa.Schema:
    if not schema.equals(wanted):
        raise ValueError("it stands behind a step that leaves another table")
    return wanted


def _require(data: pa.Table, schema: pa.Schema, name: str) -> None:
    if not data.schema.equals(schema):
        raise ConflictError(f"`{name}` does not fit behind the step before it in the scheme")
