"""Two locks, three people: nobody holds two hats in one scheme, and any change is reviewed anew."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.gate.review_world import CHECKED, REVIEWERS, TODAY, appoint_all, people
from tests.gate.review_world import ID as PEOPLE_ID
from tests.gate.world import ACTORS, SCHEME, World
from umaya.gate.bodies import Office, Procedure
from umaya.gate.models import SchemeVersionRow
from umaya.gate.schemes import State
from umaya.types.errors import ConflictError, ForbiddenError, InputError, IntegrityError, NotFoundError
from umaya.types.site import Actor

ID = "minase-passable-roads"
VERIFIER, APPROVER, TWO_HATS = ACTORS["second-line"], ACTORS["head"], ACTORS["two-hats"]
OTHER_PURPOSE = "{ja: 別の目的, en: Another purpose}"


def state(world: World) -> State:
    return world.gate.schemes.get(ID).summary.state


def test_both_locks_bring_a_scheme_in_force(either_world: World) -> None:
    world = either_world
    world.submit()
    assert state(world) is State.SUBMITTED
    world.gate.review.verify(VERIFIER, ID, note="比較衡量を確認")
    assert state(world) is State.VERIFIED
    world.gate.review.approve(APPROVER, ID)
    record = world.gate.schemes.get(ID)
    assert (record.summary.state, record.summary.in_force) == (State.APPROVED, 1)
    told = [(act.version, act.act, act.actor, act.role, act.note) for act in record.acts]
    assert told == [
        (1, "submit", "clerk", "applicant", ""),
        (1, "verify", "second-line", "verifier", "比較衡量を確認"),
        (1, "approve", "head", "approver", ""),
    ]


def test_every_act_is_in_the_ledger_with_the_digest_it_was_about(world: World) -> None:
    world.approve()
    acts = world.gate.schemes.get(ID).acts
    entries = [world.ledger.entries[act.entry] for act in acts]
    assert [entry.kind for entry in entries] == ["scheme.submitted", "scheme.verified", "scheme.approved"]
    digest = world.gate.schemes.get(ID).versions[0].digest
    assert all(entry.body["document"] == digest for entry in entries)
    assert "balancing" in entries[1].body["evidence"]


def test_the_locks_close_in_order(world: World) -> None:
    world.submit()
    with pytest.raises(ConflictError, match="verified"):
        world.gate.review.approve(APPROVER, ID)
    world.gate.review.verify(VERIFIER, ID)
    with pytest.raises(ConflictError, match="submitted"):
        world.gate.review.verify(VERIFIER, ID)


def test_nobody_wears_two_hats_in_one_scheme(world: World) -> None:
    """Not the applicant as verifier, not the applicant as approver, not the verifier as approver."""
    everybody = ACTORS["all-hats"]
    world.gate.schemes.submit(everybody, SCHEME, "scheme.yaml")
    with pytest.raises(ForbiddenError, match="applicant"):
        world.gate.review.verify(everybody, ID)
    world.gate.review.verify(TWO_HATS, ID)
    for actor, hat in ((everybody, "applicant"), (TWO_HATS, "verifier")):
        with pytest.raises(ForbiddenError, match=hat):
            world.gate.review.approve(actor, ID)
    assert state(world) is State.VERIFIED


def test_a_hat_is_kept_over_versions(world: World) -> None:
    """Who verified version 1 can neither approve nor submit version 2, and verifies it again."""
    world.submit()
    world.gate.review.verify(ACTORS["all-hats"], ID)
    world.submit(purpose=OTHER_PURPOSE)
    with pytest.raises(ForbiddenError, match="verifier"):
        world.gate.schemes.submit(ACTORS["all-hats"], SCHEME, "scheme.yaml")
    world.gate.review.verify(ACTORS["all-hats"], ID)
    with pytest.raises(ForbiddenError, match="verifier"):
        world.gate.review.approve(ACTORS["all-hats"], ID)


def test_sending_back_wears_the_hat_too(world: World) -> None:
    world.submit()
    world.gate.review.send_back(TWO_HATS, ID, "期間が長い")
    assert state(world) is State.RETURNED
    world.submit(purpose=OTHER_PURPOSE)
    world.gate.review.verify(VERIFIER, ID)
    with pytest.raises(ForbiddenError, match="verifier"):
        world.gate.review.approve(TWO_HATS, ID)


@pytest.mark.parametrize(
    ("actor", "why"),
    [("clerk", "role `verifier`"), ("head", "role `verifier`"), ("city-clerk", "party whose data")],
)
def test_lock_one_belongs_to_the_providers_second_line(world: World, actor: str, why: str) -> None:
    world.submit()
    with pytest.raises(ForbiddenError, match=why):
        world.gate.review.verify(ACTORS[actor], ID)


def test_lock_two_belongs_to_the_providers_approver(world: World) -> None:
    world.submit()
    world.gate.review.verify(VERIFIER, ID)
    for actor in ("clerk", "second-line", "city-clerk"):
        with pytest.raises(ForbiddenError):
            world.gate.review.approve(ACTORS[actor], ID)


def test_roles_that_an_actor_claims_are_not_believed(world: World) -> None:
    world.submit()
    with pytest.raises(ForbiddenError):
        world.gate.review.verify(Actor("clerk", "申請", "post-minase", frozenset({"verifier"})), ID)
    with pytest.raises(NotFoundError):
        world.gate.review.verify(Actor("nobody", "誰か", "post-minase", frozenset({"verifier"})), ID)


def test_a_change_is_a_new_version_and_the_old_one_holds_until_it_is_approved(world: World) -> None:
    world.approve()
    world.submit(purpose=OTHER_PURPOSE)
    world.declare()
    record = world.gate.schemes.get(ID)
    assert (record.summary.version, record.summary.state, record.summary.in_force) == (2, State.SUBMITTED, 1)
    assert world.gate.decide(world.use()).version == 1
    world.gate.review.verify(VERIFIER, ID)
    world.gate.review.approve(APPROVER, ID)
    assert world.gate.decide(world.use()).version == 2
    assert [version.state for version in world.gate.schemes.get(ID).versions] == [State.REPLACED, State.APPROVED]


def test_a_lock_closes_on_the_version_that_was_seen(world: World) -> None:
    """While the approver reads version 1, the applicant submits version 2."""
    world.submit()
    world.gate.review.verify(VERIFIER, ID)
    world.submit(purpose=OTHER_PURPOSE)
    with pytest.raises(ConflictError, match="replaced"):
        world.gate.review.approve(APPROVER, ID, version=1)
    with pytest.raises(NotFoundError):
        world.gate.review.approve(APPROVER, ID, version=3)


def test_the_same_document_is_not_reviewed_twice(world: World) -> None:
    world.submit()
    with pytest.raises(ConflictError, match="version 1"):
        world.submit()


def test_the_parties_of_a_scheme_do_not_change(world: World) -> None:
    world.submit()
    with pytest.raises(ConflictError, match="parties"):
        world.submit(recipient="post-minase", basis="own-purpose")


def test_suspending_stops_at_once_and_a_new_version_starts_again(world: World) -> None:
    world.approve()
    world.gate.review.suspend(ACTORS["steward"], ID, "苦情")
    assert state(world) is State.SUSPENDED
    with pytest.raises(ConflictError):
        world.gate.review.suspend(ACTORS["steward"], ID, "苦情")
    world.approve(purpose=OTHER_PURPOSE)
    assert [version.state for version in world.gate.schemes.get(ID).versions] == [State.REPLACED, State.APPROVED]


@pytest.mark.parametrize("actor", ["clerk", "banker", "officer", "phones"])
def test_only_the_providers_watchers_suspend(world: World, actor: str) -> None:
    world.approve()
    with pytest.raises(ForbiddenError):
        world.gate.review.suspend(ACTORS[actor], ID, "苦情")


def test_returning_and_suspending_need_a_reason(world: World) -> None:
    world.approve()
    with pytest.raises(InputError):
        world.gate.review.send_back(VERIFIER, ID, " ")
    with pytest.raises(InputError):
        world.gate.review.suspend(ACTORS["steward"], ID, "")


def test_a_hub_that_lost_an_obligation_cannot_verify(world: World) -> None:
    world.submit()
    with pytest.raises(ConflictError, match="owes"):
        world.new_gate(without="move-to-road").review.verify(VERIFIER, ID)


def test_a_hub_that_lost_an_obligation_cannot_approve(world: World) -> None:
    """What passed lock one is judged by the law and the hub of the day of lock two again."""
    world.submit()
    world.gate.review.verify(VERIFIER, ID)
    with pytest.raises(ConflictError, match="owes"):
        world.new_gate(without="move-to-road").review.approve(APPROVER, ID)


ACTS: list[tuple[str, Callable[[World], object]]] = [
    ("scheme.submitted", lambda world: world.submit(purpose=OTHER_PURPOSE)),
    ("scheme.verified", lambda world: world.gate.review.verify(VERIFIER, ID)),
    ("scheme.rejected", lambda world: world.gate.review.send_back(VERIFIER, ID, "否")),
]


@pytest.mark.parametrize(("kind", "act"), ACTS, ids=[kind for kind, _ in ACTS])
def test_an_act_that_cannot_be_recorded_has_no_effect(
    either_world: World, kind: str, act: Callable[[World], object]
) -> None:
    world = either_world
    world.submit()
    before = world.gate.schemes.get(ID)
    world.ledger.fail_at = frozenset({kind})
    with pytest.raises(Exception, match="did not happen"):
        act(world)
    assert world.gate.schemes.get(ID) == before


def test_of_two_approvers_at_once_one_closes_the_lock(either_world: World) -> None:
    world = either_world
    world.submit()
    world.gate.review.verify(VERIFIER, ID)
    outcomes: list[str] = []

    def approve(actor: Actor) -> None:
        try:
            world.gate.review.approve(actor, ID)
            outcomes.append("closed")
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=approve, args=(actor,)) for actor in (APPROVER, TWO_HATS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["closed", "conflict"]
    assert world.ledger.kinds().count("scheme.approved") == 1


def test_a_document_that_was_changed_in_the_database_is_not_approved(world: World) -> None:
    """The approver closes the lock on what was submitted and verified, byte for byte."""
    scheme = world.submit()
    world.gate.review.verify(ACTORS["second-line"], scheme)
    with world.database.writing() as session:
        row = session.get_one(SchemeVersionRow, (scheme, 1))
        row.document = row.document.replace("2027-03-31", "2037-03-31")
    with pytest.raises(IntegrityError, match="not the document that was submitted"):
        world.gate.review.approve(ACTORS["head"], scheme)
    with world.database.reading() as session:
        assert session.get_one(SchemeVersionRow, (scheme, 1)).state == "verified"


# Approval and consultation


@pytest.fixture
def verified(world: World) -> World:
    """A scheme about people that the bank receives, which is consulted; lock one is closed."""
    appoint_all(people(world))
    world.gate.schemes.submit(ACTORS["clerk"], CHECKED, "customers.yaml")
    world.gate.review.sign_privacy(REVIEWERS["protection"], PEOPLE_ID)
    world.gate.review.verify(VERIFIER, PEOPLE_ID)
    return world


def test_a_party_that_is_consulted_consents_before_lock_two(verified: World) -> None:
    with pytest.raises(ConflictError, match="`bank-minase` is consulted"):
        verified.gate.review.approve(APPROVER, PEOPLE_ID)
    verified.gate.review.consent(REVIEWERS["banks-head"], PEOPLE_ID, note="同意する")
    entry = verified.ledger.entries[-1]
    assert (entry.kind, entry.actor, entry.body["party"]) == ("scheme.consulted", "banks-head", "bank-minase")
    verified.gate.review.approve(APPROVER, PEOPLE_ID)
    assert verified.gate.schemes.get(PEOPLE_ID).summary.in_force == 1


def test_consent_is_for_the_version_that_was_seen(verified: World) -> None:
    verified.gate.review.consent(REVIEWERS["banks-head"], PEOPLE_ID)
    with pytest.raises(ConflictError, match="consented to this version already"):
        verified.gate.review.consent(REVIEWERS["banks-head"], PEOPLE_ID)
    verified.gate.schemes.submit(ACTORS["clerk"], CHECKED.replace("2027-03-31", "2026-12-31"), "customers.yaml")
    verified.gate.review.sign_privacy(REVIEWERS["protection"], PEOPLE_ID)
    with pytest.raises(ConflictError, match="verified"):
        verified.gate.review.consent(REVIEWERS["banks-head"], PEOPLE_ID)
    verified.gate.review.verify(VERIFIER, PEOPLE_ID)
    with pytest.raises(ConflictError, match="consulted"):
        verified.gate.review.approve(APPROVER, PEOPLE_ID)


def test_only_the_approving_body_of_a_consulted_party_consents(verified: World) -> None:
    with pytest.raises(ForbiddenError, match="role `approver`"):
        verified.gate.review.consent(REVIEWERS["banks-officer"], PEOPLE_ID)
    with pytest.raises(ForbiddenError, match="party of the scheme"):
        verified.gate.review.consent(ACTORS["city-clerk"], PEOPLE_ID)
    with pytest.raises(ForbiddenError, match="does not hold the office"):
        verified.gate.review.consent(APPROVER, PEOPLE_ID)
    verified.gate.bodies.appoint("post-minase", Office.APPROVING_BODY, "head", TODAY)
    with pytest.raises(ConflictError, match="not consulted"):
        verified.gate.review.consent(APPROVER, PEOPLE_ID)


def test_a_provider_that_is_consulted_consents_through_another_person_than_approves(verified: World) -> None:
    bodies = verified.gate.bodies
    bodies.set_procedure("post-minase", Procedure.CONSULTATION, TODAY)
    for person in ("head", "two-hats"):
        bodies.appoint("post-minase", Office.APPROVING_BODY, person, TODAY)
    verified.gate.review.consent(REVIEWERS["banks-head"], PEOPLE_ID)
    verified.gate.review.consent(ACTORS["two-hats"], PEOPLE_ID)
    with pytest.raises(ForbiddenError, match="consent of this scheme"):
        verified.gate.review.approve(ACTORS["two-hats"], PEOPLE_ID)
    verified.gate.review.approve(APPROVER, PEOPLE_ID)


def test_an_office_that_is_filled_closes_its_lock_alone(world: World) -> None:
    world.gate.bodies.appoint("post-minase", Office.SECOND_LINE, "second-line", TODAY)
    world.gate.bodies.appoint("post-minase", Office.APPROVING_BODY, "head", TODAY)
    world.submit()
    with pytest.raises(ForbiddenError, match="office `second-line`"):
        world.gate.review.verify(TWO_HATS, ID)
    world.gate.review.verify(VERIFIER, ID)
    with pytest.raises(ForbiddenError, match="office `approving-body`"):
        world.gate.review.approve(TWO_HATS, ID)
    world.gate.review.approve(APPROVER, ID)
