"""Who answers for what in which party (責任者・会議体), and how each party takes part in the group's control: dated.

Registered at the hub's own console, as parties are. Must hold: what was is never rewritten, only ended; an office that
a party has ever filled is acted for by whoever holds it on the day, and by nobody while it is vacant.
"""

from umaya.gate.bodies.registry import (
    Appointment,
    Bodies,
    Office,
    PartyProcedure,
    Procedure,
    check_office,
    procedure_on,
)

__all__ = ["Appointment", "Bodies", "Office", "PartyProcedure", "Procedure", "check_office", "procedure_on"]
