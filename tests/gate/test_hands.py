"""Two people are two people: whoever signs in as several actors is one, in every rule that asks for two."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.emergency.quake import RESPONDER, REVIEWER, asked, furnish
from tests.gate.rights.desk_world import DESK, SECOND
from tests.gate.rights.desk_world import World as DeskWorld
from tests.gate.world import ACTORS, World
from umaya.gate.accounts import Identity
from umaya.gate.emergency.desk import EmergencyRefusal
from umaya.gate.emergency.openings import Emergency, Finding
from umaya.gate.hands import hands
from umaya.law.rights import RequestKind
from umaya.types.errors import ForbiddenError, NotFoundError
from umaya.types.reasons import Reason
from umaya.types.site import Actor

ONE, ANOTHER = Identity("https://login.example", "one"), Identity("https://login.example", "another")
ID = "minase-passable-roads"


def bound(world: World | DeskWorld, identity: Identity, *actors: Actor) -> None:
    for actor in actors:
        world.gate.accounts.bind(identity, actor=actor.id)


def test_hands_are_those_of_every_account_that_an_actor_shares_or_shared(either_world: World) -> None:
    clerk, head, mayor, officer = (ACTORS[name] for name in ("clerk", "head", "mayor", "officer"))
    bound(either_world, ONE, clerk, head)
    bound(either_world, ANOTHER, head, mayor)
    either_world.gate.accounts.unbind(ONE, clerk.id)
    with either_world.database.reading() as session:
        assert hands(session, clerk.id) == {clerk.id, head.id}
        assert hands(session, head.id) == {clerk.id, head.id, mayor.id}
        assert hands(session, officer.id) == {officer.id}


@pytest.mark.parametrize("second", ["second-line", "head"])
def test_an_applicant_closes_no_lock_as_somebody_else(world: World, second: str) -> None:
    bound(world, ONE, ACTORS["clerk"], ACTORS[second])
    world.submit()
    if second == "second-line":
        with pytest.raises(ForbiddenError, match="applicant"):
            world.gate.review.verify(ACTORS[second], ID)
        return
    world.gate.review.verify(ACTORS["second-line"], ID)
    with pytest.raises(ForbiddenError, match="applicant"):
        world.gate.review.approve(ACTORS[second], ID)


def test_a_requester_reviews_no_own_emergency_as_the_providers_verifier(world: World) -> None:
    """Nor opens the next one as another responder: the lock is on the human."""
    furnish(world)
    second = Actor("responder-3", "救助", "city-minase", frozenset({"responder"}))
    world.gate.catalogue.add_actor(second)
    bound(world, ONE, RESPONDER, REVIEWER, second)
    opened = world.gate.emergency.open(asked())
    assert isinstance(opened, Emergency)
    locked = world.gate.emergency.open(asked(actor=second))
    assert isinstance(locked, EmergencyRefusal)
    assert locked.reason is Reason.EMERGENCY_LOCKED
    world.gate.emergency.end(RESPONDER, opened.id, "終わり")
    with pytest.raises(ForbiddenError):
        world.gate.emergency.review(REVIEWER, opened.id, Finding.JUSTIFIED, "見た", "なし")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskWorld]:
    directory = tmp_path_factory.mktemp("hands") / "hub"
    world = DeskWorld(directory)
    bound(world, ONE, DESK, SECOND)
    yield world
    world.hub.close()
    shutil.rmtree(Path(directory))


def test_a_clerk_confirms_no_own_refusal_as_the_second(desk: DeskWorld) -> None:
    request = desk.in_work()
    desk.gate.rights.desk.propose_refusal(DESK, request, "harm", "他人の秘密")
    with pytest.raises(ForbiddenError):
        desk.gate.rights.desk.confirm_refusal(SECOND, request)


def test_a_clerk_confirms_no_own_erasure_as_the_second(desk: DeskWorld) -> None:
    request = desk.in_work(RequestKind.ERASURE)
    desk.gate.rights.desk.propose_erasure(DESK, request)
    with pytest.raises(ForbiddenError):
        desk.gate.rights.changes.erase(SECOND, request)


def test_nobody_sees_off_an_alarm_about_themselves(world: World) -> None:
    """Not the actor who raised it, nor the same human as the provider's verifier."""
    furnish(world)
    bound(world, ONE, RESPONDER, REVIEWER)
    assert isinstance(world.gate.emergency.open(asked()), Emergency)
    (alarm,) = world.gate.alarms.list(REVIEWER)
    with pytest.raises(ForbiddenError):
        world.gate.alarms.see(REVIEWER, alarm.id)
    with pytest.raises(NotFoundError):
        world.gate.monitoring.casework.assign(REVIEWER, alarm.id, REVIEWER.id)
