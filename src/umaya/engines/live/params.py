"""Every number that live matching adds to those of the matcher, with its unit and range, checked when it is set."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple

from umaya.engines.matching import MatchParams

RANGES = {
    "every_s": (0.0, 60.0),
    "reorder_s": (0.0, 60.0),
    "lag_s": (0.1, 600.0),
    "sure": (0.0, 100.0),
    "beam": (1.0, 1_000.0),
    "near_m": (0.0, 50.0),
    "stand_s": (0.1, 600.0),
    "silent_s": (1.0, 86_400.0),
    "forget_s": (1.0, 7 * 86_400.0),
    "ahead_s": (0.0, 3_600.0),
    "hold_s": (1.0, 86_400.0),
}
"""Least and greatest value of each parameter."""


@dataclass(frozen=True)
class LiveParams:
    """Parameters of live matching.

    Attributes:
        match: parameters of the model.
        every_s: seconds between the positions of a vehicle, usually. One that follows the last by at most half as much
            again leaves no room for another between them and does not wait. Set it to the interval of the quickest
            vehicle; with 0 every position waits.
        reorder_s: seconds of event time for which any other position waits for earlier ones of its vehicle; what comes
            later than that is dropped and counted as late.
        lag_s: seconds of event time after which an open question is decided for the likeliest answer, at the latest;
            four times as many for the first road of a trip, and more, by the square, for noise above 5 m.
        sure: nats by which the likeliest way must be ahead of every other for its common part to be decided at once;
            what is asked falls to nothing while a question grows `lag_s` old.
        beam: nats below the likeliest state at which a state is given up.
        near_m: metres; a vehicle so near to the end of its road counts as having come there once the likeliest way
            has had it there or beyond for `stand_s`; 0 to wait until it is beyond.
        stand_s: seconds of event time after which the end of a road is told that the likeliest way has come to; less
            where all that are within `sure` of it are beyond, more, by the square, for noise above 5 m.
        silent_s: seconds without an arrival after which a vehicle's trip is ended; at least the matcher's `max_gap_s`.
            Of a vehicle whose positions come in lots more is expected for half as much again as a lot reached back, up
            to `hold_s`.
        forget_s: seconds without an arrival after which a vehicle is forgotten, and age at which a position is too
            late whatever its vehicle; at least `silent_s`.
        ahead_s: seconds; a position whose time is this much later than its arrival comes from a wrong clock.
        hold_s: seconds for which a vehicle of which a road is undecided holds up what is called final; at least
            `silent_s`. A road that comes out later still is counted as overdue.

    Raises:
        ValueError: when a value lies outside its range.
    """

    match: MatchParams = field(default_factory=MatchParams)
    every_s: float = 1.0
    reorder_s: float = 2.0
    lag_s: float = 3.0
    sure: float = 8.0
    beam: float = 20.0
    near_m: float = 7.5
    stand_s: float = 1.0
    silent_s: float = 90.0
    forget_s: float = 3_600.0
    ahead_s: float = 30.0
    hold_s: float = 900.0

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self) if f.name in RANGES):
            low, high = RANGES[name]
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must lie between {low} and {high}")
        if self.silent_s < self.match.max_gap_s:
            raise ValueError("silent_s must be at least max_gap_s")
        if self.forget_s < self.silent_s:
            raise ValueError("forget_s must be at least silent_s")
        if self.hold_s < self.silent_s:
            raise ValueError("hold_s must be at least silent_s")


class Settings(NamedTuple):
    """The same numbers in the form that kernels take; those in microseconds are compared with times of arrival."""

    follows_us: int
    reorder_us: int
    ahead_us: int
    forget_us: int
    silent_us: int
    hold_us: int
    lag: float
    sure: float
    beam: float
    near: float
    stand: float


def settings(params: LiveParams) -> Settings:
    """Turn parameters into kernel arguments."""
    return Settings(
        round(1.5e6 * params.every_s),
        round(1e6 * params.reorder_s),
        round(1e6 * params.ahead_s),
        round(1e6 * params.forget_s),
        round(1e6 * params.silent_s),
        round(1e6 * params.hold_s),
        params.lag_s,
        params.sure,
        params.beam,
        params.near_m,
        params.stand_s,
    )
