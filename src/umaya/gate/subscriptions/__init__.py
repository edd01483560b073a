"""Subscriptions: which party's systems are told what the ledger records, and where.

Kept behind the gate, so that nothing else can lead news elsewhere. Must hold: making and ending one are ledger entries;
a party is told only of what concerns it; the secret is shown once, when it is made.
"""

from umaya.gate.subscriptions.registry import Made, News, Subscription, Subscriptions

__all__ = ["Made", "News", "Subscription", "Subscriptions"]
