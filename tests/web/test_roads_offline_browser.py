"""The road map to take along in a real browser: opened from its folder, without any network, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web import town
from tests.web.browsing import BROWSER_MARKS, DESK, PATIENCE_MS, PHONE
from tests.web.hubs import OFFICER, make_hub
from umaya.cli.roads import page_parts
from umaya.services.roads.drawn import Drawn
from umaya.services.roads.tiles_offline import files

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder as the command makes it."""
    directory = tmp_path_factory.mktemp("offline")
    hub = make_hub(directory / "hub")
    about = {"kind": "ice", "name": "大手通り", "name_en": "Ote-dori", "segment_id": 0, "photo": True, "damage": None}
    times = {"made_at": "2026-11-20T20:00:00Z", "holds_until": "2026-11-21T08:00:00Z", "confirmations": 2}
    point = {"type": "Point", "coordinates": [town.WEST, town.SOUTH]}
    report = {"type": "Feature", "id": "r", "geometry": point, "properties": {**about, **times}}
    reports = {"type": "FeatureCollection", "features": [report]}
    for name, content in files(Drawn(hub.roads), hub.roads.state(OFFICER), page_parts(), "sample", reports).items():
        (directory / name).write_bytes(content)
    yield directory
    hub.close()


@pytest.mark.parametrize(
    ("language", "size", "title", "status"),
    [
        ("ja", DESK, "通れた道マップ（持ち出し用）", "3時間以内に通れた"),
        ("en", PHONE, "Passable roads, to take along", "Passed within 3 hours"),
    ],
    ids=["ja-desk", "en-phone"],
)
def test_the_page_opens_from_its_folder(
    browser: Browser, folder: Path, tmp_path: Path, language: str, size: dict[str, int], title: str, status: str
) -> None:
    """The map is drawn, a road tells what is known of it by a click, and nothing was asked for from anywhere."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale=language, offline=True
    )
    page = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split(":")[0]))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    page.goto((folder / "map.html").as_uri())
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=PATIENCE_MS)
    assert page.locator("html").get_attribute("lang") == language
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".caution")).to_be_visible()
    expect(page.locator(".stage")).to_contain_text("05:10")
    expect(page.locator(".legend li")).to_have_count(15)
    page.screenshot(path=tmp_path / "offline.png", full_page=True)
    box = page.locator("[data-map] canvas").first.bounding_box()
    assert box is not None
    # The map fits the town by its width: the street north of the bridge lies so much above the middle.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - box["width"] * 0.036)
    panel = page.locator(".panel--selected:not([data-report-details])")
    expect(panel).to_contain_text(status)
    expect(panel).to_contain_text("way/1212@0.0-200.0#")
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.get_by_role("link", name="English" if language == "ja" else "日本語").click()
    page.wait_for_selector(f"html[lang={'en' if language == 'ja' else 'ja'}][data-map=ready]", state="attached")
    assert set(asked) <= {"file", "blob", "data"}
    assert faults == []
    context.close()
