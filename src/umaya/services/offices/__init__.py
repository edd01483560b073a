"""How far people have to an office, and what changes when one closes or begins a service.

Responsible for asking the gate for counts of people in cells, and for answering questions with these alone: every
answer, whatever offices it closes or adds, is made of one k-anonymous release and tells no more than that. Not for
who lives where (the gate), nor for travel times (`umaya.engines.access`).
"""

from umaya.services.offices.counts import Counted
from umaya.services.offices.service import Answer, OfficeAccess, Question

__all__ = ["Answer", "Counted", "OfficeAccess", "Question"]
