"""Who may sign in: what an identity provider asserts (issuer and subject), bound to actors or to one resident.

Bound and unbound at the hub's own console, as parties are registered; each is an act in the ledger. Must hold: one
identity stands for staff or for a resident, never for both; nobody signs in as a program, which asks with
a token instead; what an actor may do is not kept here, but asked of the catalogue each time.
"""

from umaya.gate.accounts.registry import Account, Accounts, Identity

__all__ = ["Account", "Accounts", "Identity"]
