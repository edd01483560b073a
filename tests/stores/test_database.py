"""One contract for both databases: transactions, moments, migrations, errors."""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase

import umaya
from umaya.gate.models import ActorRow, EventRow, PartyRow, UseRow
from umaya.stores.database import Base, Database, ServiceBase
from umaya.types.errors import InputError

NOON = datetime(2026, 4, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    yield database
    database.close()


@pytest.fixture
def database(empty: Database) -> Database:
    empty.migrate()
    return empty


def party(key: str) -> PartyRow:
    return PartyRow(id=key, name_ja="郵便局", name_en="Post", kind="post", entry=0)


def test_a_writing_transaction_holds_when_it_ends_well(database: Database) -> None:
    with database.writing() as session:
        session.add(party("post"))
    with database.reading() as session:
        assert session.get_one(PartyRow, "post").name_ja == "郵便局"


def test_a_writing_transaction_leaves_nothing_when_its_body_raises(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(party("post"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.scalars(select(PartyRow)).all() == []


def test_many_may_open_a_fresh_file_at_once(tmp_path: Path) -> None:
    """The switch to WAL is the one thing that SQLite refuses instead of waiting for."""
    errors: list[BaseException] = []

    def use(database: Database, start: threading.Barrier) -> None:
        start.wait()
        try:
            with database.writing() as session:
                session.execute(text("SELECT 1"))
        except BaseException as error:  # what any thread raises is what the test is about
            errors.append(error)

    for attempt in range(20):
        databases = [Database.open(f"sqlite:///{tmp_path / str(attempt)}.db") for _ in range(6)]
        start = threading.Barrier(len(databases))
        threads = [threading.Thread(target=use, args=(database, start)) for database in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for database in databases:
            database.close()
    assert errors == []


def test_an_error_of_the_database_holds_no_parameter(database: Database) -> None:
    """Errors are logged, and the words that people wrote are parameters."""
    with database.writing() as session:
        session.add(party("post"))
    twice = party("post")
    twice.name_ja = "水無 花子"
    with pytest.raises(IntegrityError) as caught, database.writing() as session:
        session.add(twice)
    assert "水無" not in str(caught.value)


def test_a_reading_session_changes_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(party("post"))
        session.flush()
    with database.reading() as session:
        assert session.get(PartyRow, "post") is None


def test_references_must_exist(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(ActorRow(id="a", name="a", party="nobody", entry=0))


def test_moments_come_back_as_utc_to_the_microsecond(database: Database) -> None:
    """Also when they were given in Japan time."""
    japan = NOON.astimezone(timezone(timedelta(hours=9)))
    with database.writing() as session:
        session.add(party("city"))
        session.flush()
        session.add(ActorRow(id="mayor", name="市長", party="city", entry=0))
        session.flush()
        common = {"name_ja": "a", "name_en": "a", "municipality": "city", "area": "{}", "declared_by": "mayor"}
        session.add(EventRow(id="e", starts=japan, ends=japan, declared_at=japan, entry=0, **common))
    with database.reading() as session:
        read = session.get_one(EventRow, "e").starts
        assert read == NOON
        assert read.tzinfo is UTC
        assert session.scalars(select(EventRow.id).where(EventRow.starts <= NOON)).all() == ["e"]
        assert session.scalars(select(EventRow.id).where(EventRow.starts < NOON)).all() == []


def test_two_writers_take_turns(database: Database) -> None:
    """Each reads a count and writes it plus one; on SQLite none is lost because the first read has the lock."""
    with database.writing() as session:
        session.add(party("counter"))

    def count() -> None:
        for _ in range(10):
            with database.writing() as session:
                session.get_one(PartyRow, "counter", with_for_update=True).entry += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(PartyRow, "counter").entry == 40


@pytest.mark.parametrize("base", [Base, ServiceBase])
def test_migrations_make_what_the_models_say(empty: Database, base: type[DeclarativeBase]) -> None:
    """Every module named `models` of the package is compared."""
    for module in pkgutil.walk_packages(umaya.__path__, "umaya."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    empty.migrate(base)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(party("post"))
    database.migrate()
    with database.reading() as session:
        assert session.get(PartyRow, "post") is not None


def test_processes_that_migrate_at_once_wait_for_each_other(database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(3)]
    errors: list[BaseException] = []

    def migrate(database: Database) -> None:
        try:
            database.migrate()
        except BaseException as error:  # what any thread raises is what the test is about
            errors.append(error)

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert errors == []


def test_sqlite_is_durable_and_private(tmp_path: Path) -> None:
    """Write-ahead log, synced at every commit, references enforced, readable by its owner alone."""
    path = tmp_path / "hub" / "hub.db"
    database = Database.open(f"sqlite:///{path}")
    with database.engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "sqlite://", "not a url", "postgresql://u:secret@h/d"])
def test_other_databases_are_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(InputError, match="database") as caught:
        Database.open(url)
    assert "secret" not in str(caught.value)


def test_without_its_driver_postgresql_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_psycopg(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".", maxsplit=1)[0] == "psycopg":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(builtins, "__import__", without_psycopg)
    with pytest.raises(InputError, match=r"umaya\[postgres\]"):
        Database.open("postgresql+psycopg://localhost/hub")


def test_a_use_beyond_the_two_thousand_millionth_entry_is_kept(database: Database) -> None:
    """A hundred thousand uses a second pass 2**31 entries within six hours."""
    database.migrate()
    now = datetime(2026, 4, 1, tzinfo=UTC)
    with database.writing() as session:
        session.add(
            UseRow(
                id="use",
                actor="officer",
                scheme="scheme",
                reason="permitted",
                stated_reason="",
                reason_salt="",
                decided_at=now,
                state="released",
                entry=2**31,
                closing_entry=2**40,
                rows=2**33,
            )
        )
    with database.reading() as session:
        kept = session.get_one(UseRow, "use")
        assert (kept.entry, kept.closing_entry, kept.rows) == (2**31, 2**40, 2**33)
