"""What is to be done next with a scheme, by whom, and since when: what the pages tell everybody concerned.

Reads, and decides nothing: that an act would be taken from somebody is `umaya.gate.rehearsal`'s word. Must hold: where
a version waits for an act, whoever holds the role, the office and no other hat in the scheme may do that act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from umaya.gate.bodies import Procedure, procedure_on
from umaya.gate.catalogue import Words, find_dataset
from umaya.gate.condition_facts import NoticeInForce, condition_facts, no_register
from umaya.gate.conditions import Rule, failing
from umaya.gate.legal import find_legal_facts, legal_fault
from umaya.gate.models import ActorRow, SchemeActRow, SchemeRow, SchemeVersionRow
from umaya.gate.open_points import open_points, privacy_due
from umaya.gate.record import Acts
from umaya.gate.roles import APPLICANT, APPROVER, OFFICER, PRIVACY_OFFICER, VERIFIER
from umaya.gate.schemes import SchemeVersion, State, version_of
from umaya.gate.watch import BY_TIME
from umaya.law import RULES, Fault, Finding, RuleBook, RuleSet, day_in_japan
from umaya.types.errors import NotFoundError
from umaya.types.reasons import Reason
from umaya.vault import Obligations

_JAPAN = timezone(timedelta(hours=9), "JST")


class Need(StrEnum):
    """What is to be done next."""

    CORRECT = "correct"
    """Submit a version without what keeps the locks open, or with what the reason of its return asks for."""
    PRIVACY_CHECK = "privacy-check"
    VERIFY = "verify"
    CONSENT = "consent"
    APPROVE = "approve"
    RESUME = "resume"
    """Put in force again what is suspended, once the cause is gone."""
    REPORT = "report"
    """Report on the use, as a condition asks."""


_ROLES = {
    Need.CORRECT: APPLICANT,
    Need.PRIVACY_CHECK: PRIVACY_OFFICER,
    Need.VERIFY: VERIFIER,
    Need.CONSENT: APPROVER,
    Need.APPROVE: APPROVER,
    Need.RESUME: APPROVER,
    Need.REPORT: OFFICER,
}


@dataclass(frozen=True)
class Pending:
    """One thing to be done next.

    Attributes:
        need: what.
        version: of the scheme, that it is about.
        state: of that version.
        parties: of which one may do it.
        since: when the version came to where it waits.
        due: the last moment for it; None where no clock runs.
    """

    scheme: str
    title: Words
    provider: str
    recipient: str
    version: int
    state: State
    need: Need
    parties: tuple[str, ...]
    since: datetime
    due: datetime | None = None

    @property
    def role(self) -> str:
        """The role of whoever may do it."""
        return _ROLES[self.need]


@dataclass(frozen=True)
class Standing:
    """What keeps a version from the locks.

    Attributes:
        fault: why the law of the day does not allow it, or None.
        open_points: of the privacy check and the agreement.
        sign_off: ledger entry of the privacy officer's sign-off; None where there is none.
        sign_off_due: whether there must be one.
        consenting: parties that are consulted, with whether they consented to this version.
    """

    fault: Fault | None
    open_points: tuple[Finding, ...]
    sign_off: int | None
    sign_off_due: bool
    consenting: tuple[tuple[str, bool], ...]

    @property
    def to_consent(self) -> tuple[str, ...]:
        """The parties whose consent is missing."""
        return tuple(party for party, consented in self.consenting if not consented)


class Agenda:
    """Tells what is to be done next.

    Args:
        acts: whose database and clock are asked.
        obligations: what schemes may owe.
        law: dated rules.
        notice_in_force: of the register of notices.
    """

    def __init__(
        self,
        acts: Acts,
        obligations: Obligations,
        law: RuleBook = RULES,
        notice_in_force: NoticeInForce = no_register,
    ) -> None:
        self._acts = acts
        self._obligations = obligations
        self._law = law
        self._notice_in_force = notice_in_force

    def of_scheme(self, scheme: str) -> tuple[Pending, ...]:
        """Return what is to be done next with a scheme, its newest version first; empty where nothing is."""
        return self._find(SchemeVersionRow.scheme == scheme)

    def of_party(self, party: str | None) -> tuple[Pending, ...]:
        """Return what is to be done next with the schemes of a party (None: all), what waits longest first."""
        parties = select(SchemeRow.id).where((SchemeRow.provider == party) | (SchemeRow.recipient == party))
        found = self._find(SchemeVersionRow.scheme.in_(parties) if party is not None else None)
        return tuple(sorted(found, key=lambda one: (one.since, one.scheme)))

    def standing(self, scheme: str, version: int) -> Standing:
        """Return what keeps a version from the locks today; raise NotFoundError."""
        with self._acts.database.reading() as session:
            row = session.get(SchemeVersionRow, (scheme, version))
            if row is None:
                raise NotFoundError("the scheme has no such version")
            acts = _acts(session, scheme, version)
            return self._standing(session, version_of(row), acts, day_in_japan(self._acts.clock.now()))

    def _find(self, which: ColumnElement[bool] | None) -> tuple[Pending, ...]:
        live = [State.SUBMITTED, State.VERIFIED, State.RETURNED, State.SUSPENDED, State.APPROVED]
        query = select(SchemeVersionRow).where(SchemeVersionRow.state.in_([state.value for state in live]))
        if which is not None:
            query = query.where(which)
        query = query.order_by(SchemeVersionRow.scheme, SchemeVersionRow.version.desc())
        found: list[Pending] = []
        with self._acts.database.reading() as session:
            for row in session.scalars(query).all():
                if row.state == State.APPROVED and not _asks_for_reports(row):
                    continue
                if row.state == State.RETURNED and row.version != _newest(session, row.scheme):
                    continue
                found += self._needs(session, version_of(row), _acts(session, row.scheme, row.version))
        return tuple(found)

    def _needs(self, session: Session, version: SchemeVersion, acts: Sequence[SchemeActRow]) -> list[Pending]:
        day = day_in_japan(self._acts.clock.now())
        document = version.document
        provider, recipient = (document.provider,), document.recipient
        both = tuple(dict.fromkeys((*provider, recipient)))
        if version.state is State.APPROVED:
            due = _report_due(version, acts)
            return [] if due is None else [_pending(version, Need.REPORT, (recipient,), acts, due)]
        if version.state is State.RETURNED:
            return [_pending(version, Need.CORRECT, both, acts)]
        standing = self._standing(session, version, acts, day)
        if standing.fault is not None or standing.open_points:
            return [_pending(version, Need.CORRECT, both, acts)]
        if version.state is State.SUSPENDED:
            return [self._resumption(session, version, acts)]
        if standing.sign_off_due and standing.sign_off is None:
            return [_pending(version, Need.PRIVACY_CHECK, provider, acts)]
        if version.state is State.SUBMITTED:
            return [_pending(version, Need.VERIFY, provider, acts)]
        if standing.to_consent:
            return [_pending(version, Need.CONSENT, (party,), acts) for party in standing.to_consent]
        return [_pending(version, Need.APPROVE, provider, acts)]

    def _resumption(self, session: Session, version: SchemeVersion, acts: Sequence[SchemeActRow]) -> Pending:
        """Return what a suspended version waits for: what a condition asks for comes before its resumption."""
        facts = condition_facts(session, version, self._acts.clock.now(), notice_in_force=self._notice_in_force)
        failed = failing(version.conditions, facts, BY_TIME)
        document = version.document
        if failed is None:
            return _pending(version, Need.RESUME, (document.provider,), acts)
        if failed.rule is Rule.REPORT_EVERY_DAYS:
            return _pending(version, Need.REPORT, (document.recipient,), acts, _report_due(version, acts))
        return _pending(version, Need.CORRECT, tuple(dict.fromkeys((document.provider, document.recipient))), acts)

    def _standing(self, session: Session, version: SchemeVersion, acts: Sequence[SchemeActRow], day: date) -> Standing:
        document = version.document
        rules = self._law.at(day)
        dataset = find_dataset(session, document.dataset)
        signed = next((act.entry for act in acts if act.act == "privacy-check"), None)
        consented = _parties_of(session, [act.actor for act in acts if act.act == "consent"])
        parties = tuple(dict.fromkeys((document.provider, document.recipient)))
        consulted = [one for one in parties if procedure_on(session, one, day) is Procedure.CONSULTATION]
        return Standing(
            fault=self._fault(session, version, rules),
            open_points=open_points(document, dataset, rules),
            sign_off=signed,
            sign_off_due=privacy_due(document, dataset, rules),
            consenting=tuple((party, party in consented) for party in consulted),
        )

    def _fault(self, session: Session, version: SchemeVersion, rules: RuleSet) -> Fault | None:
        document = version.document
        try:
            chain = self._obligations.chain(document.owed)
        except (NotFoundError, ValueError, TypeError):
            problem = "the scheme owes something that this hub cannot do any more"
            return Fault(Reason.OBLIGATION_MISSING, "obligations", None, problem, "submit a version without it")
        return legal_fault(document, document.fields, rules, find_legal_facts(session, document, chain))


def _pending(
    version: SchemeVersion,
    need: Need,
    parties: tuple[str, ...],
    acts: Sequence[SchemeActRow],
    due: datetime | None = None,
) -> Pending:
    document = version.document
    return Pending(
        scheme=version.scheme,
        title=Words(document.title.ja, document.title.en),
        provider=document.provider,
        recipient=document.recipient,
        version=version.version,
        state=version.state,
        need=need,
        parties=parties,
        since=acts[-1].at,
        due=due,
    )


def _report_due(version: SchemeVersion, acts: Sequence[SchemeActRow]) -> datetime | None:
    """Return the end, in Japan, of the last day for the next report that a condition asks for, or None."""
    every = [one.limit for one in version.conditions if one.rule is Rule.REPORT_EVERY_DAYS]
    days = [limit for limit in every if isinstance(limit, int)]
    begun = [act.at for act in acts if act.act in {"approve", "report"}]
    if not days or not begun:
        return None
    last = day_in_japan(max(begun)) + timedelta(days=min(days))
    return datetime.combine(last + timedelta(days=1), time(), _JAPAN)


def _asks_for_reports(row: SchemeVersionRow) -> bool:
    return any(condition.startswith(Rule.REPORT_EVERY_DAYS) for condition in row.conditions)


def _newest(session: Session, scheme: str) -> int:
    versions = SchemeVersionRow
    query = select(versions.version).where(versions.scheme == scheme).order_by(versions.version.desc()).limit(1)
    return session.scalars(query).one()


def _acts(session: Session, scheme: str, version: int) -> Sequence[SchemeActRow]:
    acts = SchemeActRow
    query = select(acts).where(acts.scheme == scheme, acts.version == version).order_by(acts.id)
    return session.scalars(query).all()


def _parties_of(session: Session, actors: Sequence[str]) -> set[str]:
    return set(session.scalars(select(ActorRow.party).where(ActorRow.id.in_(actors)))) if actors else set()
