"""The pages in a real browser: the road map by eye, keyboard and screen reader, live, in both languages, offline.

Chromium runs headless with software WebGL. Every test also proves that no request left for another host, that no page
logged an error and that the Content-Security-Policy stopped nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import pytest
from playwright.sync_api import Page, expect

from tests.web import town
from tests.web.browsing import BROWSER_MARKS, DESK, PATIENCE_MS, PHONE, Visitor, go
from tests.web.hubs import AUDITOR, OFFICER, PlayedRoads, make_hub
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub after its earthquake."""
    hub = make_hub(tmp_path_factory.mktemp("browser") / "hub")
    yield hub
    hub.close()


def wait_for_map(page: Page) -> None:
    """Wait until the map is drawn."""
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("language", "size", "blocked", "passed"),
    [
        ("ja", DESK, "3 区間", "1時間以内に通れた"),
        ("en", DESK, "3 stretches", "Passed within 1 hour"),
        ("ja", PHONE, "3 区間", "1時間以内に通れた"),
        ("en", PHONE, "3 stretches", "Passed within 1 hour"),
    ],
    ids=["ja-desk", "en-desk", "ja-phone", "en-phone"],
)
def test_the_map_is_drawn(visitor: Visitor, language: str, size: dict[str, int], blocked: str, passed: str) -> None:
    """In both languages and sizes: legend with totals, event, caution; nothing sticks out of the page sideways."""
    page = visitor.open("/roads", OFFICER, language, size)
    wait_for_map(page)
    assert page.locator("html").get_attribute("lang") == language
    expect(page.locator("[data-total=probably-blocked]")).to_have_text(blocked)
    expect(page.locator(".legend:not(.legend--reports)")).to_contain_text(passed)
    expect(page.locator(".event")).to_contain_text("2026")
    expect(page.locator(".caution")).to_be_visible()
    width = page.locator("body").bounding_box()
    assert width is not None
    assert width["width"] <= size["width"]
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_colours_and_marks_are_on_the_canvas(visitor: Visitor) -> None:
    """The picture holds the navy of passed roads, the red of blocked ones, water, and the black turn-back marks."""
    page = visitor.open("/roads", OFFICER, "en", DESK)
    wait_for_map(page)
    colours = colours_of(page)
    for name, colour in {
        "passed": (0, 17, 143),
        "blocked": (206, 0, 0),
        "water": (220, 240, 255),
        "mark": (0, 0, 0),
    }.items():
        assert any(max(abs(a - b) for a, b in zip(colour, seen, strict=True)) <= 4 for seen in colours), name


def colours_of(page: Page) -> set[tuple[int, int, int]]:
    """Return the colours of the map's picture; decoded by the browser itself."""
    from base64 import b64encode

    png = b64encode(page.locator("[data-map] canvas").first.screenshot()).decode()
    found = page.evaluate(
        """async (png) => {
          const image = new Image();
          image.src = "data:image/png;base64," + png;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0);
          const { data } = pen.getImageData(0, 0, image.width, image.height);
          const seen = new Set();
          for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
          return [...seen];
        }""",
        png,
    )
    return {(c >> 16, c >> 8 & 255, c & 255) for c in found}


def test_the_slider_goes_back_in_time_by_keyboard(visitor: Visitor) -> None:
    """Three windows back: the time, the totals, the address and the links to list and downloads follow."""
    page = visitor.open("/roads", OFFICER, "en", DESK)
    wait_for_map(page)
    slider = page.get_by_role("slider", name="Time shown")
    expect(slider).to_have_attribute("aria-valuetext", "Sat, Nov 21, 05:10")
    slider.focus()
    slider.press("Home")
    expect(page.locator("[data-total=probably-blocked]")).to_have_text("0 stretches")
    expect(slider).to_have_attribute("aria-valuetext", "Sat, Nov 21, 02:20")
    then = re.compile("at=2026-11-20T17%3A20%3A00Z")
    expect(page).to_have_url(then)
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", then)
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Live").click()
    expect(page.locator("[data-total=probably-blocked]")).to_have_text("3 stretches")


