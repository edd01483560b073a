"""What a scheme tells or withholds together, so that a road which is missing from what was told is judged rightly.

What always holds: a road that is never told shares its neighbourhood with none, so what is told of others says nothing
of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from umaya.gate import SchemeVersion
from umaya.places.atlas import Atlas
from umaya.places.parameters import SuppressDeadEndsParameters, TellSweptParameters
from umaya.types.errors import ConflictError

Ints = npt.NDArray[np.int64]


class Together(NamedTuple):
    """How many roads are told or withheld together at most; branches with how few homes are never told."""

    roads: int
    max_homes: int


def told_together(scheme: SchemeVersion) -> Together | None:
    """Return what a scheme tells or withholds together; None where each road is told by itself."""
    homes = 0
    for step in scheme.document.obligations:
        if "suppress-dead-ends" in step:
            homes = SuppressDeadEndsParameters.model_validate(step["suppress-dead-ends"]).max_homes
        if "tell-swept" in step:
            swept = TellSweptParameters.model_validate(step["tell-swept"])
            return Together(swept.roads, max(homes, swept.max_homes))
    return None


def areas_told(atlas: Atlas, together: Together) -> Ints:
    """Return the neighbourhood of each edge, one of its own where, by the homes known now, it is never told."""
    try:
        hidden = atlas.suppressed(together.max_homes)
    except ConflictError:  # no homes are known, so nothing was ever told
        hidden = np.empty(0, np.int64)
    segment = atlas.network.edges["segment_id"].to_numpy()
    never = np.isin(segment, hidden)
    _, number = np.unique(segment[never], return_inverse=True)
    areas = atlas.neighbourhoods(together.roads).copy()
    areas[never] = areas.max(initial=-1) + 1 + number
    return areas
