"""What the law says to a proposed use, apart from its moment: recipient, classes, obligations, evidence in the scheme.

The same function judges a scheme when it is submitted, at lock one, and at every use, so that none of them can be
laxer than another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from umaya.law.consent import ConsentTerms
from umaya.law.cross_sell import Direction, consent_needed
from umaya.law.effects import classes_after
from umaya.law.evidence import Evidence
from umaya.law.joint_use import JointUseNotice, NoticeFault, notice_faults
from umaya.law.rules import Basis, RecipientRule, RuleSet
from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.types.reasons import Reason

MUNICIPALITY = "municipality"
"""The kind of party that `RecipientRule.MUNICIPALITY` means."""

KINDS: Final[Mapping[RecipientRule, frozenset[str]]] = {
    RecipientRule.MUNICIPALITY: frozenset({MUNICIPALITY}),
    RecipientRule.TAX_COLLECTOR: frozenset({MUNICIPALITY, "prefecture", "tax-office"}),
    RecipientRule.BAR_ASSOCIATION: frozenset({"bar-association"}),
}
"""The kinds of party that a rule about kinds means."""


@dataclass(frozen=True)
class Proposal:
    """What the law looks at.

    Attributes:
        basis: id.
        provider, recipient: ids of parties.
        recipient_kind: kind of the recipient.
        classes: secrecy class of every field asked for, before any obligation.
        obligations: names in order, each with its parameters.
        has_area: whether the scheme says where.
        effects: what the obligations do to classes, in their order.
        flow: from which business of which company to which; None where that is unknown.
        terms: of the consent topic that the scheme names, or None.
        notice: the notice of joint use that the scheme names, or None.
        citation: the provision that the scheme cites, or None.
        searched: those of `classes` by which rows are chosen.
    """

    basis: str
    provider: str
    recipient: str
    recipient_kind: str
    classes: Mapping[str, SecrecyClass]
    obligations: Sequence[tuple[str, Mapping[str, Any]]]
    has_area: bool
    effects: Sequence[ClassEffect] = ()
    flow: Direction | None = None
    terms: ConsentTerms | None = None
    notice: JointUseNotice | None = None
    citation: str | None = None
    searched: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fault:
    """Why the law does not allow it.

    Attributes:
        reason: code.
        key: the key of the scheme document that is at fault.
        item: the field, obligation or evidence meant, where there is one.
        problem, advice: in words.
        basis: id of the basis that says so; None where every basis would.
    """

    reason: Reason
    key: str
    item: str | None
    problem: str
    advice: str
    basis: str | None = None


def first_fault(rules: RuleSet, proposal: Proposal) -> Fault | None:
    """Return the first rule that the proposal does not meet, or None when the law allows it."""
    return next(faults(rules, proposal), None)


def faults(rules: RuleSet, proposal: Proposal) -> Iterator[Fault]:
    """Yield every rule that the proposal does not meet, in the order in which they are looked at; a field once."""
    basis = rules.bases.get(proposal.basis)
    if basis is None:
        advice = "choose among " + ", ".join(f"`{name}`" for name in sorted(rules.bases)) if rules.bases else "wait"
        yield Fault(Reason.BASIS_NOT_IN_FORCE, "basis", None, "no such basis is in force", advice)
        return
    yield from _recipient_faults(basis, proposal)
    yield from _touched_faults(rules, basis, proposal.classes)
    yield from _leaving_faults(rules, basis, proposal)
    yield from _obligation_faults(basis, proposal.obligations)
    yield from _evidence_faults(basis, proposal)


def _recipient_faults(basis: Basis, proposal: Proposal) -> Iterator[Fault]:
    match basis.recipient:
        case RecipientRule.ANY:
            return
        case RecipientRule.PROVIDER:
            allowed, advice = proposal.recipient == proposal.provider, "name the provider itself"
        case RecipientRule.JOINT_USER:  # without a notice, that is what is missing
            users = {proposal.recipient, proposal.provider}
            allowed = proposal.notice is None or users <= proposal.notice.parties
            advice = "name two parties within the notice's scope of users"
        case _:
            kinds = KINDS[basis.recipient]
            allowed = proposal.recipient_kind in kinds
            advice = "name a party of the kind " + " or ".join(f"`{kind}`" for kind in sorted(kinds))
    if not allowed:
        problem = f"the basis `{basis.id}` does not allow this recipient"
        yield Fault(Reason.RECIPIENT_NOT_ALLOWED, "recipient", None, problem, advice, basis.id)


def _touched_faults(rules: RuleSet, basis: Basis, classes: Mapping[str, SecrecyClass]) -> Iterator[Fault]:
    """Yield the fields that must not even be read."""
    advice = "leave the field out"
    for name, secrecy in classes.items():
        if secrecy in rules.never_leaves:
            yield Fault(Reason.CLASS_NEVER_LEAVES, "fields", name, f"the class `{secrecy}` never leaves", advice)
    for name, secrecy in classes.items():
        if secrecy in basis.never and secrecy not in rules.never_leaves:
            yield _class_fault(basis, name, secrecy, advice)


def _leaving_faults(rules: RuleSet, basis: Basis, proposal: Proposal) -> Iterator[Fault]:
    """Yield the fields that may be read, and that their obligations do not bring down to what may leave.

    Whoever is chosen by a secret is told by it, whatever is done to the rows afterwards; only where nobody is in the
    result may a search touch more.
    """
    leaves = basis.leaves(proposal.flow)
    left = classes_after(proposal.classes, proposal.effects)
    if any(secrecy is not SecrecyClass.NON_PERSONAL for secrecy in left.values()):
        left |= {name: secrecy for name, secrecy in proposal.classes.items() if name in proposal.searched}
    for name, secrecy in left.items():
        touched = proposal.classes.get(name, secrecy)
        if secrecy not in leaves and touched not in basis.never and touched not in rules.never_leaves:
            within = secrecy in basis.within_business
            way = "use it within the business that holds it" if within else "owe an obligation that lowers its class"
            yield _class_fault(basis, name, secrecy, f"leave the field out, or {way}")


def _class_fault(basis: Basis, name: str, secrecy: SecrecyClass, advice: str) -> Fault:
    problem = f"the basis `{basis.id}` does not allow the class `{secrecy}`"
    return Fault(Reason.CLASS_NOT_ALLOWED_BY_BASIS, "fields", name, problem, advice, basis.id)


def _obligation_faults(basis: Basis, owed: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Fault]:
    if not _in_order(basis.obligations, [name for name, _ in owed]):
        needed = ", ".join(f"`{name}`" for name in basis.obligations)
        problem = f"the basis `{basis.id}` asks for obligations that are missing or out of order"
        advice = f"state {needed} in this order"
        yield Fault(Reason.OBLIGATION_MISSING, "obligations", None, problem, advice, basis.id)
    for name, parameters in owed:
        for key, least in basis.least.get(name, {}).items():
            given = parameters.get(key)
            if not isinstance(given, int) or given < least:
                problem = f"the basis `{basis.id}` asks for more of the obligation `{name}`"
                advice = f"state `{key}` of at least {least}"
                yield Fault(Reason.OBLIGATION_MISSING, "obligations", name, problem, advice, basis.id)


def _evidence_faults(basis: Basis, proposal: Proposal) -> Iterator[Fault]:
    for evidence in basis.evidence:
        found = _missing(evidence, basis, proposal)
        if found is not None:
            key, problem, advice = found
            text = f"the basis `{basis.id}` asks for {problem}"
            yield Fault(Reason.EVIDENCE_MISSING, key, evidence, text, advice, basis.id)


def _missing(evidence: Evidence, basis: Basis, proposal: Proposal) -> tuple[str, str, str] | None:
    """Return key, problem and advice where the scheme itself must show a piece of evidence and does not."""
    match evidence:
        case Evidence.AREA if not proposal.has_area:
            return "area", "an area", "state `area`"
        case Evidence.CITATION if not (proposal.citation or "").strip():
            return "authority", "the provision that asks for the data", "cite it in `authority`"
        case Evidence.CONSENT_TOPIC if proposal.terms is None:
            return "topic", "what people are asked", "name the consent topic in `topic`"
        case Evidence.CONSENT_TOPIC if proposal.terms is not None and proposal.terms.tier not in basis.tiers:
            tiers = " or ".join(f"`{tier}`" for tier in sorted(basis.tiers))
            return "topic", "people to be asked in another way", f"name a topic of the tier {tiers}"
        case Evidence.CONSENT_DIRECTION:
            return _direction_missing(proposal)
        case Evidence.PUBLISHED_NOTICE | Evidence.AGREED_POINTS:
            return _notice_missing(evidence, proposal.notice)
        case _:
            return None


def _direction_missing(proposal: Proposal) -> tuple[str, str, str] | None:
    flow, terms = proposal.flow, proposal.terms
    if flow is None:
        return "topic", "the businesses between which information goes", "register the business of the dataset"
    if terms is None or terms.direction != flow:
        return "topic", "consent in this direction", "name a topic from the business that holds the data to the user's"
    touched = set(proposal.classes.values())
    unasked = sorted(secrecy for secrecy in touched - terms.kinds if consent_needed(secrecy, flow))
    if unasked:
        return "topic", f"consent to the kind `{unasked[0]}`", "name a topic that asks for it, or leave the field out"
    return None


def _notice_missing(evidence: Evidence, notice: JointUseNotice | None) -> tuple[str, str, str] | None:
    if notice is None:
        return "notice", "a published notice", "name it in `notice`"
    faults = notice_faults(notice)
    agreed = evidence is Evidence.AGREED_POINTS
    fault = next((fault for fault in faults if (fault.code is NoticeFault.POINT_NOT_AGREED) is agreed), None)
    if fault is not None:
        where = "" if fault.item is None else f" at `{fault.item}`"
        return "notice", f"a whole notice: `{fault.code}`{where}", "mend the notice"
    if notice.published_on is None and not agreed:
        return "notice", "a published notice", "publish it"
    return None


def _in_order(needed: Iterable[str], owed: Iterable[str]) -> bool:
    rest = iter(owed)
    return all(name in rest for name in needed)
