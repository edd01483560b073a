"""Hubs for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.hubs import make_hub
from umaya.hub import Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub after its earthquake; shared by the tests of a module."""
    hub = make_hub(tmp_path_factory.mktemp("web") / "hub")
    yield hub
    hub.close()


@pytest.fixture
def fresh_hub(tmp_path: Path) -> Iterator[Hub]:
    """A demo hub of the test's own."""
    hub = make_hub(tmp_path / "hub")
    yield hub
    hub.close()
