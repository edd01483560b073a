"""Passability: from link counts to which roads were passed since an event and which are probably blocked.

`usual_pattern` learns from ordinary days, `estimate` compares. Pure: Arrow tables in, Arrow tables out, no clock.
"""

from umaya.engines.passability.estimate import AGE_CLASSES, PASSABILITY, ROUNDS, estimate
from umaya.engines.passability.params import PassabilityParams, calibrated
from umaya.engines.passability.segments import Segments
from umaya.engines.passability.usual import USUAL, usual_pattern

__all__ = [
    "AGE_CLASSES",
    "PASSABILITY",
    "ROUNDS",
    "USUAL",
    "PassabilityParams",
    "Segments",
    "calibrated",
    "estimate",
    "usual_pattern",
]
