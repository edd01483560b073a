"""The auditor's desk (監査): follow a use through the ledger, take evidence out of it, see what is open.

Reads what others did; its own acts are that evidence was exported and that the ledger was checked.
"""

from umaya.gate.audit.desk import AuditDesk, Exported
from umaya.gate.audit.trail import Step, Trail, trail_of

__all__ = ["AuditDesk", "Exported", "Step", "Trail", "trail_of"]
