"""The index from a person to uses names exactly what the bitmaps of the uses name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy.orm import Session

from tests.databases import migrated
from umaya.gate.models import UsePeopleRow, UseRow
from umaya.gate.own import index
from umaya.gate.own.models import BLOCKS, PERSONS, SLOTS
from umaya.stores.database import Database

BLOCK = 1 << 16
BEFORE = "0012"
"""The migration before the index."""
PEOPLE = st.frozensets(st.sampled_from([0, 1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK, 2**32 - 1]), max_size=6)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = migrated(database_url)
    yield database
    database.close()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people are few, and runs are of three, so that a few dozen uses fill three levels."""
    for name, value in (("FEW", 2), ("RUN", 3), ("LEVELS", 3)):
        monkeypatch.setattr(index, name, value)


def use_row(number: int) -> UseRow:
    """Return a use whose ledger entry is twice its number."""
    return UseRow(
        id=f"use-{number}",
        actor="seller",
        scheme="offer",
        reason="permitted",
        stated_reason="",
        reason_salt="",
        decided_at=datetime(2026, 6, 1, tzinfo=UTC),
        state="released",
        entry=2 * number,
    )


def enter(session: Session, number: int, people: BitMap) -> None:
    session.add(use_row(number))
    session.flush()
    index.index_use(session, f"use-{number}", 2 * number, people, index.take_slot(session, people))


def found(session: Session, numbers: list[int], before: int | None = None) -> list[str]:
    return [touch.use for touch in index.touches(session, numbers, before)]


def check(session: Session, uses: list[frozenset[int]]) -> None:
    for numbers in ([0], [1], [3], [BLOCK - 1], [BLOCK, 0], [2**32 - 1], [7]):
        holding = [at for at, people in enumerate(uses) if not people.isdisjoint(numbers)]
        assert found(session, numbers) == [f"use-{at}" for at in reversed(holding)]
        middle = len(uses)  # the entry of the use in the middle
        assert found(session, numbers, middle) == [f"use-{at}" for at in reversed(holding) if 2 * at < middle]
        for at, people in enumerate(uses):
            named = index.number_in(session, numbers, 2 * at)
            assert (named in people) if at in holding else (named is None)


@pytest.mark.usefixtures("tiny")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses=st.lists(PEOPLE, max_size=30))
def test_the_index_finds_what_a_scan_of_all_uses_finds(uses: list[frozenset[int]]) -> None:
    """Few and many, in any order, over runs of every level and those still open."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/test.db")
        index_tables(database)
        with database.writing() as session:
            for at, people in enumerate(uses):
                enter(session, at, BitMap(people))
            check(session, uses)
        database.close()


def index_tables(database: Database) -> None:
    """Make the tables of uses and of the index alone: faster than every migration, for each example."""
    from umaya.gate.own.models import UseBlockRow

    names = ("uses", "use_people", "use_persons", "use_slots", "use_slot_counter", "use_blocks")
    tables = UseBlockRow.metadata.tables
    with database.engine.begin() as connection:
        UseBlockRow.metadata.create_all(connection, [tables[name] for name in names])
        connection.execute(sa.insert(tables["use_slot_counter"]).values(id=1, last=0))


@pytest.mark.usefixtures("tiny")
def test_the_index_is_the_same_on_both_databases(database: Database) -> None:
    uses = [frozenset({at % 4, BLOCK - 1, BLOCK, 2**32 - 1} if at % 3 else {at % 4}) for at in range(30)]
    with database.writing() as session:
        for at, people in enumerate(uses):
            enter(session, at, BitMap(people))
    with database.reading() as session:
        check(session, uses)


def test_uses_of_before_are_taken_in(database_url: str) -> None:
    """70 uses of many and some of few, from before the index: what the migration writes is what the gate would."""
    database = Database.open(database_url)
    uses = [frozenset({3, BLOCK}) if at % 8 == 0 else frozenset(range(at % 5, 5 * BLOCK, 997)) for at in range(80)]
    migrate(database, BEFORE)
    with database.writing() as session:
        for at, people in enumerate(uses):
            session.add(use_row(at))
            session.flush()
            session.add(UsePeopleRow(use=f"use-{at}", permitted=BitMap(people).serialize()))
    migrate(database, "0017")
    with database.writing() as session:
        check(session, uses)
        migrated = rows(session)
        for table in (BLOCKS, SLOTS, PERSONS):
            session.execute(sa.delete(table))
        session.execute(sa.text("UPDATE use_slot_counter SET last = 0"))
        for at, people in enumerate(uses):
            bitmap = BitMap(people)
            index.index_use(session, f"use-{at}", 2 * at, bitmap, index.take_slot(session, bitmap))
        assert rows(session) == migrated
    database.close()


def migrate(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "umaya.stores:migrations")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def rows(session: Session) -> list[list[object]]:
    """Return all of the index; bitmaps as what they hold."""
    blocks = session.execute(sa.select(BLOCKS).order_by(BLOCKS.c.level, BLOCKS.c.block, BLOCKS.c.slot)).all()
    few = session.execute(sa.select(PERSONS).order_by(PERSONS.c.person, PERSONS.c.entry)).all()
    slots = session.execute(sa.select(SLOTS).order_by(SLOTS.c.slot)).all()
    last = session.scalar(sa.text("SELECT last FROM use_slot_counter"))
    return [[(*row[:3], BitMap.deserialize(row[3])) for row in blocks], list(few), list(slots), [last]]