def test_play_moves_on_and_pauses(visitor: Visitor) -> None:
    page = visitor.open("/roads?at=2026-11-20T17:40:00Z", OFFICER, "en", DESK)
    wait_for_map(page)
    now = page.locator("[data-now]")
    expect(now).to_have_text("Sat, Nov 21, 02:40")
    page.get_by_role("button", name="Play").click()
    expect(now).to_have_text("Sat, Nov 21, 02:50")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_road_is_chosen_by_click_or_link_and_told(visitor: Visitor) -> None:
    """The panel names the bridge, its status and confidence, and is announced politely."""
    bridge = town.closed()[0]
    page = visitor.open(f"/roads?segment={bridge}", OFFICER, "en", DESK)
    wait_for_map(page)
    panel = page.locator("[data-details]")
    expect(panel).to_contain_text("Ekimae-dori")
    expect(panel).to_contain_text("Probably blocked")
    expect(panel).to_contain_text("93%")
    assert panel.get_attribute("aria-live") == "polite"
    page.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    box = page.locator("[data-map] canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # the map was centred on the bridge
    expect(panel).to_contain_text("Ekimae-dori")


def test_a_new_window_arrives_without_reload(visitor: Visitor, hub: Hub) -> None:
    """On the map and in the list; the news is announced to screen readers."""
    roads = cast("PlayedRoads", hub.roads)
    roads.window = 3
    try:
        page = visitor.open("/roads", OFFICER, "en", DESK)
        wait_for_map(page)
        listed = visitor.open("/roads/list", OFFICER, "en", DESK)
        expect(page.locator("[data-total=probably-blocked]")).to_have_text("0 stretches")
        expect(listed.get_by_role("table")).not_to_contain_text("Probably blocked")
        page.evaluate("() => { document.documentElement.dataset.same = 'page'; }")
        roads.window = 4
        expect(page.locator("[data-total=probably-blocked]")).to_have_text("3 stretches")
        expect(listed.get_by_role("table")).to_contain_text("Probably blocked")
        expect(page.locator("[data-announce]")).to_contain_text("until Sat, Nov 21, 03:00")
        expect(page.locator("[data-now]")).to_have_text("Sat, Nov 21, 03:00")
        assert page.locator("html").get_attribute("data-same") == "page"
    finally:
        roads.window = town.WINDOWS - 1


def test_the_list_needs_no_script(visitor: Visitor) -> None:
    """What is worst comes first; a filter by name and status; a link back to the map."""
    page = visitor.open("/roads/list", OFFICER, "en", PHONE, scripts=False)
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Probably blocked")
    page.get_by_label("Road name").fill("ekimae")
    page.get_by_label("Status", exact=True).select_option("probably-blocked")
    go(page.get_by_role("button", name="Filter"))
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Ekimae-dori")
    assert "/roads?segment=" in (rows.first.get_by_role("link").get_attribute("href") or "")
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.goto(f"{visitor.address}/roads")
    expect(page.locator("noscript a")).to_have_attribute("href", "/roads/list")


@pytest.mark.parametrize("path", ["/", "/roads", "/roads/list", "/schemes", "/releases"])
def test_pages_have_landmarks_labels_and_one_heading(visitor: Visitor, path: str) -> None:
    page = visitor.open(path, OFFICER, "en", DESK)
    if path == "/roads":
        wait_for_map(page)
    for role in ("banner", "navigation", "main"):
        expect(page.get_by_role(role).first).to_be_visible()
    assert page.locator("h1").count() == 1
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
          .filter((e) => !(e.ariaLabel || e.getAttribute("aria-labelledby") || e.innerText?.trim()
            || e.labels?.length || e.querySelector("svg[aria-label], .visually-hidden")))
          .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    repeated = page.evaluate(
        """() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
          return ids.filter((id, i) => ids.indexOf(id) !== i); }"""
    )
    assert repeated == []


def test_the_keyboard_reaches_everything_in_reading_order(visitor: Visitor) -> None:
    """Skip link first, then header, the two views, the map, its controls, the slider, the downloads; focus is seen."""
    page = visitor.open("/roads", OFFICER, "en", DESK)
    wait_for_map(page)
    reached: list[str] = []
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
        reached.append(
            page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.innerText?.trim() || ''")
        )
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid" or reached[-1] == "", f"no focus is seen on {reached[-1]}"
    order = [
        "Skip to main content",
        "Road map",
        "Sign out",
        "Map",
        "List",
        "Zoom in",
        "Play",
        "Time shown",
        "Live",
        "CSV",
    ]
    places = [reached.index(name) for name in order]
    assert places == sorted(places)
    assert "Map of passed roads" in reached, "the map itself takes the keyboard"


def test_controls_are_large_enough_to_touch(visitor: Visitor) -> None:
    """44 by 44 CSS pixels on a phone, for everything that stands alone."""
    page = visitor.open("/roads", OFFICER, "en", PHONE)
    wait_for_map(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .button, .tabs a, .language a, .site-nav a, input[type=range]")]
          .filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44))
          .map((e) => `${e.outerHTML.slice(0, 80)} ${e.offsetWidth}x${e.offsetHeight}`)"""
    )
    assert small == []


def test_the_auditor_verifies_the_ledger_in_one_click(visitor: Visitor) -> None:
    page = visitor.open("/ledger", AUDITOR, "en", DESK)
    page.evaluate("() => { document.documentElement.dataset.same = 'page'; }")
    page.get_by_role("button", name="Verify the ledger").click()
    expect(page.locator("#verify-result")).to_contain_text("The ledger is whole")
    assert page.locator("html").get_attribute("data-same") == "page"
