"""Which basis can carry a use, as it is or with further obligations: what is offered before any basis is chosen.

Offers are made by whoever asks, and judged here by the law's own check and by the obligations themselves. Must hold:
nothing is offered that the gate would refuse for its classes, its recipient or its obligations. Evidence is not judged:
it is what the applicant writes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from umaya.gate.catalogue import Dataset, find_dataset, find_party
from umaya.gate.legal import LegalFacts, legal_faults
from umaya.gate.record import Acts
from umaya.gate.scheme import SchemeDocument
from umaya.law import RULES, Basis, Fault, RuleBook, RuleSet, day_in_japan
from umaya.types.errors import NotFoundError
from umaya.types.reasons import Reason
from umaya.vault import Chain, ObligationContext, Obligations, Owed, UnfitError

Steps = Sequence[Mapping[str, Mapping[str, Any]]]
"""Obligations as a document states them: each `name: parameters`."""

_OF_SUBSTANCE: Final = frozenset(
    {
        Reason.CLASS_NEVER_LEAVES,
        Reason.CLASS_NOT_ALLOWED_BY_BASIS,
        Reason.RECIPIENT_NOT_ALLOWED,
        Reason.OBLIGATION_MISSING,
    }
)
_FOR_GOOD: Final = frozenset({Reason.CLASS_NEVER_LEAVES, Reason.RECIPIENT_NOT_ALLOWED})


@dataclass(frozen=True)
class Wanted:
    """What an applicant wants to use.

    Attributes:
        provider, dataset, fields: whose data, which of it.
        recipient: who would use it.
        business: the recipient's business that would; None where it is not said.
        obligations: what is owed so far.
    """

    provider: str
    dataset: str
    fields: tuple[str, ...]
    recipient: str
    business: str | None = None
    obligations: Steps = ()


@dataclass(frozen=True)
class Offer:
    """What would have to be owed or said for a basis to carry the use.

    Attributes:
        obligations: all of them, in order.
        business: to be said; None where nothing is.
    """

    obligations: Steps
    business: str | None = None


@dataclass(frozen=True)
class Way:
    """What a basis has to say to the use.

    Attributes:
        basis: the basis.
        against: what stands against it as the draft is; empty where it carries the use.
        offers: what would lift that; empty where nothing known does.
    """

    basis: Basis
    against: tuple[Fault, ...]
    offers: tuple[Offer, ...]

    @property
    def open(self) -> bool:
        """Whether the basis carries the use, or would with one of the offers."""
        return not self.against or bool(self.offers)


Candidates = Callable[[Dataset, Basis], Iterable[Offer]]
"""Offers worth trying for a dataset and a basis."""


class Reach:
    """Judges which bases carry a use.

    Args:
        acts: of the gate; nothing is begun.
        obligations: what schemes may owe.
        law: dated rules.
    """

    def __init__(self, acts: Acts, obligations: Obligations, law: RuleBook = RULES) -> None:
        self._acts = acts
        self._obligations = obligations
        self._law = law

    def ways(self, wanted: Wanted, candidates: Candidates) -> tuple[Way, ...]:
        """Return what every basis of the day says, in the order of the rules.

        Raises:
            NotFoundError: when there is no such party, dataset or field.
        """
        rules = self._law.at(day_in_japan(self._acts.clock.now()))
        with self._acts.database.reading() as session:
            recipient, dataset = find_party(session, wanted.recipient), find_dataset(session, wanted.dataset)
        if not set(wanted.fields) <= dataset.classes.keys():
            raise NotFoundError("the dataset has no such field")
        facts = LegalFacts(recipient, dataset, None, None, None)
        return tuple(self._way(wanted, facts, basis, rules, candidates) for basis in rules.bases.values())

    def _way(self, wanted: Wanted, facts: LegalFacts, basis: Basis, rules: RuleSet, candidates: Candidates) -> Way:
        def against(offer: Offer) -> tuple[Fault, ...] | None:
            return self._against(wanted, offer, facts, basis, rules)

        now = against(Offer(wanted.obligations, wanted.business))
        standing = () if now is None else now
        if now == () or any(_never(fault, basis, facts.dataset) for fault in standing):
            return Way(basis, standing, ())
        found = [offer for offer in candidates(facts.dataset, basis) if against(offer) == ()]
        return Way(basis, standing, tuple(found))

    def _against(
        self, wanted: Wanted, offer: Offer, facts: LegalFacts, basis: Basis, rules: RuleSet
    ) -> tuple[Fault, ...] | None:
        """Return what the law has against the use with an offer; None where its obligations cannot be carried out."""
        chain = self._chain(wanted, offer.obligations, facts.dataset)
        if chain is None:
            return None
        scheme = SchemeDocument.model_construct(
            scheme="draft",
            provider=wanted.provider,
            recipient=wanted.recipient,
            dataset=wanted.dataset,
            fields=list(wanted.fields),
            basis=basis.id,
            obligations=[{name: dict(given)} for step in offer.obligations for name, given in step.items()],
            business=offer.business or wanted.business,
        )
        known = LegalFacts(facts.recipient, facts.dataset, chain, None, None)
        faults = legal_faults(scheme, wanted.fields, rules, known)
        return tuple(fault for fault in faults if fault.reason in _OF_SUBSTANCE)

    def _chain(self, wanted: Wanted, steps: Steps, dataset: Dataset) -> Chain | None:
        context = ObligationContext("draft", None, None, None, dataset.id, subject=dataset.subject)
        try:
            chain = self._obligations.chain([Owed.of(name, given) for step in steps for name, given in step.items()])
            chain.fit(pa.schema([dataset.schema.field(name) for name in wanted.fields]), context)
        except (NotFoundError, UnfitError, ValueError, TypeError):
            return None
        return chain


def _never(fault: Fault, basis: Basis, dataset: Dataset) -> bool:
    """Return whether no obligation could lift a fault."""
    return fault.reason in _FOR_GOOD or dataset.classes.get(fault.item or "") in basis.never
