"""One SQL database behind one session: SQLite (WAL) by default, PostgreSQL by URL.

Must hold: a committed transaction survives a power cut; a writing transaction sees no change by others between its
first read and its commit on SQLite (it holds the write lock), and locks the rows it names on PostgreSQL.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from umaya.stores.commits import Commits, CountedCommits, CountedConnection, ServerCommits
from umaya.types.errors import InputError, Place

_PLACE = Place("settings", field="database")
_MIGRATION_LOCK = 8_019_221_045  # any number, the same in every process
_BUSY_TIMEOUT_MS = 30_000


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC to the microsecond; SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_TYPES: dict[Any, Any] = {datetime: UtcDateTime}


class Base(DeclarativeBase):
    """Root of every table of the gate."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = _TYPES


class ServiceBase(DeclarativeBase):
    """Root of every table that services keep in their own database; nothing personal of the gate's stands there."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = _TYPES


_SCRIPTS: dict[type[DeclarativeBase], str] = {
    Base: "umaya.stores:migrations",
    ServiceBase: "umaya.stores:service_migrations",
}


class Database:
    """An open database. Close it when done; safe to share among threads.

    Attributes:
        engine: for rooms that need SQL beyond the session.
    """

    def __init__(self, engine: Engine, commits: Commits) -> None:
        self.engine = engine
        self._reader = engine.execution_options(umaya_reads=True)
        self._commits = commits

    @staticmethod
    def open(url: str) -> Database:
        """Connect to `sqlite:///FILE` or `postgresql+psycopg://...`.

        Raises:
            InputError: when the URL is of another kind, or PostgreSQL's driver is not installed.
        """
        parsed = _parsed(url)
        try:
            engine = create_engine(
                parsed,
                pool_pre_ping=parsed.get_backend_name() == "postgresql",
                hide_parameters=True,  # errors are logged, and what people wrote is among the parameters
                connect_args={"factory": CountedConnection} if parsed.get_backend_name() == "sqlite" else {},
            )
        except ModuleNotFoundError as error:
            raise InputError(
                _PLACE, "the PostgreSQL driver is not installed", "install the extra: pip install 'umaya[postgres]'"
            ) from error
        if parsed.get_backend_name() == "postgresql":
            return Database(engine, ServerCommits(engine))
        path = Path(str(parsed.database))
        _private_file(path)
        commits = CountedCommits.beside(path)
        event.listen(engine, "connect", lambda connection, _: _set_up_sqlite(connection, commits))
        event.listen(engine, "begin", _begin_sqlite)
        return Database(engine, commits)

    def version(self) -> Hashable:
        """Return a value that stays equal as long as nothing is committed to this database by any thread or process.

        What a transaction reads that *begins after* this call holds for as long as a later call returns an equal value:
        no commit was acknowledged between the two. Its isolation level does not matter, but a transaction that began
        before may see less than the version says. A value may differ, even from itself asked again at once, without a
        commit: then look again, never assume.

        On SQLite this reads two words of shared memory and sees every commit through a `Database`, not those of other
        programs; on PostgreSQL it asks the server, which knows all.
        """
        return self._commits.version()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that changes nothing; it is rolled back."""
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that is committed at the end, or rolled back when the body raises."""
        with Session(self.engine) as session, session.begin():
            yield session

    def migrate(self, base: type[DeclarativeBase] = Base) -> None:
        """Bring the tables of `Base` or `ServiceBase` to their newest form; processes that do so wait for each other.

        One database holds the tables of one of them.
        """
        config = Config()
        config.set_main_option("script_location", _SCRIPTS[base])
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def forget_deleted(self) -> None:
        """Take what was deleted out of the files of SQLite: out of its log too, as soon as nobody reads an older state.

        PostgreSQL does so by itself in time (autovacuum); what its archives keep follows their own period.
        """
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection."""
        self._commits.close()
        self.engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(
            _PLACE, "the URL cannot be read", "write sqlite:///FILE or postgresql+psycopg://..."
        ) from error
    file_based = parsed.drivername in {"sqlite", "sqlite+pysqlite"} and parsed.database not in {None, "", ":memory:"}
    if not file_based and parsed.drivername != "postgresql+psycopg":
        raise InputError(_PLACE, "the URL is of an unknown kind", "write sqlite:///FILE or postgresql+psycopg://...")
    return parsed


def _private_file(path: Path) -> None:
    """Make the file, readable by its owner alone, before SQLite would make it readable by more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _set_up_sqlite(connection: Any, commits: CountedCommits) -> None:
    connection.commits = commits
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # no statement, injected or not, reaches another file
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
    for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _use_wal(connection)


def _use_wal(connection: Any) -> None:
    """Switch a fresh file to WAL; SQLite does not wait there by itself while another connection does the same."""
    until = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could not get the write lock any more once another has
    # written in between, so one that may write takes the lock at once.
    writes = not connection.get_execution_options().get("umaya_reads", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    driver: Any = connection.connection.driver_connection
    driver.writes = writes
