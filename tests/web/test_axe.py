"""What axe-core finds on the pages of every role: nothing, by the rules of WCAG 2.2 A and AA and by good practice.

axe-core is the accessibility checker of Deque (MPL-2.0); it comes with the front end's development packages. It tells
faults that a program can tell; that a page is understood it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.services.offices import hubs as offices
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, served
from tests.web.hubs import APPLICANT, make_hub
from umaya.gate.roles import ROLES
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.navigation import LINKS

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
EVERYBODY = Actor(
    "all-roles", "とても長い名前の担当者（なんでもする係・兼務が多い人・第二線）", "post-minase", frozenset(ROLES)
)
"""Somebody with every role: every link of the header, and a long name."""
MORE = (
    "/",
    "/roads/reports",
    "/schemes/minase-passable-roads",
    "/review/minase-drill/1",
    "/apply/new",
    "/rights/new",
    "/register/new",
)
PUBLIC = ("/sign-in", "/joint-use", "/my", "/my/check", "/nowhere")

pytestmark = [*BROWSER_MARKS, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is missing: run `make frontend`")]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("axe") / "hub")
    hub.gate.catalogue.add_actor(EVERYBODY)
    yield hub
    hub.close()


def faults(page: Page) -> list[str]:
    """Return what axe-core finds on the page that is open: rule and element, one a line."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    where = page.url.split("/", 3)[3]
    return [
        f"/{where}: {fault['id']}: {node['html'][:100]}" for fault in found["violations"] for node in fault["nodes"]
    ]


def test_the_pages_of_every_role_have_no_fault(visitor: Visitor) -> None:
    page = visitor.open("/", EVERYBODY, "ja", PHONE)
    found = []
    for path in (*MORE, *(link.path for link in LINKS)):
        answer = page.goto(visitor.address + path)
        assert answer is not None
        assert answer.status == 200, path
        found += faults(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{path}: the page is wider than the screen")
    assert found == []


def test_the_pages_of_everybody_have_no_fault(visitor: Visitor) -> None:
    page = visitor.open("/", APPLICANT, "en", DESK)
    page.context.clear_cookies()
    found = []
    for path in PUBLIC:
        page.goto(visitor.address + path)
        found += faults(page)
    visitor.faults.clear()
    assert found == []


def test_offices_with_counts_have_no_fault(browser: Browser, tmp_path: Path) -> None:
    """Table, chart and map, which the hub of the other tests has nothing for."""
    valley = offices.make_valley(tmp_path / "hub", A=40, C=30, D=4)
    valley.hub.offices.count_people(offices.OFFICER)
    with served(valley.hub) as address:
        page = Visitor(browser, address).open("/offices?closed=middle", offices.OFFICER, "ja", PHONE)
        page.wait_for_selector("[data-drawn]")
        assert page.locator("table").count() > 0
        assert faults(page) == []
        page.context.close()
    valley.hub.close()
