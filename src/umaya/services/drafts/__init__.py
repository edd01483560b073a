"""Drafts of scheme documents: what applicants have written and not handed in yet. Kept apart from the gate, which knows
documents only once they are submitted; a draft names no person and proves nothing.
"""

from umaya.services.drafts.service import Draft, Drafts, OutdatedError

__all__ = ["Draft", "Drafts", "OutdatedError"]
