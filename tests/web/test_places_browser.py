"""An address tried in a real browser: by the keyboard alone, on a desk and on a phone, with its map."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from tests.web.addresses import make_address_hub
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.hubs import AUDITOR
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_address_hub(tmp_path_factory.mktemp("places") / "hub")
    hub.addresses.lookup().normalise(pa.array(["本郷"]))  # compiles what is not compiled yet
    yield hub
    hub.close()


@pytest.mark.parametrize(("language", "size"), [("ja", DESK), ("en", PHONE)], ids=["ja-desk", "en-phone"])
def test_an_address_is_suggested_chosen_and_read_by_keys_alone(
    visitor: Visitor, language: str, size: dict[str, int]
) -> None:
    """Romaji in, two suggestions taken, Enter; nothing sticks out sideways, nothing stands in the page's URL."""
    page = visitor.open("/places/addresses", AUDITOR, language, size)
    field = page.get_by_role("combobox")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("bunkyo hongo 3-12")
    expect(page.get_by_role("option").first).to_contain_text("東京都文京区本郷三丁目12")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    field.press("Enter")
    expect(field).to_have_value("東京都文京区本郷三丁目12")
    field.press("Escape")
    field.press_sequentially("-10")
    expect(page.get_by_role("option").first).to_contain_text("12-10")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("東京都文京区本郷三丁目12-10")
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    go(field, "Enter")
    expect(page.locator(".address-part--town")).to_contain_text("本郷三丁目")
    expect(page.locator("[data-point][data-drawn]")).to_have_count(1)
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    assert page.url.endswith("/places/addresses")
    assert visitor.faults == []


def test_without_scripts_an_address_is_read_all_the_same(visitor: Visitor) -> None:
    """The map is not there, its words are."""
    page = visitor.open("/places/addresses", AUDITOR, "ja", DESK, scripts=False)
    page.get_by_label("住所").first.fill("和歌山市秋月57番地10")
    go(page.get_by_role("button", name="読み取る"))
    expect(page.locator(".badge").first).to_have_text("地番")
    expect(page.locator("[data-point]")).to_be_hidden()
