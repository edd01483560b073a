"""Personal data at rest. Opens for a `Grant`, for nothing else.

Importable by `umaya.gate` alone. What is read goes through the obligations that the grant seals; only what they
leave is returned. Takes data in for the gate's intake; decides nothing.
"""

from umaya.stores.rewriting import Rewrite
from umaya.vault.area import Area
from umaya.vault.changes import fitting
from umaya.vault.grant import Grant, GrantError, Mint
from umaya.vault.layout import Layout
from umaya.vault.obligations import (
    Chain,
    Factory,
    Obligation,
    ObligationContext,
    Obligations,
    Owed,
    UnfitError,
    Window,
)
from umaya.vault.opened import Opened
from umaya.vault.predicate import Op, Predicate
from umaya.vault.steps import standard_factories
from umaya.vault.vault import Vault

__all__ = [
    "Area",
    "Chain",
    "Factory",
    "Grant",
    "GrantError",
    "Layout",
    "Mint",
    "Obligation",
    "ObligationContext",
    "Obligations",
    "Op",
    "Opened",
    "Owed",
    "Predicate",
    "Rewrite",
    "UnfitError",
    "Vault",
    "Window",
    "fitting",
    "standard_factories",
]
