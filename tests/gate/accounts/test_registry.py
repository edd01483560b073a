"""Accounts: who may sign in as whom, each binding an act of the hub's console in the ledger."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gate.world import ACTORS, World
from umaya.gate.accounts import Identity
from umaya.gate.models import ActorRoleRow
from umaya.gate.statements import salted
from umaya.ledger.entries import Record, make_entry
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.types.site import Actor

ANN = Identity("https://login.example", "248289761001")
BEN = Identity("https://people.example", "ben")


def test_one_identity_acts_for_several_parties_with_the_roles_of_each(either_world: World) -> None:
    accounts = either_world.gate.accounts
    accounts.bind(ANN, actor="officer")
    accounts.bind(ANN, actor="clerk")
    assert accounts.actors(ANN) == [ACTORS["clerk"], ACTORS["officer"]]
    assert accounts.person(ANN) is None


def test_a_role_that_was_taken_away_is_gone_at_once(world: World) -> None:
    world.gate.accounts.bind(ANN, actor="officer")
    with world.database.writing() as session:
        session.query(ActorRoleRow).filter_by(actor="officer").delete()
    (actor,) = world.gate.accounts.actors(ANN)
    assert actor.roles == frozenset()


def test_an_identity_is_a_resident(either_world: World) -> None:
    either_world.gate.accounts.bind(BEN, person=2**32 - 1)
    assert either_world.gate.accounts.person(BEN) == 2**32 - 1
    assert either_world.gate.accounts.actors(BEN) == []


def test_who_is_not_bound_is_nobody(world: World) -> None:
    """The same subject at another provider is somebody else."""
    world.gate.accounts.bind(ANN, actor="officer")
    for identity in (BEN, Identity(BEN.issuer, ANN.subject), Identity(ANN.issuer, BEN.subject)):
        assert world.gate.accounts.actors(identity) == []
        assert world.gate.accounts.person(identity) is None


def test_an_unbound_identity_is_nobody_and_may_be_bound_anew(either_world: World) -> None:
    accounts = either_world.gate.accounts
    for actor in ("officer", "clerk"):
        accounts.bind(ANN, actor=actor)
    assert accounts.unbind(ANN, "clerk") == 1
    assert accounts.actors(ANN) == [ACTORS["officer"]]
    assert accounts.unbind(ANN) == 1
    assert accounts.actors(ANN) == []
    assert accounts.list() == []
    accounts.bind(ANN, person=7)
    assert accounts.person(ANN) == 7


def test_a_binding_is_in_the_ledger_and_tells_nobody_whose_it_is(world: World) -> None:
    bound = world.gate.accounts.bind(ANN, actor="officer")
    world.gate.accounts.bind(BEN, person=41)
    world.gate.accounts.unbind(BEN)
    staff, resident, ended = world.ledger.entries[-3:]
    assert (staff.kind, staff.actor, staff.index) == ("account.bound", "hub", bound.entry)
    assert staff.body["subject"] == "officer"
    assert (resident.kind, ended.kind) == ("account.bound", "account.unbound")
    assert resident.body == ended.body
    with world.database.reading() as session:
        from umaya.gate.accounts.models import AccountRow

        salt = session.query(AccountRow).filter_by(person=41).one().salt
    assert resident.body["identity"] == salted(f"{BEN.issuer}\n{BEN.subject}", salt)
    assert resident.body["person"] == salted("41", salt)
    for entry in (staff, resident, ended):
        text = make_entry(Record(entry.kind, entry.actor, entry.body), world.clock.now(), 1).to_bytes()
        assert ANN.subject.encode() not in text
        assert b"ben" not in text


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda a: a.bind(ANN), InputError),
        (lambda a: a.bind(ANN, actor="officer", person=1), InputError),
        (lambda a: a.bind(ANN, person=-1), InputError),
        (lambda a: a.bind(Identity("https://login.example", ""), person=1), InputError),
        (lambda a: a.bind(Identity("https://login.example", "x" * 256), person=1), InputError),
        (lambda a: a.bind(Identity("https://login.example", "名"), person=1), InputError),
        (lambda a: a.bind(ANN, actor="nobody"), NotFoundError),
        (lambda a: (a.bind(ANN, actor="officer"), a.bind(ANN, actor="officer")), ConflictError),
        (lambda a: (a.bind(ANN, actor="officer"), a.bind(ANN, person=1)), ConflictError),
        (lambda a: (a.bind(ANN, person=1), a.bind(ANN, actor="officer")), ConflictError),
        (lambda a: (a.bind(ANN, person=1), a.bind(ANN, person=2)), ConflictError),
        (lambda a: a.unbind(ANN), NotFoundError),
        (lambda a: (a.bind(ANN, actor="officer"), a.unbind(ANN, "clerk")), NotFoundError),
    ],
)
def test_what_does_not_fit_is_refused(world: World, act: Callable[..., object], error: type[Exception]) -> None:
    with pytest.raises(error):
        act(world.gate.accounts)


def test_nobody_signs_in_as_a_program(world: World) -> None:
    """A program's account is for its tokens alone; nor does a binding hold for an actor that became one."""
    world.gate.catalogue.add_actor(Actor("robot", "機械", "city-minase", frozenset({"officer", "program"})))
    world.gate.accounts.bind(ANN, actor="robot")
    assert world.gate.accounts.actors(ANN) == []
    assert [actor.id for actor in world.gate.accounts.actors(ANN, programs=True)] == ["robot"]
    world.gate.accounts.bind(ANN, actor="officer")
    with world.database.writing() as session:
        session.add(ActorRoleRow(actor="officer", role="program"))
    assert world.gate.accounts.actors(ANN) == []


def test_a_binding_that_cannot_be_recorded_does_not_happen(world: World) -> None:
    world.ledger.fail_at = frozenset({"account.bound"})
    with pytest.raises(Exception, match="could not be recorded"):
        world.gate.accounts.bind(ANN, actor="officer")
    assert world.gate.accounts.actors(ANN) == []
