"""What is offered is what the gate takes: every offered act is done, every other one is tried and refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.gate.review_world import CHECKED, CUSTOMERS, ID, REVIEWERS, TODAY, appoint_all, people
from tests.gate.world import ACTORS, World
from umaya.gate.conditions import Condition, Rule
from umaya.gate.pending import Need
from umaya.gate.rehearsal import IN_FORCE, Offer, Step
from umaya.gate.schemes import State
from umaya.stores.database import Database
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError
from umaya.types.site import Actor

EVERYBODY = [*ACTORS.values(), *REVIEWERS.values()]
VERIFIER, APPROVER, STEWARD = ACTORS["second-line"], ACTORS["head"], ACTORS["steward"]
PROTECTION, BANKS_HEAD = REVIEWERS["protection"], REVIEWERS["banks-head"]
ANY = [Condition(Rule.VALID_UNTIL, TODAY)]
MONTHLY = [Condition(Rule.REPORT_EVERY_DAYS, 30)]
NEXT = CHECKED.replace("照会への回答", "照会への速い回答")


def submitted(world: World) -> None:
    world.gate.schemes.submit(ACTORS["clerk"], CHECKED, "customers.yaml")


def unchecked(world: World) -> None:
    world.gate.schemes.submit(ACTORS["clerk"], CUSTOMERS, "customers.yaml")


def signed(world: World) -> None:
    submitted(world)
    world.gate.review.sign_privacy(PROTECTION, ID)


def verified(world: World) -> None:
    signed(world)
    world.gate.review.verify(VERIFIER, ID)


def consented(world: World) -> None:
    verified(world)
    world.gate.review.consent(BANKS_HEAD, ID)


def returned(world: World) -> None:
    verified(world)
    world.gate.review.send_back(APPROVER, ID, "理由")


def approved(world: World) -> None:
    consented(world)
    world.gate.review.approve(APPROVER, ID, conditions=MONTHLY)


def suspended(world: World) -> None:
    approved(world)
    world.gate.review.suspend(STEWARD, ID, "理由")


def overdue(world: World) -> None:
    approved(world)
    world.clock.set(world.clock.now() + timedelta(days=31))
    world.gate.review.check()


def renewed(world: World) -> None:
    approved(world)
    world.gate.schemes.submit(ACTORS["clerk"], NEXT, "customers.yaml")


def ended(world: World) -> None:
    approved(world)
    world.gate.review.end(STEWARD, ID, "理由")


STORIES = (submitted, unchecked, signed, verified, consented, returned, approved, suspended, overdue, renewed, ended)
WAITS: dict[Callable[[World], None], list[Need]] = {
    submitted: [Need.PRIVACY_CHECK],
    unchecked: [Need.CORRECT],
    signed: [Need.VERIFY],
    verified: [Need.CONSENT],
    consented: [Need.APPROVE],
    returned: [Need.CORRECT],
    approved: [Need.REPORT],
    suspended: [Need.RESUME],
    overdue: [Need.REPORT],
    renewed: [Need.PRIVACY_CHECK, Need.REPORT],
    ended: [],
}


def act(world: World, actor: Actor, offer: Offer) -> None:
    """Do an act in truth."""
    review, version = world.gate.review, offer.version
    {
        Step.PRIVACY_CHECK: lambda: review.sign_privacy(actor, ID, version),
        Step.VERIFY: lambda: review.verify(actor, ID, version),
        Step.CONSENT: lambda: review.consent(actor, ID, version),
        Step.APPROVE: lambda: review.approve(actor, ID, version),
        Step.RETURN: lambda: review.send_back(actor, ID, "理由", version),
        Step.IMPOSE: lambda: review.impose(actor, ID, ANY, "理由", version),
        Step.REPORT: lambda: review.report(actor, ID, "使った"),
        Step.SUSPEND: lambda: review.suspend(actor, ID, "理由"),
        Step.RESUME: lambda: review.resume(actor, ID, "理由"),
        Step.END: lambda: review.end(actor, ID, "理由"),
    }[offer.step]()


@contextmanager
def copy_of(world: World, file: Path) -> Iterator[World]:
    """Yield a world in the same state, to be changed."""
    with (
        closing(sqlite3.connect(str(world.database.engine.url.database))) as source,
        closing(sqlite3.connect(file)) as to,
    ):
        source.backup(to)
    database = Database.open(f"sqlite:///{file}")
    copied = World(database, world.directory)
    copied.clock.set(world.clock.now())
    yield copied
    database.close()


@pytest.fixture(params=STORIES, ids=lambda story: story.__name__)
def story(request: pytest.FixtureRequest, world: World) -> Callable[[World], None]:
    """A scheme brought to each state that it can be in, with everybody who reviews it."""
    appoint_all(people(world))
    request.param(world)
    told: Callable[[World], None] = request.param
    return told


def test_what_is_offered_is_taken_and_nothing_else(
    world: World, story: Callable[[World], None], tmp_path: Path
) -> None:
    versions = world.gate.schemes.get(ID).versions
    entries = len(world.ledger.entries)
    for actor in EVERYBODY:
        offers = set(world.gate.rehearsal.offers(actor, ID))
        for offer in (Offer(step, one.version) for step in Step for one in versions):
            if offer in offers:
                with copy_of(world, tmp_path / f"{story.__name__}-{actor.id}-{offer.step}-{offer.version}.db") as other:
                    act(other, actor, offer)
                    assert len(other.ledger.entries) == 1
            elif offer.step not in IN_FORCE or not any(offer.step is made.step for made in offers):
                with pytest.raises((ForbiddenError, ConflictError)):
                    act(world, actor, offer)
    assert len(world.ledger.entries) == entries


def test_a_rehearsal_leaves_no_trace(either_world: World) -> None:
    """Not in the database and not in the ledger, on both databases, though rows were changed in memory."""
    world = appoint_all(people(either_world))
    consented(world)
    before, entries = world.gate.schemes.get(ID), len(world.ledger.entries)
    assert {offer.step for offer in world.gate.rehearsal.offers(APPROVER, ID)} == {
        Step.APPROVE,
        Step.RETURN,
        Step.IMPOSE,
    }
    assert (world.gate.schemes.get(ID), len(world.ledger.entries)) == (before, entries)


def test_nothing_is_offered_for_a_scheme_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.gate.rehearsal.offers(VERIFIER, "no-such-scheme")


def test_each_state_waits_for_one_thing(world: World, story: Callable[[World], None]) -> None:
    """Of somebody who may do it: the act is offered to whoever holds role, office and no other hat, and to no other."""
    waiting = world.gate.agenda.of_scheme(ID)
    assert [one.need for one in waiting] == WAITS[story]
    for one in waiting:
        if one.need is Need.CORRECT:
            assert set(one.parties) == {"post-minase", "bank-minase"}
            continue
        able = {
            actor.id
            for actor in EVERYBODY
            if Offer(Step(one.need), one.version) in world.gate.rehearsal.offers(actor, ID)
        }
        assert able, "somebody can do it"
        assert all(actor.party in one.parties and one.role in actor.roles for actor in EVERYBODY if actor.id in able)


def test_a_report_is_due_by_the_end_of_the_last_day_that_the_condition_allows(world: World) -> None:
    appoint_all(people(world))
    approved(world)
    (waiting,) = world.gate.agenda.of_scheme(ID)
    assert waiting.due is not None
    world.clock.set(waiting.due - timedelta(seconds=1))
    assert world.gate.review.check() == []
    world.clock.set(waiting.due)
    assert [stopped.condition for stopped in world.gate.review.check()] == MONTHLY


def test_a_party_is_told_of_its_own_schemes_what_waits_longest_first(world: World) -> None:
    appoint_all(people(world))
    world.submit()
    world.clock.set(world.clock.now() + timedelta(minutes=1))
    submitted(world)
    of_post = world.gate.agenda.of_party("post-minase")
    assert [one.scheme for one in of_post] == ["minase-passable-roads", ID]
    assert [one.scheme for one in world.gate.agenda.of_party("bank-minase")] == [ID]
    assert world.gate.agenda.of_party("nobody") == ()
    assert world.gate.agenda.of_party(None) == of_post


def test_what_keeps_a_version_from_the_locks(world: World) -> None:
    appoint_all(people(world))
    unchecked(world)
    standing = world.gate.agenda.standing(ID, 1)
    assert {point.code for point in standing.open_points} == {"privacy-not-answered"}
    world.gate.schemes.submit(ACTORS["clerk"], CHECKED, "customers.yaml")
    standing = world.gate.agenda.standing(ID, 2)
    assert (standing.fault, standing.open_points, standing.sign_off_due, standing.sign_off) == (None, (), True, None)
    assert standing.to_consent == ("bank-minase",)
    world.gate.review.sign_privacy(PROTECTION, ID)
    world.gate.review.verify(VERIFIER, ID)
    world.gate.review.consent(BANKS_HEAD, ID)
    standing = world.gate.agenda.standing(ID, 2)
    assert standing.sign_off is not None
    assert (standing.consenting, standing.to_consent) == ((("bank-minase", True),), ())
    assert world.gate.schemes.get(ID).summary.state is State.VERIFIED
    with pytest.raises(NotFoundError):
        world.gate.agenda.standing(ID, 3)
