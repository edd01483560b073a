"""The states of a scheme against a small model: who may do what in which state, in any order. GOV-2, GOV-3.

The model knows versions by their state, who wore which hat, and what was signed and consented to; it says of every act
whether it must succeed. No run may come to a version in force but through both locks by two people, with the privacy
check answered, no high risk open, signed off, and consented to by the party that is consulted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.cases import cases
from tests.databases import migrated
from tests.gate.review_world import CUSTOMERS, ID, REVIEWERS, TODAY, answered, people
from tests.gate.world import ACTORS, NOW, World
from umaya.gate import roles as r
from umaya.gate.bodies import Office, Procedure
from umaya.gate.conditions import parse
from umaya.gate.replay import check_against, replay
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError
from umaya.types.site import Actor

USES = parse("max-uses-per-day: {uses: 5}")
HIGH = "risk: high, measure: {ja: 注意する, en: Take care}"
EVERY_HAT = frozenset({r.APPLICANT, r.PRIVACY_OFFICER, r.VERIFIER, r.APPROVER, r.STEWARD})
PEOPLE = {
    **{name: Actor(name, "兼務", "post-minase", EVERY_HAT) for name in ("ann", "ben", "eve", "kim", "lee")},
    "steward": ACTORS["steward"],
    "banks-head": REVIEWERS["banks-head"],
}
"""Five of the provider hold every role; the hats alone must part them."""


def mostly(name: str) -> st.SearchStrategy[str]:
    """Return a person, mostly the one with whom an act can succeed: so that runs come far."""
    return st.one_of(st.just(name), st.just(name), st.sampled_from(sorted(PEOPLE)))


class Recorded(NamedTuple):
    """An entry of the ledger in memory, with a time."""

    kind: str
    time: datetime
    actor: str
    body: Mapping[str, Any]


@dataclass
class Model:
    """What must be true."""

    states: list[str] = field(default_factory=list)
    sound: list[bool] = field(default_factory=list)
    """Whether the version's privacy check passes."""
    signed: set[int] = field(default_factory=set)
    consented: set[int] = field(default_factory=set)
    conditions: set[int] = field(default_factory=set)
    locks: dict[int, list[str]] = field(default_factory=dict)
    hats: dict[str, str] = field(default_factory=dict)

    def latest(self, *states: str) -> int | None:
        """Return the newest version in one of the states, counted from 1."""
        return max((at for at, state in enumerate(self.states, 1) if state in states), default=None)

    def may_wear(self, person: str, hat: str) -> bool:
        return PEOPLE[person].party == "post-minase" and person != "steward" and self.hats.get(person, hat) == hat


