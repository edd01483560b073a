"""What requests change: a field is corrected, a use stopped, what is held erased.

Must hold: data is changed only for a request in work, by the desk, an erasure by two people; each change is in the
ledger with counts and salted digests, no value; an erasure that a crash cut short is repeated until it is whole; after
it neither the vault nor the desk's own tables and files hold what was known of the person, and what is kept is named.

Kept on purpose: that the request was made and dealt with; words of consent and their evidence, because the party must
be able to show that past uses were allowed (APPI arts. 18, 27 and 29); whom past uses touched, as numbers, so that
receipts verify.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyroaring import BitMap
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_dataset
from umaya.gate.record import Acts
from umaya.gate.rights.answering import held_datasets
from umaya.gate.rights.desk import At, Desk, close, has_done, second_person, write_text
from umaya.gate.rights.files import AnswerFiles
from umaya.gate.rights.models import RequestRow, TextRow
from umaya.gate.rights.provided import recipients
from umaya.gate.rights.requests import note
from umaya.gate.rights.values import OPEN, Proposal, Requester, RequestState
from umaya.gate.statements import salted, statement
from umaya.gate.stops import BarRow, Scope, all_numbers
from umaya.law import RuleBook
from umaya.law.rights import RequestKind
from umaya.types.errors import ConflictError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.vault import Predicate, Vault, fitting

_STOPPING: Final = frozenset({RequestKind.STOP_USE, RequestKind.STOP_PROVISION, RequestKind.ERASURE})


class Changes:
    """Carries requests out.

    Args:
        acts: begins acts.
        desk: finds requests.
        vault: where the data lies.
        files: answers that lie ready.
        law: dated rules of bases.
    """

    def __init__(self, acts: Acts, desk: Desk, vault: Vault, files: AnswerFiles, law: RuleBook) -> None:
        self._acts = acts
        self._desk = desk
        self._vault = vault
        self._files = files
        self._law = law

    def correct(self, actor: Actor, request: str, dataset: str, field: str, value: str | None, old: str = "") -> int:
        """Correct a field in the person's rows, answer the request, and name those who must be told.

        Args:
            actor: of the desk.
            request: for a correction, in work.
            dataset: of the party.
            field: which field.
            value: what it becomes, as text; None to delete what stands there.
            old: only in rows where this stands there; empty for all of the person's rows.

        Returns:
            How many rows were changed.

        Raises:
            InputError: when field or value do not fit the dataset; never repeats the value.
            ConflictError: when a correction was not asked for, or a proposal waits; others as `Desk.at`.
            NotFoundError: when the party has no such dataset about people.
        """
        found, numbers = self._prepared(actor, request, dataset)
        fitting(found.layout, field, value)
        matching = (Predicate(field, "eq", fitting(found.layout, field, old).as_py()),) if old else ()
        rows = 0
        for person in numbers:
            with (
                self._vault.correct(dataset, found.layout, person, field, value, matching) as rewrite,
                self._desk.at(actor, request, RequestState.IN_WORK) as at,
            ):
                _note_correction(at, dataset, field, value, rewrite.rows)
                rewrite.commit()
            rows += rewrite.rows
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            if not numbers:
                _note_correction(at, dataset, field, value, 0)
            told = recipients(at.act.session, at.act.ledger, self._law, at.row.party, numbers)
            if told:
                write_text(at.act.session, request, "recipients", " ".join(told))
            self._answered(at, {"rows": rows, "to_tell": told})
        return rows

    def stop(self, actor: Actor, request: str) -> None:
        """Stop the use, or the provision to others, that the person asked to be stopped; it binds from now on.

        Raises:
            ConflictError: when no stop was asked for, or a proposal waits; others as `Desk.at`.
        """
        scopes = {RequestKind.STOP_USE: Scope.USE, RequestKind.STOP_PROVISION: Scope.PROVISION}
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            kind = RequestKind(at.row.kind)
            if kind not in scopes or at.row.proposal is not None:
                raise ConflictError("a stop was not asked for, or a proposal waits")
            scope = scopes[kind]
            bars = self._bars(at, scope, intake=False)
            body = {"request": request, "scope": scope.value, "dataset": at.row.dataset}
            said = {key: value for key, value in body.items() if value is not None}
            entry = note(at.act, at.row, "barred", at.clerk.id, said)
            for bar in bars:
                bar.entry = entry
            self._answered(at, {"rows": 0})

    def lift(self, actor: Actor, request: str, reason: str) -> None:
        """End the stops of a request, because the person wants it so or comes back after an erasure.

        What an agent's request about a protected person never stopped is ended like any other, once.

        Raises:
            InputError: when no reason is stated.
            ConflictError: when none is in force; others as `Desk.at`.
        """
        reason = statement(reason, Place("request", field="reason"))
        with self._desk.at(actor, request, RequestState.ANSWERED, RequestState.PARTLY) as at:
            query = select(BarRow).where(BarRow.request == request, BarRow.lifted_entry.is_(None))
            bars = at.act.session.scalars(query).all()
            if not bars and (at.row.kind not in _STOPPING or has_done(at.act.session, at.row, "bar-lifted")):
                raise ConflictError("no stop is in force")
            for bar in bars:
                bar.lifted_by, bar.lifted_at, bar.lifted_entry = at.clerk.id, at.act.now, 0
            salt = at.row.salt or at.act.entropy(16).hex()
            body = {"request": request, "statement": salted(reason, salt)}
            entry = note(at.act, at.row, "bar-lifted", at.clerk.id, body)
            for bar in bars:
                bar.lifted_entry = entry

    def erase(self, actor: Actor, request: str) -> int:
        """Confirm a proposed erasure and carry it out; return how many rows went.

        (1) The order is recorded, and the person's rows are stopped and not taken in again. (2) The rows go from the
        vault, dataset by dataset, bytes and all. (3) What was written at the desk about the person goes, with the
        salts of its digests. (4) The end is recorded. A crash before (4) leaves the request in work: do it again.

        Raises:
            ForbiddenError: when the actor proposed it.
            ConflictError: when no erasure waits; others as `Desk.at`.
        """
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            second_person(at, Proposal.ERASE)
            numbers = self._desk.readable(at.act.session, at.row)
            datasets = held_datasets(at.act.session, at.row.party, at.row.dataset)
            bars = self._bars(at, Scope.USE, intake=True)
            names = [dataset.id for dataset in datasets]
            body = {"request": request, "datasets": names, "proposed_by": at.row.proposed_by}
            entry = note(at.act, at.row, "erasure-ordered", at.clerk.id, body)  # (1)
            for bar in bars:
                bar.entry = entry
        rows = 0
        for dataset in datasets:
            with self._vault.erase(dataset.id, dataset.layout, BitMap(numbers)) as rewrite:  # (2)
                rewrite.commit()
            rows += rewrite.rows
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            at.row.proposal = None
            doomed = self._forget(at, of_agents=not numbers)  # (3)
            self._answered(at, {"rows": rows, "datasets": names}, act="erased")  # (4)
        for name in doomed:
            self._files.remove(name)
        self._acts.database.forget_deleted()
        return rows

    def _prepared(self, actor: Actor, request: str, dataset: str) -> tuple[Dataset, list[int]]:
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            if at.row.kind != RequestKind.CORRECTION.value or at.row.proposal is not None:
                raise ConflictError("a correction was not asked for, or a proposal waits")
            found = find_dataset(at.act.session, dataset)
            if found.owner != at.row.party or found.subject is None:
                raise NotFoundError("the party has no such dataset about people")
            return found, self._desk.readable(at.act.session, at.row)

    def _bars(self, at: At, scope: Scope, *, intake: bool) -> list[BarRow]:
        """Return the stop of a request, new or as it was ordered before; none by an agent on a protected person."""
        if not self._desk.readable(at.act.session, at.row):
            return []
        query = select(BarRow).where(
            BarRow.request == at.row.id, BarRow.scope == scope.value, BarRow.lifted_entry.is_(None)
        )
        known = at.act.session.scalar(query)
        if known is not None:  # an erasure that is repeated
            return [known]
        bar = BarRow(
            id=self._acts.new_id(),
            request=at.row.id,
            person=at.row.person,
            party=at.row.party,
            dataset=at.row.dataset,
            scope=scope.value,
            intake=intake,
            set_at=at.act.now,
            entry=0,
        )
        at.act.session.add(bar)
        return [bar]

    @staticmethod
    def _answered(at: At, counts: dict[str, object], act: str = "answered") -> None:
        close(at.row, RequestState.ANSWERED, at.act)
        note(at.act, at.row, act, at.clerk.id, {"request": at.row.id, "state": at.row.state, **counts})

    @staticmethod
    def _forget(at: At, *, of_agents: bool) -> Sequence[str]:
        """Remove what was written about the person at this party's desk; return the files that must go.

        Of a protected person, what agents wrote alone: to them it looks as if all were gone.
        """
        session: Session = at.act.session
        numbers = all_numbers(session, at.row.person)
        query = select(RequestRow).where(RequestRow.party == at.row.party, RequestRow.person.in_(numbers))
        if of_agents:
            query = query.where(RequestRow.requester != Requester.PERSON.value)
        doomed = []
        for row in session.scalars(query).all():
            session.execute(delete(TextRow).where(TextRow.request == row.id))
            goes_on = row.id != at.row.id and row.state in OPEN
            row.salt, row.evidence = at.act.entropy(16).hex() if goes_on else None, None
            if row.file is not None:
                doomed.append(row.file)
                row.file = row.file_until = None
        return doomed


def _note_correction(at: At, dataset: str, field: str, value: str | None, rows: int) -> None:
    body = {"request": at.row.id, "dataset": dataset, "field": field, "rows": rows}
    note(at.act, at.row, "corrected", at.clerk.id, body | {"value": salted(str(value), at.row.salt or "")})
