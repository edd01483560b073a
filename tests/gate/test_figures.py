"""Figures are what was counted by hand, of one's own business, and tell of no person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from tests.databases import migrated
from tests.gate.people.town import CLERK, CROSS_SELL, NOW, PRIVACY, Town
from tests.gate.world import ACTORS, World
from umaya.gate import roles as r
from umaya.gate.figures import LEAST, Figures, UseCount, told
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor

AUDITOR = Actor("third-line", "監査", "bank-minase", frozenset({r.AUDITOR}))
BANK_STEWARD = ACTORS["banker"]
OFFICER, PLANNER = ACTORS["officer"], ACTORS["planner"]


@pytest.fixture
def either_town(database_url: str) -> Iterator[Town]:
    """A bank, an insurer and their topics, on SQLite and on PostgreSQL."""
    database = migrated(database_url)
    town = Town(database)
    town.furnish()
    yield town
    database.close()


def figures_of(town: Town) -> Figures:
    """Return the figures of a town without datasets."""
    return Figures(town.database, town.projection, town.clock, lambda _: BitMap())


def by_name(counts: tuple[UseCount, ...]) -> dict[str, tuple[int, int]]:
    return {one.name.en: (one.permitted, one.refused) for one in counts}


def test_uses_are_counted_by_purpose_party_and_reason(either_world: World) -> None:
    """Three permitted, one by somebody of another party, one without an event; one of two schemes is not the bank's."""
    world = either_world
    world.gate.catalogue.add_actor(AUDITOR)
    world.approve()
    world.declare()
    for _ in range(3):
        world.gate.open(world.use())
    world.gate.open(world.use(event=None))
    world.gate.open(world.use(actor=BANK_STEWARD))
    world.gate.open(world.use(scheme="no-such-scheme"))
    found = world.gate.figures.uses(ACTORS["steward"])
    assert by_name(found.purposes) == {"Disaster response": (3, 2)}
    assert by_name(found.parties) == {"Minase City": (3, 1), "Minase Bank": (0, 1)}
    assert dict(found.refusals) == {"event-missing": 1, "not-a-party": 1}
    assert by_name(world.gate.figures.uses(BANK_STEWARD).parties) == {}
    everything = world.gate.figures.uses(AUDITOR)
    assert dict(everything.refusals) == {"event-missing": 1, "no-scheme": 1, "not-a-party": 1}


def test_uses_of_a_year_ago_are_over(ready: World) -> None:
    ready.gate.open(ready.use())
    steward = ACTORS["steward"]
    assert by_name(ready.gate.figures.uses(steward).purposes) == {"Disaster response": (1, 0)}
    ready.clock.set(NOW + timedelta(days=370))
    assert by_name(ready.gate.figures.uses(steward).purposes) == {}
    assert len(ready.gate.figures.months()) == 12
    assert ready.gate.figures.months()[-1] == date(2027, 4, 1)


def test_words_are_counted_by_the_month_in_japan_in_whole_tens(either_town: Town) -> None:
    """Twenty-five in April, of whom twelve withdraw in May; the first of May begins at 15:00 UTC."""
    town = either_town
    figures = figures_of(town)
    for person in range(25):
        town.give(person)
    town.clock.set(NOW.replace(month=4, day=30, hour=15))
    for person in range(12):
        town.withdraw(person)
    (topic,) = [one for one in figures.consents(PRIVACY) if one.topic == CROSS_SELL]
    assert (topic.given[-2:], topic.withdrawn[-2:], topic.active) == ((20, 0), (0, 10), 10)
    assert set(topic.given[:-2]) == {0}
    town.clock.set(NOW + timedelta(days=31))
    (later,) = [one for one in figures.consents(PRIVACY) if one.topic == CROSS_SELL]
    assert later.active == 0, "good for thirty days"


def test_a_campaign_counts_everybody_in_it(either_town: Town, tmp_path: Path) -> None:
    people = tmp_path / "campaign.parquet"
    pq.write_table(pa.table({"person": pa.array(range(100, 137), pa.uint32())}), people)
    either_town.consents.campaign(CLERK, CROSS_SELL, 1, people)
    either_town.give(1)
    figures = figures_of(either_town)
    (topic,) = [one for one in figures.consents(PRIVACY) if one.topic == CROSS_SELL]
    assert (topic.given[-1], topic.active) == (30, 30)


def test_a_party_sees_its_own_topics(either_town: Town) -> None:
    figures = figures_of(either_town)
    both_ends = [figures.consents(either_town.catalogue.actor(name)) for name in ("bank-privacy", "cover-privacy")]
    assert [len(found) for found in both_ends] == [4, 4]
    outsider = Actor("post-steward", "管理", "post-minase", frozenset({r.STEWARD}))
    either_town.catalogue.add_actor(outsider)
    assert figures.consents(outsider) == ()
    either_town.catalogue.add_actor(replace(outsider, id="post-auditor", roles=frozenset({r.AUDITOR})))
    assert len(figures.consents(replace(outsider, id="post-auditor"))) == 4


def test_figures_are_for_those_who_watch_over_use(world: World) -> None:
    for actor in (OFFICER, PLANNER, ACTORS["clerk"], replace(OFFICER, roles=frozenset({r.AUDITOR}))):
        with pytest.raises(ForbiddenError):
            world.gate.figures.uses(actor)
        with pytest.raises(ForbiddenError):
            world.gate.figures.consents(actor)


@given(people=st.integers(0, 10_000_000))
def test_no_count_of_people_tells_of_one(people: int) -> None:
    """It is never too high, in whole tens, and nothing below ten: one person more or less shows once in ten at most."""
    assert told(people) <= people < told(people) + LEAST
    assert told(people) % LEAST == 0
