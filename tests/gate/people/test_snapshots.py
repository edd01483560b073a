"""A process that starts from a snapshot knows what one knows that read every event."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import delete, select, update

from tests.gate.people.test_projection import ONE
from tests.gate.people.town import CROSS_SELL, NOW, PROTECTOR, Town
from umaya.gate.people import Projection, projection, snapshots
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.models import CounterRow, EventRow, SnapshotRow
from umaya.gate.record import NotRecordedError


def kept(town: Town) -> list[int]:
    with town.database.reading() as session:
        return list(session.scalars(select(SnapshotRow.seq)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(ONE, max_size=12), after=st.lists(ONE, max_size=4))
def test_a_snapshot_says_what_the_events_say(town: Town, before: list[Event], after: list[Event]) -> None:
    with town.database.writing() as session:
        session.execute(delete(EventRow))
        session.execute(delete(SnapshotRow))
        session.execute(update(CounterRow).values(last=0))
    with town.database.writing() as session:
        if before:
            append(session, before)
    with town.database.writing() as session:
        snapshots.keep(session, Projection(town.database).now(session))
        if after:
            append(session, after)
    from_snapshot = Projection(town.database).latest()
    with town.database.writing() as session:
        session.execute(delete(SnapshotRow))
    assert Projection(town.database).latest() == from_snapshot


def test_acts_keep_the_newest_snapshot_alone(either_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "SNAPSHOT_EVERY", 4)
    town = either_town
    town.measures.set(PROTECTOR, 3, "理由")
    for person in range(10):
        town.give(person)
    assert kept(town) == [8]
    with town.database.writing() as session:
        session.execute(update(EventRow).where(EventRow.seq <= 8).values(kind=int(EventKind.WITHDRAWN)))
    active = town.again().projection.latest().topic(CROSS_SELL, NOW.date()).active
    assert active == BitMap(range(10)), "the older ones are not read"


def test_a_snapshot_goes_with_an_act_that_did_not_happen(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "SNAPSHOT_EVERY", 2)
    town.give(1)
    town.give(2)
    town.ledger.fail_at = frozenset({"consent.given"})
    with pytest.raises(NotRecordedError):
        town.give(3)
    assert kept(town) == []
    town.ledger.fail_at = frozenset()
    town.give(3)
    assert kept(town) == [2]
    assert 3 in town.again().projection.latest().topic(CROSS_SELL, NOW.date()).active


def test_a_snapshot_of_another_form_is_passed_over(town: Town) -> None:
    town.give(1)
    with town.database.writing() as session:
        session.add(SnapshotRow(seq=1, form=snapshots.FORM + 1, data=b"of a later program"))
    assert 1 in town.again().projection.latest().topic(CROSS_SELL, NOW.date()).active
