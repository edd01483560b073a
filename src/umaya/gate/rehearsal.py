"""Which acts of the review and the register the gate would take from an actor now: asked of them themselves, which are
stopped before anything is written.

Must hold: what is offered is what would be taken, for the same code decides both; a rehearsal leaves no trace in the
database or the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from umaya.gate.catalogue import find_actor
from umaya.gate.condition_facts import NoticeInForce, no_register
from umaya.gate.conditions import Condition, Rule
from umaya.gate.hats import check_hat
from umaya.gate.joint_use import Register
from umaya.gate.record import Act, Acts
from umaya.gate.review import Review
from umaya.gate.roles import APPLICANT
from umaya.gate.schemes import State, versions_of
from umaya.law import RULES, RuleBook, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.site import Actor
from umaya.vault import Obligations


class Step(StrEnum):
    """An act of the review; the same words as in the history of a scheme."""

    PRIVACY_CHECK = "privacy-check"
    VERIFY = "verify"
    CONSENT = "consent"
    APPROVE = "approve"
    RETURN = "return"
    IMPOSE = "impose"
    REPORT = "report"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


IN_FORCE = frozenset({Step.REPORT, Step.SUSPEND, Step.RESUME, Step.END})
"""Acts about what is in force or suspended, whichever version that is."""
_STANDING = frozenset({State.SUBMITTED, State.VERIFIED, State.APPROVED, State.SUSPENDED})
_WHY = "rehearsed"


@dataclass(frozen=True)
class Offer:
    """An act that the gate would take, and the version that it would be about."""

    step: Step
    version: int


class _TakenError(Exception):
    """The act would be recorded now: nothing forbids it."""


class _Rehearsed(Act):
    def record(self, kind: str, actor: str, body: Mapping[str, Any]) -> int:
        del kind, actor, body
        raise _TakenError


class _Stage(Acts):
    """Begins acts that reach neither the database nor the ledger."""

    @contextmanager
    def begin(self) -> Iterator[Act]:
        with self.database.reading() as session, session.no_autoflush:
            yield _Rehearsed(session, self.clock.now(), self.ledger, self.entropy)


def _taken(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except _TakenError:
        return True
    except (ForbiddenError, ConflictError, NotFoundError, InputError):
        pass
    return False


class Rehearsal:
    """Tells what an actor could do with a scheme, or with a notice of joint use.

    Args:
        acts: whose database and clock are asked.
        obligations, law, notice_in_force: as the review's.
    """

    def __init__(
        self,
        acts: Acts,
        obligations: Obligations,
        law: RuleBook = RULES,
        notice_in_force: NoticeInForce = no_register,
    ) -> None:
        self._acts = _Stage(acts.database, acts.ledger, acts.clock, acts.entropy)
        self._review = Review(self._acts, obligations, law, notice_in_force)
        self._register = Register(self._acts, law)

    def offers(self, actor: Actor, scheme: str) -> tuple[Offer, ...]:
        """Return every act that the gate would take from the actor now, given the reason or condition that it asks for.

        Raises:
            NotFoundError: when there is no such scheme.
        """
        with self._acts.database.reading() as session:
            versions = [one for one in versions_of(session, scheme) if one.state in _STANDING]
        offered: list[Offer] = []
        for version in versions:
            in_force = version.state in {State.APPROVED, State.SUSPENDED}
            offered += [
                Offer(step, version.version)
                for step in Step
                if (in_force or step not in IN_FORCE) and self.would_take(actor, scheme, version.version, step)
            ]
        return tuple(offered)

    def may_submit(self, actor: Actor, scheme: str, parties: Collection[str]) -> bool:
        """Return whether the actor may submit the next version of a scheme of these parties."""
        with self._acts.database.reading() as session:
            try:
                applicant = find_actor(session, actor.id)
                check_hat(session, scheme, applicant, APPLICANT)
            except (ForbiddenError, NotFoundError):
                return False
            return applicant.party in parties

    def would_take(self, actor: Actor, scheme: str, version: int, step: Step) -> bool:
        """Return whether the gate would take an act on a version now."""
        return _taken(self._attempts(actor, scheme, version)[step])

    def would_publish(self, actor: Actor, notice: str, version: int, on: date) -> bool:
        """Return whether the register would take the publication of a draft on a day."""
        return _taken(lambda: self._register.publish(actor, notice, version, on))

    def would_end(self, actor: Actor, notice: str, last_day: date) -> bool:
        """Return whether the register would take the end of a notice with a day."""
        return _taken(lambda: self._register.end(actor, notice, last_day))

    def _attempts(self, actor: Actor, scheme: str, version: int) -> Mapping[Step, Callable[[], None]]:
        review = self._review
        condition = Condition(Rule.VALID_UNTIL, day_in_japan(self._acts.clock.now()))
        return {
            Step.PRIVACY_CHECK: lambda: review.sign_privacy(actor, scheme, version),
            Step.VERIFY: lambda: review.verify(actor, scheme, version),
            Step.CONSENT: lambda: review.consent(actor, scheme, version),
            Step.APPROVE: lambda: review.approve(actor, scheme, version),
            Step.RETURN: lambda: review.send_back(actor, scheme, _WHY, version),
            Step.IMPOSE: lambda: review.impose(actor, scheme, [condition], _WHY, version),
            Step.REPORT: lambda: review.report(actor, scheme, _WHY),
            Step.SUSPEND: lambda: review.suspend(actor, scheme, _WHY),
            Step.RESUME: lambda: review.resume(actor, scheme, _WHY),
            Step.END: lambda: review.end(actor, scheme, _WHY),
        }
