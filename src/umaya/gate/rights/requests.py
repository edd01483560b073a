"""Requests: received, found, listed. What becomes of them is the desk's (`desk`).

Must hold: whether the hub knows the person has no part in receiving a request; what was written is kept apart, and the
ledger has its salted digest; a party sees the requests to it and no others, a person their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor, find_dataset, find_party
from umaya.gate.hats import check_role
from umaya.gate.people.projection import Projection
from umaya.gate.people.words import check_person, numbers_of, root
from umaya.gate.record import Act, Acts
from umaya.gate.rights.models import RequestActRow, RequestRow, TextRow
from umaya.gate.rights.terms import find_terms
from umaya.gate.rights.values import (
    OPEN,
    RESIDENT,
    Form,
    Request,
    RequestChannel,
    Requester,
    RequestState,
    request_of,
)
from umaya.gate.roles import RIGHTS_DESK
from umaya.gate.statements import salted, statement
from umaya.law import day_in_japan
from umaya.law.rights import RIGHTS, RequestKind, body_of, due_on
from umaya.types.errors import InputError, NotFoundError, Place
from umaya.types.site import Actor


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        party: id of the party that holds the data.
        person: number of the person concerned.
        kind: what is asked for.
        words: what the person wrote; may be empty where the kind says it all.
        form: how the answer is wanted.
        requester: who asks; `agent` names an agent in words.
        ground: id of the ground of art. 35 where the kind has grounds.
        dataset: what it is about; None for all that the party holds. A correction names one.
        field, value: of a correction: what is wrong, and what is right.
        language: of the answer.
        channel: where it was received.
    """

    party: str
    person: int
    kind: RequestKind
    words: str = ""
    form: Form = Form.PDF
    requester: Requester = Requester.PERSON
    agent: str = ""
    ground: str = ""
    dataset: str | None = None
    field: str = ""
    value: str = ""
    language: str = "ja"
    channel: RequestChannel = RequestChannel.COUNTER


