"""Review (審査): two locks on every version, closed by different people.

Lock one is the legal check by the provider's second line, lock two the approval. Only a version with both is in force.
A lock is closed on the version that its holder saw: where the caller names a version, another one is never touched.
"""

from __future__ import annotations

from umaya.gate.catalogue import find_actor
from umaya.gate.checks import check_legal
from umaya.gate.hats import check_hat, check_role
from umaya.gate.models import SchemeRow, SchemeVersionRow
from umaya.gate.record import Act, Acts
from umaya.gate.roles import APPROVER, STEWARD, VERIFIER
from umaya.gate.schemes import State, record_act, version_of, version_rows
from umaya.gate.statements import statement
from umaya.law import RULES, RuleBook, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.vault import Obligations


class Review:
    """Closes locks, sends back, suspends.

    Every method takes the actor, the id of the scheme and the version meant (None: the one whose turn it is), and
    raises NotFoundError where there is none, ForbiddenError where the actor may not, ConflictError where the version
    is in another state.

    Args:
        acts: begins reviews.
        obligations: what this hub can meet.
        law: dated rules.
    """

    def __init__(self, acts: Acts, obligations: Obligations, law: RuleBook = RULES) -> None:
        self._acts = acts
        self._obligations = obligations
        self._law = law

    def verify(self, actor: Actor, scheme: str, version: int | None = None, note: str = "") -> None:
        """Close lock one: the second line checked the version against the law, its evidence and balancing included.

        The entry names the rules and the evidence confirmed. Raises ConflictError when the law of the day says no.
        """
        with self._acts.begin() as act:
            row = _turn(act, scheme, version, State.SUBMITTED)
            verifier = _reviewer(act, actor, row, VERIFIER)
            document = version_of(row).document
            rules = self._law.at(day_in_japan(act.now))
            check_legal(act.session, document, self._obligations, rules)
            evidence = [str(code) for code in rules.bases[document.basis].evidence]
            row.state = State.VERIFIED.value
            body = {"rules": rules.version, "basis": document.basis, "evidence": evidence}
            record_act(act, row, "verify", verifier.id, VERIFIER, "scheme.verified", note=note, body=body)

    def approve(self, actor: Actor, scheme: str, version: int | None = None, note: str = "") -> None:
        """Close lock two; the version is in force and replaces the one before."""
        with self._acts.begin() as act:
            row = _turn(act, scheme, version, State.VERIFIED)
            approver = _reviewer(act, actor, row, APPROVER)
            version_of(row)
            for other in version_rows(act.session, scheme):
                if other.state in {State.APPROVED, State.SUSPENDED}:
                    other.state = State.REPLACED.value
            row.state = State.APPROVED.value
            record_act(act, row, "approve", approver.id, APPROVER, "scheme.approved", note=note)

    def send_back(self, actor: Actor, scheme: str, reason: str, version: int | None = None) -> None:
        """Return a version with a reason: by the verifier before lock one, by the approver before lock two."""
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            row = _turn(act, scheme, version, State.SUBMITTED, State.VERIFIED)
            role = VERIFIER if row.state == State.SUBMITTED else APPROVER
            reviewer = _reviewer(act, actor, row, role)
            row.state = State.RETURNED.value
            record_act(act, row, "return", reviewer.id, role, "scheme.rejected", note=reason)

    def suspend(self, actor: Actor, scheme: str, reason: str) -> None:
        """Stop the version in force at once: by a steward, verifier or approver of the provider."""
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            row = _turn(act, scheme, None, State.APPROVED)
            person = find_actor(act.session, actor.id)
            _check_provider(act, person, scheme)
            role = next((role for role in (STEWARD, VERIFIER, APPROVER) if role in person.roles), STEWARD)
            check_role(person, role)
            row.state = State.SUSPENDED.value
            # Stopping is no review: it must not bar its actor from a hat, nor a hat from stopping.
            record_act(act, row, "suspend", person.id, STEWARD, "scheme.suspended", note=reason)


def _turn(act: Act, scheme: str, version: int | None, *states: State) -> SchemeVersionRow:
    """Return the version meant, with its scheme locked until the end of the act."""
    if act.session.get(SchemeRow, scheme, with_for_update=True) is None:
        raise NotFoundError("there is no such scheme")
    rows = version_rows(act.session, scheme)
    if version is not None:
        rows = [row for row in rows if row.version == version]
        if not rows:
            raise NotFoundError("the scheme has no such version")
    for row in reversed(rows):
        if row.state in states:
            return row
    wanted = " or ".join(states)
    raise ConflictError(f"the act needs a version that is {wanted}; version {rows[-1].version} is {rows[-1].state}")


def _reviewer(act: Act, actor: Actor, row: SchemeVersionRow, role: str) -> Actor:
    person = find_actor(act.session, actor.id)
    check_hat(act.session, row.scheme, person, role)
    _check_provider(act, person, row.scheme)
    return person


def _check_provider(act: Act, person: Actor, scheme: str) -> None:
    row = act.session.get_one(SchemeRow, scheme)
    if person.party != row.provider:
        raise ForbiddenError("the act belongs to the party whose data it is")
