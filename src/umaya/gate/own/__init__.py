"""What the gate tells a person about themselves, and to nobody else: who may use what, what was used, what they said.

Must hold: what is told follows from the person's own words, from the uses that were permitted for them, from whether a
row about them is held, and from what is public. Protective measures (支援措置) have no part in it, so that a page tells
of none, whoever reads it.
"""

from umaya.gate.own.own import PROGRAM_ID, Own
from umaya.gate.own.proofs import Bundle
from umaya.gate.own.schemes import OwnScheme
from umaya.gate.own.topics import OwnTopic
from umaya.gate.own.uses import OwnUse, OwnUses, Reach

__all__ = ["PROGRAM_ID", "Bundle", "Own", "OwnScheme", "OwnTopic", "OwnUse", "OwnUses", "Reach"]
