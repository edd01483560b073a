"""Schemes: submitted as documents, kept in versions, read with their history.

Must hold: a stored version never changes; any change is a new version, reviewed anew. The version in force stays in
force until the next one is approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate import documents
from umaya.gate.catalogue import Words, find_actor, find_dataset
from umaya.gate.checks import check_document
from umaya.gate.conditions import Condition
from umaya.gate.emergency.limits import check_plan
from umaya.gate.hats import check_hat
from umaya.gate.models import SchemeActRow, SchemeRow, SchemeVersionRow
from umaya.gate.open_points import open_points
from umaya.gate.record import Act, Acts, digest
from umaya.gate.roles import APPLICANT
from umaya.gate.scheme import SchemeDocument, parse
from umaya.gate.statements import salted, statement
from umaya.law import RULES, Finding, RuleBook, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, IntegrityError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.vault import Obligations


class State(StrEnum):
    """Of a version. Stored: values never change."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    """Lock one is closed."""
    APPROVED = "approved"
    """Both locks are closed: in force within its period."""
    RETURNED = "returned"
    """Sent back with a reason; a new version may follow."""
    SUSPENDED = "suspended"
    """Was in force and is stopped; a new version may follow."""
    REPLACED = "replaced"
    """By a newer version."""
    ENDED = "ended"
    """For good: no use, no resumption, no new version."""


UNDER_REVIEW = frozenset({State.SUBMITTED, State.VERIFIED})


@dataclass(frozen=True)
class SchemeVersion:
    """One version.

    Attributes:
        digest: `sha256:` and hex, of the canonical document.
        conditions: imposed by its reviewers, in their order.
    """

    scheme: str
    version: int
    state: State
    digest: str
    document: SchemeDocument
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class SchemeAct:
    """Who did what on which version, when; `entry` is its ledger index."""

    version: int
    act: str
    actor: str
    role: str
    at: datetime
    note: str
    entry: int


@dataclass(frozen=True)
class SchemeSummary:
    """A scheme in a list.

    Attributes:
        version, state: of the newest version.
        in_force: the approved version, or None.
        starts, ends: first and last day in Japan, of the newest version.
    """

    id: str
    title: Words
    provider: str
    recipient: str
    dataset: str
    basis: str
    version: int
    state: State
    in_force: int | None
    starts: date
    ends: date


@dataclass(frozen=True)
class SchemeRecord:
    """A scheme with everything that happened to it; versions and acts oldest first."""

    summary: SchemeSummary
    versions: tuple[SchemeVersion, ...]
    acts: tuple[SchemeAct, ...]


class Schemes:
    """Submits and finds.

    Args:
        acts: begins submissions.
        obligations: what schemes may owe.
        law: dated rules.
    """

    def __init__(self, acts: Acts, obligations: Obligations, law: RuleBook = RULES) -> None:
        self._acts = acts
        self._obligations = obligations
        self._law = law

    @property
    def obligations(self) -> frozenset[str]:
        """Names of what schemes may owe on this hub."""
        return self._obligations.names

    def submit(self, actor: Actor, text: str, file: str) -> SchemeVersion:
        """Take a scheme document (YAML) as the first or next version of its scheme.

        Args:
            actor: an applicant of the provider or the recipient, who holds no other hat in this scheme.
            text: the document.
            file: its name, for errors.

        Raises:
            InputError: when the document is wrong; nothing is stored.
            ForbiddenError: when the actor may not.
            ConflictError: when the same document is under review or in force, the parties changed, or the scheme ended.
        """
        document = documents.read(text, file)
        scheme = parse(document)
        with self._acts.begin() as act:
            applicant = find_actor(act.session, actor.id)
            _raise_first(applicant_faults(act.session, applicant, scheme))
            rules = self._law.at(day_in_japan(act.now))
            check_document(act.session, document, scheme, self._obligations, rules)
            check_plan(act.session, document, scheme, day_in_japan(act.now))
            version = _add_version(act, scheme)
            body = {
                "provider": scheme.provider,
                "recipient": scheme.recipient,
                "dataset": scheme.dataset,
                "basis": scheme.basis,
                "rules": rules.version,
            }
            record_act(act, version, "submit", applicant.id, APPLICANT, "scheme.submitted", body=body)
            return version_of(version)

    def open_points(self, scheme: str, version: int | None = None) -> tuple[Finding, ...]:
        """Return what keeps the locks of a version (None: the newest) open today; raise NotFoundError."""
        with self._acts.database.reading() as session:
            versions = versions_of(session, scheme)
            found = next((one for one in reversed(versions) if version in {None, one.version}), None)
            if found is None:
                raise NotFoundError("the scheme has no such version")
            dataset = find_dataset(session, found.document.dataset)
            return open_points(found.document, dataset, self._law.at(day_in_japan(self._acts.clock.now())))

    def list(self) -> list[SchemeSummary]:
        """Return every scheme by id."""
        with self._acts.database.reading() as session:
            keys = session.scalars(select(SchemeRow.id).order_by(SchemeRow.id)).all()
            return [_summary(versions_of(session, key)) for key in keys]

    def get(self, scheme: str) -> SchemeRecord:
        """Return a scheme with its versions and history, or raise NotFoundError."""
        with self._acts.database.reading() as session:
            versions = versions_of(session, scheme)
            rows = session.scalars(
                select(SchemeActRow).where(SchemeActRow.scheme == scheme).order_by(SchemeActRow.id)
            ).all()
            acts = tuple(SchemeAct(r.version, r.act, r.actor, r.role, r.at, r.note, r.entry) for r in rows)
            return SchemeRecord(_summary(versions), tuple(versions), acts)


class SubmissionCode(StrEnum):
    """Why a document that is right is not taken from somebody, or not now. Pages have words for each."""

    NO_APPLICANT = "no-applicant"
    OTHER_HAT = "other-hat"
    NO_PARTY_TO_IT = "no-party-to-it"
    PARTIES_CHANGED = "parties-changed"
    AFTER_ITS_END = "after-its-end"
    SAYS_THE_SAME = "says-the-same"


SubmissionFault = tuple[SubmissionCode, ForbiddenError | ConflictError]


def applicant_faults(session: Session, applicant: Actor, scheme: SchemeDocument) -> Iterator[SubmissionFault]:
    """Yield why an actor may not submit a document, as codes and errors."""
    if APPLICANT not in applicant.roles:
        yield SubmissionCode.NO_APPLICANT, ForbiddenError(f"the act needs the role `{APPLICANT}`")
    else:
        try:
            check_hat(session, scheme.scheme, applicant, APPLICANT)
        except ForbiddenError as error:
            yield SubmissionCode.OTHER_HAT, error
    if applicant.party not in {scheme.provider, scheme.recipient}:
        problem = "an applicant must act for the provider or the recipient of the scheme"
        yield SubmissionCode.NO_PARTY_TO_IT, ForbiddenError(problem)


def version_faults(
    row: SchemeRow | None, earlier: Sequence[SchemeVersionRow], scheme: SchemeDocument
) -> Iterator[SubmissionFault]:
    """Yield why a document cannot be the next version of its scheme, as codes and errors.

    Args:
        row: of the scheme; None where there is none yet.
        earlier: its versions, oldest first.
        scheme: the document.
    """
    if row is not None and (row.provider, row.recipient) != (scheme.provider, scheme.recipient):
        problem = "the parties of a scheme do not change: submit it under another id"
        yield SubmissionCode.PARTIES_CHANGED, ConflictError(problem)
    if any(version.state == State.ENDED for version in earlier):
        problem = "the scheme has ended: submit what follows it under another id"
        yield SubmissionCode.AFTER_ITS_END, ConflictError(problem)
    same = digest(scheme.canonical().encode())
    for version in earlier:
        if version.digest == same and version.state in {*UNDER_REVIEW, State.APPROVED}:
            problem = f"version {version.version} says the same and is {version.state}"
            yield SubmissionCode.SAYS_THE_SAME, ConflictError(problem)


def _raise_first(faults: Iterator[SubmissionFault]) -> None:
    for _, error in faults:
        raise error


def _add_version(act: Act, scheme: SchemeDocument) -> SchemeVersionRow:
    session = act.session
    canonical = scheme.canonical()
    row = session.get(SchemeRow, scheme.scheme, with_for_update=True)
    if row is None:
        session.add(SchemeRow(id=scheme.scheme, provider=scheme.provider, recipient=scheme.recipient))
        session.flush()
    earlier = version_rows(session, scheme.scheme)
    _raise_first(version_faults(row, earlier, scheme))
    for version in earlier:
        if version.state in UNDER_REVIEW:
            version.state = State.REPLACED.value
    added = SchemeVersionRow(
        scheme=scheme.scheme,
        version=len(earlier) + 1,
        state=State.SUBMITTED.value,
        document=canonical,
        digest=digest(canonical.encode()),
        conditions=[],
    )
    session.add(added)
    session.flush()
    return added


def record_act(
    act: Act,
    version: SchemeVersionRow,
    name: str,
    actor: str,
    role: str,
    kind: str,
    *,
    note: str = "",
    body: Mapping[str, object] | None = None,
) -> None:
    """Write an act into the history of a version and the ledger; raises InputError on a note that cannot be kept."""
    note = statement(note, Place("review", field="note"), required=False)
    salt = act.entropy(16).hex()
    row = SchemeActRow(
        scheme=version.scheme,
        version=version.version,
        act=name,
        actor=actor,
        role=role,
        at=act.now,
        note=note,
        note_salt=salt,
        entry=0,
    )
    act.session.add(row)
    about = {"scheme": version.scheme, "version": version.version, "document": version.digest, "role": role}
    entry: dict[str, object] = {**about, **(body or {})}
    if note:
        entry["statement"] = salted(note, salt)
    row.entry = act.record(kind, actor, entry)


def version_rows(session: Session, scheme: str) -> Sequence[SchemeVersionRow]:
    """Return the rows of every version, oldest first; empty when there is no such scheme."""
    query = select(SchemeVersionRow).where(SchemeVersionRow.scheme == scheme).order_by(SchemeVersionRow.version)
    return session.scalars(query).all()


def version_of(row: SchemeVersionRow) -> SchemeVersion:
    """Return a version as it was approved.

    Raises:
        IntegrityError: when the stored document is not the one of its digest, or a condition is none.
    """
    if digest(row.document.encode()) != row.digest:
        raise IntegrityError(f"scheme `{row.scheme}` version {row.version} is not the document that was submitted")
    try:
        conditions = tuple(Condition.of_canonical(text) for text in row.conditions)
    except ValueError as error:
        raise IntegrityError(f"scheme `{row.scheme}` version {row.version} has a condition that is none") from error
    document = SchemeDocument.of_canonical(row.document)
    return SchemeVersion(row.scheme, row.version, State(row.state), row.digest, document, conditions)


def versions_of(session: Session, scheme: str) -> list[SchemeVersion]:
    """Return every version, oldest first, or raise NotFoundError."""
    rows = version_rows(session, scheme)
    if not rows:
        raise NotFoundError("there is no such scheme")
    return [version_of(row) for row in rows]


def _summary(versions: Sequence[SchemeVersion]) -> SchemeSummary:
    newest = versions[-1]
    document = newest.document
    return SchemeSummary(
        id=newest.scheme,
        title=Words(document.title.ja, document.title.en),
        provider=document.provider,
        recipient=document.recipient,
        dataset=document.dataset,
        basis=document.basis,
        version=newest.version,
        state=newest.state,
        in_force=next((v.version for v in versions if v.state is State.APPROVED), None),
        starts=document.period.from_,
        ends=document.period.to,
    )
