"""What the estimate of passability believes before it sees anything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PassabilityParams:
    """Beliefs of `estimate`, each with its range.

    They are judgements, not measurements: set so that in the simulated town of the tests and in the sample town false
    alarms stay rarer than true ones, and to be replaced by measured ones after a real event.

    Attributes:
        prior_closed: probability that a segment was closed by the event, before any evidence; in (0, 1).
        prior_reclosed: the same for a segment after it was passed since the event; in (0, 1).
        turn_back_ratio: how many times likelier a vehicle turns back at a closed segment than at an open one; 1 or
            more.
        turn_backs_counted: vehicles beyond this number add no further evidence; 1 or more.
        on_edge_share: probability that a vehicle which turned back on a segment nobody passed met the obstacle on
            that segment and not just beyond its end; in [0, 1].
        certainty: largest probability with which a pass of an open segment may be expected: even an ordinary round
            fails for reasons of its own; in (0, 1).
        neighbour_weight: weight, in expected passes, of the town's activity against that of the roads at one end of
            a segment; more than 0.
        blocked_from: probability from which a segment is called probably blocked; in (0, 1).
    """

    prior_closed: float = 0.06
    prior_reclosed: float = 0.001
    turn_back_ratio: float = 5.0
    turn_backs_counted: int = 3
    on_edge_share: float = 0.8
    certainty: float = 0.97
    neighbour_weight: float = 0.5
    blocked_from: float = 0.5

    def __post_init__(self) -> None:
        for name in ("prior_closed", "prior_reclosed", "certainty", "blocked_from"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"expected {name} in (0, 1), got {getattr(self, name)}")
        if not 0 <= self.on_edge_share <= 1:
            raise ValueError(f"expected on_edge_share in [0, 1], got {self.on_edge_share}")
        for name in ("turn_back_ratio", "turn_backs_counted"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"expected {name} of 1 or more, got {getattr(self, name)}")
        if not self.neighbour_weight > 0:
            raise ValueError(f"expected neighbour_weight above 0, got {self.neighbour_weight}")
