"""Parameters of the obligations that need to know places, as schemes state them; what each does is in `obligations`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from umaya.engines.disclosure import Sweeping


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
    """Length of a window in seconds; windows begin at whole multiples of it since 1970 (UTC)."""
    percent: int = Field(ge=1, le=100)
    """Least share of a neighbourhood's roads that must have been passed for any to be told, where none can wait."""
    percent_held: int = Field(default=90, ge=1, le=100)
    """The same where passes of windows before may have added up."""
    hold_s: int = Field(default=43_200, ge=60, le=86_400)
    """Length of a frame in seconds, in which passes and turn-backs add up; a whole number of windows."""
    min_turn_backs: int = Field(default=2, ge=2)
    """Least number of distinct vehicles that turned back on a road in a frame; one alone may be a delivery."""
    roads: int = Field(default=24, ge=4, le=1000)
    """Most roads of a neighbourhood."""
    max_homes: int = Field(ge=0, le=1000)
    """As of `suppress-dead-ends`: the roads that are never told do not count."""

    @model_validator(mode="after")
    def _of_whole_windows(self) -> Self:
        self.sweeping()
        return self

    def sweeping(self) -> Sweeping:
        """Return the same for the engine; raises `ValueError` where a frame is no whole number of windows."""
        return Sweeping(self.window_s, self.percent, self.percent_held, self.hold_s, self.min_turn_backs)


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


class LetterboxesToBuildingsParameters(_Parameters):
    """Of `letterboxes-to-buildings`."""

    min_homes: int = Field(default=5, ge=3, le=1000)
    """Least number of homes, or of rooms, of a building for their count to be told."""


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
        "letterboxes-to-buildings": LetterboxesToBuildingsParameters,
    }
)
"""What each takes, by the name that schemes use."""
