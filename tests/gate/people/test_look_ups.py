"""Who looks at what a person said is recorded first; what is recorded does not depend on what the person said."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from tests.gate.people.town import ACTORS, CLERK, CROSS_SELL, NOW, OTHER_CLERK, PROTECTOR, STRANGER, Town
from umaya.gate.people.look_ups import LookUp, LookUps, Way
from umaya.gate.people.models import LookUpRow
from umaya.gate.record import NotRecordedError
from umaya.gate.statements import salted
from umaya.types.errors import ForbiddenError, InputError, NotFoundError


def rows(town: Town) -> list[LookUpRow]:
    with town.database.reading() as session:
        return list(session.scalars(select(LookUpRow).order_by(LookUpRow.id)))


def test_a_look_up_is_recorded_with_who_whom_how_and_why(either_town: Town) -> None:
    town = either_town
    town.consents.look_up(CLERK, 7, CROSS_SELL, Way.PAGE, reason=" 本人の申し出 ")
    (row,) = rows(town)
    assert (row.actor, row.party, row.person, row.topic, row.at) == ("bank-clerk", "bank-minase", 7, CROSS_SELL, NOW)
    assert (row.channel, row.what, row.reason) == ("page", "state", "本人の申し出")
    entry = town.ledger.entries[row.entry]
    assert (entry.kind, entry.actor) == ("consent.looked-up", "bank-clerk")
    assert entry.body == {
        "topic": CROSS_SELL,
        "channel": "page",
        "person": salted("7", row.salt),
        "statement": salted("本人の申し出", row.salt),
    }


def test_every_look_up_is_one_row_and_one_entry(either_town: Town) -> None:
    town = either_town
    for actor, way in ((CLERK, Way.API), (OTHER_CLERK, Way.COMMAND), (PROTECTOR, Way.PAGE), (CLERK, Way.API)):
        town.consents.look_up(actor, 7, CROSS_SELL, way)
    found = rows(town)
    assert [(row.actor, row.channel) for row in found] == [
        ("bank-clerk", "api"),
        ("cover-clerk", "command"),
        ("protector", "page"),
        ("bank-clerk", "api"),
    ]
    assert len({row.salt for row in found}) == 4, "nobody is recognised from one entry to the next"
    assert [row.entry for row in found] == list(range(len(town.ledger.entries) - 4, len(town.ledger.entries)))


def test_where_the_ledger_refuses_nothing_is_told_and_nothing_kept(town: Town) -> None:
    town.give(7)
    town.ledger.fail_at = frozenset({"consent.looked-up"})
    with pytest.raises(NotRecordedError):
        town.state(7)
    assert rows(town) == []


def test_who_may_not_look_or_asks_for_nobody_leaves_no_trace_of_anybody(town: Town) -> None:
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"actor": STRANGER}, ForbiddenError),
        ({"actor": ACTORS["my-page"]}, ForbiddenError),
        ({"person": -1}, InputError),
        ({"person": 2**32}, InputError),
        ({"topic": "no-such-topic"}, NotFoundError),
        ({"reason": "x" * 4001}, InputError),
        ({"reason": "\x00"}, InputError),
    ]
    size = len(town.ledger.entries)
    for change, error in wrong:
        asked: dict[str, Any] = {"actor": CLERK, "person": 7, "topic": CROSS_SELL, "way": Way.API, **change}
        with pytest.raises(error):
            town.consents.look_up(**asked)
    assert (rows(town), len(town.ledger.entries)) == ([], size)


def test_whoever_is_asked_for_leaves_the_same_record(either_town: Town) -> None:
    """One who consented, one who is protected, one who was merged away, and a number that is nobody's."""
    town = either_town
    town.give(1)
    town.give(2)
    town.measures.set(PROTECTOR, 2, "支援措置の申出")
    town.merges.merge("hub", 1, 3)
    size = len(town.ledger.entries)
    told = [town.state(person) for person in (1, 2, 3, 2**32 - 1)]
    assert told == ["active", "none", "none", "none"]
    bodies = [entry.body for entry in town.ledger.entries[size:]]
    assert [body.keys() for body in bodies] == [{"topic", "channel", "person"}] * 4
    assert [row.person for row in rows(town)] == [1, 2, 3, 2**32 - 1]


def test_look_ups_of_many_threads_are_recorded_together(either_town: Town) -> None:
    """Each has its row with its own entry; what is wrong with one stops no other."""
    town = either_town
    look_ups, errors = LookUps(town.acts), []

    def look(person: int) -> None:
        try:
            look_ups.hand_in(LookUp(STRANGER if person == 5 else CLERK, person, CROSS_SELL, Way.API))
        except ForbiddenError as error:
            errors.append(error)

    threads = [threading.Thread(target=look, args=(person,)) for person in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    found = rows(town)
    assert sorted(row.person for row in found) == [person for person in range(20) if person != 5]
    assert len(errors) == 1
    for row in found:
        assert town.ledger.entries[row.entry].body["person"] == salted(str(row.person), row.salt)