class Review(RuleBasedStateMachine):
    """Anybody tries anything at any time."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        self.database = migrated(f"sqlite:///{path / 'hub.db'}")
        self.world = World(self.database, path / "vault")
        self.world.furnish()
        people(self.world)
        bodies = self.world.gate.bodies
        for name, person in PEOPLE.items():
            if name not in {"steward", "banks-head"}:
                self.world.gate.catalogue.add_actor(person)
                bodies.appoint("post-minase", Office.PRIVACY_OFFICER, name, TODAY)
        bodies.appoint("bank-minase", Office.APPROVING_BODY, "banks-head", TODAY)
        bodies.set_procedure("bank-minase", Procedure.CONSULTATION, TODAY)
        self.model = Model()

    def teardown(self) -> None:
        """Whatever the course was, the ledger alone tells the same as the database."""
        if hasattr(self, "database"):
            if self.model.states:
                entries = [Recorded(entry.kind, NOW, entry.actor, entry.body) for entry in self.world.ledger.entries]
                check_against(replay(enumerate(entries), ID), self.world.gate.schemes.get(ID))
            self.database.close()
            self.folder.cleanup()

    def attempt(self, allowed: bool, act: object, *given: object, **named: object) -> bool:
        """Do an act and hold its success against the model's."""
        if allowed:
            act(*given, **named)  # type: ignore[operator] # a method of the gate
            return True
        with pytest.raises((ConflictError, ForbiddenError, NotFoundError)):
            act(*given, **named)  # type: ignore[operator] # as above
        return False

    @rule(person=mostly("ann"), sound=st.sampled_from([True, True, False]))
    def submit(self, person: str, sound: bool) -> None:
        model = self.model
        number = len(model.states) + 1
        text = CUSTOMERS.replace("2027-03-31", f"2027-{number % 12 + 1:02d}-28")
        text = text.replace("en: Customers", f"en: Customers {number}") + (
            answered() if sound else answered(exposure=HIGH)
        )
        allowed = model.may_wear(person, "applicant") and "ended" not in model.states
        if self.attempt(allowed, self.world.gate.schemes.submit, PEOPLE[person], text, "customers.yaml"):
            model.states = ["replaced" if state in {"submitted", "verified"} else state for state in model.states]
            model.states.append("submitted")
            model.sound.append(sound)
            model.hats[person] = "applicant"

    @rule(person=mostly("ben"))
    def sign(self, person: str) -> None:
        model, at = self.model, self.model.latest("submitted")
        allowed = at is not None and model.may_wear(person, "privacy") and model.sound[at - 1]
        if self.attempt(allowed and at not in model.signed, self.world.gate.review.sign_privacy, PEOPLE[person], ID):
            model.signed.add(at or 0)
            model.hats[person] = "privacy"

    @rule(person=mostly("eve"), limited=st.booleans())
    def verify(self, person: str, limited: bool) -> None:
        model, at = self.model, self.model.latest("submitted")
        allowed = at in model.signed and model.may_wear(person, "verifier")
        conditions = [USES] if limited else []
        if self.attempt(allowed, self.world.gate.review.verify, PEOPLE[person], ID, conditions=conditions):
            self.move(at, "verified", person, "verifier")
            model.locks[at or 0] = [person]
            model.conditions |= {at or 0} if limited else set()

    @rule(person=mostly("banks-head"))
    def consent(self, person: str) -> None:
        model, at = self.model, self.model.latest("verified")
        allowed = at is not None and person == "banks-head" and at not in model.consented
        if self.attempt(allowed, self.world.gate.review.consent, PEOPLE[person], ID):
            model.consented.add(at or 0)

    @rule(person=mostly("kim"))
    def approve(self, person: str) -> None:
        model, at = self.model, self.model.latest("verified")
        allowed = at in model.consented and model.may_wear(person, "approver")
        if self.attempt(allowed, self.world.gate.review.approve, PEOPLE[person], ID):
            model.states = ["replaced" if state in {"approved", "suspended"} else state for state in model.states]
            self.move(at, "approved", person, "approver")
            model.locks[at or 0].append(person)

    @rule(person=mostly("eve"))
    def send_back(self, person: str) -> None:
        model, at = self.model, self.model.latest("submitted", "verified")
        hat = "verifier" if at is not None and model.states[at - 1] == "submitted" else "approver"
        allowed = at is not None and model.may_wear(person, hat)
        if self.attempt(allowed, self.world.gate.review.send_back, PEOPLE[person], ID, "否"):
            self.move(at, "returned", person, hat)

    @rule(person=mostly("steward"))
    def suspend(self, person: str) -> None:
        at = self.model.latest("approved")
        allowed = at is not None and person != "banks-head"
        if self.attempt(allowed, self.world.gate.review.suspend, PEOPLE[person], ID, "苦情"):
            self.move(at, "suspended")

    @rule()
    def stop_for_condition(self) -> None:
        at = self.model.latest("approved")
        stopped = self.world.gate.review.stop_for_condition(ID, USES)
        assert stopped == (at in self.model.conditions)
        if stopped:
            self.move(at, "suspended")

    @rule(person=mostly("kim"))
    def resume(self, person: str) -> None:
        at = self.model.latest("suspended")
        allowed = at is not None and self.model.may_wear(person, "approver")
        if self.attempt(allowed, self.world.gate.review.resume, PEOPLE[person], ID, "解決した"):
            self.move(at, "approved", person, "approver")

    @rule(person=mostly("steward"))
    def end(self, person: str) -> None:
        at = self.model.latest("approved", "suspended")
        allowed = at is not None and person != "banks-head"
        if self.attempt(allowed, self.world.gate.review.end, PEOPLE[person], ID, "終わり"):
            under_review = {"submitted", "verified"}
            self.model.states = ["ended" if state in under_review else state for state in self.model.states]
            self.move(at, "ended")

    @rule(steps=st.integers(1, 5))
    def go_on(self, steps: int) -> None:
        """Do the next acts of a smooth review, so that runs come to what follows one."""
        for _ in range(steps):
            model, at = self.model, self.model.latest("submitted", "verified")
            if at is None:
                self.submit("ann", sound=True)
            elif model.states[at - 1] == "verified":
                self.approve("kim") if at in model.consented else self.consent("banks-head")
            elif at in model.signed:
                self.verify("eve", limited=True)
            else:
                self.sign("ben")

    def move(self, version: int | None, state: str, person: str | None = None, hat: str = "") -> None:
        self.model.states[(version or 0) - 1] = state
        if person is not None:
            self.model.hats[person] = hat

    @invariant()
    def states_are_the_models(self) -> None:
        if hasattr(self, "model") and self.model.states:
            versions = self.world.gate.schemes.get(ID).versions
            assert [version.state.value for version in versions] == self.model.states

    @invariant()
    def nothing_is_in_force_but_through_both_locks(self) -> None:
        if not hasattr(self, "model"):
            return
        in_force = [at for at, state in enumerate(self.model.states, 1) if state == "approved"]
        assert len(in_force) <= 1
        for at in in_force:
            assert len(set(self.model.locks[at])) == 2
            assert self.model.sound[at - 1]
            assert at in self.model.signed & self.model.consented


Review.TestCase.settings = settings(
    max_examples=cases(20, 200), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestReview = pytest.mark.slow(Review.TestCase)
