"""What the estimate of passability believes before it sees anything, and how it weighs what it sees.

The numbers are fitted, not chosen: to simulated earthquakes, by maximum likelihood (`bench/passability.py --fit`). Each
fit is a dated file in `calibrations` that says how it was made; the newest is used. There is one for each kind of what
is told: `plain`, each road by itself, and `swept`, neighbourhoods only when most of their roads were passed. They are
to be replaced by numbers from a real event when there is one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["plain", "swept"]
_POSITIVE = ("reopening", "reclosing", "near_size", "platt_slope")
_SHARES = ("prior_closed", "doubt", "blocked_from")
_NOT_NEGATIVE = ("near_weight", "missed_weight", "detour_ratio")


@dataclass(frozen=True)
class PassabilityParams:
    """Beliefs of `estimate`, each with its range.

    Attributes:
        prior_closed: probability that a segment was closed by the event, before any evidence; in (0, 1).
        reopening: rate at which a closed segment is opened again, an hour; more than 0.
        reclosing: rate at which an open one is closed, an hour; more than 0.
        doubt: probability that a segment is closed right after a pass was counted; in (0, 1).
        near_weight: how much of a near miss counts; 0 or more.
        near_both: how much of that counts only where riders came to both ends; in [0, 1].
        near_size: size of the negative binomial count of near misses; more than 0, small where riders miss a street
            for reasons that last.
        missed_weight: how much of the hazard of a pass that weekday and hour let expect counts; 0 or more.
        detour_ratio: how many times likelier a ride all round a closed segment is, less one; 0 or more.
        turn_back_ratio: how many times likelier a vehicle turns back at a closed segment than at an open one; 1 or
            more.
        turn_backs_counted: vehicles beyond this number add no further evidence; 1 or more.
        platt_slope, platt_offset: the log odds that are told are slope x log odds + offset (Platt 1999); the slope is
            more than 0.
        blocked_from: probability from which a segment is called probably blocked; in (0, 1).
    """

    prior_closed: float
    reopening: float
    reclosing: float
    doubt: float
    near_weight: float
    near_both: float
    near_size: float
    missed_weight: float
    detour_ratio: float
    turn_back_ratio: float
    turn_backs_counted: int = 3
    platt_slope: float = 1.0
    platt_offset: float = 0.0
    blocked_from: float = 0.5

    def __post_init__(self) -> None:
        for name in _SHARES:
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"expected {name} in (0, 1), got {getattr(self, name)}")
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f"expected {name} above 0, got {getattr(self, name)}")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise ValueError(f"expected {name} of 0 or more, got {getattr(self, name)}")
        if not 0 <= self.near_both <= 1:
            raise ValueError(f"expected near_both in [0, 1], got {self.near_both}")
        for name in ("turn_back_ratio", "turn_backs_counted"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"expected {name} of 1 or more, got {getattr(self, name)}")

    @classmethod
    def of(cls, document: dict[str, Any]) -> PassabilityParams:
        """Read the parameters of a calibration; the rest of the document tells how it was made."""
        known = {field.name for field in fields(cls)}
        if unknown := document["params"].keys() - known:
            raise ValueError(f"a calibration has unknown parameters: {', '.join(sorted(unknown))}")
        return cls(**document["params"])


@cache
def calibrated(kind: Kind = "plain") -> PassabilityParams:
    """Return the parameters of the newest calibration of a kind."""
    folder = files("umaya.engines.passability") / "calibrations"
    newest = max((file for file in folder.iterdir() if file.name.startswith(kind)), key=lambda file: file.name)
    return PassabilityParams.of(json.loads(newest.read_text("utf-8")))
