"""What the law says to a scheme and the fields asked for, on facts that the gate has fetched.

The same judgement at submission, at lock one and at every use. Judges; fetches only what the first two need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, Party, find_dataset, find_party
from umaya.gate.joint_use import Notice, covers, find_notice
from umaya.gate.people.topics import Topic, find_topic
from umaya.gate.scheme import SchemeDocument
from umaya.law import BusinessLine, Direction, Fault, Proposal, RuleSet, faults
from umaya.vault import Chain


@dataclass(frozen=True)
class LegalFacts:
    """What a scheme names.

    Attributes:
        recipient: who would use what is released.
        dataset: of the provider.
        chain: the obligations; with None nothing is taken to be lowered.
        topic: of consent.
        notice: of joint use.
    """

    recipient: Party
    dataset: Dataset
    chain: Chain | None
    topic: Topic | None
    notice: Notice | None


def find_legal_facts(session: Session, scheme: SchemeDocument, chain: Chain | None) -> LegalFacts:
    """Return the facts for a review: of a joint-use notice the newest version that is published, begun or not.

    Raises:
        NotFoundError: when the scheme names something that is not there.
    """
    topic = None if scheme.topic is None else find_topic(session, scheme.topic)
    notice = None if scheme.notice is None else find_notice(session, scheme.notice)
    published = [] if notice is None else [one for one in notice.versions if one.published_on is not None]
    recipient, dataset = find_party(session, scheme.recipient), find_dataset(session, scheme.dataset)
    return LegalFacts(recipient, dataset, chain, topic, published[-1] if published else None)


def legal_fault(
    scheme: SchemeDocument,
    fields: Sequence[str],
    rules: RuleSet,
    facts: LegalFacts,
    searched: frozenset[str] = frozenset(),
) -> Fault | None:
    """Return why the law does not allow `fields` of a scheme, or None; the first of `legal_faults`."""
    return next(legal_faults(scheme, fields, rules, facts, searched), None)


def legal_faults(
    scheme: SchemeDocument,
    fields: Sequence[str],
    rules: RuleSet,
    facts: LegalFacts,
    searched: frozenset[str] = frozenset(),
) -> Iterator[Fault]:
    """Yield everything for which the law does not allow `fields` of a scheme, in the order in which it is looked at.

    Args:
        scheme: the document.
        fields: that are asked for or searched.
        rules: of the day.
        facts: what the scheme names.
        searched: those of `fields` by which people are chosen.
    """
    chain, notice = facts.chain, facts.notice
    proposal = Proposal(
        basis=scheme.basis,
        provider=scheme.provider,
        recipient=scheme.recipient,
        recipient_kind=facts.recipient.kind,
        classes={name: facts.dataset.classes[name] for name in fields} | dict({} if chain is None else chain.adds),
        obligations=[step for item in scheme.obligations for step in item.items()],
        has_area=scheme.area is not None,
        effects=() if chain is None else chain.effects,
        flow=_flow(scheme, facts.dataset),
        terms=None if facts.topic is None else facts.topic.terms,
        notice=None if notice is None else notice.judged,
        citation=None if scheme.authority is None else scheme.authority.ja,
        searched=searched,
    )
    yield from faults(rules, proposal)
    if scheme.notice is not None:
        outside = covers(notice, scheme.provider, scheme.recipient, scheme.dataset, fields)
        if outside is not None:
            yield outside


def _flow(scheme: SchemeDocument, dataset: Dataset) -> Direction | None:
    """Return from which business of which company to which the data would go; None where a business is not said."""
    if dataset.business is None or scheme.business is None:
        return None
    source = BusinessLine(scheme.provider, dataset.business)
    return Direction(source, BusinessLine(scheme.recipient, scheme.business))
