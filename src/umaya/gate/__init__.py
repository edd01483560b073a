"""The one door: catalogue, schemes and their review, declared events, decision, grant, release.

Whatever is not expressly permitted is refused with a reason; every use is durably in the ledger before its first
byte leaves. The only room that may import `umaya.vault`; what others need of it is given on here.
"""

from umaya.gate.catalogue import Catalogue, Dataset, Field, Party, Words
from umaya.gate.events import Event, Events
from umaya.gate.explain import Explanation
from umaya.gate.gate import Gate
from umaya.gate.point import Point, PointDecision
from umaya.gate.record import LedgerLike
from umaya.gate.release import Stream
from umaya.gate.review import Review
from umaya.gate.schemes import SchemeAct, SchemeRecord, Schemes, SchemeSummary, SchemeVersion
from umaya.gate.use import Decision, Refusal, Release, Use
from umaya.gate.uses import UseRecord, Uses
from umaya.vault import (
    Area,
    Factory,
    Obligation,
    ObligationContext,
    Obligations,
    Op,
    Owed,
    Predicate,
    Window,
    standard_factories,
)

__all__ = [
    "Area",
    "Catalogue",
    "Dataset",
    "Decision",
    "Event",
    "Events",
    "Explanation",
    "Factory",
    "Field",
    "Gate",
    "LedgerLike",
    "Obligation",
    "ObligationContext",
    "Obligations",
    "Op",
    "Owed",
    "Party",
    "Point",
    "PointDecision",
    "Predicate",
    "Refusal",
    "Release",
    "Review",
    "SchemeAct",
    "SchemeRecord",
    "SchemeSummary",
    "SchemeVersion",
    "Schemes",
    "Stream",
    "Use",
    "UseRecord",
    "Uses",
    "Window",
    "Words",
    "standard_factories",
]
