"""Worlds for the tests of the gate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The world on SQLite, furnished."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    world = World(database, tmp_path / "vault")
    world.furnish()
    yield world
    database.close()


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """The world on SQLite and on PostgreSQL, furnished."""
    database = migrated(database_url)
    world = World(database, tmp_path / "vault")
    world.furnish()
    yield world
    database.close()


@pytest.fixture
def ready(world: World) -> World:
    """The world with its scheme approved and its event declared."""
    world.approve()
    world.declare()
    return world
