"""What catalogue, registry and law say to a scheme document: the shape is right, is the content?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_dataset, find_party
from umaya.gate.documents import Document, Path
from umaya.gate.legal import find_legal_facts, legal_fault
from umaya.gate.scheme import SchemeDocument
from umaya.law import Fault, RuleSet
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.vault import Chain, ObligationContext, Obligations, UnfitError


def check_document(
    session: Session, document: Document, scheme: SchemeDocument, obligations: Obligations, rules: RuleSet
) -> None:
    """Return when the document may be reviewed.

    Raises:
        InputError: at the first fault, naming file, line, key path and what to do.
    """
    with _catalogued(document, "provider"):
        find_party(session, scheme.provider)
    with _catalogued(document, "recipient"):
        find_party(session, scheme.recipient)
    with _catalogued(document, "dataset"):
        dataset = find_dataset(session, scheme.dataset)
    if dataset.owner != scheme.provider:
        raise InputError(
            document.place(("dataset",)), "the dataset is not the provider's", "name one of the provider's"
        )
    for at, field in enumerate(scheme.fields):
        if field not in dataset.classes:
            raise InputError(document.place(("fields", at)), "the dataset has no such field", _choose(dataset.classes))
    if dataset.subject in scheme.fields:
        place = document.place(("fields", scheme.fields.index(str(dataset.subject))))
        raise InputError(place, "the field is the dataset's subject, which never leaves", "leave it out")
    chain = _check_obligations(document, scheme, obligations)
    _check_fit(document, scheme, dataset, chain)
    with _catalogued(document, "topic" if scheme.notice is None else "notice"):
        facts = find_legal_facts(session, scheme, chain)
    fault = legal_fault(scheme, scheme.fields, rules, facts)
    if fault is not None:
        raise InputError(document.place(_path(scheme, fault)), fault.problem, fault.advice)


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


@contextmanager
def _catalogued(document: Document, key: str) -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise InputError(document.place((key,)), str(error), "register it first, or mend the id") from error


def _check_obligations(document: Document, scheme: SchemeDocument, obligations: Obligations) -> Chain:
    for at, owed in enumerate(scheme.owed):
        path: Path = ("obligations", at, owed.name)
        try:
            obligations.make(owed)
        except NotFoundError:
            raise InputError(document.place(path), "the obligation is unknown", _choose(obligations.names)) from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = document.place((*path, *first["loc"]))
            raise InputError(place, "the obligation does not take this parameter", first["msg"].lower()) from None
        except (ValueError, TypeError) as error:
            advice = "see the reference of obligations"
            raise InputError(document.place(path), "the obligation does not take these parameters", advice) from error
    try:
        return obligations.chain(scheme.owed)
    except ValueError as error:
        raise InputError(document.place(("obligations",)), str(error), "state the steps that follow it") from error


def _check_fit(document: Document, scheme: SchemeDocument, dataset: Dataset, chain: Chain) -> None:
    context = ObligationContext(scheme.scheme, None, None, None, dataset.id, subject=dataset.subject)
    try:
        chain.fit(pa.schema([dataset.schema.field(name) for name in scheme.fields]), context)
    except UnfitError as error:
        place = document.place(("obligations", error.at, error.step))
        advice = "mend its parameters, the scheme's fields, or the steps before it"
        raise InputError(place, f"the obligation does not fit: {error.problem}", advice) from None


def _choose(names: Iterable[str]) -> str:
    return "choose among " + ", ".join(f"`{name}`" for name in sorted(names))


def _path(scheme: SchemeDocument, fault: Fault) -> Path:
    if fault.key == "fields" and fault.item in scheme.fields:
        return ("fields", scheme.fields.index(fault.item))
    return (fault.key,)
