"""What carriers report on the road map, in a real browser: marks, list, panel with the photo, switch, news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.services.reports.pictures import jpeg, street
from tests.services.reports.world import CARRIER, report_hub
from tests.web import town
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, served
from tests.web.hubs import AREA, OFFICER, PlayedRoads
from umaya.gate import Area, Words
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


def look(page: Page) -> int:
    """Let an open map ask again; return the status of the answer."""
    with page.expect_response("**/api/v1/roads/reports") as answer:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return answer.value.status


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

    assert look(page) == 304
    made = hub.reports.make(CARRIER, "pothole", place)
    look(page)
    expect(note).to_have_text("Reports in force now: 10.")
    hub.reports.say(CARRIER, made.id, Word.CLEAR)
    look(page)
    expect(note).to_have_text("Reports in force now: 9.")
    assert recorded(hub, "road.reports-shown") == looks + 2


def test_what_is_no_longer_told_leaves_the_open_panel(visitor: Visitor, hub: Hub) -> None:
    """A report that was cleared, and all of them once the officer may no longer see the map; the focus is not lost."""
    place = int(town.road_network().edges["segment_id"][6].as_py())
    made = hub.reports.make(CARRIER, "pothole", place)
    page = opened(visitor, "en", DESK)
    panel = page.locator("[data-report-details]")
    page.locator("[data-near] button").filter(has_text="Pothole: Ote-dori").press("Enter")
    hub.reports.say(CARRIER, made.id, Word.CLEAR)
    look(page)
    expect(panel).to_be_hidden()
    expect(page.locator("[data-switch]")).to_be_focused()
    page.locator("[data-near] button").filter(has_text="Ice: Ote-dori").press("Enter")
    expect(panel.get_by_role("img")).to_have_count(1)

    def refuse(route: Route) -> None:
        route.fulfill(status=403, json={"title": "Not for you"})

    page.route("**/api/v1/roads/reports", refuse)
    look(page)
    expect(page.locator("[data-reports] [data-note]")).to_have_text("Not for you")
    expect(panel).to_be_hidden()
    assert "Ote-dori" not in (panel.text_content() or "")
    expect(panel.locator("img")).to_have_count(0)
    visitor.faults = [fault for fault in visitor.faults if "403" not in fault]  # the browser tells of the answer


def test_a_report_of_a_kind_without_a_symbol_is_shown_with_that_of_others(visitor: Visitor) -> None:
    page = visitor.open("/", OFFICER, "en", DESK)

    def rename(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"kind":"ice"', '"kind":"flood"'))

    page.route("**/api/v1/roads/reports", rename)
    page.goto(f"{visitor.address}/roads")
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=30_000)
    expect(page.locator("[data-near] svg[data-report=other]").first).to_be_visible()


def test_without_an_event_an_open_map_leaves_one_look_and_begins_anew_when_there_is_one(
    browser: Browser, tmp_path: Path
) -> None:
    with report_hub(tmp_path / "calm", disaster=False) as calm, served(calm) as address:
        calm.reports.make(CARRIER, "ice", int(town.road_network().edges["segment_id"][6].as_py()))
        page = opened(Visitor(browser, address), "en", DESK)
        looks = recorded(calm, "road.reports-shown")
        for _ in range(3):
            with page.expect_response(lambda answer: answer.url.endswith("/roads")):
                look(page)
        assert recorded(calm, "road.reports-shown") == looks == 1
        now, name = calm.clock.now(), Words("水無瀬地震", "Minase earthquake")
        calm.gate.events.declare(
            OFFICER, "minase-earthquake", name, "city-minase", Area.of_box(AREA), now, now + timedelta(days=7)
        )
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("[data-timeline]")).to_be_visible()
        page.context.close()


def test_at_an_earlier_time_reports_are_not_shown(visitor: Visitor) -> None:
    page = visitor.open("/roads?at=2026-11-20T17:40:00Z", OFFICER, "en", DESK)
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=30_000)
    expect(page.locator("[data-reports] [data-note]")).to_contain_text("only what holds now")
    expect(page.locator("[data-near] button")).to_have_count(0)
