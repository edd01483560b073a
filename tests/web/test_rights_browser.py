"""The rights desk in a real browser: nothing is cut off on a phone, and a clerk gets from the list to the next step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.gate.rights.desk_world import DESK, World
from tests.web.browsing import BROWSER_MARKS, PHONE, Visitor, go
from tests.web.browsing import DESK as DESK_SIZE
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    world = World(Path(tmp_path_factory.mktemp("rights")) / "hub")
    world.ask()
    yield world.hub
    world.hub.close()


@pytest.mark.parametrize(("language", "size"), [("ja", PHONE), ("en", DESK_SIZE)])
def test_from_the_list_to_the_next_step(visitor: Visitor, language: str, size: dict[str, int]) -> None:
    page = visitor.open("/rights", DESK, language, size)
    go(page.locator("tbody a").first)
    page.locator(".next-step a").click()
    expect(page).to_have_url(re.compile("#act-identify$"))
    expect(page.locator("#act-identify select")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert visitor.faults == []
