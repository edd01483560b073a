"""The town of these tests, furnished, on SQLite and on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.people.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    yield from _furnished(f"sqlite:///{tmp_path / 'hub.db'}")


@pytest.fixture
def either_town(database_url: str) -> Iterator[Town]:
    yield from _furnished(database_url)


def _furnished(url: str) -> Iterator[Town]:
    database = migrated(url)
    town = Town(database)
    town.furnish()
    yield town
    database.close()
