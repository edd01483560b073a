"""Passability: from link counts to which roads were passed since an event and which are probably blocked.

`usual_pattern` learns from ordinary days, `estimate` compares. Pure: Arrow tables in, Arrow tables out, no clock.
"""

from umaya.engines.passability.estimate import AGE_CLASSES, PASSABILITY, estimate
from umaya.engines.passability.params import PassabilityParams
from umaya.engines.passability.usual import USUAL, usual_pattern

__all__ = ["AGE_CLASSES", "PASSABILITY", "USUAL", "PassabilityParams", "estimate", "usual_pattern"]