class Requests:
    """Receives and finds.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection

    def submit(self, asked: Asked, actor: Actor | None = None) -> Request:
        """Receive a request; its clock runs from now.

        Args:
            asked: what is asked.
            actor: who writes it down at the party's desk; None where the person does so themselves.

        Raises:
            InputError: when something needed is missing or does not fit the kind; names the field.
            NotFoundError: when there is no such party or dataset of the party.
            ForbiddenError: when the actor is not of the party's rights desk.
        """
        check_person(asked.person)
        with self._acts.begin() as act:
            clerk = None if actor is None else find_clerk(act.session, actor, asked.party)
            texts = _checked(act.session, asked, act)
            row = self._row(act, asked)
            salt = row.salt or ""
            act.session.add(row)
            act.session.flush()
            act.session.add_all(TextRow(request=row.id, part=part, text=text) for part, text in texts.items())
            body = {
                "request": row.id,
                "party": row.party,
                "request_kind": row.kind,
                "requester": row.requester,
                "form": row.form,
                "person": salted(str(row.person), salt),
                "statement": salted("\n".join(texts.values()), salt),
                "due": row.due_on,
            }
            row.entry = note(act, row, "received", RESIDENT if clerk is None else clerk.id, body)
            return request_of(row, texts)

    def get(self, actor: Actor, request: str) -> Request:
        """Return a request to the actor's party, with everything done about it.

        Raises:
            NotFoundError: when the party has no such request.
            ForbiddenError: when the actor is not of the rights desk.
        """
        with self._acts.database.reading() as session:
            row = session.get(RequestRow, request)
            clerk = find_actor(session, actor.id)
            check_role(clerk, RIGHTS_DESK)
            if row is None or row.party != clerk.party:
                raise NotFoundError("there is no such request")
            return whole(session, row)

    def open(self, actor: Actor, request: str) -> Request:
        """Return a request as `get` does, for showing it: that it was opened is recorded first.

        Raises:
            NotRecordedError: when the ledger cannot write; then nothing is shown. Others as `get`.
        """
        with self._acts.begin() as act:
            row = act.session.get(RequestRow, request)
            if row is None:
                raise NotFoundError("there is no such request")
            clerk = find_clerk(act.session, actor, row.party)
            found = whole(act.session, row)
            act.record("request.opened", clerk.id, {"request": row.id})
            return found

    def list(self, actor: Actor, *, closed: bool = False) -> Sequence[Request]:
        """Return the requests to the actor's party by due day, open ones alone or closed ones too; recorded first.

        Raises:
            ForbiddenError: when the actor is not of the rights desk.
            NotRecordedError: when the ledger cannot write; then nothing is shown.
        """
        with self._acts.begin() as act:
            clerk = find_actor(act.session, actor.id)
            found = _of_party(act.session, clerk, closed=closed)
            if found:
                act.record("request.opened", clerk.id, {"requests": len(found)})
            return found

    def waiting(self, actor: Actor) -> Sequence[Request]:
        """Return the open requests as `list` does, unrecorded: for what tells that one waits, and not about whom."""
        with self._acts.database.reading() as session:
            return _of_party(session, find_actor(session, actor.id), closed=False)

    def of(self, person: int) -> Sequence[Request]:
        """Return what a person asked for themselves, latest first, with what was written; for that person alone.

        What agents asked stands there too: the person may know.
        """
        with self._acts.database.reading() as session:
            numbers = numbers_of(session, root(session, self._projection.now(session), person))
            query = select(RequestRow).where(RequestRow.person.in_(numbers))
            rows = session.scalars(query.order_by(RequestRow.received_at.desc(), RequestRow.id)).all()
            return [whole(session, row) for row in rows]

    def _row(self, act: Act, asked: Asked) -> RequestRow:
        """Return the row of a new request, with the fee and the due day of the party on this day."""
        today = day_in_japan(act.now)
        rules, terms = RIGHTS.at(today), find_terms(act.session, asked.party, today)
        period = rules.periods[body_of(find_party(act.session, asked.party).kind)]
        return RequestRow(
            id=self._acts.new_id(),
            party=asked.party,
            person=root(act.session, self._projection.now(act.session), asked.person),
            kind=asked.kind.value,
            requester=asked.requester.value,
            ground=asked.ground,
            dataset=asked.dataset,
            form=asked.form.value,
            language=asked.language,
            channel=asked.channel.value,
            fee=0 if terms is None else terms.fees.get(asked.kind, 0),
            received_at=act.now,
            due_on=due_on(period, today, None if terms is None else terms.target_days),
            state=RequestState.RECEIVED.value,
            cleared=False,
            withheld=[],
            salt=act.entropy(16).hex(),
            entry=0,
        )


def _of_party(session: Session, clerk: Actor, *, closed: bool) -> list[Request]:
    check_role(clerk, RIGHTS_DESK)
    query = select(RequestRow).where(RequestRow.party == clerk.party)
    if not closed:
        query = query.where(RequestRow.state.in_([state.value for state in OPEN]))
    return [request_of(row, {}) for row in session.scalars(query.order_by(RequestRow.due_on, RequestRow.id))]


def find_clerk(session: Session, actor: Actor, party: str) -> Actor:
    """Return the actor with its present roles when it is of the party's rights desk.

    Raises:
        ForbiddenError: when it is not of the desk.
        NotFoundError: when it is of another party's, as if there were nothing.
    """
    clerk = find_actor(session, actor.id)
    check_role(clerk, RIGHTS_DESK)
    if clerk.party != party:
        raise NotFoundError("there is no such request")
    return clerk


def note(act: Act, row: RequestRow, done: str, actor: str, body: Mapping[str, object]) -> int:
    """Record an act on a request as `request.DONE`, and keep it in the request's own history; the last of an act."""
    kept = RequestActRow(request=row.id, act=done, actor=actor, at=act.now, entry=0)
    act.session.add(kept)
    kept.entry = act.record(f"request.{done}", actor, body)
    return kept.entry


def whole(session: Session, row: RequestRow) -> Request:
    """Return a request with what was written and done."""
    texts = session.scalars(select(TextRow).where(TextRow.request == row.id)).all()
    acts = session.scalars(select(RequestActRow).where(RequestActRow.request == row.id).order_by(RequestActRow.id))
    return request_of(row, {text.part: text.text for text in texts}, tuple(acts))


def _checked(session: Session, asked: Asked, act: Act) -> dict[str, str]:
    """Return what was written, by part, once it fits the kind."""
    find_party(session, asked.party)
    if asked.dataset is not None and find_dataset(session, asked.dataset).owner != asked.party:
        raise NotFoundError("the party has no such dataset")
    grounds = {ground.id for ground in RIGHTS.at(day_in_japan(act.now)).grounds_of(asked.kind)}
    if (asked.ground not in grounds) if grounds else bool(asked.ground):
        advice = "choose among " + ", ".join(sorted(grounds)) if grounds else "leave it out"
        raise InputError(Place("request", field="ground"), "the ground does not fit what is asked for", advice)
    agent = statement(asked.agent, Place("request", field="agent"), required=asked.requester is not Requester.PERSON)
    correction = asked.kind is RequestKind.CORRECTION
    words = statement(asked.words, Place("request", field="words"), required=correction or bool(asked.ground))
    texts = {"words": words, "agent": agent, "field": asked.field.strip(), "value": asked.value.strip()}
    for part in ("field", "value"):
        if texts[part]:
            statement(texts[part], Place("request", field=part))
            if not correction:
                raise InputError(Place("request", field=part), "only a correction names one", "leave it out")
    return {part: text for part, text in texts.items() if text}
