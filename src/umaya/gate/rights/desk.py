"""What the rights desk does with a request, up to its answer: identity, clock, and decisions that need two people.

Must hold: nothing is done before it was checked who asks; a refusal names a listed ground and is confirmed by somebody
else than who proposed it; a period is extended once, before it is over, with a reason; every act is in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor, find_party
from umaya.gate.hands import hands
from umaya.gate.hats import check_role
from umaya.gate.people.models import MeasureRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.words import numbers_of, root
from umaya.gate.record import Act, Acts
from umaya.gate.rights.models import RequestActRow, RequestRow, TextRow
from umaya.gate.rights.requests import find_clerk, note, whole
from umaya.gate.rights.values import (
    OPEN,
    RESIDENT,
    Identity,
    Proposal,
    Request,
    Requester,
    RequestState,
)
from umaya.gate.roles import PROTECTOR
from umaya.gate.statements import salted, statement
from umaya.law import day_in_japan
from umaya.law.rights import RIGHTS, RequestKind, body_of
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor


@dataclass(frozen=True)
class At:
    """An act on a request: what it is done in, the request's row, and who does it."""

    act: Act
    row: RequestRow
    clerk: Actor


class Desk:
    """Deals with requests.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection

    @contextmanager
    def at(self, actor: Actor, request: str, *states: RequestState) -> Iterator[At]:
        """Yield an act on a request that is in one of these states, by a clerk of its party.

        Raises:
            NotFoundError: when the actor's party has no such request.
            ForbiddenError: when the actor is not of the rights desk.
            ConflictError: when the request is in another state.
        """
        with self._acts.begin() as act:
            row = act.session.get(RequestRow, request, with_for_update=True)
            if row is None:
                raise NotFoundError("there is no such request")
            clerk = find_clerk(act.session, actor, row.party)
            if row.state not in states:
                raise ConflictError("the request has gone on: look again")
            yield At(act, row, clerk)

    def identify(self, actor: Actor, request: str, how: Identity, evidence: str) -> None:
        """Record that it was checked who asks.

        Args:
            actor: of the desk.
            request: just received.
            how: by what; an agent by mandate.
            evidence: digest (`sha256:` and hex) of the copy that the party keeps, or words that say where it is kept.

        Raises:
            InputError: when the check does not fit who asks, or no evidence is named; others as `at`.
        """
        evidence = statement(evidence, Place("request", field="evidence"))
        with self.at(actor, request, RequestState.RECEIVED) as at:
            agent = at.row.requester != Requester.PERSON.value
            if agent is not (how is Identity.MANDATE):
                advice = "check an agent by mandate, the person by a document"
                raise InputError(Place("request", field="identity"), "the check does not fit who asks", advice)
            salt = at.row.salt or ""
            at.row.state, at.row.identity = RequestState.IDENTIFIED.value, how.value
            at.row.evidence = salted(evidence, salt)
            self._write(at, "evidence", evidence)
            body = {"request": at.row.id, "identity": how.value, "evidence": at.row.evidence}
            note(at.act, at.row, "identified", at.clerk.id, body)

    def take(self, actor: Actor, request: str) -> None:
        """Take a request into work; errors as `at`."""
        with self.at(actor, request, RequestState.IDENTIFIED) as at:
            at.row.state, at.row.handler = RequestState.IN_WORK.value, at.clerk.id
            note(at.act, at.row, "taken", at.clerk.id, {"request": at.row.id})

    def extend(self, actor: Actor, request: str, reason: str) -> None:
        """Extend the period, once, before it is over; the reason is told to the person.

        Raises:
            InputError: when no reason is stated.
            ConflictError: when it was extended before, or is over; others as `at`.
        """
        reason = statement(reason, Place("request", field="reason"))
        with self.at(actor, request, *OPEN) as at:
            today = day_in_japan(at.act.now)
            if at.row.extended_from is not None:
                raise ConflictError("the period was extended before, and only once is allowed")
            if today > at.row.due_on:
                raise ConflictError("the period is over and cannot be extended any longer")
            body_kind = body_of(find_party(at.act.session, at.row.party).kind)
            days = RIGHTS.at(day_in_japan(at.row.received_at)).periods[body_kind].extension
            at.row.extended_from, at.row.due_on = at.row.due_on, at.row.due_on + timedelta(days=days)
            self._write(at, "extension", reason)
            said = {"request": at.row.id, "due": at.row.due_on, "statement": salted(reason, at.row.salt or "")}
            note(at.act, at.row, "extended", at.clerk.id, said)

    def withdraw(self, request: str, *, actor: Actor | None = None, person: int | None = None) -> None:
        """End a request because whoever made it takes it back: written down by a clerk, or by the person themselves.

        Raises:
            NotFoundError: when it is not theirs.
            ConflictError: when it is closed already, or its erasure has begun.
            ForbiddenError: when the actor is not of the desk.
        """
        with self._acts.begin() as act:
            row = act.session.get(RequestRow, request, with_for_update=True)
            state = self._projection.now(act.session)
            own = row is not None and person is not None and root(act.session, state, person) == row.person
            if row is None or (actor is None and not own):
                raise NotFoundError("there is no such request")
            who = RESIDENT if actor is None else find_clerk(act.session, actor, row.party).id
            if row.state not in OPEN:
                raise ConflictError("the request is closed already")
            _check_not_begun(act.session, row)
            close(row, RequestState.WITHDRAWN, act)
            note(act, row, "withdrawn", who, {"request": row.id})

    def propose_refusal(
        self, actor: Actor, request: str, refusal: str, words: str, alternative: str = "", fields: Sequence[str] = ()
    ) -> None:
        """Propose to refuse a request, or to leave some fields out of a disclosure; a second person confirms it.

        Args:
            actor: of the desk.
            request: in work.
            refusal: id of a ground that the law lists for this kind.
            words: why, as it is told to the person.
            alternative: what is done instead, where the ground asks for it.
            fields: `dataset.field` of what is left out; none to refuse all.

        Raises:
            InputError: when the ground is not listed for the kind, or words are missing.
            ConflictError: when another proposal waits; others as `at`.
        """
        words = statement(words, Place("request", field="words"))
        with self.at(actor, request, RequestState.IN_WORK) as at:
            self._check_free(at.row)
            kind = RequestKind(at.row.kind)
            listed = {ground.id: ground for ground in RIGHTS.at(day_in_japan(at.act.now)).refusals_of(kind)}
            if refusal not in listed:
                raise InputError(
                    Place("request", field="refusal"),
                    "the law lists no such ground for this request",
                    "choose among " + ", ".join(listed),
                )
            if listed[refusal].alternative:
                self._write(at, "alternative", statement(alternative, Place("request", field="alternative")))
            if fields and kind is not RequestKind.DISCLOSURE:
                raise InputError(
                    Place("request", field="fields"), "only a disclosure leaves fields out", "refuse all or nothing"
                )
            at.row.refusal, at.row.withheld = refusal, sorted(fields)
            self._write(at, "refusal", words)
            self._propose(at, Proposal.WITHHOLD if fields else Proposal.REFUSE, salted(words, at.row.salt or ""))

    def propose_erasure(self, actor: Actor, request: str) -> None:
        """Propose to erase what the party holds of the person; a second person confirms it. Errors as `at`."""
        with self.at(actor, request, RequestState.IN_WORK) as at:
            self._check_free(at.row)
            if at.row.kind != RequestKind.ERASURE.value:
                raise ConflictError("erasure was not asked for")
            self._propose(at, Proposal.ERASE, None)

    def decline(self, actor: Actor, request: str, words: str) -> None:
        """Decline what another proposed; the request stays in work.

        Raises:
            InputError: when no reason is stated.
            ConflictError: when nothing waits, or the erasure has begun; others as `at`.
        """
        words = statement(words, Place("request", field="words"))
        with self.at(actor, request, RequestState.IN_WORK) as at:
            if at.row.proposal is None:
                raise ConflictError("nothing waits to be confirmed")
            _check_not_begun(at.act.session, at.row)
            at.row.proposal = at.row.proposed_by = at.row.refusal = None
            at.row.withheld = []
            self._write(at, "declined", words)
            body = {"request": at.row.id, "statement": salted(words, at.row.salt or "")}
            note(at.act, at.row, "declined", at.clerk.id, body)

    def confirm_refusal(self, actor: Actor, request: str) -> None:
        """Confirm a proposed refusal: of all, which closes the request, or of some fields.

        Raises:
            ForbiddenError: when the actor proposed it.
            ConflictError: when no refusal waits; others as `at`.
        """
        with self.at(actor, request, RequestState.IN_WORK) as at:
            proposal = second_person(at, Proposal.REFUSE, Proposal.WITHHOLD)
            if proposal is Proposal.REFUSE:
                close(at.row, RequestState.REFUSED, at.act)
            body = {
                "request": at.row.id,
                "refusal": at.row.refusal,
                "fields": len(at.row.withheld),
                "proposed_by": at.row.proposed_by,
            }
            at.row.proposal = None
            note(at.act, at.row, "refused", at.clerk.id, body)

    def agents(self, actor: Actor) -> Sequence[Request]:
        """Return open requests by agents for people whom the protector's party protects, for that protector alone.

        Raises:
            ForbiddenError: when the actor is no protector.
            NotRecordedError: when the ledger cannot write; then nothing is shown.
        """
        with self._acts.begin() as act:
            session = act.session
            protector = _protector(session, actor)
            state = self._projection.now(session)
            query = select(RequestRow).where(
                RequestRow.requester != Requester.PERSON.value, RequestRow.state.in_([one.value for one in OPEN])
            )
            rows = [row for row in session.scalars(query) if row.person in state.measures]
            found = [whole(session, row) for row in rows if _protects(session, protector, row.person)]
            if found:
                act.record("request.opened", protector.id, {"requests": len(found)})
            return found

    def clear(self, actor: Actor, request: str, reason: str) -> None:
        """Agree, as a protector, that an agent's request about a protected person is answered.

        Raises:
            NotFoundError: when the protector's party protects nobody of such a request.
            InputError: when no reason is stated.
            ForbiddenError: when the actor is no protector.
        """
        reason = statement(reason, Place("request", field="reason"))
        with self._acts.begin() as act:
            protector = _protector(act.session, actor)
            row = act.session.get(RequestRow, request, with_for_update=True)
            if row is None or not _protects(act.session, protector, row.person):
                raise NotFoundError("there is no such request")
            row.cleared = True
            body = {"request": row.id, "statement": salted(reason, row.salt or "")}
            act.record("request.cleared", protector.id, body)

    def readable(self, session: Session, row: RequestRow) -> list[int]:
        """Return the numbers whose rows the request may touch; none where an agent asks about a protected person.

        Data whose existence would endanger the person is no held data to an agent (Cabinet Order art. 5(i)), so that
        the answer is the one that somebody unknown gets. A protector may agree.
        """
        state = self._projection.now(session)
        person = root(session, state, row.person)
        if row.requester != Requester.PERSON.value and person in state.measures and not row.cleared:
            return []
        return numbers_of(session, person)

    @staticmethod
    def _check_free(row: RequestRow) -> None:
        if row.proposal is not None:
            raise ConflictError("another proposal waits for a second person")

    @staticmethod
    def _propose(at: At, proposal: Proposal, words: str | None) -> None:
        at.row.proposal, at.row.proposed_by = proposal.value, at.clerk.id
        body = {"request": at.row.id, "proposal": proposal.value, "refusal": at.row.refusal, "statement": words}
        note(at.act, at.row, "proposed", at.clerk.id, {key: value for key, value in body.items() if value is not None})

    @staticmethod
    def _write(at: At, part: str, text: str) -> None:
        write_text(at.act.session, at.row.id, part, text)


def write_text(session: Session, request: str, part: str, text: str) -> None:
    """Keep what was written for a request; what stood in that part before goes."""
    session.merge(TextRow(request=request, part=part, text=text))


def close(row: RequestRow, state: RequestState, act: Act) -> None:
    """Stop the clock of a request."""
    row.state, row.closed_at = state.value, act.now


def second_person(at: At, *proposals: Proposal) -> Proposal:
    """Return the proposal that waits, for whoever did not make it.

    Raises:
        ConflictError: when none of these waits.
        ForbiddenError: when the actor made it.
    """
    if at.row.proposal is None or Proposal(at.row.proposal) not in proposals:
        raise ConflictError("nothing waits to be confirmed")
    if at.row.proposed_by in hands(at.act.session, at.clerk.id):
        raise ForbiddenError("a second person confirms what you proposed")
    return Proposal(at.row.proposal)


def has_done(session: Session, row: RequestRow, act: str) -> bool:
    """Return whether an act was done on a request, by the name that `note` was given."""
    query = select(RequestActRow.id).where(RequestActRow.request == row.id, RequestActRow.act == act)
    return session.scalar(query.limit(1)) is not None


def _check_not_begun(session: Session, row: RequestRow) -> None:
    if has_done(session, row, "erasure-ordered"):
        raise ConflictError("the erasure has begun, and is carried out to its end")


def _protector(session: Session, actor: Actor) -> Actor:
    person = find_actor(session, actor.id)
    check_role(person, PROTECTOR)
    return person


def _protects(session: Session, protector: Actor, person: int) -> bool:
    query = select(MeasureRow.id).where(
        MeasureRow.person.in_(numbers_of(session, person)),
        MeasureRow.lifted_at.is_(None),
        MeasureRow.party == protector.party,
    )
    return session.scalar(query.limit(1)) is not None
