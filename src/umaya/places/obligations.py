"""The obligations that need to know places: move to road, suppress dead ends, link counts, homes for each segment.

Wraps the engines as steps of the gate's chain and adds no rule of its own. What always holds: each takes something
away, none names a value in an error, none keeps what it was given. Parameters are checked when a scheme is handed in.

The steps fit together in one order: positions → move-to-road → traversals → suppress-dead-ends → traversals →
link-counts → passages. A step that gets another table than it takes refuses to run, so a scheme that leaves one out
releases nothing. Traversals never leave: they name vehicles and reach back before the window, so no scheme may end
with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from umaya.engines.disclosure import link_counts, move_to_road, suppress_dead_ends
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
    turn_back_span_s: int | None = Field(default=None, ge=60, le=7200)
    """Seconds up to the end of a window over which vehicles that turned back are counted; the window by default."""


class NoParameters(_Parameters):
    """Of obligations that have none."""


PARAMETERS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "move-to-road": MoveToRoadParameters,
        "suppress-dead-ends": SuppressDeadEndsParameters,
        "link-counts": LinkCountsParameters,
        "homes-per-segment": NoParameters,
    }
)
"""What each takes, by the name that schemes use."""


@dataclass(frozen=True)
class MoveToRoad:
    """Positions to traversals: what happened on private land is put on the road, then matched to roads."""

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
        """Return `TRAVERSALS`; `schema` has at least vehicle_id, t, lon, lat."""
        del context
        for field in POSITIONS:
            if not field.nullable and field.name not in schema.names:
                raise ValueError(f"it needs the column `{field.name}`")
        return TRAVERSALS

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return schema `TRAVERSALS`; `data` holds at least vehicle_id, t, lon, lat."""
        del context
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
class LinkCounts:
    """Traversals to passages: counts for each road and window."""

    parameters: LinkCountsParameters
    name: str = "link-counts"
    may_end: bool = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = False
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        return COUNTED if self.parameters.min_vehicles >= FEW else ()

    @property
    def lookback(self) -> timedelta:
        return timedelta(seconds=max(0, (self.parameters.turn_back_span_s or 0) - self.parameters.window_s))

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
            turn_back_span_s=chosen.turn_back_span_s,
            fold_weeks=chosen.fold_weeks,
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
