"""What the law says to a proposed use, apart from its moment: recipient, classes, obligations, evidence in the scheme.

The same function judges a scheme when it is submitted, at lock one, and at every use, so that none of them can be
laxer than another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from umaya.law.rules import Basis, Evidence, RecipientRule, RuleSet
from umaya.types.classes import SecrecyClass
from umaya.types.reasons import Reason

MUNICIPALITY = "municipality"
"""The kind of party that `RecipientRule.MUNICIPALITY` means."""


@dataclass(frozen=True)
class Proposal:
    """What the law looks at.

    Attributes:
        basis: id.
        provider, recipient: ids of parties.
        recipient_kind: kind of the recipient.
        classes: secrecy class of every field asked for.
        obligations: names in order, each with its parameters.
        has_area: whether the scheme says where.
    """

    basis: str
    provider: str
    recipient: str
    recipient_kind: str
    classes: Mapping[str, SecrecyClass]
    obligations: Sequence[tuple[str, Mapping[str, Any]]]
    has_area: bool


@dataclass(frozen=True)
class Fault:
    """Why the law does not allow it.

    Attributes:
        reason: code.
        key: the key of the scheme document that is at fault.
        item: the field or obligation meant, where there is one.
        problem, advice: in words.
    """

    reason: Reason
    key: str
    item: str | None
    problem: str
    advice: str


def first_fault(rules: RuleSet, proposal: Proposal) -> Fault | None:
    """Return the first rule that the proposal does not meet, or None when the law allows it."""
    basis = rules.bases.get(proposal.basis)
    if basis is None:
        advice = "choose among " + ", ".join(f"`{name}`" for name in sorted(rules.bases)) if rules.bases else "wait"
        return Fault(Reason.BASIS_NOT_IN_FORCE, "basis", None, "no such basis is in force", advice)
    return (
        _recipient_fault(basis, proposal)
        or _class_fault(rules, basis, proposal.classes)
        or _obligation_fault(basis, proposal.obligations)
        or _evidence_fault(basis, proposal)
    )


def _recipient_fault(basis: Basis, proposal: Proposal) -> Fault | None:
    match basis.recipient:
        case RecipientRule.PROVIDER:
            allowed, advice = proposal.recipient == proposal.provider, "name the provider itself"
        case RecipientRule.MUNICIPALITY:
            allowed, advice = proposal.recipient_kind == MUNICIPALITY, "name a municipality"
        case RecipientRule.ANY:
            allowed, advice = True, ""
    if allowed:
        return None
    problem = f"the basis `{basis.id}` does not allow this recipient"
    return Fault(Reason.RECIPIENT_NOT_ALLOWED, "recipient", None, problem, advice)


def _class_fault(rules: RuleSet, basis: Basis, classes: Mapping[str, SecrecyClass]) -> Fault | None:
    advice = "leave the field out"
    for name, secrecy in classes.items():
        if secrecy in rules.never_leaves:
            return Fault(Reason.CLASS_NEVER_LEAVES, "fields", name, f"the class `{secrecy}` never leaves", advice)
    for name, secrecy in classes.items():
        if secrecy not in basis.may:
            problem = f"the basis `{basis.id}` does not allow the class `{secrecy}`"
            return Fault(Reason.CLASS_NOT_ALLOWED_BY_BASIS, "fields", name, problem, advice)
    return None


def _obligation_fault(basis: Basis, owed: Sequence[tuple[str, Mapping[str, Any]]]) -> Fault | None:
    if not _in_order(basis.obligations, [name for name, _ in owed]):
        needed = ", ".join(f"`{name}`" for name in basis.obligations)
        problem = f"the basis `{basis.id}` asks for obligations that are missing or out of order"
        return Fault(Reason.OBLIGATION_MISSING, "obligations", None, problem, f"state {needed} in this order")
    for name, parameters in owed:
        for key, least in basis.least.get(name, {}).items():
            given = parameters.get(key)
            if not isinstance(given, int) or given < least:
                problem = f"the basis `{basis.id}` asks for more of the obligation `{name}`"
                advice = f"state `{key}` of at least {least}"
                return Fault(Reason.OBLIGATION_MISSING, "obligations", name, problem, advice)
    return None


def _evidence_fault(basis: Basis, proposal: Proposal) -> Fault | None:
    if Evidence.AREA in basis.evidence and not proposal.has_area:
        problem = f"the basis `{basis.id}` asks for an area"
        return Fault(Reason.EVIDENCE_MISSING, "area", None, problem, "state `area`")
    return None


def _in_order(needed: Iterable[str], owed: Iterable[str]) -> bool:
    rest = iter(owed)
    return all(name in rest for name in needed)
