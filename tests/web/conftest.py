"""Hubs for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.web.browsing import CHROMIUM, FLAGS, Visitor, served
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


@pytest.fixture(scope="module")
def address(hub: Hub) -> Iterator[str]:
    """Where the hub is served."""
    with served(hub) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    """A visitor; at the end nothing must have gone wrong."""
    visitor = Visitor(browser, address)
    yield visitor
    for context in browser.contexts:
        context.close()
    assert visitor.faults == []
