"""Officers and procedures: dated, with their history, each a ledger entry of the hub."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.gate.review_world import TODAY, people
from tests.gate.world import ACTORS, World
from umaya.gate.bodies import Office, Procedure, check_office, procedure_on
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError

POST = "post-minase"
DAY = timedelta(days=1)


def test_an_appointment_is_kept_and_recorded(either_world: World) -> None:
    bodies = people(either_world).gate.bodies
    bodies.appoint(POST, Office.PRIVACY_OFFICER, "protection", TODAY)
    bodies.end(POST, Office.PRIVACY_OFFICER, "protection", TODAY + 30 * DAY)
    (kept,) = bodies.officers()
    assert (kept.actor, kept.starts, kept.ends) == ("protection", TODAY, TODAY + 30 * DAY)
    appointed, ended = either_world.ledger.entries[-2:]
    assert (appointed.kind, appointed.actor, appointed.index) == ("officer.appointed", "hub", kept.entry)
    assert appointed.body == {
        "party": POST,
        "office": "privacy-officer",
        "subject": "protection",
        "starts": TODAY,
    }
    assert (ended.kind, ended.body["ends"]) == ("officer.ended", TODAY + 30 * DAY)


@pytest.mark.parametrize(
    ("day", "holds"), [(TODAY - DAY, False), (TODAY, True), (TODAY + 3 * DAY, True), (TODAY + 4 * DAY, False)]
)
def test_an_office_is_held_from_the_first_to_the_last_day(world: World, day: date, holds: bool) -> None:
    world.gate.bodies.appoint(POST, Office.SECOND_LINE, "second-line", TODAY)
    world.gate.bodies.end(POST, Office.SECOND_LINE, "second-line", TODAY + 3 * DAY)
    with world.database.reading() as session:
        if holds:
            check_office(session, ACTORS["second-line"], Office.SECOND_LINE, day)
        else:
            with pytest.raises(ForbiddenError, match="second-line"):
                check_office(session, ACTORS["second-line"], Office.SECOND_LINE, day)


def test_an_office_that_was_never_filled_is_left_to_the_role(world: World) -> None:
    with world.database.reading() as session:
        check_office(session, ACTORS["second-line"], Office.SECOND_LINE, TODAY)
        with pytest.raises(ForbiddenError, match="does not hold"):
            check_office(session, ACTORS["second-line"], Office.SECOND_LINE, TODAY, must_be_filled=True)
        with pytest.raises(ForbiddenError, match="role `verifier`"):
            check_office(session, ACTORS["head"], Office.SECOND_LINE, TODAY)


def test_once_filled_an_office_is_the_appointed_persons_alone(world: World) -> None:
    world.gate.bodies.appoint(POST, Office.SECOND_LINE, "second-line", TODAY)
    with world.database.reading() as session, pytest.raises(ForbiddenError, match="does not hold"):
        check_office(session, ACTORS["two-hats"], Office.SECOND_LINE, TODAY)


def test_wrong_appointments_are_refused(world: World) -> None:
    bodies = people(world).gate.bodies
    entries = len(world.ledger.entries)
    with pytest.raises(ForbiddenError, match="of the party"):
        bodies.appoint("bank-minase", Office.APPROVING_BODY, "head", TODAY)
    with pytest.raises(ForbiddenError, match="role `privacy-officer`"):
        bodies.appoint(POST, Office.PRIVACY_OFFICER, "head", TODAY)
    for party, actor in (("nowhere", "head"), (POST, "nobody")):
        with pytest.raises(NotFoundError):
            bodies.appoint(party, Office.APPROVING_BODY, actor, TODAY)
    with pytest.raises(NotFoundError, match="does not hold"):
        bodies.end(POST, Office.APPROVING_BODY, "head", TODAY)
    assert len(world.ledger.entries) == entries
    bodies.appoint(POST, Office.APPROVING_BODY, "head", TODAY)
    with pytest.raises(ConflictError, match="already"):
        bodies.appoint(POST, Office.APPROVING_BODY, "head", TODAY + DAY)
    with pytest.raises(InputError, match="past"):
        bodies.end(POST, Office.APPROVING_BODY, "head", TODAY - DAY)


def test_who_left_an_office_may_return_to_it(world: World) -> None:
    bodies = world.gate.bodies
    bodies.appoint(POST, Office.APPROVING_BODY, "head", TODAY)
    bodies.end(POST, Office.APPROVING_BODY, "head", TODAY)
    bodies.appoint(POST, Office.APPROVING_BODY, "head", TODAY + 5 * DAY)
    assert [(kept.starts, kept.ends) for kept in bodies.officers()] == [(TODAY, TODAY), (TODAY + 5 * DAY, None)]


def test_a_procedure_holds_until_the_next(world: World) -> None:
    bodies = world.gate.bodies
    bodies.set_procedure("bank-minase", Procedure.CONSULTATION, TODAY)
    bodies.set_procedure("bank-minase", Procedure.APPROVAL, TODAY + 10 * DAY)
    with world.database.reading() as session:
        days = (TODAY - DAY, TODAY, TODAY + 9 * DAY, TODAY + 10 * DAY)
        told = [procedure_on(session, "bank-minase", day) for day in days]
    assert told == [Procedure.APPROVAL, Procedure.CONSULTATION, Procedure.CONSULTATION, Procedure.APPROVAL]
    assert [kept.procedure for kept in bodies.procedures()] == [Procedure.CONSULTATION, Procedure.APPROVAL]
    assert world.ledger.kinds()[-2:] == ["party.procedure-set"] * 2


def test_a_procedure_is_not_set_for_the_past_nor_twice(world: World) -> None:
    bodies = world.gate.bodies
    with pytest.raises(InputError, match="past"):
        bodies.set_procedure("bank-minase", Procedure.CONSULTATION, TODAY - DAY)
    bodies.set_procedure("bank-minase", Procedure.CONSULTATION, TODAY + DAY)
    for procedure, starts in ((Procedure.CONSULTATION, TODAY + 2 * DAY), (Procedure.APPROVAL, TODAY + DAY)):
        with pytest.raises(ConflictError):
            bodies.set_procedure("bank-minase", procedure, starts)
