"""A practised clerk at the counter in a real browser: how many keys it takes, and that a person can sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.gate.people.town import CLERK, CROSS_SELL
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.counters import make_hub, number
from umaya.gate.people.look_ups import Way
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("counter") / "hub", topics=(CROSS_SELL,))
    yield hub
    hub.close()


class Keys:
    """Presses keys and counts: a word that is typed or scanned is one interaction, as is each other key.

    A practised hand begins when the page is there and the focus stands where it is wanted (`on`).
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    def on(self, selector: str) -> Keys:
        """Wait until what is meant has the focus."""
        expect(self._page.locator(f":is({selector}):focus")).to_have_count(1)
        return self

    def type(self, text: str) -> None:
        self._page.keyboard.insert_text(text)
        self.pressed += 1

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)
            self.pressed += 1


def state(hub: Hub, person: int) -> str:
    return str(hub.gate.consents.look_up(CLERK, person, CROSS_SELL, Way.API).state)


@pytest.mark.parametrize(("language", "size"), [("ja", DESK), ("en", PHONE)], ids=["ja-desk", "en-phone"])
def test_a_look_up_takes_two_keys_and_a_consent_nine(
    hub: Hub, visitor: Visitor, language: str, size: dict[str, int]
) -> None:
    """Look up, take, slip, next person; look up again, withdraw. Never the mouse; nothing sticks out sideways."""
    person = 20 if language == "ja" else 21
    page = visitor.open("/counter", CLERK, language, size)
    keys = Keys(page)
    shown = page.locator(".counter-state__word")

    def wide() -> None:
        assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0

    wide()
    keys.on("#number").type(number(hub, person))
    keys.press("Enter")
    expect(shown).to_contain_text("同意の記録はありません" if language == "ja" else "No consent on record")
    wide()
    assert keys.pressed == 2
    keys.on("form[action='/counter/take'] button").press("Enter")
    expect(page.locator(".counter-sheet:visible")).to_have_count(1)
    expect(page.locator(".counter-sheet:visible")).to_have_attribute("lang", language)
    expect(page.locator("#explained-validity")).to_be_focused()
    wide()
    keys.press("Space", "Enter")
    expect(page.locator("#explained-withdrawal")).to_be_focused()
    keys.press("Space", "Enter")
    expect(page.locator("#typed")).to_be_focused()
    keys.type("水無 花子")
    keys.press("Enter")
    expect(page.locator(".counter-slip")).to_contain_text("2027")
    wide()
    assert keys.pressed == 9
    assert state(hub, person) == "active"
    keys.on("a").press("Enter")
    keys.on("#number")
    keys.pressed = 0
    keys.type(number(hub, person))
    keys.press("Enter")
    expect(shown).to_contain_text("有効" if language == "ja" else "In force")
    keys.on("a").press("Shift+Tab", "Enter")
    expect(page.locator(".decision")).to_be_visible()
    keys.on("form[action='/counter/withdrawn'] button").press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    assert keys.pressed == 5
    assert state(hub, person) == "withdrawn"
    page.goto(page.url.split("?")[0] + "/today")
    expect(page.locator("tbody tr")).to_have_count(2 if language == "ja" else 4)
    wide()


def test_a_person_signs_and_reads_in_their_own_language(hub: Hub, visitor: Visitor) -> None:
    """The clerk's pages are Japanese; the sheet turns to English; the signature is the evidence, and is drawn again."""
    page = visitor.open(f"/counter?topic={CROSS_SELL}", CLERK, "ja", PHONE)
    page.locator("#number").fill(number(hub, 22))
    go(page.locator("#number"), "Enter")
    expect(page.locator(".counter-state__word")).to_be_visible()
    Keys(page).on("form[action='/counter/take'] button").press("Enter")
    page.locator("[data-language=en]").check()
    expect(page.locator(".counter-sheet:visible")).to_contain_text("From today through April 2, 2027.")
    expect(page.locator("[data-sheet=ja]")).to_be_hidden()
    for name in ("validity", "withdrawal"):
        page.locator(f"#explained-{name}").check()
    pad = page.locator("canvas.signature")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=3)
    page.mouse.up()
    go(page.locator("form.counter-take .button--primary"))
    expect(page).to_have_url(re.compile("/counter/receipts/.*for=en"))
    entry = int(page.url.rsplit("/", 1)[1].split("?")[0])
    opened = hub.gate.evidence.open(CLERK, entry, Way.API, "test")
    assert opened.form["language"] == "en"
    assert len(opened.form["strokes"][0]) == 4
    page.goto(page.url.split("/counter")[0] + f"/counter/evidence?entry={entry}")
    keys = Keys(page).on("#reason")
    keys.type("問い合わせ")
    keys.press("Enter")
    expect(page.locator("svg.signature polyline")).to_have_count(1)
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_without_scripts_it_works_as_well(hub: Hub, visitor: Visitor) -> None:
    page = visitor.open("/counter", CLERK, "en", DESK, scripts=False)
    page.locator("#number").fill(number(hub, 23))
    go(page.locator("#number"), "Enter")
    go(page.get_by_role("button", name="Take a consent"))
    for name in ("validity", "withdrawal"):
        page.locator(f"#explained-{name}").check()
    page.locator("#typed").fill("Hanako")
    go(page.locator("#typed"), "Enter")
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    assert state(hub, 23) == "active"
