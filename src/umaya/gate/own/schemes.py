"""Schemes that could use data about one person today, and whether they may.

The rule for a person is the one that decides uses (`person_rule`), asked without protective measures: the answer says
what follows from the person's own words and from what is held, and tells nothing of a measure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyroaring import BitMap
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, Party, find_dataset, find_party
from umaya.gate.judge import groups_of
from umaya.gate.models import SchemeVersionRow
from umaya.gate.people import PeopleState
from umaya.gate.person_rule import Group, compile_point, rule_for
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import State, version_of
from umaya.gate.stops import stopped_people
from umaya.law import Basis, Evidence, RuleSet
from umaya.types.classes import SecrecyClass
from umaya.types.reasons import Reason


@dataclass(frozen=True)
class OwnScheme:
    """A scheme in force, as it concerns one person.

    Attributes:
        id: of the scheme.
        document: the version in force.
        dataset: that it uses.
        provider, recipient: who holds the data and who may use it.
        basis: why the law allows it; None where today's rules no longer know it.
        classes: secrecy classes of its fields, in the order of the fields.
        in_emergency: whether it holds only while a disaster or an emergency is declared.
        reason: `PERMITTED`, or why the person's data is not used.
    """

    id: str
    document: SchemeDocument
    dataset: Dataset
    provider: Party
    recipient: Party
    basis: Basis | None
    classes: tuple[SecrecyClass, ...]
    in_emergency: bool
    reason: Reason

    @property
    def permitted(self) -> bool:
        """Whether the person's data may be used under it today."""
        return self.reason is Reason.PERMITTED


def own_schemes(
    session: Session, state: PeopleState, held: Callable[[str], BitMap], person: int, rules: RuleSet, day: date
) -> list[OwnScheme]:
    """Return the schemes in force over data about people, those that may use the person's data first.

    Args:
        session: to read in.
        state: what people said, as of now.
        held: returns everybody in a dataset.
        person: the number that stands for the person.
        rules: the law of the day.
        day: in Japan.
    """
    query = select(SchemeVersionRow).where(SchemeVersionRow.state == State.APPROVED.value)
    found = []
    for row in session.scalars(query.order_by(SchemeVersionRow.scheme)):
        document = version_of(row).document
        dataset = find_dataset(session, document.dataset)
        if dataset.subject is None or not document.period.from_ <= day <= document.period.to:
            continue
        provided = document.recipient != dataset.owner
        stopped = stopped_people(session, state, dataset.owner, dataset.id, provided=provided)
        groups = {**groups_of(state, held(dataset.id), document.topic, day, stopped), Group.PROTECTED: BitMap()}
        reason = compile_point(rule_for(consent=document.topic is not None), groups)(person)
        found.append(_own(session, row.scheme, document, dataset, rules, reason))
    return sorted(found, key=lambda scheme: not scheme.permitted)


def _own(
    session: Session, scheme: str, document: SchemeDocument, dataset: Dataset, rules: RuleSet, reason: Reason
) -> OwnScheme:
    basis = rules.bases.get(document.basis)
    return OwnScheme(
        id=scheme,
        document=document,
        dataset=dataset,
        provider=find_party(session, document.provider),
        recipient=find_party(session, document.recipient),
        basis=basis,
        classes=classes_of(dataset, document.fields),
        in_emergency=document.emergency is not None
        or (basis is not None and Evidence.DECLARED_EVENT in basis.evidence),
        reason=reason,
    )


def classes_of(dataset: Dataset, fields: list[str]) -> tuple[SecrecyClass, ...]:
    """Return the secrecy classes of fields, each once, in their order; what the dataset no longer has is left out."""
    return tuple(dict.fromkeys(dataset.classes[name] for name in fields if name in dataset.classes))
