"""Worlds with a group in them."""

from __future__ import annotations

import pytest

from tests.gate.joint_use.group import form_group
from tests.gate.world import World


@pytest.fixture
def group(world: World) -> World:
    """The group on SQLite."""
    return form_group(world)


@pytest.fixture
def either_group(either_world: World) -> World:
    """The group on SQLite and on PostgreSQL."""
    return form_group(either_world)
