"""Doubtful rows of buildings, looked at by the people who deliver there: a work list, answers, a second pair of eyes.

Responsible for which rows are asked, who may see and answer them, and what the answers say to the next resolve; not for
finding buildings (`umaya.engines.buildings`), nor for their lasting ids (`umaya.places.buildings`). Nothing of
occupants ever comes here, and no answer is a text.
"""

from umaya.services.buildings.check import Check, Note, State, Verdict
from umaya.services.buildings.service import AnsweredMeanwhileError, BuildingChecks

__all__ = ["AnsweredMeanwhileError", "BuildingChecks", "Check", "Note", "State", "Verdict"]
