"""The gate's database for a test: on SQLite migrated once a process and copied, on PostgreSQL migrated each time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from umaya.stores.database import Database


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
