"""The state that a process follows is what the events say, against a naive reading: step by step and at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import delete, update

from tests.databases import migrated
from umaya.gate.models import PartyRow
from umaya.gate.people.events import Event, EventKind, append
from umaya.gate.people.models import CounterRow, EventRow, TopicRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.state import PeopleState, TopicState
from umaya.stores.database import Database
from umaya.types.errors import IntegrityError

K = EventKind
DAY = date(2026, 4, 2)
TODAY = DAY.toordinal()
TOPICS = {1: "savings-to-cover", 2: "maps"}
SETS = ("active", "withdrawn", "expired", "ended", "spent")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = opened(database_url)
    yield database
    database.close()


def opened(url: str) -> Database:
    """A database with two topics and no event."""
    database = migrated(url)
    with database.writing() as session:
        session.add(PartyRow(id="bank", name_ja="銀行", name_en="Bank", kind="bank", entry=0))
        session.flush()
        side = {"source_party": "bank", "source_business": "a", "target_party": "bank", "target_business": "b"}
        words = {"title_ja": "a", "title_en": "a", "purpose_ja": "a", "purpose_en": "a", "tier": "stated-period"}
        for number, name in TOPICS.items():
            session.add(TopicRow(number=number, id=name, kinds=[], entry=0, **side, **words))
    return database


def write(database: Database, *events: Event) -> int:
    with database.writing() as session:
        return append(session, events)


def gave(person: int, text: int = 1, last_day: int = TODAY, topic: int = 1) -> Event:
    return Event(K.GIVEN, topic=topic, text=text, person=person, last_day=last_day)


def said(state: PeopleState, topic: str = "savings-to-cover", day: date = DAY) -> dict[str, list[int]]:
    """Return the people of each set that is not empty."""
    found = state.topic(topic, day)
    return {name: list(getattr(found, name)) for name in SETS if getattr(found, name)}


def test_nobody_has_said_anything_at_first(database: Database) -> None:
    state = Projection(database).latest()
    assert state.reached == 0
    assert state.topic("savings-to-cover", DAY) == TopicState()


def test_a_consent_is_good_through_its_last_day(database: Database) -> None:
    write(database, gave(7))
    state = Projection(database).latest()
    assert said(state) == {"active": [7]}
    assert said(state, day=DAY + timedelta(days=1)) == {"expired": [7]}
    assert said(state, "maps") == {}


def test_the_latest_word_holds_in_every_process(database: Database) -> None:
    here, there = Projection(database), Projection(database)
    write(database, gave(7), gave(8))
    assert said(here.latest()) == said(there.latest()) == {"active": [7, 8]}
    write(database, Event(K.WITHDRAWN, topic=1, person=7))
    assert said(here.latest()) == said(there.latest()) == {"active": [8], "withdrawn": [7]}
    write(database, gave(7))
    assert said(here.latest()) == said(there.latest()) == {"active": [7, 8]}


def test_what_was_handed_out_never_changes(database: Database) -> None:
    projection = Projection(database)
    write(database, gave(7))
    before = projection.latest()
    active = before.topic("savings-to-cover", DAY).active
    write(database, Event(K.WITHDRAWN, topic=1, person=7), Event(K.PROTECTED, person=7))
    assert projection.latest().measures == BitMap([7])
    assert active == BitMap([7])
    assert (before.measures, before.topic("savings-to-cover", DAY).active) == (BitMap(), active)


def test_uncommitted_events_are_seen_by_their_own_session_alone(database: Database) -> None:
    projection = Projection(database)

    def write_and_fail() -> None:
        with database.writing() as session:
            append(session, [gave(7)])
            assert said(projection.now(session)) == {"active": [7]}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert said(projection.latest()) == {}
    assert write(database, gave(8)) == 1
    assert said(projection.latest()) == {"active": [8]}


def test_a_missing_event_is_found(database: Database) -> None:
    write(database, gave(7), Event(K.WITHDRAWN, topic=1, person=7), gave(8))
    with database.writing() as session:
        session.execute(delete(EventRow).where(EventRow.seq == 2))
    with pytest.raises(IntegrityError, match="missing"):
        Projection(database).latest()


PERSON = st.integers(0, 5)
PEOPLE = st.sets(PERSON, min_size=1).map(BitMap)
LAST = st.integers(TODAY - 1, TODAY + 1)
TEXT = st.integers(1, 2)
TOPIC = st.sampled_from(sorted(TOPICS))
ONE = st.one_of(
    st.builds(Event, st.just(K.GIVEN), TOPIC, TEXT, PERSON, st.none(), LAST),
    st.builds(Event, st.just(K.GIVEN), TOPIC, TEXT, st.none(), st.none(), LAST, PEOPLE),
    st.builds(Event, st.just(K.WITHDRAWN), TOPIC, st.none(), PERSON),
    st.builds(Event, st.just(K.SPENT), TOPIC, st.none(), PERSON),
    st.builds(Event, st.just(K.SPENT), TOPIC, people=PEOPLE),
    st.builds(Event, st.just(K.OUTDATED), TOPIC, TEXT, PERSON, st.none(), LAST),
    st.builds(Event, st.just(K.TEXT_ENDED), TOPIC, TEXT),
    st.builds(Event, st.just(K.PROTECTED), person=PERSON),
    st.builds(Event, st.just(K.UNPROTECTED), person=PERSON),
    st.builds(Event, st.just(K.MERGED), person=PERSON, origin=st.integers(6, 9)),
    st.builds(Event, st.just(K.INHERITED), TOPIC, person=PERSON, origin=PERSON),
)


@dataclass
class Naive:
    """Person by person, word by word."""

    words: dict[tuple[int, int], tuple[EventKind, int, int]] = field(default_factory=dict)
    ended: set[tuple[int, int]] = field(default_factory=set)
    measures: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)

    def hear(self, event: Event) -> None:
        topic, person = event.topic or 0, event.person or 0
        if event.kind in {K.GIVEN, K.WITHDRAWN, K.SPENT}:
            for somebody in [person] if event.people is None else event.people:
                self.words[somebody, topic] = (event.kind, event.text or 0, event.last_day or 0)
        elif event.kind is K.TEXT_ENDED:
            self.ended.add((topic, event.text or 0))
        elif event.kind is K.PROTECTED:
            self.measures.add(person)
        elif event.kind is K.UNPROTECTED:
            self.measures.discard(person)
        elif event.kind is K.MERGED:
            self.merged.add(event.origin or 0)
            if event.origin in self.measures:
                self.measures.add(person)
        elif event.kind is K.INHERITED and (event.origin, topic) in self.words:
            self.words[person, topic] = self.words[event.origin or 0, topic]

    def state(self, person: int, topic: int, day: date) -> str | None:
        if (person, topic) not in self.words:
            return None
        kind, text, last_day = self.words[person, topic]
        if kind is not K.GIVEN:
            return kind.name.lower()
        if last_day < day.toordinal():
            return "expired"
        return "ended" if (topic, text) in self.ended else "active"


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = opened(f"sqlite:///{tmp_path_factory.mktemp('blank') / 'hub.db'}")
    yield database
    database.close()


@settings(max_examples=50, deadline=None)  # a busy machine is no fault
@given(steps=st.lists(st.lists(ONE, min_size=1, max_size=6), max_size=12))
def test_any_events_mean_what_a_naive_reading_says(blank: Database, steps: list[list[Event]]) -> None:
    """Caught up after every step, or at once; the days asked in between change nothing."""
    with blank.writing() as session:
        session.execute(delete(EventRow))
        session.execute(update(CounterRow).values(last=0))
    naive, stepwise = Naive(), Projection(blank)
    days = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
    for step in steps:
        write(blank, *step)
        for event in step:
            naive.hear(event)
        check(stepwise.latest(), naive, days)
    at_once = Projection(blank).latest()
    check(at_once, naive, days)
    assert at_once == stepwise.latest()


def check(state: PeopleState, naive: Naive, days: list[date]) -> None:
    assert (set(state.measures), set(state.merged)) == (naive.measures, naive.merged)
    for number, topic in TOPICS.items():
        for day in days:
            found = state.topic(topic, day)
            for person in range(10):
                holds = [name for name in SETS if person in getattr(found, name)]
                expected = naive.state(person, number, day)
                assert holds == ([] if expected is None else [expected])
