"""Checking buildings on a phone: the picture, large targets, no way to the side; the steward's overview at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.services.buildings.world import CARRIER, STEWARD, check_hub, resolved
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("checks")
    with check_hub(folder / "hub") as made:
        made.checks.add(STEWARD, resolved(folder / "out").checks(), lambda _lon, _lat: "central")
        yield made


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_carrier_checks_on_a_phone_and_the_steward_sees_it(visitor: Visitor, language: str, tmp_path: Path) -> None:
    page = visitor.open("/checks", CARRIER, language, PHONE)
    go(page.locator(".check__send"))
    while page.locator(".check-map__candidate").count() < 2:
        go(page.locator("a[href*='after=']"))
    page.screenshot(path=tmp_path / f"row-{language}.png", full_page=True)
    for target in page.locator(".check__choices label, .check select, .check button").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("[name=chosen]").first.check()
    page.locator("[value=one]").check()
    go(page.locator(".check__send"))
    expect(page.get_by_role("status")).to_be_visible()
    steward = visitor.open("/checks/overview", STEWARD, language, DESK)
    expect(steward.locator("#by-reason")).to_be_visible()
    steward.screenshot(path=tmp_path / f"overview-{language}.png", full_page=True)
    assert visitor.faults == []
