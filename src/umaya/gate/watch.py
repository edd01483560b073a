"""Watching over what is in force: reports, suspension by people and by conditions, resumption, the end.

Must hold: stopping takes effect with its commit and bars nobody from a hat; what was stopped comes back only by an
approver's act, and what has ended never.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from umaya.gate.catalogue import HUB, find_actor
from umaya.gate.checks import check_legal
from umaya.gate.condition_facts import NoticeInForce, condition_facts, no_register
from umaya.gate.conditions import Condition, Look, failing
from umaya.gate.hats import check_role
from umaya.gate.models import SchemeRow, SchemeVersionRow
from umaya.gate.record import Act, Acts
from umaya.gate.roles import APPROVER, OFFICER, PROGRAM, STEWARD, VERIFIER
from umaya.gate.schemes import UNDER_REVIEW, State, record_act, version_of, version_rows
from umaya.gate.statements import statement
from umaya.gate.turns import reviewer, turn, watcher
from umaya.law import RULES, RuleBook, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, Place
from umaya.types.site import Actor
from umaya.vault import Obligations

BY_TIME = frozenset({Look.TIME})


@dataclass(frozen=True)
class Stopped:
    """A version that a failed condition stopped."""

    scheme: str
    version: int
    condition: Condition


class Watch:
    """Stops, resumes and ends what is in force.

    Every method that takes an actor raises NotFoundError where there is no such scheme, ForbiddenError where the actor
    may not, ConflictError where no version is in a state for it.

    Args:
        acts: begins the acts.
        obligations: what this hub can meet.
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

    def report(self, actor: Actor, scheme: str, text: str) -> None:
        """File a report on the use of a version in force or suspended: by an officer of the recipient."""
        text = statement(text, Place("review", field="text"))
        with self._acts.begin() as act:
            row = turn(act, scheme, None, State.APPROVED, State.SUSPENDED)
            person = find_actor(act.session, actor.id)
            check_role(person, OFFICER)
            if person.party != act.session.get_one(SchemeRow, scheme).recipient:
                raise ForbiddenError("the report belongs to the party that uses the data")
            record_act(act, row, "report", person.id, OFFICER, "scheme.reported", note=text)

    def suspend(self, actor: Actor, scheme: str, reason: str) -> None:
        """Stop the version in force at once: by a steward, verifier or approver of the provider."""
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            row = turn(act, scheme, None, State.APPROVED)
            person = watcher(act, actor, row, STEWARD, VERIFIER, APPROVER)
            row.state = State.SUSPENDED.value
            # Stopping is no review: it must not bar its actor from a hat, nor a hat from stopping.
            record_act(act, row, "suspend", person.id, STEWARD, "scheme.suspended", note=reason)

    def resume(self, actor: Actor, scheme: str, reason: str) -> None:
        """Put a suspended version in force again: by an approver of the provider.

        Raises ConflictError when the law of the day says no, or a condition fails that looks at the day alone.
        """
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            row = turn(act, scheme, None, State.SUSPENDED)
            approver = reviewer(act, actor, row, APPROVER)
            version = version_of(row)
            check_legal(act.session, version.document, self._obligations, self._law.at(day_in_japan(act.now)))
            failed = self._failed_by_time(act, row)
            if failed is not None:
                raise ConflictError(f"the condition `{failed}` fails: meet it first, or submit a new version")
            row.state = State.APPROVED.value
            record_act(act, row, "resume", approver.id, APPROVER, "scheme.resumed", note=reason)

    def end(self, actor: Actor, scheme: str, reason: str) -> None:
        """End a scheme that is in force or suspended, for good: by a steward or approver of the provider.

        What is under review of it ends as well, and no version can follow.
        """
        reason = statement(reason, Place("review", field="reason"))
        with self._acts.begin() as act:
            row = turn(act, scheme, None, State.APPROVED, State.SUSPENDED)
            person = watcher(act, actor, row, STEWARD, APPROVER)
            for other in version_rows(act.session, scheme):
                if other.state in UNDER_REVIEW:
                    other.state = State.ENDED.value
            row.state = State.ENDED.value
            record_act(act, row, "end", person.id, STEWARD, "scheme.ended", note=reason)

    def stop_for_condition(self, scheme: str, condition: Condition) -> bool:
        """Suspend the version in force because a condition that stands with it failed: an act of the hub itself.

        Not within another act. Returns whether it was stopped: not where another process stopped it first, or a
        version without the condition is in force by now.
        """
        with self._acts.begin() as act:
            act.session.get(SchemeRow, scheme, with_for_update=True)
            for row in version_rows(act.session, scheme):
                if row.state == State.APPROVED and condition.canonical() in row.conditions:
                    _stop(act, row, condition)
                    return True
        return False

    def check(self, scheme: str | None = None) -> list[Stopped]:
        """Suspend every version in force with a condition that failed by the passing of time; return what was stopped.

        Args:
            scheme: only this one; None for all.
        """
        query = select(SchemeVersionRow.scheme).where(SchemeVersionRow.state == State.APPROVED.value)
        if scheme is not None:
            query = query.where(SchemeVersionRow.scheme == scheme)
        with self._acts.database.reading() as session:
            in_force = session.scalars(query.order_by(SchemeVersionRow.scheme)).all()
        return [stopped for one in in_force for stopped in self._check_one(one)]

    def _check_one(self, scheme: str) -> list[Stopped]:
        with self._acts.begin() as act:
            act.session.get(SchemeRow, scheme, with_for_update=True)
            for row in version_rows(act.session, scheme):
                failed = self._failed_by_time(act, row) if row.state == State.APPROVED else None
                if failed is not None:
                    _stop(act, row, failed)
                    return [Stopped(scheme, row.version, failed)]
        return []

    def _failed_by_time(self, act: Act, row: SchemeVersionRow) -> Condition | None:
        version = version_of(row)
        facts = condition_facts(act.session, version, act.now, notice_in_force=self._notice_in_force)
        return failing(version.conditions, facts, BY_TIME)


def _stop(act: Act, row: SchemeVersionRow, condition: Condition) -> None:
    row.state = State.SUSPENDED.value
    body = {"condition": condition.canonical()}
    record_act(act, row, "condition-failed", HUB, PROGRAM, "scheme.condition-failed", note=str(condition), body=body)
