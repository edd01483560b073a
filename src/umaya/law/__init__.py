"""What the rules say: secrecy classes that never leave, and the bases (根拠) on which others may.

Pure functions over dated rule data (`rules.yaml`, read once at import). No other I/O and no clock: the day is
an argument. Beside the bases: joint use, records of provision, cross-selling, the privacy check, My Number, and the
words in which all of them speak.
"""

from umaya.law.check import Fault, Proposal, faults, first_fault
from umaya.law.consent import ConsentTerms, ConsentTier
from umaya.law.cross_sell import BusinessLine, Direction
from umaya.law.days import day_in_japan
from umaya.law.effects import classes_after
from umaya.law.evidence import STAGES, Evidence, Stage
from umaya.law.findings import Finding
from umaya.law.rules import RULES, Basis, PrivacyDuty, RecipientRule, RuleBook, RuleSet
from umaya.law.texts import Language, Text

__all__ = [
    "RULES",
    "STAGES",
    "Basis",
    "BusinessLine",
    "ConsentTerms",
    "ConsentTier",
    "Direction",
    "Evidence",
    "Fault",
    "Finding",
    "Language",
    "PrivacyDuty",
    "Proposal",
    "RecipientRule",
    "RuleBook",
    "RuleSet",
    "Stage",
    "Text",
    "classes_after",
    "day_in_japan",
    "faults",
    "first_fault",
]
