"""Retention (保存期間): how long a dataset's rows are kept, and the sweep that deletes what is older (APPI art. 22).

Must hold: what is due is deleted with its bytes, by nobody's leave, and each deletion is a ledger entry with count and
day; a dataset without a rule is never swept, and is told so each time.
"""

from umaya.gate.retention.sweep import MAX_DAYS, Due, Retention, Rule, Swept

__all__ = ["MAX_DAYS", "Due", "Retention", "Rule", "Swept"]
