"""What the rules say: secrecy classes that never leave, and the bases (根拠) on which others may.

Pure functions over dated rule data (`rules.yaml`, read once at import). No other I/O and no clock: the day is
an argument.
"""

from umaya.law.check import Fault, Proposal, first_fault
from umaya.law.rules import RULES, Basis, Evidence, RecipientRule, RuleBook, RuleSet, day_in_japan

__all__ = [
    "RULES",
    "Basis",
    "Evidence",
    "Fault",
    "Proposal",
    "RecipientRule",
    "RuleBook",
    "RuleSet",
    "day_in_japan",
    "first_fault",
]
