"""What catalogue, registry and law say to a scheme document: the shape is right, is the content?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_dataset, find_party
from umaya.gate.documents import Document, Path
from umaya.gate.legal import LegalFacts, find_legal_facts, legal_fault, legal_faults
from umaya.gate.scheme import SchemeDocument
from umaya.law import Fault, RuleSet
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.types.reasons import Reason
from umaya.vault import Chain, ObligationContext, Obligations, Owed, UnfitError


class FaultCode(StrEnum):
    """What may be wrong with the content of a document, apart from the law. Pages have words for each."""

    NO_SUCH_PARTY = "no-such-party"
    NO_SUCH_DATASET = "no-such-dataset"
    NO_SUCH_TOPIC = "no-such-topic"
    NO_SUCH_NOTICE = "no-such-notice"
    NOT_THE_PROVIDERS = "not-the-providers"
    NO_SUCH_FIELD = "no-such-field"
    SUBJECT_FIELD = "subject-field"
    UNKNOWN_OBLIGATION = "unknown-obligation"
    WRONG_PARAMETER = "wrong-parameter"
    WRONG_PARAMETERS = "wrong-parameters"
    WRONG_END = "wrong-end"
    """The obligations end with one whose result only another may see."""
    DOES_NOT_FIT = "does-not-fit"


@dataclass(frozen=True)
class DocumentFault:
    """One thing for which a document is not taken.

    Attributes:
        code: what it is; of the law's own faults their reason.
        path: key path within the document.
        problem, advice: in words, as the error says them.
        legal: what the law says, where it is the law that does.
    """

    code: FaultCode | Reason
    path: Path
    problem: str
    advice: str
    legal: Fault | None = None


def check_document(
    session: Session, document: Document, scheme: SchemeDocument, obligations: Obligations, rules: RuleSet
) -> None:
    """Return when the document may be reviewed.

    Raises:
        InputError: at the first fault, naming file, line, key path and what to do.
    """
    fault = next(document_faults(session, scheme, obligations, rules), None)
    if fault is not None:
        raise InputError(document.place(fault.path), fault.problem, fault.advice)


def document_faults(
    session: Session, scheme: SchemeDocument, obligations: Obligations, rules: RuleSet
) -> Iterator[DocumentFault]:
    """Yield everything for which catalogue, registry and law do not take a document, in the order of the checks.

    What cannot be judged because of an earlier fault is left out: a field that is not there has no class.
    """
    missing = [
        DocumentFault(code, (key,), str(error), "register it first, or mend the id")
        for key, code, find in (
            ("provider", FaultCode.NO_SUCH_PARTY, lambda: find_party(session, scheme.provider)),
            ("recipient", FaultCode.NO_SUCH_PARTY, lambda: find_party(session, scheme.recipient)),
            ("dataset", FaultCode.NO_SUCH_DATASET, lambda: find_dataset(session, scheme.dataset)),
        )
        if (error := _not_found(find)) is not None
    ]
    yield from missing
    if missing:
        return
    dataset = find_dataset(session, scheme.dataset)
    if dataset.owner != scheme.provider:
        problem, advice = "the dataset is not the provider's", "name one of the provider's"
        yield DocumentFault(FaultCode.NOT_THE_PROVIDERS, ("dataset",), problem, advice)
    fields = [name for name in scheme.fields if name in dataset.classes and name != dataset.subject]
    yield from _field_faults(scheme, dataset)
    broken = list(_chain_faults(scheme, obligations))
    yield from broken
    chain = None if broken else obligations.chain(scheme.owed)
    if chain is not None and len(fields) == len(scheme.fields):
        yield from _fit_faults(scheme, dataset, chain)
    yield from _legal_faults(session, scheme, fields, chain, rules)


def check_legal(session: Session, scheme: SchemeDocument, obligations: Obligations, rules: RuleSet) -> None:
    """Return when the law of the day still allows a stored scheme and the hub can meet its obligations.

    Raises:
        ConflictError: when not.
    """
    try:
        chain = obligations.chain(scheme.owed)
    except (NotFoundError, ValueError, TypeError) as error:
        raise ConflictError("the scheme owes something that this hub cannot do any more") from error
    fault = legal_fault(scheme, scheme.fields, rules, find_legal_facts(session, scheme, chain))
    if fault is not None:
        raise ConflictError(f"the scheme does not stand the legal check: {fault.problem}; {fault.advice}")


def _not_found(find: Callable[[], object]) -> NotFoundError | None:
    try:
        find()
    except NotFoundError as error:
        return error
    return None


def _field_faults(scheme: SchemeDocument, dataset: Dataset) -> Iterator[DocumentFault]:
    for at, field in enumerate(scheme.fields):
        if field not in dataset.classes:
            problem = "the dataset has no such field"
            yield DocumentFault(FaultCode.NO_SUCH_FIELD, ("fields", at), problem, _choose(dataset.classes))
    if dataset.subject in scheme.fields:
        path: Path = ("fields", scheme.fields.index(str(dataset.subject)))
        problem = "the field is the dataset's subject, which never leaves"
        yield DocumentFault(FaultCode.SUBJECT_FIELD, path, problem, "leave it out")


def _chain_faults(scheme: SchemeDocument, obligations: Obligations) -> Iterator[DocumentFault]:
    """Yield why obligations cannot be made one by one; where all can, why they make no chain."""
    broken = False
    for at, owed in enumerate(scheme.owed):
        fault = _owed_fault(at, owed, obligations)
        if fault is not None:
            broken = True
            yield fault
    if broken:
        return
    try:
        obligations.chain(scheme.owed)
    except ValueError as error:
        advice = "state the steps that follow it"
        yield DocumentFault(FaultCode.WRONG_END, ("obligations",), str(error), advice)


def _owed_fault(at: int, owed: Owed, obligations: Obligations) -> DocumentFault | None:
    path: Path = ("obligations", at, owed.name)
    try:
        obligations.make(owed)
    except NotFoundError:
        problem, advice = "the obligation is unknown", _choose(obligations.names)
        return DocumentFault(FaultCode.UNKNOWN_OBLIGATION, path, problem, advice)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        problem, advice = "the obligation does not take this parameter", first["msg"].lower()
        return DocumentFault(FaultCode.WRONG_PARAMETER, (*path, *first["loc"]), problem, advice)
    except (ValueError, TypeError):
        problem, advice = "the obligation does not take these parameters", "see the reference of obligations"
        return DocumentFault(FaultCode.WRONG_PARAMETERS, path, problem, advice)
    return None


def _fit_faults(scheme: SchemeDocument, dataset: Dataset, chain: Chain) -> Iterator[DocumentFault]:
    context = ObligationContext(scheme.scheme, None, None, None, dataset.id, subject=dataset.subject)
    try:
        chain.fit(pa.schema([dataset.schema.field(name) for name in scheme.fields]), context)
    except UnfitError as error:
        problem = f"the obligation does not fit: {error.problem}"
        advice = "mend its parameters, the scheme's fields, or the steps before it"
        yield DocumentFault(FaultCode.DOES_NOT_FIT, ("obligations", error.at, error.step), problem, advice)


def _legal_faults(
    session: Session, scheme: SchemeDocument, fields: list[str], chain: Chain | None, rules: RuleSet
) -> Iterator[DocumentFault]:
    """Yield what the law says; of broken obligations it is not known what they would lower."""
    try:
        facts = find_legal_facts(session, scheme, chain)
    except NotFoundError as error:
        code = FaultCode.NO_SUCH_TOPIC if scheme.notice is None else FaultCode.NO_SUCH_NOTICE
        key = "topic" if scheme.notice is None else "notice"
        yield DocumentFault(code, (key,), str(error), "register it first, or mend the id")
        return
    for fault in legal_faults(scheme, fields, rules, facts):
        lowered = fault.reason is Reason.CLASS_NOT_ALLOWED_BY_BASIS and not _is_never(fault, facts, rules)
        if chain is None and (lowered or fault.key == "obligations"):
            continue
        yield DocumentFault(fault.reason, _path(scheme, fault), fault.problem, fault.advice, fault)


def _is_never(fault: Fault, facts: LegalFacts, rules: RuleSet) -> bool:
    """Return whether the field is of a class that its basis can never touch."""
    basis = rules.bases.get(fault.basis or "")
    return basis is not None and facts.dataset.classes.get(fault.item or "") in basis.never


def _choose(names: Iterable[str]) -> str:
    return "choose among " + ", ".join(f"`{name}`" for name in sorted(names))


def _path(scheme: SchemeDocument, fault: Fault) -> Path:
    if fault.key == "fields" and fault.item in scheme.fields:
        return ("fields", scheme.fields.index(fault.item))
    return (fault.key,)
