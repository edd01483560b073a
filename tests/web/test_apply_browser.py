"""The guided form in a real browser: from idea to scheme in both languages and sizes, live, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.gate.lists import TOPIC
from tests.web.apply_world import ASKER, make_apply_hub
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Bank and insurer."""
    folder: Path = tmp_path_factory.mktemp("apply-browser")
    hub = make_apply_hub(folder / "hub")
    yield hub
    hub.close()


def go_on(page: Page) -> None:
    """Press the button that keeps the step and leads to the next one; nothing may stick out sideways on the way."""
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    go(page.locator(".actions button[value=next]"))


@pytest.mark.parametrize(
    ("language", "size", "no_date"),
    [("ja", DESK, "日付ではありません"), ("en", PHONE, "It is no date")],
    ids=["ja-desk", "en-phone"],
)
def test_from_idea_to_scheme(hub: Hub, visitor: Visitor, language: str, size: dict[str, int], no_date: str) -> None:
    """The gate speaks while somebody types and falls silent when it is mended; what was made is what is submitted."""
    page = visitor.open("/apply/new", ASKER, language, size)
    go(page.locator("button[value=empty]"))
    for name, text in (
        ("title-ja", "満期のご案内"),
        ("title-en", "Offers"),
        ("purpose-ja", "案内"),
        ("purpose-en", "Offer"),
    ):
        page.locator(f"#{name}").fill(text)
    page.locator("#scheme").fill(f"offers-{language}")
    go_on(page)
    page.locator("#dataset").select_option("deposits")
    go(page.locator("button[value=choose]"))
    for name in ("balance", "town"):
        page.locator(f"#fields-{name}").check()
    go_on(page)
    page.locator("#recipient").select_option("insurer-minase")
    page.locator("#period-to").fill("2027-03-31")
    page.locator("#period-from").fill("spring")
    expect(page.locator("#fault-period-from")).to_contain_text(no_date)
    expect(page.locator("#period-from")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#gate-says")).to_contain_text(no_date)
    expect(page.locator("#track [aria-current=step]")).to_contain_text("⚠")
    page.locator("#period-from").fill("2026-06-01")
    expect(page.locator("#fault-period-from")).to_be_empty()
    expect(page.locator("#track [aria-current=step]")).to_contain_text("✓")
    expect(page.locator("#period-from")).not_to_have_attribute("aria-invalid", "true")
    go_on(page)
    page.locator("#basis-cross-sell-consent").check()
    go(page.locator("button[value=choose]"))
    page.locator("#topic").select_option(TOPIC)
    page.locator("#business").fill("insurance")
    go_on(page)
    page.locator("#obligations-add").select_option("delete-by")
    go(page.locator("button[value=add]"))
    page.locator("#obligations-0-days").fill("90")
    go_on(page)
    page.locator("#privacy-exposure-risk").select_option("middle")
    page.locator("#privacy-exposure-measure-ja").fill("帯で示す")
    go_on(page)
    expect(page.locator("#summary")).to_have_count(1)  # a measure in one language only is told, and kept
    expect(page.locator("#privacy-exposure-measure-ja")).to_have_value("帯で示す")
    page.locator("#privacy-exposure-measure-en").fill("In bands")
    go_on(page)
    go(page.locator("form[action$='/submit'] button"))
    assert page.url.endswith(f"/schemes/offers-{language}")
    document = hub.gate.schemes.get(f"offers-{language}").versions[0].document
    assert (document.fields, document.obligations) == (["balance", "town"], [{"delete-by": {"days": 90}}])


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(120):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_by_keyboard_alone(hub: Hub, visitor: Visitor) -> None:
    """Without a pointer and without scripts: every step is reached and left, a suggestion is taken."""
    page = visitor.open("/apply/new", ASKER, "en", DESK, scripts=False)

    def press(selector: str, key: str = "Enter") -> None:
        tab_to(page, selector)
        page.keyboard.press(key)

    def leave(selector: str = ".actions button[value=next]") -> None:
        tab_to(page, selector)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    def write(selector: str, text: str) -> None:
        tab_to(page, selector)
        page.keyboard.insert_text(text)

    leave("button[value=empty]")
    for name in ("title-ja", "title-en", "purpose-ja", "purpose-en"):
        write(f"#{name}", "統計 Statistics")
    write("#scheme", "by-keyboard")
    leave()
    tab_to(page, "#dataset")
    page.keyboard.type("Dep")
    leave("button[value=choose]")
    press("#fields-balance", "Space")
    press("#fields-town", "Space")
    leave()
    tab_to(page, "#recipient")
    page.keyboard.type("Minase L")
    write("#period-from", "2026-06-01")
    write("#period-to", "2027-03-31")
    leave()
    statistics = ".basis:has(#basis-statistics)"
    press(f"{statistics} summary")
    leave(f"{statistics} .offer button")
    leave()
    leave()
    leave(".actions button[value=next]")
    leave("form[action$='/submit'] button")
    assert page.url.endswith("/schemes/by-keyboard")
    document = hub.gate.schemes.get("by-keyboard").versions[0].document
    assert (document.basis, document.recipient) == ("statistics", "insurer-minase")
