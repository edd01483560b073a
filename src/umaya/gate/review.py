"""Review (審査): two locks on every version, closed by different people, and what must be there before they close.

Lock one is the legal check by the provider's second line, lock two the approval. Only a version with both is in force.
Before lock one the provider's privacy officer signs off the privacy check; before lock two a party that is consulted
consents. A lock is closed on the version that its holder saw: where the caller names a version, another one is never
touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.bodies import Office, Procedure, check_office, procedure_on
from umaya.gate.catalogue import find_actor, find_dataset
from umaya.gate.checks import check_legal
from umaya.gate.conditions import Condition
from umaya.gate.hats import CONSENT, check_hat
from umaya.gate.models import ActorRow, SchemeActRow, SchemeRow, SchemeVersionRow
from umaya.gate.open_points import check_open_points, privacy_due
from umaya.gate.roles import APPROVER, PRIVACY_OFFICER, VERIFIER
from umaya.gate.schemes import State, record_act, version_of, version_rows
from umaya.gate.statements import statement
from umaya.gate.turns import impose_on, reviewer, turn
from umaya.gate.watch import Watch
from umaya.law import RuleSet, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, Place
from umaya.types.site import Actor

PRIVACY_CHECK = "privacy-check"
"""The act of the privacy officer, and the name of what it is evidence of."""


class Review(Watch):
    """Closes locks, sends back, imposes conditions; stops and resumes as `Watch` does.

    Every method takes the actor, the id of the scheme and the version meant (None: the one whose turn it is), and
    raises NotFoundError where there is none, ForbiddenError where the actor may not, ConflictError where the version
    is in another state.
    """

    def sign_privacy(self, actor: Actor, scheme: str, version: int | None = None, note: str = "") -> None:
        """Sign off the privacy check of a submitted version: by the provider's privacy officer (個人情報保護責任者).

        Raises ConflictError when it is not passed, or signed off already.
        """
        with self._acts.begin() as act:
            row = turn(act, scheme, version, State.SUBMITTED)
            officer = reviewer(act, actor, row, PRIVACY_OFFICER)
            document = version_of(row).document
            check_open_points(act.session, document, self._law.at(day_in_japan(act.now)))
            if document.privacy_check is None:
                raise ConflictError("the scheme has no privacy check")
            if _signed(act.session, row) is not None:
                raise ConflictError("the privacy check of this version is signed off already")
            record_act(act, row, PRIVACY_CHECK, officer.id, PRIVACY_OFFICER, "scheme.privacy-checked", note=note)

    def verify(
        self,
        actor: Actor,
        scheme: str,
        version: int | None = None,
        note: str = "",
        conditions: Sequence[Condition] = (),
    ) -> None:
        """Close lock one: the second line checked the version against the law, its evidence and balancing included.

        The entry names the rules, the evidence confirmed, the sign-off of the privacy check and the conditions
        imposed. Raises ConflictError when the law of the day says no, a point is open, or the sign-off is missing.
        """
        with self._acts.begin() as act:
            row = turn(act, scheme, version, State.SUBMITTED)
            verifier = reviewer(act, actor, row, VERIFIER)
            document = version_of(row).document
            rules = self._law.at(day_in_japan(act.now))
            check_legal(act.session, document, self._obligations, rules)
            signed = _check_privacy(act.session, row, rules)
            evidence = [str(code) for code in rules.bases[document.basis].evidence]
            body: dict[str, object] = {"rules": rules.version, "basis": document.basis, "evidence": evidence}
            if signed is not None:
                body |= {"evidence": [*evidence, PRIVACY_CHECK], "privacy_checked": signed}
            body |= impose_on(act, row, conditions)
            row.state = State.VERIFIED.value
            record_act(act, row, "verify", verifier.id, VERIFIER, "scheme.verified", note=note, body=body)

    def consent(self, actor: Actor, scheme: str, version: int | None = None, note: str = "") -> None:
        """Give the consent (同意) of a party that is consulted, on a verified version: by its approving body.

        Raises ConflictError when the party is not consulted, or consented already.
        """
        with self._acts.begin() as act:
            row = turn(act, scheme, version, State.VERIFIED)
            day = day_in_japan(act.now)
            person = find_actor(act.session, actor.id)
            check_hat(act.session, scheme, person, APPROVER, CONSENT)
            if person.party not in _parties(act.session, scheme):
                raise ForbiddenError("the act belongs to a party of the scheme")
            check_office(act.session, person, Office.APPROVING_BODY, day, must_be_filled=True)
            if person.party not in _to_consent(act.session, row, day):
                raise ConflictError("the party is not consulted, or consented to this version already")
            body = {"party": person.party}
            record_act(act, row, CONSENT, person.id, APPROVER, "scheme.consulted", note=note, body=body)

    def approve(
        self,
        actor: Actor,
        scheme: str,
        version: int | None = None,
        note: str = "",
        conditions: Sequence[Condition] = (),
    ) -> None:
        """Close lock two; the version is in force and replaces the one before.

        Raises ConflictError when the law of the day says no, a point is open, or the consent of a party is missing.
        """
        with self._acts.begin() as act:
            row = turn(act, scheme, version, State.VERIFIED)
            approver = reviewer(act, actor, row, APPROVER)
            day = day_in_japan(act.now)
            rules = self._law.at(day)
            check_legal(act.session, version_of(row).document, self._obligations, rules)
            _check_privacy(act.session, row, rules)
            missing = _to_consent(act.session, row, day)
            if missing:
                raise ConflictError(f"the party `{missing[0]}` is consulted and has not consented to this version")
            for other in version_rows(act.session, scheme):
                if other.state in {State.APPROVED, State.SUSPENDED}:
                    other.state = State.REPLACED.value
            body = impose_on(act, row, conditions)
            row.state = State.APPROVED.value
            record_act(act, row, "approve", approver.id, APPROVER, "scheme.approved", note=note, body=body)

    def impose(
        self, actor: Actor, scheme: str, conditions: Sequence[Condition], reason: str, version: int | None = None
    ) -> None:
        """Impose conditions (附帯意見) apart from closing a lock: by the verifier or approver of the provider.

        They stand with a version under review, in force or suspended, and are lifted only by a new version.
        """
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            states = (State.SUBMITTED, State.VERIFIED, State.APPROVED, State.SUSPENDED)
            row = turn(act, scheme, version, *states)
            role = VERIFIER if row.state == State.SUBMITTED else APPROVER
            person = reviewer(act, actor, row, role)
            body = impose_on(act, row, conditions)
            if not body:
                raise ConflictError("no condition is named")
            record_act(act, row, "impose", person.id, role, "scheme.condition-imposed", note=reason, body=body)

    def send_back(self, actor: Actor, scheme: str, reason: str, version: int | None = None) -> None:
        """Return a version with a reason: by the verifier before lock one, by the approver before lock two."""
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            row = turn(act, scheme, version, State.SUBMITTED, State.VERIFIED)
            role = VERIFIER if row.state == State.SUBMITTED else APPROVER
            person = reviewer(act, actor, row, role)
            row.state = State.RETURNED.value
            record_act(act, row, "return", person.id, role, "scheme.rejected", note=reason)


def _check_privacy(session: Session, row: SchemeVersionRow, rules: RuleSet) -> int | None:
    """Return the entry of the privacy check's sign-off; None where none is due.

    Raises:
        ConflictError: when a point is open, or the sign-off is missing.
    """
    document = version_of(row).document
    check_open_points(session, document, rules)
    if not privacy_due(document, find_dataset(session, document.dataset), rules):
        return None
    signed = _signed(session, row)
    if signed is None:
        raise ConflictError("the provider's privacy officer has not signed off the privacy check")
    return signed


def _signed(session: Session, row: SchemeVersionRow) -> int | None:
    acts = SchemeActRow
    query = select(acts.entry).where(acts.scheme == row.scheme, acts.version == row.version, acts.act == PRIVACY_CHECK)
    return session.scalar(query)


def _parties(session: Session, scheme: str) -> list[str]:
    """Return the parties to a scheme, each once, the provider first."""
    row = session.get_one(SchemeRow, scheme)
    return list(dict.fromkeys((row.provider, row.recipient)))


def _to_consent(session: Session, row: SchemeVersionRow, day: date) -> list[str]:
    """Return the parties that are consulted and have not consented to this version."""
    query = (
        select(ActorRow.party)
        .join(SchemeActRow, SchemeActRow.actor == ActorRow.id)
        .where(SchemeActRow.scheme == row.scheme, SchemeActRow.version == row.version, SchemeActRow.act == CONSENT)
    )
    consented = set(session.scalars(query))
    return [
        party
        for party in _parties(session, row.scheme)
        if party not in consented and procedure_on(session, party, day) is Procedure.CONSULTATION
    ]
