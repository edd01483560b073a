"""Weights of the evidence, and how sure is sure enough: fitted on judged cases, docs/explanation/buildings.md."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.resources import files

CALIBRATION = "calibration.json"


@dataclass(frozen=True)
class ResolveParams:
    """Weights of a conditional logit (McFadden 1974) over the buildings in reach and "none, or it cannot be told".

    The utility of a building is the sum of its weights times its evidence (`resolve.evidence`).

    Attributes:
        inside: the point lies in the building.
        distance: a unit for 5 m to the outline.
        farther: of log(1 + metres farther than the nearest habitable building).
        rival: of log(1 + metres by which another number is nearer to the building).
        elsewhere: the nearest number is of another block.
        out_of_order: of log(1 + metres outside the stretch between the numbers beside).
        across: of the cosine towards the next block's numbers, where positive.
        outbuilding: smaller than 20 m2 and lower than 4.5 m.
        size: of log(area / 60 m2), between -2 and 2.
        none: utility of no building, or of a tie.
        none_distance: a unit for 5 m to the nearest.
        none_tie: the second is less than 1 m farther than the nearest.
        sure: a link is told from this probability on; below, the row is doubtful. In (0.5, 1].
    """

    inside: float
    distance: float
    farther: float
    rival: float
    elsewhere: float
    out_of_order: float
    across: float
    outbuilding: float
    size: float
    none: float
    none_distance: float
    none_tie: float
    sure: float = 0.8

    def __post_init__(self) -> None:
        if not 0.5 < self.sure <= 1.0:
            raise ValueError("expected sure in (0.5, 1]")

    def weights(self) -> list[float]:
        """Return the weights in order, without `sure`."""
        return list(asdict(self).values())[:-1]


def calibrated() -> ResolveParams:
    """Return the weights fitted on the judged cases."""
    text = (files("umaya.engines.buildings") / CALIBRATION).read_text("utf-8")
    return ResolveParams(**json.loads(text)["params"])
