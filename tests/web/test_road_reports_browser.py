"""What carriers report on the road map, in a real browser: marks, list, panel with the photo, switch, news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect

from tests.services.reports.pictures import jpeg, street
from tests.services.reports.world import CARRIER, report_hub
from tests.web import town
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor
from tests.web.hubs import OFFICER, PlayedRoads
from umaya.hub import Hub
from umaya.ledger.entries import Entry
from umaya.services.reports import Word
from umaya.services.reports.rules import KINDS
from umaya.services.roads.service import MapState, RoadMapService
from umaya.types.site import Actor

pytestmark = BROWSER_MARKS


@dataclass
class Reopening(PlayedRoads):
    """The town, where every road passed within the last hour was probably blocked before."""

    def state(self, actor: Actor, at: datetime | None = None) -> MapState:
        found = super().state(actor, at)
        table = found.segments
        again = [town.FIRST if age == "1h" else None for age in table["age_class"].to_pylist()]
        column = table.column_names.index("reopened")
        return replace(found, segments=table.set_column(column, table.schema.field(column), pa.array(again)))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """One report of each kind along the town, the first with a photo, and three more on the last one's road."""
    with report_hub(tmp_path_factory.mktemp("reports") / "hub") as made:
        roads = town.road_network().edges
        chosen = [int(n) for n in np.linspace(0, roads.num_rows - 1, len(KINDS))]
        places = [int(roads["segment_id"][row].as_py()) for row in chosen]
        for kind, place in zip(KINDS, places, strict=True):
            made.reports.make(CARRIER, kind, place, jpeg(street()) if kind == KINDS[0] else None)
        for _ in range(3):
            made.reports.make(CARRIER, "ice", places[-1])
        yield replace(made, roads=cast("RoadMapService", Reopening(made.gate)))


def recorded(hub: Hub, kind: str) -> int:
    """Return how many entries of a kind the ledger has."""
    return sum(Entry.from_bytes(hub.ledger.entry_bytes(n)).kind == kind for n in range(hub.ledger.size))


def opened(visitor: Visitor, language: str, size: dict[str, int]) -> Page:
    page = visitor.open("/roads", OFFICER, language, size)
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=30_000)
    return page


@pytest.mark.parametrize(
    ("language", "size", "note"),
    [("ja", DESK, "いま有効な報告は9件です。"), ("en", PHONE, "Reports in force now: 9.")],
    ids=["ja-desk", "en-phone"],
)
def test_reports_are_on_the_map(
    visitor: Visitor, language: str, size: dict[str, int], note: str, tmp_path: Path
) -> None:
    page = opened(visitor, language, size)
    expect(page.locator("[data-reports] [data-note]")).to_have_text(note)
    page.screenshot(path=tmp_path / "map.png", full_page=True)
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_a_mark_tells_its_report_by_click_and_by_keyboard(visitor: Visitor, hub: Hub, tmp_path: Path) -> None:
    """Kind, road, times and the masked photo, of which a look is recorded; the keyboard goes in and comes back."""
    page = opened(visitor, "en", DESK)
    panel = page.locator("[data-report-details]")
    ice = page.locator("[data-near] button").filter(has_text="Ice: Ote-dori")
    ice.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading")).to_have_text("Ice: Ote-dori")
    expect(panel.get_by_role("heading")).to_be_focused()
    expect(panel.locator("dd").first).to_have_text("Sat, Nov 21, 05:00")
    image = panel.get_by_role("img")
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate("e => e.naturalWidth") > 0
    assert recorded(hub, "road.report-photo-shown") == 1
    page.screenshot(path=tmp_path / "panel.png")
    panel.get_by_role("button", name="Close").click()
    expect(ice).to_be_focused()
    box = page.locator("[data-map] canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 14)
    expect(panel.get_by_role("heading")).to_have_text("Ice: Ote-dori")
    page.locator("[data-switch]").uncheck()
    expect(page.locator("[data-near] button")).to_have_count(0)
    expect(panel).to_be_hidden()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("[data-details]")).to_be_visible()
    expect(panel).to_be_hidden()


def test_a_new_report_comes_by_itself_and_a_cleared_one_goes(visitor: Visitor, hub: Hub) -> None:
    """An open map asks again; while nothing changed the ledger says nothing."""
    page = opened(visitor, "en", DESK)
    looks = recorded(hub, "road.reports-shown")
    place = int(town.road_network().edges["segment_id"][6].as_py())
    note = page.locator("[data-reports] [data-note]")

    def look() -> int:
        with page.expect_response("**/api/v1/roads/reports") as answer:
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        return answer.value.status

    assert look() == 304
    made = hub.reports.make(CARRIER, "pothole", place)
    look()
    expect(note).to_have_text("Reports in force now: 10.")
    hub.reports.say(CARRIER, made.id, Word.CLEAR)
    look()
    expect(note).to_have_text("Reports in force now: 9.")
    assert recorded(hub, "road.reports-shown") == looks + 2


def test_at_an_earlier_time_reports_are_not_shown(visitor: Visitor) -> None:
    page = visitor.open("/roads?at=2026-11-20T17:40:00Z", OFFICER, "en", DESK)
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=30_000)
    expect(page.locator("[data-reports] [data-note]")).to_contain_text("only what holds now")
    expect(page.locator("[data-near] button")).to_have_count(0)
