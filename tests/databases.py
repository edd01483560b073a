"""Databases for tests: migrated by Alembic once a process and kind; the next ones are told by heart what it said.

Alembic reads some thirty files for every empty database, which costs more than most tests. What it tells the database
does not depend on anything but the database being empty, so it is kept and told again. `tests/stores`, where the
migrations themselves are tested, does without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.orm import DeclarativeBase

from umaya.stores.database import Base, Database

Migrate = Callable[[Database, type[DeclarativeBase]], None]
Statements = list[tuple[str, Any]]
_ASKED = ("BEGIN", "PRAGMA", "SELECT")
"""How statements begin that leave nothing in an empty database."""


def by_heart(migrate: Migrate) -> Migrate:
    """Return what does the same as `Database.migrate`, by Alembic for the first empty database of each kind alone."""
    known: dict[tuple[str, type[DeclarativeBase]], tuple[str, Statements]] = {}

    def told(database: Database, base: type[DeclarativeBase] = Base) -> None:
        kind = database.engine.dialect.name, base
        if kind in known:
            head, statements = known[kind]
            if _told(database.engine, head, statements):
                return
        with _listening(database.engine) as heard:
            migrate(database, base)
        if any("CREATE TABLE alembic_version" in statement for statement, _ in heard):  # it was empty
            known[kind] = _head(database.engine), heard

    return told


def _told(engine: Engine, head: str, statements: Statements) -> bool:
    """Tell an empty database the statements; return whether its tables are in their newest form now."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            return bool(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head)
        if tables:
            return False
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
        cursor.close()
        return True


@contextmanager
def _listening(engine: Engine) -> Iterator[Statements]:
    heard: Statements = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not statement.lstrip().startswith(_ASKED):
            heard.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def _head(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def migrated(url: str) -> Database:
    """Return an open database with the gate's tables, none of them filled where the URL leads to nothing yet."""
    if not url.startswith("sqlite:///"):
        database = Database.open(url)
        database.migrate()
        return database
    file = Path(url.removeprefix("sqlite:///"))
    if not file.exists() or not file.stat().st_size:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_tables())
    return Database.open(url)


@cache
def _tables() -> bytes:
    with TemporaryDirectory(prefix="umaya-tables-") as folder:
        file = Path(folder) / "gate.db"
        database = Database.open(f"sqlite:///{file}")
        database.migrate()
        database.close()
        return file.read_bytes()
